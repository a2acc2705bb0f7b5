/**
 * The pair of the ladder with blocks that are guarded or cleared. Arguments: `local` or `shared`, and `plain`, `guard`, `acquire`,
 * `release` or `touch` (plain, but every byte of the block is written).
 */
import { Pool, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const [, , kind, treatment] = process.argv;
const zero = treatment === 'acquire' || treatment === 'release' ? treatment : 'never';
const options = { blockBytes: 4096, capacity: 1024, guard: treatment === 'guard', zero } as const;
const pool =
  kind === 'shared'
    ? Pool.create({ ...options, region: Region.create({ seats: 4 }), name: 'blocks' })
    : Pool.create(options);
const words = new Int32Array(pool.buffer);

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

function touchingPairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const handle = pool.acquire();
    pool.view(handle).fill(i);
    sum ^= handle;
    pool.release(handle);
  }
  return sum;
}

verify(pairs(1000) !== -1 && pool.liveCount === 0, 'blocks were lost');
await serve(`ringwell, ${kind} pool, ${treatment}`, treatment === 'touch' ? touchingPairs : pairs);
