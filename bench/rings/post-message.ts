/** What a JavaScript program does without a ring: one message a number. The receiver answers when it has them all. */

import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/** A number to add up, or the end of a round. */
type Message = number | 'end';

function receive(): void {
  let sum = 0;
  parentPort?.on('message', (message: Message) => {
    if (message !== 'end') {
      sum = (sum + message) | 0;
      return;
    }
    parentPort?.postMessage(sum);
    sum = 0;
  });
}

async function send(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url));
  process.stdout.on('error', () => process.exit(1));
  process.stdout.write('ready postMessage\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const operations = Number(line);
    const start = process.hrtime.bigint();
    let sum = 0;
    for (let i = 1; i <= operations; i++) {
      worker.postMessage(i);
      sum = (sum + i) | 0;
    }
    const received = new Promise(resolve => worker.once('message', resolve));
    worker.postMessage('end');
    if ((await received) !== sum) throw new Error('Cannot measure: a message was lost');
    process.stdout.write(`${process.hrtime.bigint() - start}\n`);
  }
  process.exit(0);
}

if (isMainThread) await send();
else receive();
