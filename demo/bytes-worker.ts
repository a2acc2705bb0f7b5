/** Copies its blocks out of its own ring, one after the other, and does the job on each. */
import { parentPort, workerData } from 'node:worker_threads';
import { ByteRing, Region } from 'ringwell';
import type { BytesData, BytesOrder } from './bytes.js';
import { addBlock, emptyTotals } from './job.js';
import { serveRounds } from './team.js';

const { region: token, bytes, blockBytes, workers, worker }: BytesData = workerData;
const ring = ByteRing.attach(Region.attach(token), `worker ${worker}`);
const block = new Uint8Array(blockBytes);
const words = new Int32Array(block.buffer);
const last = block.subarray(0, bytes % blockBytes || blockBytes);

parentPort?.on('message', ({ passes }: BytesOrder) => {
  const totals = emptyTotals();
  const blocks = Math.ceil(bytes / blockBytes);
  for (let number = worker; number < blocks * passes; number += workers) {
    const target = number % blocks === blocks - 1 ? last : block;
    if (ring.readWait(target, target.length) !== target.length) throw new Error('the reader ended too soon');
    addBlock(totals, words, 0, target.length);
  }
  answer(totals);
});

const answer = serveRounds();
