/**
 * Random replace at half-full: half of the blocks are live, and again and again a random one of them is released and another
 * acquired in its place. Arguments: `local` or `shared`, and how many blocks. Small blocks, so that a million of them fit.
 */
import { Pool, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const BLOCK_BYTES = 64;
const kind = process.argv[2];
const capacity = Number(process.argv[3]);
const pool =
  kind === 'shared'
    ? Pool.create({
        region: Region.create({ seats: 4, maxByteLength: 256 * 2 ** 20 }),
        name: 'blocks',
        blockBytes: BLOCK_BYTES,
        capacity,
      })
    : Pool.create({ blockBytes: BLOCK_BYTES, capacity });

const live = new Int32Array(capacity / 2);
for (let i = 0; i < live.length; i++) live[i] = pool.acquire();
const words = new Int32Array(pool.view(live[0]!).buffer);
let random = 0x9e3779b9;

function replace(count: number): number {
  for (let i = 0; i < count; i++) {
    // Marsaglia's xorshift: cheap, and the same sequence in every run.
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    const slot = (random >>> 0) % live.length;
    pool.release(live[slot]!);
    const handle = pool.acquire();
    live[slot] = handle;
    words[pool.offsetOf(handle) >> 2] = i;
  }
  return random;
}

replace(1000);
verify(pool.liveCount === live.length, 'blocks were lost');
await serve(`ringwell, ${kind} pool of ${capacity}`, replace);
