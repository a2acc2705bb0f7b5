// Producers and consumers of one ring that are ended at any moment: what was acknowledged is received once, in its order, or was
// the dead's; what the ring carried comes back; and afterwards the whole ring works.
import { NONE, Pool, Region, Ring } from '../../dist/index.js';
import { createTunedPool } from '../../dist/pool/pool.js';
import { createTunedRing } from '../../dist/ring/ring.js';
import { must, random } from './harness.mjs';
import { acknowledge, makeAccount, nextItems, receive, serveStorm, settle, storm } from './storm.mjs';

const BATCH = 4;

/** `dying`: the sides that die; this thread is the other, or in a ring of many one more of both. @returns {Promise<string>} */
export async function run({
  seconds,
  seed,
  deathsMax,
  capacity,
  lane = false,
  dying = 'both',
  carries = false,
  start = 0,
}) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const pool = createTunedPool({ region, name: 'pool', blockBytes: 8, capacity: capacity + 64 }, { stockMax: 2 });
  const modes = lane ? { producers: 'single', consumers: 'single' } : {};
  createTunedRing({ region, name: 'ring', capacity, ...modes, ...(carries ? { carries: pool } : {}) }, start | 0);
  const producing = dying === 'consumers' ? 0 : lane ? 1 : 2;
  const consuming = dying === 'producers' ? 0 : lane ? 1 : 2;
  const account = makeAccount(producing + 1);
  const pick = random(seed);
  const task = (role, number) => ({ role, number, account, lane, carries, seed: pick(2 ** 30) });
  // This thread takes part by a seat of its own for each round, so that the sides it takes are free again.
  let seat;
  let ours;
  let items = 0;
  const total = await storm({
    url: new URL(import.meta.url),
    region,
    seconds,
    deathsMax,
    pick,
    tasks: () => {
      seat = Region.attach(region.share());
      ours = [];
      if (!lane || producing === 0) ours.push(makeProducer(seat, task('producer', producing), pick, false));
      if (!lane || consuming === 0) ours.push(makeConsumer(seat, task('consumer', 0), pick, false));
      return [
        ...Array.from({ length: producing }, (_, i) => task('producer', i)),
        ...Array.from({ length: consuming }, () => task('consumer', 0)),
      ];
    },
    step: () => {
      for (const act of ours) act();
    },
    afterDeath: () => {},
    afterRound: () => {
      const ring = Ring.attach(seat, 'ring');
      const drain = makeConsumer(seat, task('consumer', 0), pick, false);
      for (let tries = 0; ring.length > 0; tries++) {
        must(tries < 100 * ring.capacity, () => `${ring.length} items are in the ring, and do not come out`);
        drain();
      }
      must(ring.dequeue() === NONE, 'an empty ring gave something');
      items += settle(account, { lost: BATCH * consuming, again: 0, more: BATCH * producing });
      must(pool.liveCount === 0, () => `${pool.liveCount} blocks are live, and the ring is empty`);
      for (let lap = 0; lap < 2; lap++) fillAndEmpty(ring, Pool.attach(seat, 'pool'), carries);
      seat.detach();
    },
  });
  return `${total.deaths} deaths, ${items} items, ${total.slots} slots and ${total.blocks} blocks taken back`;
}

/** Every slot of an empty ring can be filled, and comes out in order. */
function fillAndEmpty(ring, pool, carries) {
  const items = Array.from({ length: ring.capacity + 1 }, (_, i) => (carries ? pool.acquire() : i + 1));
  const surplus = items.pop();
  for (const [i, item] of items.entries()) must(ring.enqueue(item), () => `full at ${i} of ${ring.capacity}`);
  must(!ring.enqueue(surplus), 'more than its capacity went in');
  for (const item of items) {
    const got = ring.dequeue();
    must(got === item, () => `${got} came out, expected ${item}`);
  }
  must(ring.dequeue() === NONE, 'an empty ring gave something');
  if (carries) for (const item of [...items, surplus]) pool.release(item);
}

/** Puts its items in every way there is, and acknowledges what went in. */
function makeProducer(region, { number, account, lane, carries }, pick, mortal) {
  const ring = Ring.attach(region, 'ring');
  const pool = Pool.attach(region, 'pool');
  const words = new Int32Array(region.buffer);
  const batch = new Int32Array(BATCH);
  /** Fills the batch; answers how many. */
  const load = count => {
    const items = nextItems(account, number, count);
    if (items === undefined) return 0;
    for (let i = 0; i < count; i++) {
      batch[i] = carries ? pool.acquire() : items[i];
      if (batch[i] === NONE) return i;
      if (carries) words[pool.offsetOf(batch[i]) >>> 2] = items[i];
    }
    return count;
  };
  const put = (way, count) => {
    if (way === 0) return ring.enqueueBurst(batch, count);
    if (way === 1) return ring.enqueueBulk(batch, count) ? count : 0;
    let done = 0;
    if (way === 2 && lane) {
      while (done < count && ring.stage(batch[done])) done++;
      ring.flush();
      return done;
    }
    while (done < count && (way === 3 && mortal ? ring.enqueueWait(batch[done], 1) : ring.enqueue(batch[done]))) done++;
    return done;
  };
  return () => {
    const count = load(1 + pick(Math.min(BATCH, ring.capacity)));
    if (count === 0) return;
    const done = put(pick(5), count);
    acknowledge(account, number, done);
    if (carries) for (let i = done; i < count; i++) pool.release(batch[i]);
  };
}

/** Takes items in every way there is, each producer's in order, and accounts for them. */
function makeConsumer(region, { account, carries }, pick, mortal) {
  const ring = Ring.attach(region, 'ring');
  const pool = Pool.attach(region, 'pool');
  const words = new Int32Array(region.buffer);
  const batch = new Int32Array(BATCH);
  const last = new Int32Array(account.producers);
  const take = way => {
    if (way === 0) return ring.dequeueBurst(batch, Math.min(BATCH, ring.capacity));
    if (way === 1) return ring.dequeueBulk(batch, 1 + pick(Math.min(BATCH, ring.capacity))) ? -1 : 0;
    batch[0] = way === 2 && mortal ? ring.dequeueWait(1) : ring.dequeue();
    return batch[0] === NONE ? 0 : 1;
  };
  return () => {
    batch.fill(NONE);
    if (take(pick(4)) === 0) return;
    for (const got of batch) {
      if (got === NONE) break;
      const item = carries ? words[pool.offsetOf(got) >>> 2] : got;
      const producer = (item - 1) % account.producers;
      must(item > last[producer], () => `${item} came after ${last[producer]}`);
      last[producer] = item;
      receive(account, item);
      if (carries) pool.release(got);
    }
  };
}

serveStorm((region, task) => {
  const make = task.role === 'producer' ? makeProducer : makeConsumer;
  return make(region, task, random(task.seed), true);
});
