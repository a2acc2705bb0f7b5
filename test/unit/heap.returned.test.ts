/** Blocks that another seat than their owner frees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SharedHeap } from '../../src/heap/shared-heap.js';
import { Heap, type Region } from '../../src/index.js';
import { seatsOf } from './helpers.js';

/** So many blocks of others a thread may have freed before it tells their owners. */
const UNTOLD = 32;

const pair = (byteLength = 2 ** 16): [Heap, Heap, Region] => {
  const [mine, theirs] = seatsOf(2, { maxByteLength: 2 ** 20 }) as [Region, Region];
  const heap = Heap.create({ region: mine, name: 'h', byteLength });
  return [heap, Heap.attach(theirs, 'h'), theirs];
};

/** Takes blocks until there is no room for one more of this size. */
function fill(heap: Heap, bytes: number): number[] {
  const blocks: number[] = [];
  for (let pointer = heap.malloc(bytes); pointer !== 0; pointer = heap.malloc(bytes)) blocks.push(pointer);
  return blocks;
}

/** Where the stamp of a block stands in the bytes; its life stands four before. */
function stampAt(heap: Heap, pointer: number): number {
  const { states } = heap as unknown as { states: number };
  return states + (pointer >>> 4) + ((pointer >>> 4) & -4) + 4;
}

describe.each(['x64', 'arm64'])('on %s, blocks that another freed without telling yet', arch => {
  const real = Object.getOwnPropertyDescriptor(process, 'arch')!;
  beforeAll(() => Object.defineProperty(process, 'arch', { ...real, value: arch }) as unknown as undefined);
  afterAll(() => Object.defineProperty(process, 'arch', real) as unknown as undefined);

  it.each([16, 64, 80, 512, 4096, 20_000])('of %i bytes are found before there is no room', bytes => {
    const [heap, other] = pair();
    const blocks = fill(heap, bytes);
    for (const pointer of blocks.slice(0, UNTOLD - 1)) {
      other.free(pointer);
      expect(heap.malloc(bytes)).toBe(pointer);
    }
    expect(heap.malloc(bytes)).toBe(0);
    heap.check();
  });

  it('are found at each of many times that there is no room', () => {
    const [heap, other] = pair();
    const blocks = fill(heap, 512);
    for (const pointer of blocks.slice(0, 3 * UNTOLD)) {
      expect(heap.malloc(512)).toBe(0);
      other.free(pointer);
      expect(heap.malloc(512)).toBe(pointer);
    }
  });

  it('are looked for once, not each time that there is no room', () => {
    const [heap, other] = pair();
    const [first, second] = fill(heap, 512) as [number, number];
    other.free(first);
    expect(heap.malloc(512)).toBe(first);
    // A stamp that nobody counts is what an owner would find that looked in vain.
    heap.u8[stampAt(heap, second)] = heap.u8[stampAt(heap, second) - 4]!;
    expect(heap.malloc(512)).toBe(0);
    other.free(first);
    expect([heap.malloc(512), heap.malloc(512)].sort()).toEqual([first, second].sort());
  });

  it('are told when there are so many', () => {
    const [heap, other] = pair();
    const blocks = Array.from({ length: 128 }, () => heap.malloc(128));
    const { reservedBytes } = heap;
    for (const pointer of blocks.slice(0, UNTOLD)) other.free(pointer);
    for (let i = 0; i < UNTOLD; i++) expect(blocks).toContain(heap.malloc(128));
    expect(heap.reservedBytes).toBe(reservedBytes);
  });

  it.each(['trim', 'detach'])('are told by %s', how => {
    const [heap, other, theirs] = pair();
    const blocks = Array.from({ length: 128 }, () => heap.malloc(128));
    other.free(blocks[5]!);
    if (how === 'trim') other.trim();
    else theirs.detach();
    for (let i = 0; i < 128; i++) heap.malloc(128);
    const live: number[] = [];
    heap.walk((pointer, _bytes, isLive) => {
      if (isLive) live.push(pointer);
    });
    expect(live).toContain(blocks[5]);
  });

  it('are not freed once more, by anyone', () => {
    const [heap, other] = pair();
    const pointer = heap.malloc(100);
    other.free(pointer);
    for (const either of [heap, other]) expect(() => either.free(pointer)).toThrow(/expected a live pointer/);
    expect(heap.stats().liveBlocks).toBe(0);
  });
});

describe('a stamp that comes late, for two threads freed one block', () => {
  // The lives of one block are odd numbers up to 255; it is freed by its owner, and only then stamped.
  it.each([1, 63, 65, 125, 127, 129, 253, 255])('of life %i does not free that block later on', life => {
    const [heap] = pair() as [SharedHeap, Heap, Region];
    const pointer = heap.malloc(100);
    const stamp = stampAt(heap, pointer);
    const again = (): void => {
      heap.free(pointer);
      expect(heap.malloc(100)).toBe(pointer);
    };
    while (heap.u8[stamp - 4] !== life) again();
    again();
    heap.u8[stamp] = life;
    for (let i = 0; i < 130; i++) {
      expect(heap.isLive(pointer)).toBe(true);
      again();
    }
  });

  it('undoes a later free at most: the block stays live, and can be freed', () => {
    const [heap, other] = pair();
    const pointer = heap.malloc(100);
    heap.free(pointer);
    expect(heap.malloc(100)).toBe(pointer);
    other.free(pointer);
    heap.u8[stampAt(heap, pointer)] = 1;
    expect(heap.isLive(pointer)).toBe(true);
    heap.free(pointer);
    expect(heap.stats().liveBlocks).toBe(0);
  });
});

describe('a block that was disowned, and freed by another', () => {
  it.each([16, 64, 100, 5000])('of %i bytes belongs to its next holder, and dies with it', bytes => {
    const [heap, other, theirs] = pair();
    const blocks = fill(heap, bytes);
    for (const pointer of blocks) {
      heap.disown(pointer);
      other.free(pointer);
    }
    expect(fill(heap, bytes).sort()).toEqual(blocks.sort());
    expect(theirs.recover(1).blocksReclaimed).toBe(blocks.length);
    other.trim();
    expect(other.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0 });
  });
});
