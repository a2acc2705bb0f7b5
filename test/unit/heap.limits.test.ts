/** What a heap does at its limits, soft and hard, and what seats leave to each other. */
import { describe, expect, it } from 'vitest';
import type { HeapOptions } from '../../src/heap/heap-base.js';
import { Heap, Region } from '../../src/index.js';
import { codeOf, runChild, seatsOf } from './helpers.js';

const BYTES = 2 ** 20;
const PAGE = 4096;

const inRegion = (options: HeapOptions): Heap =>
  Heap.create({ byteLength: BYTES, ...options, region: Region.create({ maxByteLength: 2 ** 22 }), name: 'h' });

const kinds: readonly (readonly [string, (options: HeapOptions) => Heap])[] = [
  ['local heap', options => Heap.create({ byteLength: BYTES, ...options })],
  ['shared heap', inRegion],
  ['heap without caches', options => inRegion({ ...options, caches: false })],
  ['guarded heap', options => inRegion({ ...options, guard: true })],
];

/** Two seats' objects of one heap. */
function pairOf(caches: boolean): [Heap, Heap] {
  const [mine, theirs] = seatsOf(2, { maxByteLength: 2 ** 22 }) as [Region, Region];
  const heap = Heap.create({ region: mine, name: 'h', byteLength: BYTES, caches });
  return [heap, Heap.attach(theirs, 'h')];
}

/** Takes blocks until there is no room for one more of this size. */
function fill(heap: Heap, bytes: number): number[] {
  const blocks: number[] = [];
  for (let pointer = heap.malloc(bytes); pointer !== 0; pointer = heap.malloc(bytes)) blocks.push(pointer);
  return blocks;
}

/** So many blocks of others a thread may have freed before it tells their owners. */
const UNTOLD = 32;

/** Bytes that a block can't have by accident. */
const pattern = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + 7) & 0xff);

it('finds what others freed at seat 128, and does not grow', () => {
  const regions = seatsOf(128, { maxByteLength: 2 ** 23 });
  const heap = Heap.create({ region: regions[0]!, name: 'h', byteLength: 2 ** 22 });
  const theirs = Heap.attach(regions.at(-1)!, 'h');
  const blocks = Array.from({ length: 2000 }, () => theirs.malloc(256));
  const { reservedBytes } = heap;
  for (const pointer of blocks) heap.free(pointer);
  for (let i = 0; i < 2000; i++) theirs.malloc(256);
  expect(heap.reservedBytes).toBeLessThanOrEqual(reservedBytes + UNTOLD * 256);
});

describe.each(kinds)('a %s', (_name, make) => {
  it.each([10, 100, 3000, 20_000, 100_000])(
    'that is exhausted leaves a block of %i bytes as it was when it can not grow',
    bytes => {
      const heap = make({});
      const block = heap.malloc(bytes);
      heap.u8.set(pattern(bytes), block);
      fill(heap, bytes + 1);
      fill(heap, 20_000);
      fill(heap, 1000);
      fill(heap, 16);
      const before = JSON.stringify(heap.stats());
      for (const larger of [heap.usableSize(block) + 1, 200_000, BYTES, 2 ** 31]) {
        expect(heap.realloc(block, larger)).toBe(0);
        expect(heap.u8.subarray(block, block + bytes)).toEqual(pattern(bytes));
      }
      expect(JSON.stringify(heap.stats())).toBe(before);
      heap.free(block);
      heap.check();
    },
  );

  it('answers 0 to a product that no number of bytes is', () => {
    const heap = make({});
    const before = JSON.stringify(heap.stats());
    for (const [count, bytes] of [
      [2 ** 31, 2],
      [2, 2 ** 31],
      [2 ** 31, 2 ** 31],
      [65537, 65537],
      [2 ** 16, 2 ** 16], // 2^32: 0 in 32 bits
      [3, 715827883], // 2^31 + 1
    ] as const) {
      expect(heap.calloc(count, bytes)).toBe(0);
    }
    expect(JSON.stringify(heap.stats())).toBe(before);
    const none = heap.calloc(0, 2 ** 31);
    expect(heap.usableSize(none)).toBeGreaterThanOrEqual(0);
    heap.free(none);
  });

  it('reallocates nothing as malloc, and to nothing as free', () => {
    const heap = make({});
    const block = heap.realloc(0, 50);
    expect(heap.usableSize(block)).toBeGreaterThanOrEqual(50);
    expect(heap.realloc(block, 0)).toBe(0);
    expect(codeOf(() => heap.free(block))).toBe('ERR_HANDLE');
    const smallest = heap.realloc(0, 0);
    expect(smallest).toBeGreaterThan(0);
    heap.free(smallest);
    expect(heap.stats().liveBlocks).toBe(0);
  });

  it.each([0, 3, 24, -16, 1.5, 2 ** 31, Number.NaN, '16', 16n, null, {}])('refuses to align to %s', alignment => {
    const heap = make({});
    const before = JSON.stringify(heap.stats());
    expect(codeOf(() => heap.alignedAlloc(alignment as number, 16))).toBe('ERR_GEOMETRY');
    expect(JSON.stringify(heap.stats())).toBe(before);
  });

  it('answers 0 to an alignment that there is no room for, and gives what fits', () => {
    const heap = make({});
    expect(heap.alignedAlloc(2 ** 30, 1)).toBe(0);
    for (let alignment = 16; alignment <= 2 ** 18; alignment *= 2) {
      const pointer = heap.alignedAlloc(alignment, 100);
      expect(pointer === 0 ? -1 : pointer % alignment).toBe(0);
      heap.free(pointer);
    }
    expect(heap.stats().liveBlocks).toBe(0);
  });

  it('lets the soft limit free, trim and allocate, and is not told again from within', () => {
    const spare: number[] = [];
    const told: number[] = [];
    const heap = make({
      softLimitBytes: 300_000,
      onSoftLimit: reserved => {
        told.push(reserved);
        for (const pointer of spare.splice(0)) heap.free(pointer);
        heap.free(heap.malloc(400_000)); // crosses it, too
        heap.trim();
      },
    });
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 40 && told.length < round; i++) spare.push(heap.malloc(10_000));
      expect(told.length).toBe(round);
      expect(told.at(-1)).toBeGreaterThan(300_000);
    }
    heap.check();
  });

  it('loses nothing when the soft limit throws', () => {
    let throws = true;
    const heap = make({
      softLimitBytes: 10 * PAGE,
      onSoftLimit: () => {
        if (throws) throw new Error('enough');
      },
    });
    const block = heap.malloc(8 * PAGE);
    heap.u8.set(pattern(100), block);
    expect(() => heap.realloc(block, 100 * PAGE)).toThrow('enough');
    heap.trim();
    heap.free(heap.malloc(10)); // below the limit again
    expect(() => heap.malloc(20 * PAGE)).toThrow('enough');
    expect(heap.u8.subarray(block, block + 100)).toEqual(pattern(100));
    expect(heap.stats().liveBlocks).toBe(1);
    throws = false;
    heap.free(block);
    heap.trim();
    expect(heap.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0 });
    heap.check();
  });
});

describe('a local heap', () => {
  it.each([1, 4096, 123_456, 2 ** 20, 2 ** 24, 100 * 2 ** 20, 2 ** 29, undefined])(
    'of %s bytes has that many',
    byteLength => {
      const heap = Heap.create(byteLength === undefined ? {} : { byteLength });
      expect(heap.byteLength).toBeGreaterThanOrEqual(byteLength ?? 64 * 2 ** 20);
      expect(heap.malloc(1)).toBeGreaterThan(0);
    },
  );

  it('that would be larger than a region can be is refused', () => {
    expect(() => Heap.create({ byteLength: 2 ** 31 - 65536 })).toThrow(/ERR_GEOMETRY|Cannot create heap/);
  });
});

describe('what one seat keeps', () => {
  it("is another's to use once it is trimmed, whatever the size", () => {
    const [mine, theirs] = pairOf(true);
    for (const [small, large] of [
      [100, 20_000],
      [5000, 64],
    ] as const) {
      for (const pointer of fill(mine, small)) mine.free(pointer);
      expect(mine.stats().liveBlocks).toBe(0);
      expect(theirs.malloc(BYTES)).toBe(0); // mine still keeps some
      expect(mine.trim()).toBeGreaterThan(0);
      expect(mine.stats().reservedBytes).toBe(0);
      const whole = theirs.malloc(BYTES);
      expect(whole).toBeGreaterThan(0);
      theirs.free(whole);
      const blocks = fill(theirs, large);
      expect(blocks.length * large).toBeGreaterThan(BYTES * 0.9);
      for (const pointer of blocks) theirs.free(pointer);
      theirs.trim();
    }
    mine.check();
  });

  it('comes back by itself for its own large requests, and what others returned with it', () => {
    const [mine, theirs] = pairOf(true);
    for (const pointer of fill(mine, 100)) theirs.free(pointer);
    expect(mine.malloc(BYTES)).toBeGreaterThan(0);
  });

  it('is a bounded number of bytes', () => {
    const [mine] = pairOf(true);
    for (const bytes of [16, 100, 1000, 4000, 20_000]) {
      for (const pointer of fill(mine, bytes)) mine.free(pointer);
      // Empty spans up to 64 KiB, and those of the blocks in the stock: 256 KiB at most.
      expect(mine.stats().reservedBytes).toBeLessThanOrEqual(5 * 65536 + 65536);
      mine.trim();
    }
  });
});

/** One thread allocates, another frees, and each does nothing else: what is reserved, by rounds. */
const pipe = (caches: boolean): string => `
import { Worker } from 'node:worker_threads';
import { Heap, Region, Ring } from 'DIST/index.js';
const consumer = \`
  const { parentPort, workerData } = require('node:worker_threads');
  import('DIST/index.js').then(({ Heap, Region, Ring }) => {
    const region = Region.attach(workerData);
    const heap = Heap.attach(region, 'heap');
    const pipe = Ring.attach(region, 'pipe');
    parentPort.postMessage('ready');
    for (let pointer = pipe.dequeueWait(); pointer > 0; pointer = pipe.dequeueWait()) {
      if (heap.i32[pointer >>> 2] !== pointer) throw new Error('a block was written by another');
      heap.free(pointer);
    }
    region.detach();
  });
\`;
const region = Region.create({ maxByteLength: 2 ** 25, seats: 4 });
const heap = Heap.create({ region, name: 'heap', byteLength: 2 ** 24, caches: ${caches} });
const pipe = Ring.create({ region, name: 'pipe', capacity: 256, producers: 'single', consumers: 'single' });
const worker = new Worker(consumer, { eval: true, execArgv: [], workerData: region.share() });
await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
const reserved = [];
for (let round = 0; round < 30; round++) {
  for (let i = 0; i < 20_000; i++) {
    const pointer = heap.malloc(16 + ((i * 97 + round) % 1000));
    if (pointer === 0) throw new Error('exhausted');
    heap.i32[pointer >>> 2] = pointer;
    if (!pipe.enqueueWait(pointer, 10_000)) throw new Error('the consumer hangs');
  }
  reserved.push(heap.stats().reservedBytes);
}
pipe.close();
await new Promise(resolve => worker.once('exit', resolve));
heap.trim();
heap.check();
console.log(JSON.stringify({ reserved, after: heap.stats().reservedBytes, live: heap.stats().liveBlocks }));
`;

describe('a thread that only allocates and one that only frees', () => {
  it.each([true, false])('do not make the heap grow once it is warm, caches %s', { timeout: 60_000 }, async caches => {
    const { output } = await runChild(pipe(caches), [], 60_000);
    const { reserved, after, live } = JSON.parse(output) as { reserved: number[]; after: number; live: number };
    // 256 blocks of half a kilobyte are on their way at most; what is reserved is a small multiple of that, and stays so.
    const warm = Math.max(...reserved.slice(0, 10));
    expect(Math.max(...reserved.slice(10))).toBeLessThanOrEqual(1.25 * warm);
    expect(warm).toBeLessThan(4 * 2 ** 20);
    expect([after, live]).toEqual([0, 0]);
  });
});

describe('a heap of more than 1024 pages', () => {
  it('finds what others gave back behind them', () => {
    const [mine, theirs] = seatsOf(2, { maxByteLength: 2 ** 24 }) as [Region, Region];
    const heap = Heap.create({ region: mine, name: 'h', byteLength: 2 ** 23 });
    const other = Heap.attach(theirs, 'h');
    expect(heap.malloc(1100 * PAGE)).toBeGreaterThan(0);
    const blocks = Array.from({ length: 2000 }, () => heap.malloc(256));
    const { reservedBytes } = heap;
    for (const pointer of blocks) other.free(pointer);
    for (let i = 0; i < 2000; i++) heap.malloc(256);
    expect(heap.reservedBytes).toBeLessThanOrEqual(reservedBytes + UNTOLD * 256);
  });
});
