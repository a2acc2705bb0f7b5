import { describe, expect, it } from 'vitest';
import { handleMax } from '../../src/core/store.js';
import { Pool, type Region } from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import { expectCounts, expectUnchanged, MiB, poolsOf, refuses, seatsOf, snapshot } from './helpers.js';

/** What a seat can acquire until there is nothing left for it. */
function drain(pool: SharedPool | Pool): number[] {
  const handles: number[] = [];
  for (let handle = pool.acquire(); handle !== 0; handle = pool.acquire()) handles.push(handle);
  return handles;
}

describe('a shared pool', () => {
  it.each([0, 1, 2, 5])('with stocks of %i hands out every block once, and then none', stockMax => {
    const regions = seatsOf(2) as [Region, Region];
    const [pool, other] = poolsOf(regions, 10, { stockMax }) as [SharedPool, SharedPool];
    expectCounts(pool, 0);
    const handles = drain(pool);
    expect(new Set(handles.map(handle => pool.offsetOf(handle))).size).toBe(10);
    expectCounts(pool, 10);
    expect([other.acquire(), pool.acquireWait(0), pool.acquireWait(2)]).toEqual([0, 0, 0]);
    handles.forEach((handle, i) => {
      pool.release(handle);
      expectCounts(other, 9 - i);
    });
    regions[0].check();
    // All but what stays in the first seat's stock is there for the other.
    expect(drain(other).length).toBeGreaterThanOrEqual(10 - stockMax);
    pool[Symbol.dispose]();
    drain(other);
    expectCounts(other, 10);
    regions[1].check();
  });

  it('keeps at most capacity / (2 x seats) blocks from others', () => {
    const regions = seatsOf(2, { seats: 4 }) as [Region, Region];
    const pool = Pool.create({ region: regions[0], name: 'pool', blockBytes: 8, capacity: 80 });
    const other = Pool.attach(regions[1], 'pool');
    for (const handle of drain(pool)) pool.release(handle);
    expectCounts(pool, 0);
    expect(drain(other).length).toBeGreaterThanOrEqual(80 - 10);
    pool[Symbol.dispose]();
    drain(other);
    expectCounts(other, 80);
    expect(pool.acquire()).toBe(0);
  });

  it.each([1, 2, 3, 5, 7])('of %i blocks keeps none at all', capacity => {
    const regions = seatsOf(2, { seats: 4 }) as [Region, Region];
    const [pool, other] = [
      Pool.create({ region: regions[0], name: 'p', blockBytes: 8, capacity }),
      Pool.attach(regions[1], 'p'),
    ];
    for (let round = 0; round < 20; round++) {
      const [mine, theirs] = round % 2 === 0 ? [pool, other] : [other, pool];
      const handles = drain(mine);
      expect([handles.length, theirs.acquire()]).toEqual([capacity, 0]);
      expectCounts(theirs, capacity);
      for (const handle of handles) mine.release(handle);
      expectCounts(theirs, 0);
      regions[0].check();
    }
  });

  it('touches no block before all others are in use', () => {
    const [region] = seatsOf(2) as [Region];
    const [pool] = poolsOf([region], 64, { stockMax: 8 }) as [SharedPool];
    for (let i = 0; i < 1000; i++) pool.release(pool.acquire());
    expect(region.inspect().structures[0]!.touchedCount).toBeLessThanOrEqual(8);
    expectCounts(pool, 0);
  });

  it('gives handles of 30 bits at its largest', () => {
    const [region, other] = seatsOf(2, { maxByteLength: 64 * MiB }) as [Region, Region];
    const options = { region, name: 'p', blockBytes: 1, alignment: 1, capacity: 2 ** 20 };
    const pool = createTunedPool(options, { firstGeneration: 1023 });
    const handles = drain(pool);
    expect([handles.length, new Set(handles).size]).toEqual([2 ** 20, 2 ** 20]);
    expect(handles.every(handle => handle > 0 && handle < 2 ** 30)).toBe(true);
    expectCounts(pool, 2 ** 20);
    const theirs = Pool.attach(other, 'p');
    for (const handle of handles) (handle % 2 === 0 ? theirs : pool).release(handle);
    expectCounts(pool, 0);
    region.check();
    expect(drain(pool).length).toBe(2 ** 20);
    expectCounts(theirs, 2 ** 20);
  });

  it.each([0, 1])('counts what was acquired on when generations come round, with stocks of %i', stockMax => {
    const [pool] = poolsOf(seatsOf(1), 1, { stockMax, firstGeneration: 2 ** 20 - 3 }) as [SharedPool];
    for (let i = 1; i <= 9; i++) {
      pool.release(pool.acquire());
      expect(pool.stats().acquired).toBe(i);
    }
  });

  it.each([
    [1, 1],
    [17, 16],
    [5, 64],
    [1, 65536],
  ])('puts blocks of %i bytes at offsets aligned to %i, apart from each other', (blockBytes, alignment) => {
    const regions = seatsOf(2, { maxByteLength: MiB }) as [Region, Region];
    const pool = Pool.create({ region: regions[0], name: 'p', blockBytes, alignment, capacity: 5 });
    const other = Pool.attach(regions[1], 'p');
    const handles = drain(pool);
    handles.forEach((handle, i) => {
      expect(pool.offsetOf(handle) % alignment).toBe(0);
      pool.view(handle).fill(i + 1);
    });
    handles.forEach((handle, i) => {
      expect(other.offsetOf(handle)).toBe(pool.offsetOf(handle));
      expect(Array.from(other.view(handle))).toEqual(new Array(blockBytes).fill(i + 1));
    });
    expectCounts(other, 5);
    regions[0].check();
  });

  it('stays apart from a second pool beside it', () => {
    const [region] = seatsOf(2) as [Region];
    const sizes = { blockBytes: 16, capacity: 8 };
    const a = createTunedPool({ region, name: 'a', ...sizes }, { firstGeneration: 5 });
    const b = createTunedPool({ region, name: 'b', ...sizes }, { firstGeneration: 900 });
    const [fromA, fromB] = [drain(a), drain(b)];
    for (const handle of fromA) a.view(handle).fill(0xaa);
    for (const handle of fromB) b.view(handle).fill(0xbb);
    for (const handle of fromA) {
      refuses('ERR_HANDLE', () => b.release(handle));
      expect(a.view(handle).every(byte => byte === 0xaa)).toBe(true);
      a.release(handle);
    }
    expectCounts(a, 0);
    expectCounts(b, 8);
    region.check();
  });

  it('keeps a payload length that all seats see', () => {
    const [pool, other] = poolsOf(seatsOf(2), 4) as [SharedPool, SharedPool];
    const handle = pool.acquire();
    expect(other.lengthOf(handle)).toBe(0);
    other.setLength(handle, 16);
    expect(pool.lengthOf(handle)).toBe(16);
    refuses('ERR_GEOMETRY', () => pool.setLength(handle, 17));
    expect(other.lengthOf(handle)).toBe(16);
    expectCounts(pool, 1);
  });

  it.each([2, 16, 1024])('of %i blocks refuses a live handle with any higher bit flipped', capacity => {
    const regions = seatsOf(2) as [Region, Region];
    const [pool, other] = poolsOf(regions, capacity) as [SharedPool, SharedPool];
    const handle = pool.acquire();
    const bits = Math.ceil(Math.log2(capacity));
    const before = snapshot(regions[0]);
    for (let bit = bits; bit < 31; bit++) {
      const flipped = (handle ^ (1 << bit)) >>> 0;
      for (const seat of [pool, other]) {
        expect(seat.isLive(flipped)).toBe(false);
        refuses('ERR_HANDLE', () => seat.release(flipped));
        refuses('ERR_HANDLE', () => seat.view(flipped));
      }
    }
    expectUnchanged(regions[0], before);
    expectCounts(pool, 1);
  });

  it('goes on through the wrap of its generations, and stale handles stay stale', () => {
    const regions = seatsOf(2) as [Region, Region];
    for (const stockMax of [0, 1]) {
      const options = { region: regions[0], name: `p${stockMax}`, blockBytes: 8, capacity: 2 };
      const last = handleMax(1) >>> 1;
      const pool = createTunedPool(options, { stockMax, firstGeneration: last - 1 });
      const other = Pool.attach(regions[1], options.name);
      const seen = new Set<number>();
      for (let life = 0; life < 12; life++) {
        const handle = pool.acquire();
        expect([handle > 0, handle < 2 ** 30, seen.has(handle)]).toEqual([true, true, false]);
        seen.add(handle);
        // The release by another seat leaves a stamp: past the wrap it must not be taken for a new one.
        (life % 2 === 0 ? other : pool).release(handle);
        expectCounts(pool, 0);
        for (const stale of seen) expect(pool.isLive(stale) || other.isLive(stale)).toBe(false);
        for (const stale of seen) refuses('ERR_HANDLE', () => other.release(stale));
        regions[0].check();
      }
      expect([...seen].some(handle => handle < 8)).toBe(true);
    }
  });
});
