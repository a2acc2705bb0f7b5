/** Reads the file and posts every block to the workers in turn, as long as not too many are in flight. */
import { parentPort, workerData } from 'node:worker_threads';
import { readBlock } from './job.js';
import type { MessagesOrder, MessagesReaderData } from './messages.js';
import { serveRounds } from './team.js';

const { fd, bytes, blockBytes, blocksInFlight, transfer, ports }: MessagesReaderData = workerData;
// A copy leaves the block free for the next read; a transferred one is gone.
const reused = new Uint8Array(blockBytes);

let passesLeft = 0;
let position = 0;
let inFlight = 0;
let turn = 0;

parentPort?.on('message', ({ passes }: MessagesOrder) => {
  passesLeft = passes;
  position = 0;
  inFlight = 0;
  sendBlocks();
});

for (const port of ports) {
  port.on('message', (done: number) => {
    inFlight -= done;
    if (passesLeft > 0) sendBlocks();
  });
}

function sendBlocks(): void {
  while (inFlight < blocksInFlight && passesLeft > 0) {
    sendBlock();
    inFlight += 1;
  }
  if (passesLeft > 0) return;
  for (const port of ports) port.postMessage('end');
  answer();
}

function sendBlock(): void {
  const port = ports[turn]!;
  turn = (turn + 1) % ports.length;
  const length = Math.min(blockBytes, bytes - position);
  const block = transfer || length < blockBytes ? newBlock(length) : reused;
  readBlock(fd, block, position, bytes);
  port.postMessage(block, transfer ? [block.buffer] : []);
  position += length;
  if (position < bytes) return;
  position = 0;
  passesLeft -= 1;
}

/** Whole words, because that is how the workers look at it. */
function newBlock(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(Math.ceil(length / 4) * 4), 0, length);
}

const answer = serveRounds();
