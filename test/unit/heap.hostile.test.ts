/** Pointers that are none, thrown at every call that takes one: refused, and nothing has changed. */
import { describe, expect, it } from 'vitest';
import { Heap, type Region, RingwellError } from '../../src/index.js';
import { random, seatsOf, seedFor } from './helpers.js';

const total = Number(process.env.HOSTILE_POINTERS ?? 1e5);
const BYTES = 2 ** 18;
const SIZES = [1, 16, 40, 100, 250, 1000, 4096, 9000, 40_000];
const LIVE_BYTES = 2 ** 17;

let ran = 0;
const odd: unknown[] = [
  Number.NaN,
  1.5,
  -1,
  -16,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  Infinity,
  -Infinity,
  16n,
  '16',
  null,
  undefined,
  true,
  Symbol('pointer'),
  [16],
  { valueOf: () => ran++ },
  { [Symbol.toPrimitive]: () => ran++ },
  () => ran++,
  Number.MIN_VALUE,
];

type Pick = (below: number) => number;

/** Odd values, live pointers with something added or flipped, stale ones, and any number. */
function hostile(pick: Pick, live: readonly number[], stale: readonly number[], end: number): unknown {
  const pointer = live[pick(live.length)] ?? 16;
  switch (pick(9)) {
    case 0:
      return odd[pick(odd.length)];
    case 1:
      return pointer ^ (1 << pick(32));
    case 2:
      return pointer + 16 * (pick(41) - 20);
    case 3:
      return pointer + (pick(3) - 1) * 2 ** pick(32);
    case 4:
      return pointer + 0.5 ** (1 + pick(10));
    case 5:
      return stale[pick(stale.length)] ?? 8;
    case 6:
      return 16 * pick(end >>> 4);
    case 7:
      return -pointer;
    default:
      return (pick(2 ** 31) * 2 + pick(2)) | 0;
  }
}

const calls: readonly (readonly [string, (heap: Heap, pointer: number) => unknown])[] = [
  ['free', (heap, pointer) => heap.free(pointer)],
  ['usableSize', (heap, pointer) => heap.usableSize(pointer)],
  ['realloc', (heap, pointer) => heap.realloc(pointer, 100)],
  ['realloc to 0', (heap, pointer) => heap.realloc(pointer, 0)],
  ['adopt', (heap, pointer) => heap.adopt(pointer)],
  ['disown', (heap, pointer) => heap.disown(pointer)],
];

/** Calls, and tells whether it was refused; any other error than ERR_HANDLE fails the test. */
function refused(act: () => unknown): boolean {
  try {
    act();
  } catch (error) {
    if (error instanceof RingwellError && error.code === 'ERR_HANDLE') return true;
    throw error;
  }
  return false;
}

/** Attacks through all seats' objects of one heap. Every live block is marked, and has its mark at the end. */
function attack(heaps: readonly Heap[], seed: number): number {
  const pick = random(seed);
  const first = heaps[0]!;
  const { i32 } = first;
  const live = new Map<number, number>();
  const stale: number[] = [];
  let bytes = 0;
  const refill = (): void => {
    while (bytes < LIVE_BYTES) {
      const size = SIZES[pick(SIZES.length)]!;
      const pointer = heaps[pick(heaps.length)]!.malloc(size);
      if (pointer === 0) return;
      if (live.has(pointer)) expect(pointer).toBe('handed out once');
      if (size >= 4) i32[pointer >>> 2] = pointer;
      live.set(pointer, size);
      bytes += size;
    }
  };
  refill();
  let refusals = 0;
  for (let i = 0; i < total; i++) {
    const heap = heaps[pick(heaps.length)]!;
    const pointer = hostile(pick, [...live.keys()], stale, first.u8.length) as number;
    if (pointer === 0 || live.has(pointer)) continue;
    const [name, call] = calls[pick(calls.length)]!;
    if (!refused(() => call(heap, pointer))) expect(`${i}: ${name}(${String(pointer)})`).toBe('refused');
    refusals++;
    if (i % 16 !== 0) continue;
    const gone = [...live.keys()][pick(live.size)]!;
    if (live.get(gone)! >= 4) expect(i32[gone >>> 2]).toBe(gone);
    bytes -= live.get(gone)!;
    live.delete(gone);
    heap.free(gone);
    stale.push(gone);
    if (stale.length > 50) stale.shift();
    refill();
  }
  first.check();
  expect(first.stats().liveBlocks).toBe(live.size);
  for (const [pointer, size] of live) {
    if (size >= 4) expect(i32[pointer >>> 2]).toBe(pointer);
    first.free(pointer);
  }
  expect(first.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  expect(ran).toBe(0);
  return refusals;
}

describe(`${total} hostile pointers`, () => {
  it.each([
    ['a local heap', () => [Heap.create({ byteLength: BYTES })]],
    ['a guarded heap', () => [Heap.create({ byteLength: 2 * BYTES, guard: true })]],
    ['a heap of three seats', () => heapsOf(true)],
    ['a heap of three seats without caches', () => heapsOf(false)],
  ] as const)('at %s are refused and change nothing', (name, make) => {
    expect(attack(make(), seedFor(`hostile pointers at ${name}`))).toBeGreaterThan(total / 2);
  });

  it('of another heap are refused, unless a block lives there', () => {
    const [one, other] = [Heap.create({ byteLength: BYTES }), Heap.create({ byteLength: BYTES })];
    for (let i = 0; i < 100; i++) one.malloc(200);
    const theirs = Array.from({ length: 100 }, () => other.malloc(2000));
    const lives = new Set<number>();
    one.walk((pointer, _bytes, isLive) => isLive && lives.add(pointer));
    for (const pointer of theirs) {
      if (!lives.has(pointer)) expect(refused(() => one.free(pointer))).toBe(true);
    }
    expect(one.stats().liveBlocks).toBe(100);
    one.check();
  });
});

function heapsOf(caches: boolean): Heap[] {
  const regions = seatsOf(3, { maxByteLength: 2 ** 20 }) as Region[];
  Heap.create({ region: regions[0]!, name: 'h', byteLength: BYTES, caches });
  return regions.map(region => Heap.attach(region, 'h'));
}
