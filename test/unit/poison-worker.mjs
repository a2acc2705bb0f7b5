// A thread of poison.test.ts: parks, or works, and tells the code of the error that ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { ByteRing, Heap, MessageRing, Pool, Region, Ring, waitAny } from '../../dist/index.js';

const region = Region.attach(workerData.region);
const ring = name => Ring.attach(region, name);
const ways = {
  'for a block': () => Pool.attach(region, 'pool').acquireWait(),
  'for an item': () => ring('ring').dequeueWait(),
  'for room': () => ring('full').enqueueWait(2),
  'in a lane': () => ring('lane').dequeueWait(),
  'for bytes': () => ByteRing.attach(region, 'bytes').readWait(new Uint8Array(8), 1),
  'for a message': () => MessageRing.attach(region, 'messages').receiveWait(() => {}),
  'for any ring': () => waitAny([ring('any')]),
  'asynchronously, for an item': () => ring('async').dequeueAsync(),
  'asynchronously, for a block': () => Pool.attach(region, 'pool').acquireAsync(),
  'for nothing, and uses a pool': () => {
    const pool = Pool.attach(region, 'used');
    for (;;) pool.release(pool.acquire());
  },
  'for nothing, and uses a heap': () => {
    const heap = Heap.attach(region, 'heap');
    for (;;) for (const pointer of Array.from({ length: 300 }, () => heap.malloc(100))) heap.free(pointer);
  },
};

parentPort.postMessage('begins');
try {
  parentPort.postMessage(`answered ${await ways[workerData.way]()}`);
} catch (error) {
  parentPort.postMessage(error.code ?? error.stack);
}
