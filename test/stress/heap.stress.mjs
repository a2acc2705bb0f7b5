// Threads that allocate, fill, pass on, verify and free the blocks of one heap: no byte may ever be in two hands.
import { createTunedHeap } from '../../dist/heap/heap.js';
import { sizeClasses } from '../../dist/heap/size-classes.js';
import { Heap, Region, RingwellError } from '../../dist/index.js';
import { must, random, runThreads, serve } from './harness.mjs';

const BOXES = 16;

/** @returns {Promise<string>} */
export async function run({
  seconds,
  seed,
  threads = 4,
  byteLength = 2 ** 22,
  hold = 500,
  caches = true,
  pageShift = 13,
  emptyBytesMax = 2 ** 16,
}) {
  const region = Region.create({ maxByteLength: byteLength * 2 + 2 ** 20, seats: 8 });
  const classes = pageShift === 13 ? undefined : sizeClasses(2 ** pageShift, 512);
  const tuning = { pageShift, emptyBytesMax, ...(classes === undefined ? {} : { classes }) };
  const heap = createTunedHeap({ region, name: 'heap', byteLength, caches }, tuning);
  const boxes = new Int32Array(new SharedArrayBuffer(4 * BOXES));
  // Who has a granule, and how long the block is that begins there: beside the library.
  const owners = new Int32Array(new SharedArrayBuffer(region.maxByteLength / 4));
  const tasks = Array.from({ length: threads }, (_, i) => ({ seconds, seed: seed + i * 7919, boxes, owners, hold }));
  const answers = await runThreads(new URL(import.meta.url), region, tasks);
  for (const pointer of boxes) if (pointer !== 0) heap.free(pointer);
  heap.trim();
  heap.check();
  const { liveBlocks, reservedBytes } = heap.stats();
  must(liveBlocks === 0 && reservedBytes === 0, () => `${liveBlocks} blocks, ${reservedBytes} bytes at the end`);
  must(heap.malloc(byteLength) !== 0, 'the heap did not become one piece again');
  return `${answers.reduce((sum, n) => sum + n, 0)} blocks`;
}

await serve((region, { seconds, seed, boxes, owners, hold }) => {
  const heap = Heap.attach(region, 'heap');
  const { seat } = region;
  const pick = random(seed);
  const { i32 } = heap;
  const mine = [];
  let count = 0;
  const size = () => {
    const kind = pick(100);
    if (kind === 0) return 1 + pick(100_000);
    return kind < 20 ? 1 + pick(6000) : 1 + pick(300);
  };
  // The first word says how many words there are; the others are the pointer.
  const take = (pointer, bytes) => {
    const count = (bytes + 3) >>> 2;
    for (let granule = pointer >>> 4; granule < (pointer + bytes + 15) >>> 4; granule++) {
      const before = Atomics.compareExchange(owners, granule, 0, seat);
      must(before === 0, () => `seat ${seat} got ${pointer}, of which seat ${before} has granule ${granule}`);
    }
    i32.fill(pointer, pointer >>> 2, (pointer >>> 2) + count);
    i32[pointer >>> 2] = bytes;
    mine.push(pointer);
  };
  const give = pointer => {
    const bytes = i32[pointer >>> 2];
    must(bytes > 0 && bytes <= 100_000, () => `seat ${seat}: ${pointer} says it has ${bytes} bytes`);
    for (let at = (pointer >>> 2) + 1; at < (pointer >>> 2) + ((bytes + 3) >>> 2); at++)
      must(i32[at] === pointer, () => `seat ${seat}: word ${at} of ${pointer} (${bytes} bytes) is ${i32[at]}`);
    for (let granule = pointer >>> 4; granule < (pointer + bytes + 15) >>> 4; granule++)
      Atomics.store(owners, granule, 0);
    heap.free(pointer);
  };
  const deadline = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < deadline; turn++) {
    for (let i = 0; i < 100; i++) {
      const what = pick(10);
      if (what < 5 && mine.length < hold) {
        const bytes = size();
        const pointer = heap.malloc(bytes);
        count++;
        if (pointer !== 0) take(pointer, bytes);
      } else if (what < 8 && mine.length > 0) {
        give(mine.splice(pick(mine.length), 1)[0]);
      } else {
        const got = Atomics.exchange(boxes, pick(BOXES), mine.length > 0 ? mine.pop() : 0);
        if (got !== 0) give(got);
      }
    }
    if (turn % 64 === 0) heap.trim();
    if (turn % 32 === 0) {
      try {
        heap.free(mine.length > 0 ? mine[0] + 16 * (1 + pick(3)) + 8 : 8);
        must(false, 'a pointer inside a block was freed');
      } catch (error) {
        must(error instanceof RingwellError && error.code === 'ERR_HANDLE', () => `${error}`);
      }
    }
  }
  for (const pointer of mine) give(pointer);
  return count;
});
