/** A pool in shared memory, used by one thread. */
import { Pool, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const region = Region.create({ seats: 4 });
const pool = Pool.create({ region, name: 'blocks', blockBytes: 4096, capacity: 1024 });
const words = new Int32Array(region.buffer);

function pairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const handle = pool.acquire();
    words[pool.offsetOf(handle) >> 2] = i;
    sum ^= handle;
    pool.release(handle);
  }
  return sum;
}

const block = pool.acquire();
words[pool.offsetOf(block) >> 2] = 0x01020304;
verify(pool.view(block)[0] === 4 && pool.view(block)[3] === 1, 'the block is elsewhere');
pool.release(block);
verify(pairs(1000) !== -1 && pool.liveCount === 0, 'blocks were lost');
await serve('ringwell', pairs);
