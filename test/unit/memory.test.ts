import { describe, expect, it } from 'vitest';
import { MiB, runChild } from './helpers.js';

/** Touches 64 MiB of a pool in a region of 1 GiB, and prints what each step added to the resident memory, in MiB. */
const program = (options: string): string => `
import { Pool, Region } from 'DIST/index.js';
const rss = () => process.memoryUsage.rss() / ${MiB};
Pool.create({ region: Region.create({ maxByteLength: 1e6 }), name: 'w', blockBytes: 64, capacity: 8 }).acquire();
globalThis.gc?.();
const start = rss();
const region = Region.create({ maxByteLength: 2 ** 30, ${options} });
const pool = Pool.create({ region, name: 'pool', blockBytes: 65536, capacity: 15000 });
const reserved = rss();
for (let i = 0; i < 1024; i++) region.buffer && pool.view(pool.acquire()).fill(i);
const touched = rss();
console.log(JSON.stringify([reserved - start, touched - reserved, pool.liveCount, region.usedBytes / ${MiB}]));
`;

describe('reserving', () => {
  it.each([
    "backing: 'buffer'",
    "backing: 'wasm'",
    "backing: 'buffer', shared: false",
    "backing: 'wasm', shared: false",
  ])('costs nothing until a block is touched: %s', async options => {
    const { output } = await runChild(program(options), ['--expose-gc']);
    const [reserved, touched, live, used] = JSON.parse(output) as [number, number, number, number];
    expect([live, used > 900]).toEqual([1024, true]);
    expect(reserved).toBeLessThan(24);
    expect(touched).toBeGreaterThan(48);
    expect(touched).toBeLessThan(112);
  });
});
