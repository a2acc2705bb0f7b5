// Threads of one pool that are ended at any moment: no block is lost, none is in two hands, and those of the living stay whole.
import {
  BLOCK_GENERATION_SHIFT,
  BLOCK_HOLDER_MASK,
  BLOCK_LIVE,
  BLOCK_STATE_SHIFT,
  BLOCK_WORDS,
} from '../../dist/core/block.core.js';
import { NONE, Pool, Region } from '../../dist/index.js';
import { createTunedPool } from '../../dist/pool/pool.js';
import { must, random } from './harness.mjs';
import { serveStorm, storm } from './storm.mjs';

const BLOCK_BYTES = 32;
const BOXES = 4;

/** @returns {Promise<string>} */
export async function run({ seconds, seed, deathsMax, threads = 4, capacity, stockMax, resizes = false }) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: threads + 2 });
  const pool = createTunedPool({ region, name: 'pool', blockBytes: BLOCK_BYTES, capacity }, { stockMax });
  const boxes = new Int32Array(new SharedArrayBuffer(4 * BOXES));
  const pick = random(seed);
  const survivor = makeWork(region, pool, boxes, pick, false);
  let audits = 0;
  const total = await storm({
    url: new URL(import.meta.url),
    region,
    seconds,
    deathsMax,
    pick,
    tasks: () => Array.from({ length: threads }, () => ({ seed: pick(2 ** 30), boxes, resizes })),
    step: survivor.step,
    afterDeath: seat => {
      survivor.verify();
      for (const { index, holder } of held(pool))
        must(holder !== seat, () => `block ${index} names the dead seat ${seat}`);
      audits++;
    },
    afterRound: deaths => {
      // Let go of, and not yet in a box when its thread was ended: nobody's, and ours to take.
      const inBoxes = new Set(boxes);
      let lost = 0;
      for (const { handle, holder } of held(pool)) {
        must(holder === 0 || holder === region.seat, () => `${handle} names seat ${holder}, and nobody else lives`);
        if (holder !== 0 || inBoxes.has(handle)) continue;
        pool.release(handle);
        lost++;
      }
      must(lost <= deaths, () => `${lost} blocks were left to nobody by ${deaths} deaths`);
      must(pool.resize(capacity) === capacity, () => `the capacity is ${pool.capacity}`);
      const taken = survivor.holds + boxes.reduce((n, handle) => n + (handle === 0 ? 0 : 1), 0);
      must(pool.liveCount === taken, () => `${pool.liveCount} blocks are live, ${taken} are in our hands`);
      const rest = [];
      for (let handle = pool.acquire(); handle !== NONE; handle = pool.acquire()) rest.push(handle);
      must(rest.length === capacity - taken, () => `${rest.length} and ${taken} of ${capacity} blocks can be had`);
      for (const handle of rest) pool.release(handle);
    },
  });
  return `${total.deaths} deaths, ${total.blocks} blocks reclaimed, ${audits} audits`;
}

/** The blocks whose words say that somebody has them, or nobody, but live. */
function held(pool) {
  const { words, records, indexBits } = pool;
  const found = [];
  for (let index = 0; index < pool.capacityMax; index++) {
    const word = Atomics.load(words, records + index * BLOCK_WORDS);
    const holder = word & BLOCK_HOLDER_MASK;
    const live = ((word >>> BLOCK_STATE_SHIFT) & 15) === BLOCK_LIVE;
    const handle = ((word >>> BLOCK_GENERATION_SHIFT) << indexBits) | index;
    if (holder !== 0 || (live && pool.isLive(handle))) found.push({ index, handle, holder });
  }
  return found;
}

/** Takes blocks, writes all over them, looks whether that stands, gives them back, or on through a box. */
function makeWork(region, pool, boxes, pick, mortal, resizes = false) {
  const words = new Int32Array(region.buffer);
  const mine = [];
  const take = handle => {
    const at = pool.offsetOf(handle) >>> 2;
    words.fill(handle, at, at + BLOCK_BYTES / 4);
    mine.push(handle);
  };
  const verify = handle => {
    const at = pool.offsetOf(handle) >>> 2;
    for (let i = at; i < at + BLOCK_BYTES / 4; i++)
      must(words[i] === handle, () => `seat ${region.seat}: ${handle} holds ${words[i]}`);
  };
  const some = new Int32Array(4);
  const most = pool.capacity / 4;
  const step = () => {
    const what = pick(16);
    if (what < 5 && mine.length < most) {
      const handle = mortal && pick(8) === 0 ? pool.acquireWait(1) : pool.acquire();
      if (handle !== NONE) take(handle);
    } else if (what === 5 && mine.length < most) {
      if (pool.acquireBulk(some, 3)) for (let i = 0; i < 3; i++) take(some[i]);
    } else if (what < 10 && mine.length > 0) {
      const handle = mine.splice(pick(mine.length), 1)[0];
      verify(handle);
      pool.release(handle);
    } else if (what === 10 && mine.length >= 3) {
      for (let i = 0; i < 3; i++) {
        some[i] = mine.pop();
        verify(some[i]);
      }
      pool.releaseBulk(some, 3);
    } else if (what === 11 && resizes && pick(4) === 0) {
      pool.resize(1 + pick(pool.capacityMax));
    } else if (what > 11) {
      // Into a box and out of it: what lies there is nobody's.
      const sent = mine.length > 0 ? mine.pop() : NONE;
      if (sent !== NONE) {
        verify(sent);
        pool.disown(sent);
      }
      const got = Atomics.exchange(boxes, pick(BOXES), sent);
      if (got === NONE) return;
      verify(got);
      if (pick(2) === 0) pool.release(got);
      else {
        pool.adopt(got);
        mine.push(got);
      }
    }
  };
  return {
    step,
    verify: () => mine.forEach(verify),
    get holds() {
      return mine.length;
    },
  };
}

serveStorm(
  (region, { seed, boxes, resizes }) =>
    makeWork(region, Pool.attach(region, 'pool'), boxes, random(seed), true, resizes).step,
);
