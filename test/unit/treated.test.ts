import { afterEach, describe, expect, it, vi } from 'vitest';
import { Pool, type PoolOptions, Region, Ring } from '../../src/index.js';
import { expectCounts, refuses, seatsOf } from './helpers.js';

const kinds: [string, (options: Partial<PoolOptions>) => Pool][] = [
  ['local', options => Pool.create({ blockBytes: 40, capacity: 4, ...options })],
  [
    'shared',
    options => {
      const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
      return Pool.create({ region, name: 'pool', blockBytes: 40, capacity: 4, ...options });
    },
  ],
  [
    'shared, with stocks',
    options => {
      const region = Region.create({ maxByteLength: 2 ** 18, seats: 1 });
      return Pool.create({ region, name: 'pool', blockBytes: 40, capacity: 4, ...options });
    },
  ],
];

afterEach(() => {
  vi.restoreAllMocks();
});

function acquire(pool: Pool): number {
  const handle = pool.acquire();
  if (handle === 0) throw new Error('exhausted');
  return handle;
}

/** All bytes of a pool's memory, blocks and what is between them. */
function bytesOf(pool: Pool): Uint8Array {
  return new Uint8Array(pool.buffer);
}

describe.each(kinds)('clearing the blocks of a %s pool', (_, make) => {
  it.each(['acquire', 'release'] as const)('on %s gives zero ones', zero => {
    const pool = make({ zero });
    for (let round = 0; round < 20; round++) {
      const handles = new Int32Array(4);
      expect(pool.acquireBulk(handles, 4)).toBe(true);
      for (const handle of handles) {
        expect(pool.view(handle).every(byte => byte === 0)).toBe(true);
        pool.view(handle).fill(0xff);
      }
      if (round % 2 === 0) pool.releaseBulk(handles, 4);
      else for (const handle of handles) pool.release(handle);
      expectCounts(pool, 0);
    }
  });

  it('on release leaves nothing behind', () => {
    const pool = make({ zero: 'release' });
    const handle = acquire(pool);
    const view = pool.view(handle);
    view.fill(0xff);
    pool.release(handle);
    expect(view.every(byte => byte === 0)).toBe(true);
    const again = acquire(pool);
    refuses('ERR_HANDLE', () => pool.release(handle));
    pool.view(again).fill(7);
    refuses('ERR_HANDLE', () => pool.release(handle));
    expect(pool.view(again).every(byte => byte === 7)).toBe(true);
  });

  it('never leaves them as they are', () => {
    const pool = make({ zero: 'never' });
    const handle = acquire(pool);
    pool.view(handle).fill(9);
    pool.release(handle);
    const others = new Int32Array(4);
    pool.acquireBulk(others, 4);
    expect([...others].some(other => pool.view(other)[0] === 9)).toBe(true);
  });
});

it('a block that another thread released is cleared when it is next acquired', () => {
  const [one, two] = seatsOf(2) as [Region, Region];
  const pool = Pool.create({ region: one, name: 'pool', blockBytes: 40, capacity: 1, zero: 'release' });
  const theirs = Pool.attach(two, 'pool');
  const handle = acquire(pool);
  pool.view(handle).fill(0xff);
  theirs.release(handle);
  const again = acquire(pool);
  expect(pool.view(again).every(byte => byte === 0)).toBe(true);
});

describe.each(kinds)('the guard of a %s pool', (_, make) => {
  it.each([1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 40, 100])('watches over blocks of %i bytes', blockBytes => {
    for (const alignment of [1, 2, 16, 64]) {
      const pool = make({ guard: true, blockBytes, alignment });
      const handles = new Int32Array(4);
      for (let round = 0; round < 5; round++) {
        expect(pool.acquireBulk(handles, 4)).toBe(true);
        for (const handle of handles) {
          expect(pool.offsetOf(handle) % alignment).toBe(0);
          expect(pool.view(handle).length).toBe(blockBytes);
          pool.view(handle).fill(0xff); // the whole block is the user's
        }
        pool.releaseBulk(handles, 4);
      }
      const handle = acquire(pool);
      const at = pool.offsetOf(handle);
      for (const [offset, where] of [
        [at - 1, 'before its beginning'],
        [at - 8, 'before its beginning'],
        [at + blockBytes, 'beyond its end'],
        [at + Math.ceil(blockBytes / 4) * 4 + 7, 'beyond its end'],
      ] as const) {
        const before = bytesOf(pool)[offset]!;
        bytesOf(pool)[offset] = before ^ 0x40;
        const error = refuses('ERR_CORRUPTION', () => pool.release(handle));
        expect(error.message).toContain(where);
        expect(error.message).toContain('treated.test.ts');
        expect(pool.isLive(handle)).toBe(true);
        bytesOf(pool)[offset] = before;
      }
      pool.release(handle);
      expectCounts(pool, 0);
    }
  });

  it('finds a write after release when the block is used again', () => {
    const pool = make({ guard: true, capacity: 1 });
    for (const offset of [0, 15, 24, 39]) {
      const handle = acquire(pool);
      const view = pool.view(handle);
      pool.release(handle);
      view[offset]! ^= 1;
      const error = refuses('ERR_CORRUPTION', () => pool.acquire());
      expect(error.message).toContain('after its release');
      expect(error.message).toContain('treated.test.ts');
      expectCounts(pool, 0);
      // It is good again.
      pool.release(acquire(pool));
    }
    const handle = acquire(pool);
    const view = pool.view(handle);
    pool.release(handle);
    view[20] = 1; // between the poisoned ends nobody looks
    pool.release(acquire(pool));
  });

  it('acquires nothing of a batch in which one was written', () => {
    const pool = make({ guard: true });
    const handles = new Int32Array(4);
    pool.acquireBulk(handles, 4);
    const view = pool.view(handles[2]!);
    pool.releaseBulk(handles, 4);
    view[0]! ^= 1;
    refuses('ERR_CORRUPTION', () => pool.acquireBulk(handles, 4));
    expect([...handles]).toEqual([0, 0, 0, 0]);
    expectCounts(pool, 0);
    expect(pool.acquireBulk(handles, 4)).toBe(true);
  });

  it.each(['acquire', 'release'] as const)('gives zero blocks too, cleared on %s', zero => {
    const pool = make({ guard: true, zero });
    for (let round = 0; round < 10; round++) {
      const handle = acquire(pool);
      expect(pool.view(handle).every(byte => byte === 0)).toBe(true);
      pool.view(handle).fill(0xff);
      pool.release(handle);
    }
  });

  it('reports at dispose what was never released, by site', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const pool = make({ guard: true });
    pool.release(acquire(pool));
    pool[Symbol.dispose]();
    expect(warn).not.toHaveBeenCalled();
    for (let i = 0; i < 2; i++) acquire(pool);
    acquire(pool);
    pool[Symbol.dispose]();
    expect(warn).toHaveBeenCalledTimes(1);
    const text = String(warn.mock.calls[0]![0]);
    expect(text).toMatch(/^ringwell: 3 blocks were never released\n {2}2 acquired .*treated\.test\.ts/);
    expect(text.split('\n').length).toBe(3);
  });

  it('waits, and is waited for, as ever', async () => {
    const pool = make({ guard: true, zero: 'acquire', capacity: 1 });
    const handle = acquire(pool);
    expect(pool.acquireWait(1)).toBe(0);
    const wait = pool.acquireAsync();
    pool.release(handle);
    const got = await wait;
    expect(pool.view(got)[0]).toBe(0);
    pool.adopt(got);
    pool.setLength(got, 5);
    expect(pool.lengthOf(got)).toBe(5);
    expect(pool.stats()).toMatchObject({ live: 1, acquired: 2, released: 1 });
    pool.release(got);
  });
});

describe('a guarded pool of two threads', () => {
  const setUp = () => {
    const [one, two] = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region: one, name: 'pool', blockBytes: 40, capacity: 4, guard: true });
    return { one, two, pool, theirs: Pool.attach(two, 'pool') };
  };

  it('is guarded in both, and says of a block that came from the other that it did', () => {
    const { pool, theirs } = setUp();
    const handle = acquire(pool);
    new Uint8Array(pool.buffer)[pool.offsetOf(handle) + 40]! ^= 1;
    expect(refuses('ERR_CORRUPTION', () => theirs.release(handle)).message).toContain('acquired by another thread');
    new Uint8Array(pool.buffer)[pool.offsetOf(handle) + 40]! ^= 1;
    theirs.release(handle);
    expectCounts(pool, 0);
  });

  it('carries its blocks through rings', () => {
    const { one, two, pool, theirs } = setUp();
    const ring = Ring.create({ region: one, name: 'ring', capacity: 4, carries: pool });
    ring.enqueue(acquire(pool));
    const got = Ring.attach(two, 'ring').dequeue();
    theirs.release(got);
    expectCounts(pool, 0);
    acquire(theirs);
    one.check();
  });

  it('is not taken for one that is not guarded', () => {
    const { two } = setUp();
    refuses('ERR_GEOMETRY', () => Pool.open({ region: two, name: 'pool', blockBytes: 40, capacity: 4 }));
    Pool.open({ region: two, name: 'pool', blockBytes: 40, capacity: 4, guard: true });
  });
});

describe.each(kinds)('the stats of a %s pool', (_, make) => {
  it('count from its generations, over their wrap', () => {
    const pool = make({ capacity: 3 });
    expect(pool.stats()).toMatchObject({ capacity: 3, live: 0, liveMax: 0, acquired: 0, released: 0 });
    const held = acquire(pool);
    const pairs = 2_500_000; // one block comes round twice
    for (let i = 0; i < pairs; i++) pool.release(acquire(pool));
    expect(pool.stats()).toMatchObject({ live: 1, acquired: pairs + 1, released: pairs });
    pool.release(held);
    const handles = new Int32Array(4);
    expect(pool.acquireBurst(handles, 4)).toBe(3);
    expect(pool.stats()).toMatchObject({ live: 3, liveMax: 3, acquired: pairs + 4, released: pairs + 1, exhausted: 1 });
  });
});

it('tells how often a stock was filled, and how often a release went past it', () => {
  const [one, two] = seatsOf(2) as [Region, Region];
  const pool = Pool.create({ region: one, name: 'pool', blockBytes: 8, capacity: 32 });
  const theirs = Pool.attach(two, 'pool');
  const handles = new Int32Array(32);
  pool.acquireBurst(handles, 4); // batches of 4: half of a stock of 8
  expect(pool.stats()).toMatchObject({ refills: 1, returns: 0, exhausted: 0 });
  theirs.release(handles[0]!);
  expect(theirs.stats()).toMatchObject({ refills: 0, returns: 1, live: 3, acquired: 4, released: 1 });
});
