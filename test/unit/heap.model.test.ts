import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTunedHeap } from '../../src/heap/heap.js';
import type { SharedHeap } from '../../src/heap/shared-heap.js';
import { Heap, Region } from '../../src/index.js';
import { codeOf } from './helpers.js';

const CLASSES = [
  { bytes: 16, pages: 1, blocks: 32, stockMax: 4 },
  { bytes: 48, pages: 1, blocks: 10, stockMax: 2 },
  { bytes: 256, pages: 1, blocks: 2, stockMax: 1 },
  { bytes: 512, pages: 2, blocks: 2, stockMax: 2 },
];

/** Two seats of one region in this thread, each with its object for one heap, against a plain map. */
class Model {
  readonly heaps: readonly SharedHeap[];
  readonly live = new Map<number, { bytes: number; mark: number }>();
  private marks = 1;

  constructor(caches: boolean, emptyBytesMax: number) {
    const region = Region.create({ maxByteLength: 2 ** 16, seats: 3 });
    const tuning = { pageShift: 9, classes: CLASSES, emptyBytesMax };
    const first = createTunedHeap({ region, name: 'h', byteLength: 8192, caches }, tuning);
    const other = Region.attach(region.share());
    this.heaps = [first, attachHeap(other)];
  }

  add(heap: SharedHeap, pointer: number, bytes: number): void {
    if (pointer === 0) return;
    expect(pointer % 16).toBe(0);
    for (const [other, { bytes: size }] of this.live) {
      if (pointer + bytes > other && other + size > pointer) throw new Error(`${pointer} overlaps ${other}`);
    }
    const mark = this.marks++ & 0xff;
    heap.u8.fill(mark, pointer, pointer + bytes);
    this.live.set(pointer, { bytes, mark });
  }

  verify(pointer: number, bytes: number): void {
    const { mark } = this.live.get(pointer)!;
    const { u8 } = this.heaps[0]!;
    expect(u8.subarray(pointer, pointer + bytes).every(byte => byte === mark)).toBe(true);
  }

  pick(n: number): number | undefined {
    return [...this.live.keys()][n % Math.max(1, this.live.size)];
  }
}

function attachHeap(region: Region): SharedHeap {
  return Heap.attach(region, 'h') as SharedHeap;
}

type Step = {
  who: number;
  what: 'malloc' | 'free' | 'realloc' | 'double' | 'aligned' | 'trim';
  n: number;
  bytes: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.integer({ min: 0, max: 1 }),
  what: fc.constantFrom('malloc', 'malloc', 'free', 'free', 'realloc', 'double', 'aligned', 'trim'),
  n: fc.nat(100),
  bytes: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 3000 })),
});

function run(model: Model, { who, what, n, bytes }: Step): void {
  const heap = model.heaps[who]!;
  if (what === 'malloc') model.add(heap, heap.malloc(bytes), bytes);
  if (what === 'aligned') {
    const pointer = heap.alignedAlloc(1 << (n % 11), bytes);
    expect(pointer % (1 << (n % 11))).toBe(0);
    model.add(heap, pointer, bytes);
  }
  if (what === 'trim') heap.trim();
  const pointer = model.pick(n);
  if (pointer === undefined) return;
  const { bytes: size } = model.live.get(pointer)!;
  if (what === 'free' || what === 'double') {
    model.verify(pointer, size);
    heap.free(pointer);
    model.live.delete(pointer);
    if (what === 'double') for (const any of model.heaps) expect(codeOf(() => any.free(pointer))).toBe('ERR_HANDLE');
  }
  if (what === 'realloc') {
    const moved = heap.realloc(pointer, bytes);
    if (moved === 0 && bytes !== 0) {
      model.verify(pointer, size);
      return;
    }
    const { mark } = model.live.get(pointer)!;
    model.live.delete(pointer);
    if (bytes === 0) return;
    expect(heap.u8.subarray(moved, moved + Math.min(size, bytes)).every(byte => byte === mark)).toBe(true);
    model.add(heap, moved, bytes);
  }
}

describe('the heap against a plain map', () => {
  it.each([
    [true, 0],
    [true, 2048],
    [false, 1024],
  ])('caches %s, empty bytes %d', (caches, emptyBytesMax) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), steps => {
        const model = new Model(caches, emptyBytesMax);
        for (const one of steps) run(model, one);
        const [heap, other] = model.heaps as [SharedHeap, SharedHeap];
        heap.check();
        expect(heap.stats().liveBlocks).toBe(model.live.size);
        for (const [pointer, { bytes }] of model.live) {
          model.verify(pointer, bytes);
          expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(bytes);
          other.free(pointer);
        }
        expect(heap.stats().liveBytes).toBe(0);
        heap.trim();
        other.trim();
        heap.trim();
        expect(heap.stats().reservedBytes).toBe(0);
        heap.check();
        expect(heap.malloc(8192)).toBeGreaterThan(0);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 80) },
    );
  });
});
