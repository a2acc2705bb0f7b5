import { describe, expect, it } from 'vitest';
import { Heap, MessageRing, type Pool, Region, Ring, RingwellError } from '../../src/index.js';
import { LocalPool } from '../../src/pool/local-pool.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import { expectCounts, poolsOf, random, ringsOf, seatsOf, seedFor } from './helpers.js';

const total = Number(process.env.HOSTILE ?? 1e6);
const odd: unknown[] = [
  Number.NaN,
  -0,
  1.5,
  -1,
  2 ** 30,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  Infinity,
  -Infinity,
  7n,
  '7',
  null,
  undefined,
  true,
  Symbol('handle'),
  [7],
  { valueOf: () => 7 },
  { [Symbol.toPrimitive]: () => 7 },
  () => 7,
  Number.MIN_VALUE,
];

/** A hostile handle: odd values, live ones with something added or flipped, stale ones, and any number. */
function hostile(pick: (below: number) => number, live: readonly number[], stale: readonly number[]): unknown {
  const handle = live[pick(live.length)] ?? 1;
  switch (pick(8)) {
    case 0:
      return odd[pick(odd.length)];
    case 1:
      return handle ^ (1 << pick(32));
    case 2:
      return handle + (pick(3) - 1) * 2 ** pick(32);
    case 3:
      return handle + 0.5 ** (1 + pick(10));
    case 4:
      return stale[pick(stale.length)] ?? 0;
    case 5:
      return pick(2 ** 30);
    case 6:
      return -handle;
    default:
      return (pick(2 ** 31) * 2 + pick(2)) | 0;
  }
}

/** Calls, and answers its error; anything but a RingwellError of that code fails the test. */
function refusal(code: string, act: () => unknown): boolean {
  try {
    act();
  } catch (error) {
    if (error instanceof RingwellError && error.code === code) return true;
    throw error;
  }
  return false;
}

/** Throws hostile handles at pools that see the same blocks, of which `live` are known to be live. */
function attack(pools: readonly Pool[], count: number, seed: number): { refused: number; accepted: number } {
  const pick = random(seed);
  const held = new Map<number, number>();
  const stale: number[] = [];
  const pool = pools[0]!;
  for (let i = 0; i < pool.capacity / 2; i++) held.set(pool.acquire(), 0);
  let [refused, accepted] = [0, 0];
  for (let i = 0; i < count; i++) {
    const seat = pools[pick(pools.length)]!;
    const handle = hostile(pick, [...held.keys()], stale) as number;
    // -0 is the handle 0, and so none; whatever equals a live handle is one.
    const good = held.has(handle) && typeof handle === 'number';
    if (seat.isLive(handle) !== good) expect([i, handle, good]).toBe('as isLive says');
    const what = pick(4);
    if (what < 3) {
      const failed = refusal('ERR_HANDLE', () =>
        what === 0 ? seat.view(handle) : what === 1 ? seat.setLength(handle, i & 7) : seat.lengthOf(handle),
      );
      if (failed === good) expect([i, handle, good]).toBe('used exactly when it is live');
    } else {
      const failed = refusal('ERR_HANDLE', () => seat.release(handle));
      if (failed === good) expect([i, handle, good]).toBe('released exactly when it is live');
      if (!failed) {
        held.delete(handle);
        stale.push(handle);
        if (stale.length > 50) stale.shift();
        accepted++;
      } else refused++;
    }
    while (held.size < pool.capacity / 2) {
      const fresh = pool.acquire();
      if (fresh === 0 || held.has(fresh)) expect([i, fresh]).toBe('a block of its own');
      held.set(fresh, i);
    }
    if (i % 1024 === 0) expectCounts(pool, held.size);
  }
  expectCounts(pool, held.size);
  for (const handle of held.keys()) pool.release(handle);
  expectCounts(pool, 0);
  return { refused, accepted };
}

describe(`${total} hostile handles`, () => {
  const seed = seedFor('hostile handles');

  it.each([1, 2, 8, 600])('change nothing in a local pool of %i blocks, unless they are live', capacity => {
    const { refused } = attack(
      [new LocalPool({ blockBytes: 8, capacity: capacity * 2 }, 1 + (seed % 500))],
      total / 10,
      seed,
    );
    expect(refused).toBeGreaterThan(total / 100);
  });

  it.each([
    [2, 0],
    [8, 2],
    [64, 8],
    [1024, 64],
  ])('change nothing in a shared pool of %i blocks (stocks of %i), unless they are live', (capacity, stockMax) => {
    const regions = seatsOf(3);
    const pools = poolsOf(regions, capacity, { stockMax, firstGeneration: 1 + (Math.abs(seed) % 500) });
    const { refused, accepted } = attack(pools, total / 10, seed + capacity);
    expect(refused).toBeGreaterThan(total / 100);
    expect(accepted).toBeGreaterThan(0);
    regions[2]!.check();
  });

  it('are put into a ring only when they are items, and into one that carries only when they are held', () => {
    const pick = random(seed);
    const regions = seatsOf(2) as [Region, Region];
    const pools = poolsOf(regions, 8, { stockMax: 2 }) as [SharedPool, SharedPool];
    const cargo = ringsOf(regions, 4, -3, pools);
    const plain = Ring.create({ region: regions[0], name: 'plain', capacity: 4 });
    const local = Ring.create({ capacity: 4 });
    const held: [Set<number>, Set<number>] = [new Set(), new Set()];
    for (let i = 0; i < 6; i++) held[i % 2]!.add(pools[i % 2]!.acquire());
    for (let i = 0; i < total / 5; i++) {
      const by = pick(2);
      const item = hostile(pick, [...held[pick(2)]!], []) as number;
      const isItem = typeof item === 'number' && Number.isInteger(item) && item > 0 && item < 2 ** 31;
      const good = isItem && held[by]!.has(item);
      if (!isItem) {
        for (const ring of [cargo[by]!, plain, local]) {
          if (!refusal('ERR_USAGE', () => ring.enqueue(item))) expect([i, item]).toBe('no item');
        }
        continue;
      }
      if (refusal('ERR_HANDLE', () => cargo[by]!.enqueue(item)) === good) expect([i, item]).toBe('carried when held');
      for (const ring of [plain, local]) {
        ring.enqueue(item);
        if (ring.dequeue() !== item) expect([i, item]).toBe('as it was put');
      }
      if (good) {
        held[by]!.delete(item);
        const to = pick(2);
        if (cargo[to]!.dequeue() !== item) expect([i, item]).toBe('as it was put');
        held[to]!.add(item);
      }
      if (i % 1024 === 0) regions[0].check();
    }
    expect([cargo[0]!.length, plain.length, local.length]).toEqual([0, 0, 0]);
    expectCounts(pools[0], 6);
    for (const by of [0, 1] as const) for (const handle of held[by]) pools[1 - by]!.release(handle);
    expectCounts(pools[1], 0);
    regions[1].check();
  });

  it('change nothing in a heap, unless they point at a live block', () => {
    const pick = random(seed);
    const region = Region.create({ maxByteLength: 2 ** 20, seats: 2 });
    const heaps = [Heap.create({ region, name: 'heap', byteLength: 2 ** 18 })];
    heaps.push(Heap.attach(Region.attach(region.share()), 'heap'));
    const held = new Set<number>();
    const stale: number[] = [];
    for (let i = 0; i < total / 10; i++) {
      while (held.size < 40) {
        const pointer = heaps[pick(2)]!.malloc(1 + pick(600));
        if (pointer === 0 || held.has(pointer)) expect([i, pointer]).toBe('a block of its own');
        held.add(pointer);
      }
      const heap = heaps[pick(2)]!;
      const pointer = hostile(pick, [...held], stale) as number;
      // 0 is ignored, and -0 is 0.
      if (pointer === 0) {
        heap.free(pointer);
        continue;
      }
      const good = typeof pointer === 'number' && held.has(pointer);
      if (refusal('ERR_HANDLE', () => heap.usableSize(pointer)) === good) expect([i, pointer]).toBe('sized when live');
      if (refusal('ERR_HANDLE', () => heap.free(pointer)) === good) expect([i, pointer]).toBe('freed when live');
      if (!good) continue;
      held.delete(pointer);
      stale.push(pointer);
      if (stale.length > 50) stale.shift();
      // It may be some other live block by now.
      for (const old of stale) if (held.has(old)) stale.splice(stale.indexOf(old), 1);
    }
    for (const pointer of held) heaps[0]!.free(pointer);
    expect(heaps[0]!.stats().liveBlocks).toBe(0);
    region.check();
  });

  it('end no claim of a message ring, unless they are the offset of an open one', () => {
    const pick = random(seed);
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 2 });
    const ring = MessageRing.create({ region, name: 'ring', capacity: 4096 });
    const open = new Set<number>();
    const stale: number[] = [];
    let sum = 0;
    for (let i = 0; i < total / 10; i++) {
      while (open.size < 3) {
        const offset = ring.tryClaim(1 + pick(300), 1);
        if (offset !== 0) open.add(offset);
        else if (ring.receive(() => sum++) === 0) {
          // Behind an open claim nothing is received.
          const [first] = open;
          ring.abort(first!);
          open.delete(first!);
        }
      }
      const offset = hostile(pick, [...open], stale) as number;
      const good = typeof offset === 'number' && open.has(offset);
      const act = pick(2) === 0 ? () => ring.commit(offset) : () => ring.abort(offset);
      if (refusal('ERR_HANDLE', act) === good) expect([i, offset]).toBe('ended when open');
      if (!good) continue;
      open.delete(offset);
      stale.push(offset);
      if (stale.length > 50) stale.shift();
    }
    expect(sum).toBeGreaterThan(0);
    region.check();
  });
});
