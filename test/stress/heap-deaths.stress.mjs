// Threads of one heap that are ended at any moment: what they held comes back, what others hold stays whole.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Heap, Region } from '../../dist/index.js';
import { must, random } from './harness.mjs';

const BOXES = 8;

/** Ends threads, two at work at any time, while this one allocates too. @returns {Promise<string>} */
export async function run({ seconds, seed, caches = true, deathsMax }) {
  const region = Region.create({ maxByteLength: 2 ** 23, seats: 8 });
  const heap = Heap.create({ region, name: 'heap', byteLength: 2 ** 22, caches });
  const boxes = new Int32Array(new SharedArrayBuffer(4 * BOXES));
  const pick = random(seed);
  const survivor = makeWorkload(heap, boxes, seed, false);
  let kills = 0;
  let blocks = 0;
  const deadline = performance.now() + seconds * 1000;
  const lives = Array.from({ length: 2 }, async () => {
    do {
      const token = region.share();
      const worker = new Worker(new URL(import.meta.url), { workerData: { token, boxes, seed: pick(2 ** 30) } });
      const failed = new Promise((_, reject) => worker.once('error', reject));
      await Promise.race([failed, new Promise(resolve => worker.once('message', resolve))]);
      await Promise.race([failed, new Promise(resolve => setTimeout(resolve, pick(8)))]);
      for (let i = 0; i < 50; i++) unlessHeld(() => survivor.step());
      await worker.terminate();
      // Another that is dead already may hold the heap's lock: its recovery, which comes, finishes this one too.
      unlessHeld(() => {
        blocks += region.recover(token).blocksReclaimed;
      });
      kills++;
      survivor.verify();
      region.check();
    } while (performance.now() < deadline && kills < deathsMax);
  });
  await Promise.all(lives);
  survivor.end();
  for (const pointer of boxes) if (pointer !== 0) heap.free(pointer);
  // One of ours may have been on its way from a box to its end with each of them: it is ours still.
  const left = [];
  heap.walk((pointer, _bytes, live) => live && left.push(pointer));
  must(left.length <= kills, () => `${left.length} blocks are live after ${kills} deaths`);
  for (const pointer of left) heap.free(pointer);
  heap.trim();
  heap.check();
  const { liveBlocks, reservedBytes } = heap.stats();
  must(liveBlocks === 0 && reservedBytes === 0, () => `${liveBlocks} blocks, ${reservedBytes} bytes at the end`);
  return `${kills} deaths, ${blocks} blocks reclaimed`;
}

/** Does something, and takes it that it can't be done as long as a thread that died with the heap's lock is not recovered. */
function unlessHeld(act) {
  try {
    act();
  } catch (error) {
    if (error.code !== 'ERR_ATTACH') throw error;
  }
}

/** Allocates and frees its own; the survivor puts blocks into boxes, the others take them out and free them. */
function makeWorkload(heap, boxes, seed, mortal) {
  const pick = random(seed);
  const { i32 } = heap;
  const mine = new Map();
  const verifyOne = (pointer, bytes) => {
    for (let at = pointer >>> 2; at < (pointer >>> 2) + (bytes >>> 2); at++)
      must(i32[at] === pointer, () => `word ${at} of ${pointer} (${bytes} bytes) is ${i32[at]}`);
  };
  const step = () => {
    if (mine.size < 300 && pick(2) === 0) {
      const bytes = pick(60) === 0 ? 4 + pick(100_000) : 4 + pick(2000);
      const pointer = heap.malloc(bytes);
      if (pointer === 0) return;
      must(!mine.has(pointer), () => `${pointer} was handed out twice`);
      i32.fill(pointer, pointer >>> 2, (pointer >>> 2) + (bytes >>> 2));
      mine.set(pointer, bytes);
      return;
    }
    if (mortal && pick(3) === 0) {
      const got = Atomics.exchange(boxes, pick(BOXES), 0);
      if (got !== 0) heap.free(got);
      return;
    }
    for (const [pointer, bytes] of mine) {
      if (pick(4) !== 0) continue;
      verifyOne(pointer, bytes);
      mine.delete(pointer);
      if (mortal || pick(2) === 0 || Atomics.compareExchange(boxes, pick(BOXES), 0, pointer) !== 0) heap.free(pointer);
      break;
    }
    if (pick(500) === 0) heap.trim();
  };
  return {
    step,
    verify: () => {
      for (const [pointer, bytes] of mine) verifyOne(pointer, bytes);
    },
    end: () => {
      for (const pointer of mine.keys()) heap.free(pointer);
    },
  };
}

if (!isMainThread) {
  const { token, boxes, seed } = workerData;
  const work = makeWorkload(Heap.attach(Region.attach(token), 'heap'), boxes, seed, true);
  parentPort.postMessage('at work');
  for (;;) work.step();
}
