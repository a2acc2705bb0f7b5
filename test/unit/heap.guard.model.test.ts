/** Any sequence of good calls and damage on a guarded heap against a plain map: it finds all damage, and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, Region } from '../../src/index.js';
import { codeOf, seedFor } from './helpers.js';

const BYTES = 2 ** 17;

interface Step {
  readonly what: 'malloc' | 'calloc' | 'aligned' | 'free' | 'realloc' | 'double' | 'before' | 'behind' | 'after';
  readonly n: number;
  readonly bytes: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom<Step['what']>(
    ...(['malloc', 'malloc', 'calloc', 'aligned', 'free', 'free', 'realloc'] as const),
    ...(['double', 'before', 'behind', 'after'] as const),
  ),
  n: fc.nat(1000),
  bytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })),
});

class Model {
  readonly live = new Map<number, { bytes: number; fill: number }>();
  private count = 0;
  private readonly heap: Heap;

  constructor(heap: Heap) {
    this.heap = heap;
  }

  add(pointer: number, bytes: number): void {
    if (pointer === 0) return;
    expect(pointer % 16).toBe(0);
    for (const [other, { bytes: size }] of this.live)
      expect(pointer + bytes <= other || other + size <= pointer).toBe(true);
    const fill = 1 + (this.count++ % 250);
    this.heap.u8.fill(fill, pointer, pointer + bytes);
    this.live.set(pointer, { bytes, fill });
  }

  verify(pointer: number, until: number = Number.POSITIVE_INFINITY): void {
    const { bytes, fill } = this.live.get(pointer)!;
    const block = this.heap.u8.subarray(pointer, pointer + Math.min(bytes, until));
    expect(block.every(byte => byte === fill)).toBe(true);
    expect(this.heap.usableSize(pointer)).toBe(bytes);
  }
}

/** Writes one byte where nothing may be written, lets `act` find it, and puts it right again. */
function damaged(heap: Heap, at: number, act: () => void): void {
  const good = heap.u8[at]!;
  heap.u8[at] = good ^ 0x55;
  act();
  heap.u8[at] = good;
}

function run(heap: Heap, model: Model, { what, n, bytes }: Step): unknown {
  if (what === 'malloc') return model.add(heap.malloc(bytes), bytes);
  if (what === 'aligned') {
    const pointer = heap.alignedAlloc(1 << (n % 12), bytes);
    expect(pointer % (1 << (n % 12))).toBe(0);
    return model.add(pointer, bytes);
  }
  if (what === 'calloc') {
    const pointer = heap.calloc(n & 7, bytes);
    expect(heap.u8.subarray(pointer, pointer + (pointer && (n & 7) * bytes)).every(byte => byte === 0)).toBe(true);
    return model.add(pointer, (n & 7) * bytes);
  }
  const pointer = [...model.live.keys()][n % Math.max(1, model.live.size)];
  if (pointer === undefined) return;
  model.verify(pointer);
  const { bytes: size, fill } = model.live.get(pointer)!;
  if (what === 'before' || what === 'behind') {
    damaged(heap, what === 'before' ? pointer - 1 - (n & 3) : pointer + size + (n & 7), () => {
      for (const call of [() => heap.free(pointer), () => heap.realloc(pointer, bytes), () => heap.check()])
        expect(codeOf(call)).toBe('ERR_CORRUPTION');
    });
    return model.verify(pointer);
  }
  if (what === 'realloc') {
    const moved = heap.realloc(pointer, bytes);
    if (moved === 0 && bytes !== 0) return model.verify(pointer);
    model.live.delete(pointer);
    const kept = heap.u8.subarray(moved, moved + Math.min(size, bytes));
    expect(kept.every(byte => byte === fill)).toBe(true);
    return model.add(moved, bytes);
  }
  heap.free(pointer);
  model.live.delete(pointer);
  if (what === 'double') expect(codeOf(() => heap.free(pointer))).toBe('ERR_HANDLE');
  // What is larger than the whole quarantine leaves it at once.
  if (what === 'after' && size >= 4 && size <= BYTES / 16) {
    heap.u8[pointer + (n % (size & ~3))]! ^= 0x55;
    expect(codeOf(() => heap.trim())).toBe('ERR_CORRUPTION');
    heap.trim();
  }
  return undefined;
}

describe('a guarded heap against a plain map', () => {
  it.each([
    ['local', () => Heap.create({ byteLength: BYTES, guard: true })],
    [
      'shared',
      () => {
        const region = Region.create({ maxByteLength: 2 ** 19 });
        return Heap.create({ region, name: 'h', byteLength: BYTES, guard: true });
      },
    ],
  ] as const)('%s', (name, make) => {
    const seed = seedFor(`guarded heap model, ${name}`);
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), steps => {
        const heap = make();
        const model = new Model(heap);
        for (const one of steps) run(heap, model, one);
        heap.check();
        expect(heap.stats().liveBlocks).toBe(model.live.size);
        for (const pointer of model.live.keys()) {
          model.verify(pointer);
          heap.free(pointer);
        }
        heap.trim();
        expect(heap.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, reservedBytes: 0 });
      }),
      { seed, numRuns: 100 },
    );
  });
});
