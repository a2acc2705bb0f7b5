// What the threads of spawn.test.ts do: take blocks, and end in one way or another.
import { parentPort, workerData } from 'node:worker_threads';
import { Heap, Pool, Region, Ring } from '../../dist/index.js';
import { spawn } from '../../dist/node/index.js';

const { region: token, end, blocks = 2 } = workerData;

if (end !== 'never attached') {
  const region = Region.attach(token);
  const pool = Pool.attach(region, 'pool');
  for (let i = 0; i < blocks; i++) pool.acquire();
  switch (end) {
    case 'stay':
      parentPort.postMessage(region.seat);
      setInterval(() => {}, 1000);
      break;
    case 'detach':
      region.detach();
      break;
    case 'throw':
      throw new Error('as it was told to');
    case 'reject':
      Promise.reject(new Error('as it was told to'));
      break;
    case 'exit':
      process.exit(3);
      break;
    case 'loop':
      parentPort.postMessage(region.seat);
      for (;;);
    case 'memory': {
      const kept = [];
      for (;;) kept.push(new Array(10_000).fill(kept.length));
    }
    case 'send':
      Ring.attach(region, 'ring').enqueue(7);
      break;
    case 'heap': {
      // Holds the heap's lock much of the time.
      const heap = Heap.attach(region, 'heap');
      parentPort.postMessage(region.seat);
      for (;;) heap.free(heap.malloc(100_000));
    }
    case 'spawn': {
      // A thread that starts others, and blocks. They end with it.
      for (const supervisor of [false, true])
        spawn(region, new URL(import.meta.url), { supervisor, workerData: { end: 'stay' } });
      const seen = region.inspect().seats;
      while (pool.liveCount < 3 * blocks) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      parentPort.postMessage(seen.length);
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    default:
  }
}
