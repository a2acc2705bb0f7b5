// Producers and consumers on one ring: everything that went in comes out once, each producer's items in their order.
import { CLOSED, NONE, Pool, Region, Ring } from '../../dist/index.js';
import { createTunedPool } from '../../dist/pool/pool.js';
import { createTunedRing } from '../../dist/ring/ring.js';
import { must, random, runThreads, serve } from './harness.mjs';

const BLOCK_WORDS = 8;

/** @returns {Promise<string>} */
export async function run({
  seconds,
  seed,
  producers = 2,
  consumers = 2,
  capacity,
  start = 0,
  style,
  carries = false,
}) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const pool = createTunedPool(
    { region, name: 'pool', blockBytes: BLOCK_WORDS * 4, capacity: capacity * 2 + 4 },
    { stockMax: carries === 'stocked' ? 2 : 0 },
  );
  const ring = createTunedRing({ region, name: 'ring', capacity, ...(carries ? { carries: pool } : {}) }, start | 0);
  const common = { seconds, style, carries: Boolean(carries), producers };
  const tasks = [
    ...Array.from({ length: producers }, (_, i) => ({ ...common, role: 'producer', number: i, seed: seed + i })),
    ...Array.from({ length: consumers }, (_, i) => ({ ...common, role: 'consumer', number: i, seed: seed + 99 + i })),
  ];
  let finished = 0;
  const answers = await runThreads(new URL(import.meta.url), region, tasks, (_, i) => {
    if (i < producers && ++finished === producers) ring.close();
  });
  const taken = answers.slice(producers);
  for (let p = 0; p < producers; p++) {
    const { count, sum } = answers[p];
    const got = taken.reduce((n, { counts }) => n + counts[p], 0);
    const gotSum = taken.reduce((n, { sums }) => (n + sums[p]) | 0, 0);
    must(
      got === count && gotSum === sum,
      () => `producer ${p} put ${count} (sum ${sum}), ${got} (sum ${gotSum}) came out`,
    );
  }
  must(ring.length === 0 && ring.dequeue() === CLOSED, () => `the ring is not drained: ${ring.length}`);
  must(pool.liveCount === 0, () => `${pool.liveCount} blocks are live at the end, expected none`);
  region.check();
  return `${taken.reduce((n, { counts }) => n + counts.reduce((a, b) => a + b), 0)} items`;
}

/** An item of a ring that carries nothing says its number and its producer. */
const encode = (number, producer, producers) => number * producers + producer + 1;

async function produce(ring, pool, words, { seconds, style, carries, producers, number, seed }) {
  const pick = random(seed);
  const deadline = performance.now() + seconds * 1000;
  let [count, sum] = [0, 0];
  while (performance.now() < deadline) {
    for (let i = 0; i < 20; i++) {
      let item = encode(count, number, producers);
      sum = (sum + item) | 0;
      if (carries) item = await load(pool, words, item, style, deadline);
      if (item === 0) {
        sum = (sum - encode(count, number, producers)) | 0;
        break;
      }
      // Mixed on purpose: a blocking wait, an asynchronous one and a poll share the seat's bell.
      const way = style === 'mixed' ? pick(3) : style === 'wait' ? 1 : style === 'async' ? 2 : 0;
      if (way === 1) must(ring.enqueueWait(item), 'enqueueWait without end came back with nothing');
      else if (way === 2) await ring.enqueueAsync(item);
      else while (!ring.enqueue(item)) Atomics.pause?.();
      count++;
    }
  }
  return { count, sum };
}

/** A block with the item written all over it; 0 when none came until the deadline. */
async function load(pool, words, item, style, deadline) {
  let handle = pool.acquire();
  while (handle === 0 && performance.now() < deadline) {
    if (style === 'async') handle = await pool.acquireAsync({ signal: AbortSignal.timeout(50) }).catch(() => 0);
    else handle = style === 'spin' ? pool.acquire() : pool.acquireWait(50);
  }
  if (handle === 0) return 0;
  const at = pool.offsetOf(handle) >>> 2;
  words.fill(item, at, at + BLOCK_WORDS);
  return handle;
}

async function consume(ring, pool, words, { style, carries, producers, seed }) {
  const pick = random(seed);
  const counts = new Array(producers).fill(0);
  const sums = new Array(producers).fill(0);
  const last = new Array(producers).fill(-1);
  for (;;) {
    const way = style === 'mixed' ? pick(3) : style === 'wait' ? 1 : style === 'async' ? 2 : 0;
    let item = way === 1 ? ring.dequeueWait() : way === 2 ? await ring.dequeueAsync() : ring.dequeue();
    if (item === CLOSED) return { counts, sums };
    if (item === NONE) {
      must(way === 0, 'a wait without end came back with nothing');
      continue;
    }
    if (carries) {
      const handle = item;
      const at = pool.offsetOf(handle) >>> 2;
      item = words[at];
      for (let i = 1; i < BLOCK_WORDS; i++)
        must(words[at + i] === item, () => `block ${handle}: ${item}, ${words[at + i]}`);
      words.fill(-1, at, at + BLOCK_WORDS);
      pool.release(handle);
    }
    const producer = (item - 1) % producers;
    const number = (item - 1 - producer) / producers;
    must(item > 0 && number > last[producer], () => `producer ${producer}: ${number} came after ${last[producer]}`);
    last[producer] = number;
    counts[producer]++;
    sums[producer] = (sums[producer] + item) | 0;
  }
}

await serve((region, task) => {
  const ring = Ring.attach(region, 'ring');
  const pool = Pool.attach(region, 'pool');
  const words = new Int32Array(region.buffer);
  return task.role === 'producer' ? produce(ring, pool, words, task) : consume(ring, pool, words, task);
});
