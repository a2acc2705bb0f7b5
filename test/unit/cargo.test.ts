import { describe, expect, it } from 'vitest';
import { BLOCK_HOLDER_MASK, BLOCK_STATE_SHIFT, BLOCK_TRANSIT, BLOCK_WORDS } from '../../src/core/block.core.js';
import { CLOSED, NONE, Pool, Region, Ring } from '../../src/index.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import type { SharedRing } from '../../src/ring/shared-ring.js';
import { expectCounts, expectUnchanged, poolsOf, refuses, ringsOf, seatsOf, snapshot } from './helpers.js';

interface Setting {
  regions: Region[];
  pools: [SharedPool, SharedPool, SharedPool];
  rings: [SharedRing, SharedRing, SharedRing];
}

function setUp(blocks = 4, capacity = 2, start = 0): Setting {
  const regions = seatsOf(3);
  const pools = poolsOf(regions, blocks, { stockMax: 0 }) as Setting['pools'];
  return { regions, pools, rings: ringsOf(regions, capacity, start, pools) as Setting['rings'] };
}

/** State and holder of a block, as its word says. */
function wordOf(pool: SharedPool, handle: number): { state: number; holder: number } {
  const { words, records, indexMask } = pool as unknown as { words: Int32Array; records: number; indexMask: number };
  const word = words[records + (handle & indexMask) * BLOCK_WORDS]!;
  return { state: (word >>> BLOCK_STATE_SHIFT) & 15, holder: word & BLOCK_HOLDER_MASK };
}

describe('a ring that carries a pool', () => {
  it('changes the holder of what it carries', () => {
    const { regions, pools, rings } = setUp();
    const handle = pools[0].acquire();
    expect(wordOf(pools[0], handle)).toEqual({ state: 4, holder: 1 });
    expect(rings[0].enqueue(handle)).toBe(true);
    expect(wordOf(pools[0], handle)).toEqual({ state: BLOCK_TRANSIT, holder: 1 });
    expect(pools.map(pool => pool.isLive(handle))).toEqual([true, true, true]);
    expectCounts(pools[2], 1);
    regions[2]!.check();
    expect(rings[1].dequeue()).toBe(handle);
    expect(wordOf(pools[0], handle)).toEqual({ state: 4, holder: 2 });
    pools[1].release(handle);
    expectCounts(pools[0], 0);
    for (const pool of pools) refuses('ERR_HANDLE', () => pool.release(handle));
    // Free at once for anyone: nobody but its holder had it.
    expect([0, 1, 2, 3].map(() => pools[2].acquire()).every(again => again !== 0)).toBe(true);
    expectCounts(pools[0], 4);
  });

  it('refuses what this seat does not hold', () => {
    const { regions, pools, rings } = setUp();
    const [mine, sent, released, theirs] = [0, 0, 0, 0].map(() => pools[0].acquire()) as [
      number,
      number,
      number,
      number,
    ];
    rings[0].enqueue(sent);
    pools[0].release(released);
    pools[1].release(theirs);
    const before = snapshot(regions[0]!);
    for (const bad of [sent, released, theirs, mine + 4, mine | (2 ** 22), mine | (2 ** 30), 2 ** 31 - 1, 1]) {
      if (bad === mine) continue;
      refuses('ERR_HANDLE', () => rings[0].enqueue(bad));
      refuses('ERR_HANDLE', () => rings[0].enqueueWait(bad, 1));
    }
    refuses('ERR_HANDLE', () => rings[1].enqueue(mine));
    expectUnchanged(regions[0]!, before);
    expect(rings[0].length).toBe(1);
    expectCounts(pools[0], 2);
    expect(rings[0].enqueue(mine)).toBe(true);
    expect([rings[2].dequeue(), rings[2].dequeue(), rings[2].dequeue()]).toEqual([sent, mine, NONE]);
    regions[0]!.check();
  });

  it('leaves a block with its holder when it is full or closed', () => {
    const { regions, pools, rings } = setUp(4, 1);
    const [a, b] = [pools[0].acquire(), pools[0].acquire()];
    expect([rings[0].enqueue(a), rings[0].enqueue(b)]).toEqual([true, false]);
    expect(wordOf(pools[0], b)).toEqual({ state: 4, holder: 1 });
    rings[2].close();
    refuses('ERR_CLOSED', () => rings[0].enqueue(b));
    expect(wordOf(pools[0], b)).toEqual({ state: 4, holder: 1 });
    expect([rings[1].dequeue(), rings[1].dequeue()]).toEqual([a, CLOSED]);
    refuses('ERR_CLOSED', () => rings[0].enqueue(b));
    expect(wordOf(pools[0], b)).toEqual({ state: 4, holder: 1 });
    pools[0].release(b);
    pools[1].release(a);
    expectCounts(pools[2], 0);
    regions[1]!.check();
  });

  it('does not let a block be released while it is on its way', () => {
    const { regions, pools, rings } = setUp();
    const handle = pools[0].acquire();
    rings[0].enqueue(handle);
    const before = snapshot(regions[0]!);
    for (const pool of pools) refuses('ERR_HANDLE', () => pool.release(handle));
    expectUnchanged(regions[0]!, before);
    expect(rings[0].dequeue()).toBe(handle);
    pools[0].release(handle);
    expectCounts(pools[0], 0);
  });

  it.each([0, 2 ** 31 - 3, -3])('passes every block round and round, counters from %i', start => {
    const { regions, pools, rings } = setUp(4, 4, start);
    for (let turn = 0; turn < 200; turn++) {
      const from = turn % 3;
      const to = (turn * 7 + 1) % 3;
      for (let i = 0; i < 4; i++) {
        const handle = pools[from]!.acquire();
        pools[from]!.view(handle).fill(handle & 0xff);
        rings[from]!.enqueue(handle);
      }
      expect([pools[to]!.acquire(), rings[to]!.length]).toEqual([0, 4]);
      expectCounts(pools[0], 4);
      for (let handle = rings[to]!.dequeue(); handle !== NONE; handle = rings[to]!.dequeue()) {
        expect(pools[to]!.view(handle).every(byte => byte === (handle & 0xff))).toBe(true);
        pools[to]!.release(handle);
      }
      expectCounts(pools[0], 0);
      regions[0]!.check();
    }
  });

  it('is made with a pool of its own region, opened in this thread', () => {
    const { regions, pools } = setUp();
    const elsewhere = Pool.create({ region: seatsOf(2)[0]!, name: 'pool', blockBytes: 8, capacity: 4 });
    const local = Pool.create({ blockBytes: 8, capacity: 4 });
    const before = snapshot(regions[0]!);
    for (const carries of [pools[1], elsewhere, local, {}, null, 5]) {
      refuses('ERR_USAGE', () =>
        Ring.create({ region: regions[0]!, name: 'bad', capacity: 2, carries: carries as Pool }),
      );
    }
    expectUnchanged(regions[0]!, before);
  });
});

describe('a thread that takes from a ring and leaves', () => {
  it('lets go of what it took, even when it never opened the pool', () => {
    const { regions, pools, rings } = setUp();
    const fourth = pools[0].acquire();
    rings[0].enqueue(fourth);
    regions[2]!.detach();
    const late = Region.attach(regions[0]!.share());
    expect(late.seat).toBe(3);
    expect(Ring.attach(late, 'ring').dequeue()).toBe(fourth);
    expect(wordOf(pools[0], fourth)).toEqual({ state: 4, holder: 3 });
    late.detach();
    expect(wordOf(pools[0], fourth)).toEqual({ state: 4, holder: 0 });
    expectCounts(pools[0], 1);
    pools[1].release(fourth);
    expectCounts(pools[0], 0);
    expect([0, 1, 2, 3].map(() => pools[0].acquire()).includes(0)).toBe(false);
    expectCounts(pools[0], 4);
    regions[0]!.check();
  });
});
