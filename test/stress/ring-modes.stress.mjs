// Rings in every mode, in bulk, in bursts and staged: everything that went in comes out once, each producer's items in their order.
// Items are numbers of their producer with a check in their low bits, so a torn or foreign one shows.
import { CLOSED, Region, Ring } from '../../dist/index.js';
import { createTunedRing } from '../../dist/ring/ring.js';
import { must, random, runThreads, serve } from './harness.mjs';

const BATCH_MAX = 32;
const PRODUCERS_MAX = 4;
/** Fewer than the slowest ring does between the slowest threads: then something hangs. */
const ITEMS_A_SECOND_MIN = 20_000;

/** A side with one thread is a single one. @returns {Promise<string>} */
export async function run({ seconds, seed, producers, consumers, capacity, start = 0, items = 0 }) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const side = count => (count === 1 ? 'single' : 'multi');
  const modes = { producers: side(producers), consumers: side(consumers) };
  const ring = createTunedRing({ region, name: 'ring', capacity, ...modes }, start | 0);
  const share = items / producers;
  const patience = seconds + items / ITEMS_A_SECOND_MIN;
  const common = { seconds, patience, modes, share };
  const tasks = [
    ...Array.from({ length: producers }, (_, number) => ({ ...common, role: 'producer', number, seed: seed + number })),
    ...Array.from({ length: consumers }, (_, i) => ({ ...common, role: 'consumer', seed: seed + 99 + i })),
  ];
  let finished = 0;
  const answers = await runThreads(new URL(import.meta.url), region, tasks, (_, i) => {
    if (i < producers && ++finished === producers) ring.close();
  });
  const taken = answers.slice(producers);
  for (let p = 0; p < producers; p++) {
    const got = taken.reduce((all, counts) => all + counts[p], 0);
    must(got === answers[p], () => `producer ${p} put ${answers[p]}, ${got} came out`);
  }
  must(ring.length === 0, () => `the ring is not drained: ${ring.length}`);
  region.check();
  return `${answers.slice(0, producers).reduce((a, b) => a + b, 0)} items`;
}

/** Number 21, producer 2, check 8: numbers come round, so order is told by their difference. */
const encode = (number, producer) => {
  const body = ((number & 0x1fffff) << 2) | producer;
  return ((body << 8) | ((Math.imul(body, 0x9e3779b1) >>> 24) | 1)) & 0x7fffffff;
};

function produce(ring, { seconds, share, modes, number: producer, seed }) {
  const pick = random(seed);
  const items = new Int32Array(BATCH_MAX);
  const stages = modes.producers === 'single';
  const deadline = performance.now() + seconds * 1000;
  let done = 0;
  for (let calls = 0; calls % 64 !== 0 || done < share || performance.now() < deadline; calls++) {
    const count = 1 + pick(Math.min(BATCH_MAX, ring.capacity));
    for (let i = 0; i < count; i++) items[i] = encode(done + i, producer);
    const way = pick(stages ? 5 : 3);
    if (way === 0) done += ring.enqueueBulk(items, count) ? count : 0;
    else if (way === 1) done += ring.enqueueBurst(items, count);
    else if (way === 2) done += ring.enqueueWait(items[0], 1) ? 1 : 0;
    else {
      for (let i = 0; i < count && ring.stage(items[i]); i++) done++;
      if (way === 3) ring.flush();
    }
  }
  if (stages) ring.flush();
  return done;
}

function consume(ring, { modes, seed }) {
  const pick = random(seed);
  const items = new Int32Array(BATCH_MAX);
  const counts = new Array(PRODUCERS_MAX).fill(0);
  const next = new Array(PRODUCERS_MAX).fill(0);
  const alone = modes.consumers === 'single';
  for (;;) {
    const count = 1 + pick(Math.min(BATCH_MAX, ring.capacity));
    const way = pick(3);
    let got = 0;
    const seen = alone ? ring.peek() : 0;
    if (way === 0) got = ring.dequeueBulk(items, count) ? count : 0;
    else if (way === 1) got = ring.dequeueBurst(items, count);
    else {
      items[0] = ring.dequeueWait(1);
      if (items[0] === CLOSED) return counts;
      got = items[0] > 0 ? 1 : 0;
    }
    must(seen <= 0 || got === 0 || items[0] === seen, () => `peeked ${seen}, took ${items[0]}`);
    for (let i = 0; i < got; i++) {
      const body = items[i] >>> 8;
      const producer = body & 3;
      const number = body >>> 2;
      must(encode(number, producer) === items[i], () => `no such item was put: ${items[i]}`);
      const ahead = ((number - next[producer]) << 11) >> 11;
      must(
        alone ? ahead === 0 : ahead >= 0,
        () => `producer ${producer}: ${number} came where ${next[producer]} was due`,
      );
      next[producer] = (number + 1) & 0x1fffff;
      counts[producer]++;
    }
  }
}

await serve((region, task) => {
  const ring = Ring.attach(region, 'ring');
  return task.role === 'producer' ? produce(ring, task) : consume(ring, task);
});
