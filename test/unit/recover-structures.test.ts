import { describe, expect, it } from 'vitest';
import { BLOCK_STAMP, BLOCK_TAG_MASK, BLOCK_TRANSIT, BLOCK_WORDS, blockTag } from '../../src/core/block.core.js';
import { arm } from '../../src/core/doorbell.core.js';
import { SLOT_CLAIMED, SLOT_STATE_MASK, SLOT_TAKEN, SLOT_WORDS, slotTag } from '../../src/core/slot.core.js';
import {
  OWN_FREE_MASK,
  OWN_INDEX_BITS,
  OWN_RETURNED_MASK,
  STORE_ATTENTION,
  STORE_RETURNED,
  STORE_WAITERS,
} from '../../src/core/store.core.js';
import { NONE, Pool, type Region, Ring } from '../../src/index.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import { load } from '../../src/ring/cargo.core.js';
import { OWN_SLOTS } from '../../src/ring/own.js';
import * as run from '../../src/ring/run.core.js';
import type { SharedRing } from '../../src/ring/shared-ring.js';
import { expectCounts, poolsOf, refuses, ringsOf, seatsOf } from './helpers.js';

const BYTES = 16;

function inside(of: SharedPool | SharedRing): { words: Int32Array; own: Int32Array; records: number } {
  return of as unknown as { words: Int32Array; own: Int32Array; records: number };
}

/** Two living seats and a third that will have died, and a pool that all have open. */
function setUp(
  capacity: number,
  stockMax = 0,
): { regions: [Region, Region, Region]; pool: SharedPool; other: SharedPool; dying: SharedPool } {
  const regions = seatsOf(3) as [Region, Region, Region];
  const [pool, other, dying] = poolsOf(regions, capacity, { stockMax }, BYTES) as [SharedPool, SharedPool, SharedPool];
  return { regions, pool, other, dying };
}

/** Every block can be had again, by the living. */
function expectAll(region: Region, pool: SharedPool, capacity: number): void {
  region.check();
  const handles = Array.from({ length: capacity }, () => pool.acquire());
  expect(new Set(handles.map(handle => pool.offsetOf(handle))).size).toBe(capacity);
  expect(pool.acquire()).toBe(NONE);
  for (const handle of handles) pool.release(handle);
}

describe('a pool', () => {
  it('gets back the blocks that the dead held, and those in its stock', () => {
    const { regions, pool, dying } = setUp(8, 4);
    const mine = pool.acquire();
    const live = [dying.acquire(), dying.acquire(), dying.acquire()];
    dying.release(live.pop()!);
    const report = regions[0].recover(3);
    // Two live, and of its stock at least the one that it released.
    expect(report.blocksReclaimed).toBeGreaterThanOrEqual(3);
    expect(report.bytesReclaimed).toBe(report.blocksReclaimed * BYTES);
    expectCounts(pool, 1);
    for (const handle of live) {
      expect(pool.isLive(handle)).toBe(false);
      refuses('ERR_HANDLE', () => pool.release(handle));
    }
    pool.release(mine);
    expect(regions[1].recover(3).blocksReclaimed).toBe(0);
    pool[Symbol.dispose]();
    expectAll(regions[0], pool, 8);
  });

  it('keeps what the dead held live, for others, when it was made to', () => {
    const regions = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region: regions[0], name: 'pool', blockBytes: BYTES, capacity: 4, keep: true });
    const dying = Pool.attach(regions[1], 'pool');
    const [kept, released] = [dying.acquire(), dying.acquire()];
    pool.release(released);
    expect(regions[0].recover(2)).toMatchObject({ blocksReclaimed: 1, bytesReclaimed: BYTES });
    expect([pool.isLive(kept), pool.isLive(released)]).toEqual([true, false]);
    expectCounts(pool, 1);
    pool.release(kept);
    expectCounts(pool, 0);
    expectAll(regions[0], pool as SharedPool, 4);
  });

  it('refuses a keep that is no boolean', () => {
    const [region] = seatsOf(1) as [Region];
    for (const keep of [0, 1, 'yes', null]) {
      refuses('ERR_USAGE', () => Pool.create({ region, name: 'p', blockBytes: 1, capacity: 1, keep: keep as never }));
    }
  });

  it('frees what another released to the dead', () => {
    const { regions, pool, dying } = setUp(4);
    pool.release(dying.acquire());
    expectCounts(pool, 0);
    expect(regions[0].recover(3).blocksReclaimed).toBe(1);
    expectAll(regions[0], pool, 4);
  });

  it.each(['held', 'sent', 'stocked', 'released by another', "nobody's, and released"])(
    'counts the acquires of a block on that the dead had %s in its last generation',
    how => {
      const regions = seatsOf(3) as [Region, Region, Region];
      const tuning = { stockMax: how === 'stocked' ? 1 : 0, firstGeneration: 2 ** 20 - 3 };
      const [pool, other, dying] = poolsOf(regions, 1, tuning) as [SharedPool, SharedPool, SharedPool];
      const { words, own, records } = inside(dying);
      dying.release(dying.acquire());
      const last = dying.acquire();
      expect(pool.stats().acquired).toBe(2);
      if (how === 'sent') words[records] = (words[records]! & ~BLOCK_TAG_MASK) | blockTag(BLOCK_TRANSIT, 3);
      if (how === 'stocked') dying.release(last);
      if (how.startsWith('nobody')) {
        dying.disown(last);
        // Its releaser ended before it freed it.
        words[records + BLOCK_STAMP] = last >>> own[OWN_INDEX_BITS]!;
      }
      if (how === 'released by another') other.release(last);
      regions[0].recover(3);
      expect(pool.stats()).toMatchObject({ acquired: 2, live: 0 });
      for (let acquired = 3; acquired < 6; acquired++) {
        pool.release(pool.acquire());
        expect(pool.stats().acquired).toBe(acquired);
      }
    },
  );

  it('finds blocks again whose bit in a mask was lost', () => {
    const { regions, pool, other } = setUp(4);
    const { words, own } = inside(pool);
    const [theirs, mine, nobodys] = [other.acquire(), pool.acquire(), other.acquire()];
    pool.release(mine);
    pool.release(theirs);
    // A releaser that died behind its exchange, three times.
    words[own[OWN_FREE_MASK]!] = 0;
    words[own[OWN_RETURNED_MASK]!] = 0;
    words[pool.store + STORE_RETURNED] = 0;
    const record = inside(pool).records + (nobodys & 3) * BLOCK_WORDS;
    words[record] = (words[record]! & ~0xff) | 0;
    words[record + BLOCK_STAMP] = nobodys >>> 2;
    regions[0].recover(3);
    expectCounts(pool, 0);
    expectAll(regions[1], other, 4);
  });

  it('does not go on looking for a waiter that is dead', () => {
    const { regions, pool, dying } = setUp(4, 2);
    const { words } = inside(pool);
    arm(words, dying.store + STORE_WAITERS, 3);
    words[pool.store + STORE_ATTENTION] = 1;
    regions[0].recover(3);
    expect([words[pool.store + STORE_WAITERS], words[pool.store + STORE_ATTENTION]]).toEqual([0, 0]);
  });
});

describe('a ring', () => {
  it('skips the slot that the dead had claimed, and goes on', () => {
    const regions = seatsOf(3) as [Region, Region, Region];
    const [ring] = ringsOf(regions, 4, 2 ** 31 - 1) as [SharedRing, SharedRing, SharedRing];
    const { words, own } = inside(ring);
    ring.enqueue(1);
    const slot = own[OWN_SLOTS]! + 0;
    words[slot] = words[slot]! | slotTag(SLOT_CLAIMED, 3);
    ring.enqueue(2);
    expect([ring.dequeue(), ring.dequeue()]).toEqual([1, NONE]);
    expect(regions[1].recover(3)).toMatchObject({ slotsReleased: 1, blocksReclaimed: 0 });
    expect([ring.dequeue(), ring.dequeue()]).toEqual([2, NONE]);
    for (let round = 0; round < 3; round++) {
      for (let i = 1; i <= 4; i++) expect(ring.enqueue(i)).toBe(true);
      expect(ring.enqueue(9)).toBe(false);
      for (let i = 1; i <= 4; i++) expect(ring.dequeue()).toBe(i);
    }
    regions[0].check();
  });

  it('is whole although the dead should have moved its positions on', () => {
    const regions = seatsOf(3) as [Region, Region, Region];
    const [ring] = ringsOf(regions, 4) as [SharedRing, SharedRing, SharedRing];
    const { words, own } = inside(ring);
    for (let i = 1; i <= 4; i++) ring.enqueue(i);
    for (let i = 1; i <= 3; i++) ring.dequeue();
    // The shared head moves at the end of a lap, and whoever took that item has died just before.
    const slot = own[OWN_SLOTS]! + 3 * SLOT_WORDS;
    words[slot] = (words[slot]! & ~SLOT_STATE_MASK) | slotTag(SLOT_TAKEN, 3);
    regions[0].check();
    regions[0].recover(3);
    expect(ring.dequeue()).toBe(NONE);
    for (let i = 1; i <= 4; i++) expect(ring.enqueue(i)).toBe(true);
    for (let i = 1; i <= 3; i++) expect(ring.dequeue()).toBe(i);
    regions[0].check();
    expect(regions[1].inspect().structures[0]!.length).toBe(1);
  });

  it('keeps the blocks on their way that the dead had sent, and only those', () => {
    const regions = seatsOf(3) as [Region, Region, Region];
    const pools = poolsOf(regions, 4, {}, BYTES) as [SharedPool, SharedPool, SharedPool];
    const rings = ringsOf(regions, 4, -2, pools) as [SharedRing, SharedRing, SharedRing];
    const [sent, cut] = [pools[2].acquire(), pools[2].acquire()];
    rings[2].enqueue(sent);
    // Cut short between the block's word and the slot.
    const { words, records } = inside(pools[0]);
    words[records + (cut & 3) * BLOCK_WORDS] = ((cut >>> 2) << 12) | blockTag(BLOCK_TRANSIT, 3);
    expect(regions[0].recover(3)).toMatchObject({ blocksReclaimed: 1, slotsReleased: 0 });
    regions[0].check();
    expect([pools[0].isLive(sent), pools[0].isLive(cut)]).toEqual([true, false]);
    expect(Ring.attach(regions[1], 'ring').dequeue()).toBe(sent);
    pools[1].release(sent);
    expectAll(regions[0], pools[0], 4);
  });
});

describe('a bulk across the end of the slots', () => {
  /** What a thread has done that has filled the slots it had claimed, and dies before it publishes them. */
  function putUnpublished(ring: SharedRing, handles: readonly number[]): void {
    const { words, own } = inside(ring);
    for (const handle of handles) load(words, own, handle);
    expect(run.claimRun(words, own, handles.length, handles.length)).toBe(handles.length);
    run.fillFirst(words, own, handles[0]!);
    for (let i = 1; i < handles.length; i++)
      run.fillSlot(words, run.runSlot(own, i), run.fullWord(own, i), handles[i]!);
  }

  it.each([0, 1, 2, 3])('gives back every block that the dead had not sent yet, from position %i', start => {
    const regions = seatsOf(3) as [Region, Region, Region];
    const pools = poolsOf(regions, 4, {}, BYTES) as [SharedPool, SharedPool, SharedPool];
    const rings = ringsOf(regions, 4, start, pools) as [SharedRing, SharedRing, SharedRing];
    putUnpublished(rings[2], [pools[2].acquire(), pools[2].acquire(), pools[2].acquire()]);
    regions[0].recover(3);
    expectCounts(pools[0], 0);
    expect(rings[1].dequeue()).toBe(NONE);
    expectAll(regions[0], pools[0], 4);
  });
});
