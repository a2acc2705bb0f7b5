import { describe, expect, it } from 'vitest';
import { createTunedHeap } from '../../src/heap/heap.js';
import type { HeapBase, HeapOptions } from '../../src/heap/heap-base.js';
import { Heap, Region } from '../../src/index.js';
import { codeOf } from './helpers.js';

const BYTES = 4 * 2 ** 20;
const inRegion = (options: HeapOptions = {}): Heap =>
  Heap.create({ byteLength: BYTES, ...options, region: Region.create({ maxByteLength: 8 * 2 ** 20 }), name: 'h' });

const kinds: readonly (readonly [string, (options?: HeapOptions) => Heap])[] = [
  ['local heap', (options = {}) => Heap.create({ byteLength: BYTES, ...options })],
  ['shared heap', inRegion],
  ['heap without caches', (options = {}) => inRegion({ ...options, caches: false })],
];

/** Live blocks and bytes, after a walk over all laws. */
function counts(heap: HeapBase): { liveBlocks: number; liveBytes: number } {
  heap.check();
  const { liveBlocks, liveBytes } = heap.stats();
  return { liveBlocks, liveBytes };
}

describe.each(kinds)('a %s', (_name, make) => {
  it('hands out blocks of any size, 16-aligned, that do not overlap', () => {
    const heap = make();
    const blocks: [number, number][] = [];
    let total = 0;
    for (const bytes of [1, 15, 16, 17, 100, 128, 129, 1000, 4096, 8000, 65535, 65536, 65537, 200_000]) {
      const pointer = heap.malloc(bytes);
      expect(pointer).toBeGreaterThan(0);
      expect(pointer % 16).toBe(0);
      expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(bytes);
      total += heap.usableSize(pointer);
      blocks.push([pointer, bytes]);
    }
    expect(counts(heap)).toEqual({ liveBlocks: blocks.length, liveBytes: total });
    blocks.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < blocks.length; i++)
      expect(blocks[i - 1]![0] + blocks[i - 1]![1]).toBeLessThanOrEqual(blocks[i]![0]);
    for (const [pointer] of blocks) heap.free(pointer);
    expect(counts(heap)).toEqual({ liveBlocks: 0, liveBytes: 0 });
    heap.trim();
    expect(heap.stats().reservedBytes).toBe(0);
  });

  it('gives a smallest block for 0 bytes', () => {
    const heap = make();
    const pointer = heap.malloc(0);
    expect(heap.usableSize(pointer)).toBe(16);
    heap.free(pointer);
    expect(counts(heap).liveBlocks).toBe(0);
  });

  it('answers 0 when exhausted, and goes on after a free', () => {
    const heap = make();
    const blocks: number[] = [];
    for (let pointer = heap.malloc(1000); pointer !== 0; pointer = heap.malloc(1000)) blocks.push(pointer);
    expect(blocks.length * 1024).toBeGreaterThan(BYTES * 0.97);
    expect(counts(heap).liveBlocks).toBe(blocks.length);
    expect(heap.malloc(100_000)).toBe(0);
    expect(heap.malloc(2 ** 31)).toBe(0);
    heap.free(blocks.pop()!);
    expect(heap.malloc(1000)).toBeGreaterThan(0);
    expect(counts(heap).liveBlocks).toBe(blocks.length + 1);
  });

  it('gives the whole of its bytes as one block, again and again, after small ones were everywhere', () => {
    const heap = make();
    for (let round = 0; round < 3; round++) {
      const whole = heap.malloc(BYTES);
      expect(whole).toBeGreaterThan(0);
      expect(heap.malloc(1)).toBe(0);
      heap.free(whole);
      const blocks = Array.from({ length: 5000 }, (_, i) => heap.malloc(1 + ((i * 37) % 700)));
      for (const pointer of blocks) heap.free(pointer);
      expect(counts(heap).liveBlocks).toBe(0);
    }
  });

  it('joins free neighbours in both directions', () => {
    const heap = make();
    const size = BYTES / 4;
    const blocks = [0, 1, 2, 3].map(() => heap.malloc(size));
    expect(Math.min(...blocks)).toBeGreaterThan(0);
    heap.free(blocks[0]!);
    heap.free(blocks[2]!);
    expect(heap.malloc(size * 2)).toBe(0);
    heap.free(blocks[1]!); // its neighbours on both sides are free
    expect(heap.malloc(size * 3)).toBe(blocks[0]);
    expect(counts(heap)).toEqual({ liveBlocks: 2, liveBytes: BYTES });
  });

  it('zeroes what calloc hands out', () => {
    const heap = make();
    const dirty = heap.malloc(4000);
    heap.u8.fill(255, dirty, dirty + 4000);
    heap.free(dirty);
    const pointer = heap.calloc(1000, 4);
    expect(heap.i32.subarray(pointer >>> 2, (pointer >>> 2) + 1000).every(word => word === 0)).toBe(true);
    expect(heap.calloc(2 ** 20, 2 ** 20)).toBe(0);
    expect(heap.calloc(0, 5)).toBeGreaterThan(0);
    expect(counts(heap).liveBlocks).toBe(2);
  });

  it.each([1, 8, 9, 255, 256, 257, 264, 4096, 40_001])('zeroes %i bytes, and nothing beside them', bytes => {
    const heap = make();
    const blocks = [heap.malloc(bytes), heap.malloc(bytes), heap.malloc(bytes)];
    for (const block of blocks) heap.u8.fill(255, block, block + heap.usableSize(block));
    heap.free(blocks[1]!);
    const pointer = heap.calloc(1, bytes);
    expect(pointer).toBe(blocks[1]);
    expect(heap.u8.subarray(pointer, pointer + bytes).every(byte => byte === 0)).toBe(true);
    for (const block of [blocks[0]!, blocks[2]!]) {
      expect(heap.u8.subarray(block, block + heap.usableSize(block)).every(byte => byte === 255)).toBe(true);
    }
    expect(counts(heap).liveBlocks).toBe(3);
  });

  it('keeps the content when realloc moves a block, and moves none without need', () => {
    const heap = make();
    let pointer = heap.realloc(0, 100);
    heap.u8.fill(7, pointer, pointer + 100);
    expect(heap.realloc(pointer, 101)).toBe(pointer);
    for (const bytes of [500, 5000, 50_000, 500_000, 700_000, 300_000, 3000, 101]) {
      pointer = heap.realloc(pointer, bytes);
      expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(bytes);
      expect(heap.u8.subarray(pointer, pointer + 100).every(byte => byte === 7)).toBe(true);
      expect(counts(heap).liveBlocks).toBe(1);
    }
    expect(heap.realloc(pointer, 0)).toBe(0);
    expect(counts(heap)).toEqual({ liveBlocks: 0, liveBytes: 0 });
  });

  it('leaves the old block intact when there is no room for a larger one', () => {
    const heap = make();
    const pointer = heap.malloc(1000);
    heap.u8.fill(9, pointer, pointer + 1000);
    expect(heap.realloc(pointer, BYTES)).toBe(0);
    expect(heap.u8.subarray(pointer, pointer + 1000).every(byte => byte === 9)).toBe(true);
    expect(counts(heap).liveBlocks).toBe(1);
  });

  it('grows a large block where it is when what follows is free', () => {
    const heap = make();
    const pointer = heap.malloc(200_000);
    expect(heap.realloc(pointer, 900_000)).toBe(pointer);
    expect(heap.realloc(pointer, 100_000)).toBe(pointer);
    expect(counts(heap)).toEqual({ liveBlocks: 1, liveBytes: 25 * 4096 });
  });

  it('aligns blocks to any power of two', () => {
    const heap = make();
    let live = 0;
    for (let alignment = 1; alignment <= 2 ** 20; alignment *= 2) {
      for (const bytes of [1, 100, 5000, 70_000]) {
        const pointer = heap.alignedAlloc(alignment, bytes);
        expect(pointer).toBeGreaterThan(0);
        expect(pointer % alignment).toBe(0);
        expect(heap.usableSize(pointer)).toBeGreaterThanOrEqual(bytes);
        if (alignment > 4096) heap.free(pointer);
        else live++;
      }
    }
    expect(counts(heap).liveBlocks).toBe(live);
  });

  it('catches every pointer that is none, and changes nothing', () => {
    const heap = make();
    const small = heap.malloc(100);
    const large = heap.malloc(100_000);
    const gone = heap.malloc(100);
    const goneLarge = heap.malloc(100_000);
    heap.free(gone);
    heap.free(goneLarge);
    const before = JSON.stringify(heap.stats());
    const bad: unknown[] = [
      gone,
      goneLarge,
      small + 1,
      small + 8,
      small + 16,
      small - 16,
      large + 16,
      large + 8192,
      large + 4, // inside, before, after
      8,
      16,
      64,
      4096,
      heap.u8.length - 16,
      heap.u8.length,
      2 ** 31,
      2 ** 32 + small,
      -small,
      -16, // outside
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1.5,
      small + 0.5,
      2 ** 53,
      '16',
      null,
      undefined,
      {},
      [],
      16n,
      true,
      () => small, // no integers
    ];
    for (const pointer of bad) {
      const value = pointer as number;
      expect(
        codeOf(() => heap.free(value)),
        `free ${String(pointer)}`,
      ).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.usableSize(value))).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.realloc(value, 10))).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.adopt(value))).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.disown(value))).toBe('ERR_HANDLE');
    }
    expect(JSON.stringify(heap.stats())).toBe(before);
    heap.free(0);
    heap.free(small);
    heap.free(large);
    expect(counts(heap)).toEqual({ liveBlocks: 0, liveBytes: 0 });
  });

  it('catches a second free after many lives of the block', () => {
    const heap = make();
    for (let life = 0; life < 40; life++) {
      const pointer = heap.malloc(64);
      heap.free(pointer);
      expect(codeOf(() => heap.free(pointer))).toBe('ERR_HANDLE');
    }
    expect(counts(heap).liveBlocks).toBe(0);
  });

  it('refuses sizes and alignments that can not be', () => {
    const heap = make();
    const bad: unknown[] = [
      -1,
      -0.5,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 31 + 1,
      2 ** 53,
      '8',
      null,
      {},
      8n,
    ];
    for (const size of bad) {
      const value = size as number;
      expect(
        codeOf(() => heap.malloc(value)),
        String(size),
      ).toBe('ERR_GEOMETRY');
      expect(codeOf(() => heap.calloc(value, 1))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => heap.calloc(1, value))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => heap.realloc(0, value))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => heap.alignedAlloc(16, value))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => heap.alignedAlloc(value, 16))).toBe('ERR_GEOMETRY');
    }
    for (const alignment of [0, 3, 24, 2 ** 31])
      expect(codeOf(() => heap.alignedAlloc(alignment, 16))).toBe('ERR_GEOMETRY');
    expect(heap.stats().reservedBytes).toBe(0);
  });

  it('visits every block', () => {
    const heap = make();
    const live = new Map([10, 200, 3000, 100_000].map(bytes => [heap.malloc(bytes), bytes]));
    const seen = new Map<number, number>();
    heap.walk((pointer, bytes, isLive) => isLive && seen.set(pointer, bytes));
    expect([...seen.keys()].sort()).toEqual([...live.keys()].sort());
    for (const [pointer, bytes] of live) expect(seen.get(pointer)).toBeGreaterThanOrEqual(bytes);
  });

  it('tells once when the soft limit is crossed, and lets the callback use the heap', () => {
    const told: number[] = [];
    let heap: Heap | undefined;
    heap = make({
      softLimitBytes: 100_000,
      onSoftLimit: bytes => {
        told.push(bytes);
        heap?.free(heap.malloc(16));
      },
    });
    const pointer = heap.malloc(90_000);
    expect(told).toEqual([]);
    const second = heap.malloc(90_000);
    expect(told.length).toBe(1);
    expect(told[0]).toBeGreaterThan(100_000);
    heap.free(pointer);
    heap.free(second);
    heap.trim();
    heap.malloc(10);
    heap.malloc(190_000);
    expect(told.length).toBe(2);
  });
});

describe('heaps', () => {
  it('are made of good options only', () => {
    const region = Region.create({ maxByteLength: 2 ** 20 });
    const bad = [
      { byteLength: 0 },
      { byteLength: 1.5 },
      { byteLength: -1 },
      { byteLength: 2 ** 31 },
      { softLimitBytes: -1 },
    ];
    for (const options of bad) {
      expect(codeOf(() => Heap.create(options))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => Heap.create({ ...options, region, name: 'x' }))).toBe('ERR_GEOMETRY');
    }
    for (const options of [{ caches: 1 }, { guard: 'yes' }, { onSoftLimit: 5 }]) {
      expect(codeOf(() => Heap.create(options as unknown as HeapOptions))).toBe('ERR_USAGE');
    }
    expect(codeOf(() => Heap.create({ byteLength: 2 ** 21, region, name: 'x' }))).toBe('ERR_GEOMETRY');
    expect(codeOf(() => Heap.create({ region } as never))).toBe('ERR_USAGE');
    expect(codeOf(() => Heap.attach(region, 'x'))).toBe('ERR_ATTACH');
    const full = Region.create({ maxByteLength: 2 ** 20, seats: 255 });
    expect(codeOf(() => Heap.create({ byteLength: 1, region: full, name: 'x' }))).toBe('ERR_GEOMETRY');
    expect(region.inspect().structures).toEqual([]);
  });

  it('take what is left of the region unless told otherwise', () => {
    const region = Region.create({ maxByteLength: 4 * 2 ** 20 });
    const heap = Heap.create({ region, name: 'all' });
    expect(heap.malloc(3 * 2 ** 20)).toBeGreaterThan(0);
    expect(region.maxByteLength - region.usedBytes).toBeLessThan(16384);
    expect(Heap.open({ region, name: 'all' })).toBe(heap);
    expect(codeOf(() => Heap.open({ region, name: 'all', caches: false }))).toBe('ERR_GEOMETRY');
    expect(heap).toBeInstanceOf(Heap);
    region.check();
  });

  it('can have tiny pages and classes', () => {
    const region = Region.create({ maxByteLength: 2 ** 20 });
    const classes = [{ bytes: 256, pages: 1, blocks: 2, stockMax: 1 }];
    const heap = createTunedHeap({ byteLength: 2048, region, name: 't' }, { pageShift: 9, classes, emptyBytesMax: 0 });
    const blocks = Array.from({ length: 8 }, () => heap.malloc(256));
    expect(new Set(blocks).size).toBe(8);
    expect(heap.malloc(1)).toBe(0);
    for (const pointer of blocks) heap.free(pointer);
    expect(heap.malloc(2048)).toBeGreaterThan(0);
    expect(counts(heap)).toEqual({ liveBlocks: 1, liveBytes: 2048 });
  });
});
