import { describe, expect, it } from 'vitest';
import { Pool } from '../../src/index.js';
import { LocalPool } from '../../src/pool/local-pool.js';
import { expectCounts, refuses } from './helpers.js';

describe('a local pool', () => {
  it('hands out every block once, and then none', () => {
    const pool = Pool.create({ blockBytes: 10, capacity: 5 });
    expectCounts(pool, 0);
    const handles = Array.from({ length: 5 }, () => pool.acquire());
    expect(new Set(handles.map(handle => pool.offsetOf(handle)))).toEqual(new Set([0, 16, 32, 48, 64]));
    expectCounts(pool, 5);
    expect([pool.acquire(), pool.acquireWait(), pool.acquireWait(5)]).toEqual([0, 0, 0]);
    expectCounts(pool, 5);
    handles.forEach((handle, i) => {
      pool.release(handle);
      expectCounts(pool, 4 - i);
    });
  });

  it('hands out the block that was released last', () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 3 });
    const [a, b] = [pool.acquire(), pool.acquire()];
    const offset = pool.offsetOf(a);
    pool.release(b);
    pool.release(a);
    const again = pool.acquire();
    expect(pool.offsetOf(again)).toBe(offset);
    expect(again).not.toBe(a);
    expectCounts(pool, 1);
  });

  it.each([
    [1, 1, 1],
    [3, 1, 3],
    [3, 4, 4],
    [16, 16, 16],
    [17, 16, 32],
    [1, 65536, 65536],
    [65537, 65536, 131072],
  ])('puts blocks of %i bytes aligned to %i at every %i bytes', (blockBytes, alignment, stride) => {
    const pool = Pool.create({ blockBytes, capacity: 3, alignment });
    const handles = [0, 1, 2].map(() => pool.acquire());
    expect(handles.map(handle => pool.offsetOf(handle))).toEqual([0, stride, 2 * stride]);
    expect(pool.buffer.byteLength).toBe(3 * stride);
    handles.forEach((handle, i) => {
      const view = pool.view(handle);
      expect([view.byteLength, view.byteOffset, view.buffer]).toEqual([blockBytes, i * stride, pool.buffer]);
      view.fill(i + 1);
    });
    for (const [i, handle] of handles.entries()) {
      expect(pool.view(handle).every(byte => byte === i + 1)).toBe(true);
    }
    expectCounts(pool, 3);
  });

  it('makes a view once a block', () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 2 });
    const a = pool.acquire();
    const view = pool.view(a);
    expect(pool.view(a)).toBe(view);
    pool.release(a);
    refuses('ERR_HANDLE', () => pool.view(a));
    expect(pool.view(pool.acquire())).toBe(view);
    expectCounts(pool, 1);
  });

  it('keeps a payload length for each block', () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 2 });
    const [a, b] = [pool.acquire(), pool.acquire()];
    expect([pool.lengthOf(a), pool.lengthOf(b)]).toEqual([0, 0]);
    pool.setLength(a, 8);
    pool.setLength(b, 3);
    expect([pool.lengthOf(a), pool.lengthOf(b)]).toEqual([8, 3]);
    refuses('ERR_GEOMETRY', () => pool.setLength(a, 9));
    expect(pool.lengthOf(a)).toBe(8);
    pool.release(a);
    refuses('ERR_HANDLE', () => pool.lengthOf(a));
    expect(pool.lengthOf(pool.acquire())).toBe(8);
    expectCounts(pool, 2);
  });

  it('catches a stale, doubled, foreign and garbage handle, and changes nothing then', () => {
    const pool = new LocalPool({ blockBytes: 8, capacity: 4 }, 7);
    const foreign = new LocalPool({ blockBytes: 8, capacity: 4 }, 99).acquire();
    const a = pool.acquire();
    pool.release(a);
    const b = pool.acquire();
    for (const bad of [a, foreign, 0, -1, b + 1, b + 4, b - 4, b | (2 ** 29), 2 ** 30, b + 0.5, NaN, Infinity]) {
      expect(pool.isLive(bad)).toBe(false);
      for (const call of ['release', 'view', 'offsetOf', 'lengthOf'] as const)
        refuses('ERR_HANDLE', () => pool[call](bad));
      refuses('ERR_HANDLE', () => pool.setLength(bad, 1));
      expectCounts(pool, 1);
    }
    expect(pool.isLive(b)).toBe(true);
    pool.release(b);
    refuses('ERR_HANDLE', () => pool.release(b));
    expectCounts(pool, 0);
  });

  it.each([1, 2, 3, 4, 5, 1023, 1024, 1025, 2 ** 16, 2 ** 20])(
    'of %i blocks gives handles of 30 bits, never 0, all different',
    capacity => {
      const bits = Math.ceil(Math.log2(capacity));
      const last = 2 ** Math.min(20, 30 - bits) - 1;
      const pool = new LocalPool({ blockBytes: 1, capacity, alignment: 1 }, last);
      const handles = new Set<number>();
      for (let i = 0; i < capacity; i++) handles.add(pool.acquire());
      expect(handles.size).toBe(capacity);
      expect([pool.acquire(), handles.has(0)]).toEqual([0, false]);
      let [least, most] = [Infinity, 0];
      for (const handle of handles) {
        least = Math.min(least, handle);
        most = Math.max(most, handle);
      }
      expect([least, most]).toEqual([last * 2 ** bits, last * 2 ** bits + capacity - 1]);
      expect(most).toBeLessThan(2 ** 30);
      expectCounts(pool, capacity);
      for (const handle of handles) pool.release(handle);
      expectCounts(pool, 0);
      // The generation has wrapped: not to 0.
      const again = pool.acquire();
      expect(again).toBeGreaterThanOrEqual(2 ** bits);
      expect(again).toBeLessThan(2 ** (bits + 1));
    },
  );

  it('finds a stale handle good again only after all generations of its block', () => {
    const pool = new LocalPool({ blockBytes: 1, capacity: 2 ** 20, alignment: 1 }, 1);
    const first = pool.acquire();
    let handle: number = first;
    for (let life = 1; life < 1023; life++) {
      pool.release(handle);
      expect(pool.isLive(first)).toBe(false);
      handle = pool.acquire();
      expect(pool.isLive(first)).toBe(false);
    }
    pool.release(handle);
    expect(pool.acquire()).toBe(first);
    expectCounts(pool, 1);
  });

  it('starts its generations anywhere', () => {
    const firsts = new Set(Array.from({ length: 50 }, () => Pool.create({ blockBytes: 1, capacity: 1 }).acquire()));
    expect(firsts.size).toBeGreaterThan(40);
    expect(firsts.has(0)).toBe(false);
  });

  it('refuses blocks that come to more than memory can be', () => {
    refuses('ERR_GEOMETRY', () => Pool.create({ blockBytes: 2 ** 20, capacity: 2 ** 20 }));
    refuses('ERR_GEOMETRY', () => Pool.create({ blockBytes: 1, capacity: 32768, alignment: 65536 }));
  });

  it('may have the largest blocks there are', () => {
    const pool = Pool.create({ blockBytes: 2 ** 30, capacity: 1 });
    const handle = pool.acquire();
    const view = pool.view(handle);
    view[2 ** 30 - 1] = 9;
    expect([view.byteLength, view[2 ** 30 - 1]]).toEqual([2 ** 30, 9]);
    pool.setLength(handle, 2 ** 30);
    expect(pool.lengthOf(handle)).toBe(2 ** 30);
    expectCounts(pool, 1);
  });

  it('is over when it is disposed, as often as one likes', () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 1 });
    pool[Symbol.dispose]();
    pool[Symbol.dispose]();
  });
});
