import { describe, expect, it } from 'vitest';
import { BLOCK_RETIRED, BLOCK_STATE_SHIFT, BLOCK_WORDS } from '../../src/core/block.core.js';
import { resizeStore, settleResize } from '../../src/core/resize.core.js';
import { STORE_CAPACITY, STORE_RECORDS, STORE_RESIZING } from '../../src/core/store.core.js';
import { type Handle, Pool, type PoolOptions, Region } from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';
import { HEADER_NEWEST } from '../../src/region/header.core.js';
import { expectCounts, refuses, seatsOf } from './helpers.js';

const kinds: [string, (sizes: Partial<PoolOptions>) => Pool][] = [
  ['local', sizes => Pool.create({ blockBytes: 8, capacity: 4, capacityMax: 100, ...sizes })],
  [
    'shared',
    sizes => {
      const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
      return createTunedPool(
        { region, name: 'pool', blockBytes: 8, capacity: 4, capacityMax: 100, ...sizes },
        { stockMax: 8 },
      );
    },
  ],
];

function take(pool: Pool, count: number): Handle[] {
  return Array.from({ length: count }, () => {
    const handle = pool.acquire();
    if (handle === 0) throw new Error('exhausted');
    pool.view(handle).fill(handle & 0xff);
    return handle;
  });
}

describe.each(kinds)('a %s pool', (_, make) => {
  it('grows up to capacityMax', () => {
    const pool = make({});
    expect([pool.capacity, pool.capacityMax]).toEqual([4, 100]);
    const first = take(pool, 4);
    expect(pool.acquire()).toBe(0);
    expect(pool.resize(100)).toBe(100);
    const rest = take(pool, 96);
    expect(pool.acquire()).toBe(0);
    expect(new Set([...first, ...rest].map(handle => pool.offsetOf(handle))).size).toBe(100);
    for (const handle of [...first, ...rest]) expect(pool.view(handle)[7]).toBe(handle & 0xff);
    expectCounts(pool, 100);
  });

  it('shrinks as far as the blocks at its end are free', () => {
    const pool = make({ capacity: 50 });
    const handles = take(pool, 50).sort((a, b) => pool.offsetOf(a) - pool.offsetOf(b));
    for (const handle of [...handles.slice(30), ...handles.slice(5, 20)]) pool.release(handle);
    expect(pool.resize(10)).toBe(30);
    expectCounts(pool, 15);
    expect(pool.resize(10)).toBe(30);
    for (const handle of handles.slice(20, 30)) pool.release(handle);
    expect(pool.resize(10)).toBe(10);
    expect(pool.resize(1)).toBe(5);
    expectCounts(pool, 5);
    expect(pool.acquire()).toBe(0);
    for (const handle of handles.slice(0, 5)) expect(pool.isLive(handle)).toBe(true);
  });

  it('gives what it took away again, in a later life', () => {
    const pool = make({ capacity: 20 });
    const old = take(pool, 20);
    for (const handle of old) pool.release(handle);
    expect(pool.resize(3)).toBe(3);
    expectCounts(pool, 0);
    const few = take(pool, 3);
    expect(pool.acquire()).toBe(0);
    expect(pool.resize(20)).toBe(20);
    const more = take(pool, 17);
    expect(pool.acquire()).toBe(0);
    for (const handle of old) expect(pool.isLive(handle)).toBe(false);
    expect(new Set([...few, ...more].map(handle => pool.offsetOf(handle))).size).toBe(20);
    expect(new Set([...old, ...few, ...more]).size).toBe(40);
    expectCounts(pool, 20);
  });

  it('shrinks and grows over blocks that nobody ever had', () => {
    const pool = make({ capacity: 64 });
    const [handle] = take(pool, 1);
    expect(pool.resize(32)).toBe(32);
    // A stock hands out the last of its batch first.
    const least = (handle! & 127) + 1;
    expect(pool.resize(1)).toBe(least);
    take(pool, least - 1);
    expect(pool.acquire()).toBe(0);
    expect(pool.resize(100)).toBe(100);
    take(pool, 100 - least);
    expect(pool.acquire()).toBe(0);
    expect(pool.isLive(handle!)).toBe(true);
    expectCounts(pool, 100);
  });

  it('serves those who wait when it grows', async () => {
    const pool = make({ capacity: 1 });
    const held = pool.acquire();
    const waits = [pool.acquireAsync(), pool.acquireAsync()];
    expect(pool.resize(3)).toBe(3);
    const handles = await Promise.all(waits);
    expect(new Set([held, ...handles].map(handle => pool.offsetOf(handle))).size).toBe(3);
    expectCounts(pool, 3);
  });

  it('stays as it is when a capacity can not be', () => {
    const pool = make({});
    for (const capacity of [0, 101, 1.5, -1, Number.NaN, '4', undefined, null]) {
      refuses('ERR_GEOMETRY', () => pool.resize(capacity as number));
    }
    expectCounts(pool, 0);
    expect(pool.capacity).toBe(4);
  });

  it('keeps count of its blocks whatever it is resized to', () => {
    const pool = make({ capacity: 40 });
    let seed = 7;
    const next = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const live: Handle[] = [];
    for (let step = 0; step < 3000; step++) {
      const what = next(10);
      if (what < 5) {
        const handle = pool.acquire();
        if (handle !== 0) live.push(handle);
        else expect(live.length).toBe(pool.capacity);
      } else if (what < 9 && live.length > 0) pool.release(live.splice(next(live.length), 1)[0]!);
      else if (what === 9) {
        const wanted = 1 + next(100);
        const before = pool.capacity;
        const reached = pool.resize(wanted);
        expect(reached).toBe(pool.capacity);
        expect(reached >= wanted && (wanted >= before ? reached === wanted : reached <= before)).toBe(true);
      }
      if (pool.liveCount !== live.length) expectCounts(pool, live.length);
    }
    expectCounts(pool, live.length);
  });
});

describe('a shared pool that is resized', () => {
  it('does not see what lies in another stock, until it is given back', () => {
    const [one, two] = seatsOf(2) as [Region, Region];
    const pool = createTunedPool({ region: one, name: 'pool', blockBytes: 8, capacity: 8 }, { stockMax: 4 });
    const theirs = Pool.attach(two, 'pool');
    const handles = new Int32Array(8);
    theirs.acquireBulk(handles, 8);
    theirs.releaseBulk(handles, 8);
    expect(pool.resize(1)).toBeGreaterThan(1);
    theirs[Symbol.dispose]();
    expect(pool.resize(1)).toBe(1);
    expectCounts(theirs, 0);
    expect([theirs.acquire() === 0, theirs.acquire()]).toEqual([false, 0]);
    one.check();
  });

  it('lets stocks hold less where there is less', () => {
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
    const other = Region.attach(region.share());
    const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 400 });
    const theirs = Pool.attach(other, 'pool');
    const handles = new Int32Array(400);
    expect(pool.resize(8)).toBe(8);
    pool.releaseBulk(handles, pool.acquireBurst(handles, 8));
    // capacity / (2 x seats) = 2 may lie in the stock.
    expect(theirs.acquireBurst(handles, 8)).toBeGreaterThanOrEqual(6);
  });

  it('is found by inspect and check as it is', () => {
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
    const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 8, capacityMax: 16 });
    take(pool, 8);
    pool.resize(12);
    expect(region.inspect().structures[0]).toMatchObject({ capacity: 12, capacityMax: 16, liveCount: 8 });
    region.check();
  });

  it('comes back whole when its resizer died half-way', () => {
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
    const pool = createTunedPool({ region, name: 'pool', blockBytes: 8, capacity: 40 }, { stockMax: 0 });
    const handles = take(pool, 20);
    for (const handle of handles) pool.release(handle);
    const { words, records } = pool as unknown as { words: Int32Array; records: number };
    // As after a shrink to 4 that was cut short before the capacity was stored: all behind it are retired.
    resizeStore(words, pool.store, 2, 4);
    words[pool.store + STORE_CAPACITY] = 40;
    words[pool.store + STORE_RESIZING] = 1;
    expect((words[records + 30 * BLOCK_WORDS]! >>> BLOCK_STATE_SHIFT) & 15).toBe(BLOCK_RETIRED);
    region.check();
    settleResize(words, pool.store);
    region.check();
    take(pool, 40);
    expectCounts(pool, 40);
    expect(pool.acquire()).toBe(0);
  });

  it.each(['resize', 'stats'] as const)('walks no pool that the directory leads to no more: %s', call => {
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
    const pool = createTunedPool({ region, name: 'pool', blockBytes: 8, capacity: 40 }, {});
    const { words } = pool as unknown as { words: Int32Array };
    words[HEADER_NEWEST] = 0;
    words[pool.store + STORE_RECORDS] = 2 ** 31 - 1;
    refuses('ERR_CORRUPTION', () => (call === 'resize' ? pool.resize(20) : pool.stats()));
  });
});
