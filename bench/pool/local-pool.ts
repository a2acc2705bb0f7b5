/** A local pool: one thread, private memory. */
import { type Handle, Pool } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const pool = Pool.create({ blockBytes: 4096, capacity: 1024 });
const first = pool.acquire() as Handle;
// One view over all blocks, made once: a block is an offset into it.
const words = new Int32Array(pool.view(first).buffer);
pool.release(first);

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
verify(
  new DataView(pool.view(block).buffer, pool.view(block).byteOffset).getInt32(0, true) === 0x01020304,
  'the block is elsewhere',
);
pool.release(block);
verify(pairs(1000) !== -1 && pool.liveCount === 0, 'blocks were lost');
await serve('ringwell', pairs);
