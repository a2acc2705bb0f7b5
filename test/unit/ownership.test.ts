import { describe, expect, it } from 'vitest';
import { BLOCK_STAMP, BLOCK_WORDS } from '../../src/core/block.core.js';
import { moveSeat, SEAT_ATTACHED, SEAT_EVICTED } from '../../src/core/seat.core.js';
import { BAD_HANDLE, DONE } from '../../src/core/status.js';
import { adoptBlock, disownBlock } from '../../src/core/stock.core.js';
import { OWN_INDEX_BITS, OWN_RETURNED_MASK, OWN_STORE, STORE_RETURNED } from '../../src/core/store.core.js';
import { type Handle, Pool, Region } from '../../src/index.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import { expectCounts, expectUnchanged, poolsOf, refuses, seatsOf, snapshot } from './helpers.js';

/** What is not public yet: the core's own view of a pool. */
function adopt(pool: SharedPool, handle: number): number {
  const { words, own } = pool as unknown as { words: Int32Array; own: Int32Array };
  return adoptBlock(words, own, handle);
}
function disown(pool: SharedPool, handle: number): number {
  const { words, own } = pool as unknown as { words: Int32Array; own: Int32Array };
  return disownBlock(words, own, handle);
}

function setUp(capacity = 4, stockMax = 0): { regions: [Region, Region]; pool: SharedPool; other: SharedPool } {
  const regions = seatsOf(2) as [Region, Region];
  const [pool, other] = poolsOf(regions, capacity, { stockMax }) as [SharedPool, SharedPool];
  return { regions, pool, other };
}

describe('a release by another seat', () => {
  it.each([0, 2])('makes the block free at once, and its holder collects it (stocks of %i)', stockMax => {
    const { regions, pool, other } = setUp(4, stockMax);
    const handles = Array.from({ length: 4 }, () => pool.acquire());
    for (const [i, handle] of handles.entries()) {
      other.release(handle);
      expect([pool.isLive(handle), other.isLive(handle)]).toEqual([false, false]);
      expectCounts(pool, 3 - i);
    }
    regions[0].check();
    const again = Array.from({ length: 4 }, () => pool.acquire());
    expect(new Set(again.map(handle => pool.offsetOf(handle))).size).toBe(4);
    expect(again.some(handle => (handles as number[]).includes(handle))).toBe(false);
    expectCounts(other, 4);
    expect(pool.acquire()).toBe(0);
  });

  it('is caught when it is doubled, whoever comes first', () => {
    const { regions, pool, other } = setUp();
    const [a, b] = [pool.acquire(), pool.acquire()];
    other.release(a);
    pool.release(b);
    const before = snapshot(regions[0]);
    for (const seat of [pool, other]) {
      refuses('ERR_HANDLE', () => seat.release(a));
      refuses('ERR_HANDLE', () => seat.release(b));
      refuses('ERR_HANDLE', () => seat.view(a));
      refuses('ERR_HANDLE', () => seat.setLength(b, 1));
    }
    expectUnchanged(regions[0], before);
    expectCounts(pool, 0);
  });

  it('is caught when it is late: the block lives on in its next life', () => {
    const { regions, pool, other } = setUp(1);
    const first = pool.acquire();
    other.release(first);
    const second = pool.acquire();
    expect(pool.offsetOf(second)).toBeGreaterThan(0);
    const before = snapshot(regions[0]);
    refuses('ERR_HANDLE', () => other.release(first));
    refuses('ERR_HANDLE', () => pool.release(first));
    expectUnchanged(regions[0], before);
    expectCounts(pool, 1);
    pool.release(second);
    expectCounts(pool, 0);
    regions[0].check();
  });

  it('reaches the holder through its stock when that is full', () => {
    const { regions, pool, other } = setUp(8, 2);
    const handles = Array.from({ length: 8 }, () => pool.acquire());
    for (const handle of handles) other.release(handle);
    const taken = pool.acquire();
    expect(taken).not.toBe(0);
    expectCounts(pool, 1);
    // The first collected all eight: two stay with it, and the centre has the rest for the other.
    let got = 0;
    while (other.acquire() !== 0) got++;
    expect(got).toBeGreaterThanOrEqual(5);
    expectCounts(pool, 1 + got);
    regions[1].check();
  });
});

describe('a block that nobody holds', () => {
  it('stays live and is released by anyone, once', () => {
    const { regions, pool, other } = setUp(1);
    const handle = pool.acquire();
    expect(disown(pool, handle)).toBe(DONE);
    expectCounts(pool, 1);
    expect([pool.isLive(handle), pool.acquire(), other.acquire()]).toEqual([true, 0, 0]);
    pool.view(handle).fill(1);
    other.release(handle);
    expectCounts(pool, 0);
    refuses('ERR_HANDLE', () => pool.release(handle));
    refuses('ERR_HANDLE', () => other.release(handle));
    expect(disown(pool, handle)).toBe(BAD_HANDLE);
    expect(adopt(pool, handle)).toBe(BAD_HANDLE);
    regions[0].check();
    expect(other.acquire()).not.toBe(0);
    expectCounts(pool, 1);
  });

  it('is adopted by one', () => {
    const { regions, pool, other } = setUp(2);
    const handle = pool.acquire();
    expect([adopt(other, handle), disown(other, handle)]).toEqual([BAD_HANDLE, BAD_HANDLE]);
    expect([adopt(pool, handle), disown(pool, handle), disown(pool, handle)]).toEqual([DONE, DONE, BAD_HANDLE]);
    expect([adopt(other, handle), adopt(other, handle), adopt(pool, handle)]).toEqual([DONE, DONE, BAD_HANDLE]);
    expectCounts(pool, 1);
    other.release(handle);
    expectCounts(pool, 0);
    regions[0].check();
    for (const bad of [0, handle, handle + 1, handle + 2]) {
      expect([adopt(pool, bad), disown(pool, bad)]).toEqual([BAD_HANDLE, BAD_HANDLE]);
    }
    expectCounts(pool, 0);
  });

  it('is not adopted or disowned when another released it', () => {
    const { pool, other } = setUp(1);
    const handle = pool.acquire();
    other.release(handle);
    expect([disown(pool, handle), adopt(pool, handle), adopt(other, handle)]).toEqual(new Array(3).fill(BAD_HANDLE));
    expectCounts(pool, 0);
  });
});

describe('a thread that leaves', () => {
  it.each([0, 3])('lets go of its live blocks and gives its stock back (stocks of %i)', stockMax => {
    const { regions, pool, other } = setUp(8, stockMax);
    const kept = [pool.acquire(), pool.acquire(), pool.acquire()];
    pool.release(pool.acquire());
    other.release(kept.pop()!);
    regions[0].detach();
    expectCounts(other, 2);
    const got: Handle[] = [];
    for (let handle = other.acquire(); handle !== 0; handle = other.acquire()) got.push(handle);
    expect(got).toHaveLength(6);
    expectCounts(other, 8);
    for (const handle of kept) {
      expect(other.isLive(handle)).toBe(true);
      other.release(handle);
    }
    expectCounts(other, 6);
    regions[1].check();
    expect([other.acquire() !== 0, other.acquire() !== 0, other.acquire()]).toEqual([true, true, 0]);
  });

  it.each([0, 2])('frees a block whose release by another it could not know of yet (stocks of %i)', stockMax => {
    const { regions, pool, other } = setUp(2, stockMax);
    const handle = pool.acquire();
    // The other has stamped it and not come to the mask: what a thread does first in a release of another's block.
    const { words, records, indexMask, own } = pool as unknown as Record<'words' | 'own', Int32Array> &
      Record<'records' | 'indexMask', number>;
    const index = handle & indexMask;
    words[records + index * BLOCK_WORDS + BLOCK_STAMP] = handle >>> own[OWN_INDEX_BITS]!;
    expectCounts(other, 0);
    regions[0].detach();
    // And now it goes on.
    words[own[OWN_RETURNED_MASK]!]! |= 1 << index;
    words[own[OWN_STORE]! + STORE_RETURNED] = 1;
    regions[1].check();
    refuses('ERR_HANDLE', () => other.release(handle));
    expect([other.acquire(), other.acquire()].includes(0 as Handle)).toBe(false);
    expect(other.acquire()).toBe(0);
    expectCounts(other, 2);
    regions[1].check();
  });

  it('leaves nothing to the next life of its seat', () => {
    const { regions, pool, other } = setUp(4, 1);
    const held = pool.acquire();
    regions[0].detach();
    const next = Region.attach(regions[1].share());
    expect(next.seat).toBe(1);
    const again = Pool.attach(next, 'pool');
    expectCounts(again, 1);
    again.release(held);
    expectCounts(other, 0);
    regions[1].check();
  });

  it('does nothing more to a pool when it has lost its seat', () => {
    const { regions, pool, other } = setUp(8, 4);
    const held = pool.acquire();
    pool.release(pool.acquire());
    const { words } = regions[0].attachment;
    expect(moveSeat(words, 1, 1, SEAT_ATTACHED, SEAT_EVICTED)).toBe(1);
    const before = snapshot(regions[1]);
    pool[Symbol.dispose]();
    regions[0].detach();
    pool[Symbol.dispose]();
    expectUnchanged(regions[1], before);
    expectCounts(other, 1);
    expect(other.isLive(held)).toBe(true);
  });
});
