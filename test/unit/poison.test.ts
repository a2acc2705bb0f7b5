import { expect, it } from 'vitest';
// The built library: threads load it, and a region is of one copy.
import { ByteRing, Heap, MessageRing, Pool, Region, Ring } from '../../dist/index.js';
import { spawn } from '../../dist/node/index.js';

const WAYS = [
  'for a block',
  'for an item',
  'for room',
  'in a lane',
  'for bytes',
  'for a message',
  'for any ring',
  'asynchronously, for an item',
  'asynchronously, for a block',
  'for nothing, and uses a pool',
  'for nothing, and uses a heap',
];

it('a broken law ends every thread with ERR_CORRUPTION, whatever it waits for', async () => {
  const region = Region.create({ maxByteLength: 2 ** 22, seats: 16 });
  const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 1 });
  pool.acquire();
  Pool.create({ region, name: 'used', blockBytes: 8, capacity: 64 });
  for (const name of ['ring', 'full', 'any', 'async']) Ring.create({ region, name, capacity: 1 });
  Ring.attach(region, 'full').enqueue(1);
  Ring.create({ region, name: 'lane', capacity: 4, producers: 'single', consumers: 'single' });
  ByteRing.create({ region, name: 'bytes', capacity: 64 });
  MessageRing.create({ region, name: 'messages', capacity: 1024 });
  Heap.create({ region, name: 'heap', byteLength: 2 ** 20 });
  const url = new URL('./poison-worker.mjs', import.meta.url);
  let begun = 0;
  const endings = WAYS.map(
    way =>
      new Promise<[string, string]>(resolve => {
        spawn(region, url, { workerData: { way } }).on('message', message => {
          if (message === 'begins') begun++;
          else resolve([way, message]);
        });
      }),
  );
  while (begun < WAYS.length) await new Promise(resolve => setTimeout(resolve, 10));
  await new Promise(resolve => setTimeout(resolve, 200));
  // A state that no seat can be in.
  const words = new Int32Array(region.buffer);
  const seat16 = 64 + 16 * 32;
  words[seat16] = 0x7f;
  expect(() => region.check()).toThrow(/poisoned/);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('some threads go on')), 20_000).unref();
  });
  const found = await Promise.race([Promise.all(endings), late]);
  expect(found).toEqual(WAYS.map(way => [way, 'ERR_CORRUPTION']));
});
