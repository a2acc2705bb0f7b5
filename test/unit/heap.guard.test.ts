import { describe, expect, it, vi } from 'vitest';
import { Heap, Region } from '../../src/index.js';
import { codeOf, seatsOf } from './helpers.js';

const kinds: readonly (readonly [string, () => Heap])[] = [
  ['local', () => Heap.create({ byteLength: 2 ** 20, guard: true })],
  [
    'shared',
    () =>
      Heap.create({ byteLength: 2 ** 20, guard: true, region: Region.create({ maxByteLength: 2 ** 22 }), name: 'h' }),
  ],
];

describe.each(kinds)('a guarded %s heap', (_name, make) => {
  it('hands out, grows and frees blocks like any heap', () => {
    const heap = make();
    const blocks = [0, 1, 7, 100, 5000, 100_000].map(bytes => [heap.malloc(bytes), bytes] as const);
    for (const [pointer, bytes] of blocks) {
      expect(pointer % 16).toBe(0);
      expect(heap.usableSize(pointer)).toBe(bytes);
      heap.u8.fill(5, pointer, pointer + bytes);
    }
    const aligned = heap.alignedAlloc(1024, 10);
    expect(aligned % 1024).toBe(0);
    expect(heap.stats()).toMatchObject({ liveBlocks: 7, liveBytes: 105_118 });
    const moved = heap.realloc(blocks[3]![0], 200);
    expect(heap.u8.subarray(moved, moved + 100).every(byte => byte === 5)).toBe(true);
    heap.check();
    for (const [pointer] of blocks.toSpliced(3, 1)) heap.free(pointer);
    heap.free(moved);
    heap.free(aligned);
    expect(heap.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    heap.trim();
    expect(heap.stats().reservedBytes).toBe(0);
  });

  it('finds a write beyond either end, and leaves the block live', () => {
    const heap = make();
    for (const bytes of [1, 16, 100, 70_000]) {
      for (const at of [-1, -5, bytes, bytes + 3]) {
        const pointer = heap.malloc(bytes);
        const before = heap.u8[pointer + at]!;
        heap.u8[pointer + at] = before ^ 0xff;
        expect(codeOf(() => heap.free(pointer))).toBe('ERR_CORRUPTION');
        expect(codeOf(() => heap.check())).toBe('ERR_CORRUPTION');
        heap.u8[pointer + at] = before;
        heap.free(pointer);
      }
    }
    expect(heap.stats().liveBlocks).toBe(0);
  });

  it('finds a write after the free', () => {
    const heap = make();
    const pointer = heap.malloc(100);
    heap.free(pointer);
    heap.u8[pointer + 50] = 1;
    expect(codeOf(() => heap.trim())).toBe('ERR_CORRUPTION');
    heap.trim();
    expect(heap.stats().reservedBytes).toBe(0);
  });

  it('catches pointers that are none, and does not hand a freed block out soon', () => {
    const heap = make();
    const pointer = heap.malloc(100);
    heap.free(pointer);
    for (let i = 0; i < 100; i++) expect(heap.malloc(100)).not.toBe(pointer);
    const live = heap.malloc(100);
    for (const bad of [pointer, live + 16, live - 16, live + 1, 16, 0.5, Number.NaN, -16, 2 ** 31, heap.u8.length]) {
      expect(codeOf(() => heap.free(bad))).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.usableSize(bad))).toBe('ERR_HANDLE');
      expect(codeOf(() => heap.realloc(bad, 8))).toBe('ERR_HANDLE');
    }
    expect(heap.stats().liveBlocks).toBe(101);
  });

  it('lets quarantined blocks go when it is exhausted', () => {
    const heap = make();
    const size = 900_000;
    const first = heap.malloc(size);
    heap.free(first);
    expect(heap.malloc(size)).toBeGreaterThan(0);
    expect(heap.malloc(size)).toBe(0);
  });

  it('reports what was never freed, with the site, when it is disposed', () => {
    const heap = make();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    heap.malloc(10);
    heap.malloc(10);
    heap.free(heap.malloc(10));
    heap[Symbol.dispose]();
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]![0]).toMatch(/2 blocks were never freed\n {2}.*allocated .*heap\.guard\.test/);
    warn.mockRestore();
  });
});

it('guards the blocks of all seats', () => {
  const [first, second] = seatsOf(2, { maxByteLength: 2 ** 22 }) as [Region, Region];
  const mine = Heap.create({ region: first, name: 'h', byteLength: 2 ** 20, guard: true });
  const theirs = Heap.attach(second, 'h');
  expect(Heap.attach(first, 'h')).toBe(mine);
  const pointer = mine.malloc(10);
  theirs.u8[pointer + 10] = 0;
  expect(codeOf(() => theirs.free(pointer))).toBe('ERR_CORRUPTION');
  const other = mine.malloc(10);
  theirs.free(other);
  expect(codeOf(() => mine.free(other))).toBe('ERR_HANDLE');
  second.detach();
  expect(mine.stats().liveBlocks).toBe(1);
});
