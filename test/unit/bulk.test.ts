import { describe, expect, it } from 'vitest';
import { Pool, Region } from '../../src/index.js';
import { expectCounts, poolsOf, refuses, seatsOf } from './helpers.js';

const kinds: [string, () => Pool][] = [
  ['local', () => Pool.create({ blockBytes: 8, capacity: 10 })],
  ['shared, no stock', () => poolsOf(seatsOf(2), 10, { stockMax: 0 })[0]!],
  ['shared, stock of 4', () => poolsOf(seatsOf(2), 10, { stockMax: 4 })[0]!],
  ['treated', () => Pool.create({ blockBytes: 8, capacity: 10, zero: 'release', guard: true })],
];

describe.each(kinds)('batches of a %s pool', (_, make) => {
  it('come in whole, or not at all', () => {
    const pool = make();
    const handles = new Int32Array(12).fill(-7);
    expect(pool.acquireBulk(handles, 7)).toBe(true);
    expect(new Set(handles.subarray(0, 7)).size).toBe(7);
    expect([...handles.subarray(0, 7)].every(handle => pool.isLive(handle))).toBe(true);
    expect([...handles.subarray(7)]).toEqual([-7, -7, -7, -7, -7]);
    expectCounts(pool, 7);
    const more = new Int32Array(4).fill(-7);
    expect(pool.acquireBulk(more, 4)).toBe(false);
    expect([...more]).toEqual([0, 0, 0, 0]);
    expectCounts(pool, 7);
    expect(pool.acquireBulk(more, 3)).toBe(true);
    expectCounts(pool, 10);
    expect(pool.acquireBulk(more, 0)).toBe(true);
    expect(pool.acquireBulk(more, 1)).toBe(false);
    pool.releaseBulk(handles, 7);
    expectCounts(pool, 3);
  });

  it('come as far as there are any', () => {
    const pool = make();
    const handles = new Int32Array(32);
    expect(pool.acquireBurst(handles, 0)).toBe(0);
    expect(pool.acquireBurst(handles, 32)).toBe(10);
    expect([...handles.subarray(10)].every(handle => handle === 0)).toBe(true);
    expect(pool.acquireBurst(handles, 5)).toBe(0);
    expectCounts(pool, 10);
    pool.releaseBulk(handles, 10);
    expectCounts(pool, 0);
    expect(pool.acquireBurst(handles, 10)).toBe(10);
  });

  it('are released up to the first that is wrong, and not beyond it', () => {
    const pool = make();
    const handles = new Int32Array(6);
    pool.acquireBulk(handles, 6);
    const batch = Int32Array.of(handles[0]!, handles[1]!, handles[1]!, handles[2]!);
    const error = refuses('ERR_HANDLE', () => pool.releaseBulk(batch, 4));
    expect(error.message).toMatch(/^handles\[2\], after 2 were released: pool\.release/);
    expectCounts(pool, 4);
    expect([...handles].map(handle => pool.isLive(handle))).toEqual([false, false, true, true, true, true]);
    const next = refuses('ERR_HANDLE', () => pool.releaseBulk(Int32Array.of(0, handles[3]!), 2));
    expect(next.message).toMatch(/^handles\[0\], after 0 were released/);
    expectCounts(pool, 4);
    pool.releaseBulk(handles.subarray(2), 4);
    expectCounts(pool, 0);
  });
});

describe('batches between threads', () => {
  it('fill a stock in one go, and leave others what lies there', () => {
    const [one, two] = poolsOf(seatsOf(2), 10, { stockMax: 4 });
    const handles = new Int32Array(10);
    expect(one!.acquireBurst(handles, 1)).toBe(1);
    // A batch of two came: one is in the stock still, which the other does not see.
    expect(two!.acquireBulk(new Int32Array(9), 9)).toBe(false);
    expect(two!.acquireBulk(new Int32Array(8), 8)).toBe(true);
    expect(one!.acquireBulk(handles, 1)).toBe(true);
    expectCounts(one!, 10);
  });

  it('are released by whom they came to', () => {
    const [one, two] = poolsOf(seatsOf(2), 10, { stockMax: 4 });
    const handles = new Int32Array(10);
    one!.acquireBulk(handles, 10);
    two!.releaseBulk(handles, 10);
    expectCounts(two!, 0);
    expect(one!.acquireBulk(handles, 10)).toBe(true);
    one!.releaseBulk(handles, 10);
    expectCounts(one!, 0);
  });
});

it('a waiter is served although others have blocks in their stocks', () => {
  // The bound: with s seats, stocks hold at most capacity / (2 s) each, so half of the blocks are never in stocks.
  const seats = 4;
  const regions = seatsOf(seats);
  const pools = [Pool.create({ region: regions[0]!, name: 'pool', blockBytes: 8, capacity: 64 })];
  for (const region of regions.slice(1)) pools.push(Pool.attach(region, 'pool'));
  const handles = new Int32Array(64);
  // The first three acquire all that they can and release it again: their stocks are as full as they get.
  for (const pool of pools.slice(0, 3)) pool.releaseBulk(handles, pool.acquireBurst(handles, 64));
  expect(pools[3]!.acquireWait(1000)).not.toBe(0);
  const got = 1 + pools[3]!.acquireBurst(handles, 64);
  expect(got).toBeGreaterThanOrEqual(64 - 3 * (64 / (2 * seats)));
  expectCounts(pools[0]!, got);
});

it('a wait that timed out does not slow down what comes after it', () => {
  const [pool] = poolsOf(seatsOf(2), 16, { stockMax: 4 });
  const handles = new Int32Array(16);
  pool!.acquireBulk(handles, 16);
  expect(pool!.acquireWait(2)).toBe(0);
  pool!.releaseBulk(handles, 16);
  const before = pool!.stats().returns;
  for (let i = 0; i < 100; i++) pool!.release(pool!.acquire());
  expect(pool!.stats().returns).toBe(before);
});

it('a region that has been left refuses batches', () => {
  const region = Region.create({ maxByteLength: 65536, seats: 2 });
  const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 8 });
  region.detach();
  refuses('ERR_SEAT', () => pool.acquireBurst(new Int32Array(4), 4));
  refuses('ERR_SEAT', () => pool.acquireBulk(new Int32Array(4), 4));
  refuses('ERR_SEAT', () => pool.resize(4));
});
