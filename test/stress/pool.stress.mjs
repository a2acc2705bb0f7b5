// Threads that acquire, fill, pass on, verify and release the blocks of one pool: no block may ever be in two hands.
import { Pool, Region } from '../../dist/index.js';
import { createTunedPool } from '../../dist/pool/pool.js';
import { must, random, runThreads, serve } from './harness.mjs';

const BLOCK_BYTES = 64;
const MAILBOXES = 8;
const INDEX_MASK = 2 ** 20 - 1;

/** @returns {Promise<string>} */
export async function run({ seconds, seed, threads = 4, capacity, stockMax, firstGeneration, style, options = {} }) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const tuning = { ...(stockMax === undefined ? {} : { stockMax }), ...(firstGeneration ? { firstGeneration } : {}) };
  const pool = createTunedPool({ region, name: 'pool', blockBytes: BLOCK_BYTES, capacity, ...options }, tuning);
  // Beside the library: who has which block, and letter boxes through which handles go from hand to hand.
  const owners = new Int32Array(new SharedArrayBuffer(4 * 2 ** 12));
  const boxes = new Int32Array(new SharedArrayBuffer(4 * MAILBOXES));
  const tasks = Array.from({ length: threads }, (_, i) => ({
    seconds,
    seed: seed + i * 7919,
    style,
    owners,
    boxes,
    capacity,
  }));
  const answers = await runThreads(new URL(import.meta.url), region, tasks);
  for (const handle of boxes) if (handle !== 0) pool.release(handle);
  must(pool.liveCount === 0, () => `${pool.liveCount} blocks are live at the end, expected none`);
  region.check();
  if (style === 'resize') must(pool.resize(capacity) === capacity, () => `resized to ${pool.capacity}`);
  // Counted by generations, over their wraps; a bulk that came to nothing counts too.
  const { acquired } = pool.stats();
  const taken = answers.reduce((sum, n) => sum + n, 0);
  const agrees = style === 'resize' ? acquired >= taken : acquired === taken;
  must(agrees, () => `${acquired} acquired by the pool's stats, ${taken} by the threads'`);
  const all = new Set();
  for (let handle = pool.acquire(); handle !== 0; handle = pool.acquire()) all.add(pool.offsetOf(handle));
  must(all.size === capacity, () => `${all.size} of ${capacity} blocks came back`);
  return `${taken} blocks`;
}

/** The pattern of a block: its handle in every word. */
function fill(words, pool, handle) {
  const at = pool.offsetOf(handle) >>> 2;
  words.fill(handle, at, at + BLOCK_BYTES / 4);
}

function verify(words, pool, handle, seat) {
  const at = pool.offsetOf(handle) >>> 2;
  for (let i = 0; i < BLOCK_BYTES / 4; i++) {
    must(words[at + i] === handle, () => `seat ${seat}: word ${i} of block ${handle} is ${words[at + i]}`);
  }
}

await serve(async (region, { seconds, seed, style, owners, boxes, capacity }) => {
  const pool = Pool.attach(region, 'pool');
  const { seat } = region;
  const pick = random(seed);
  const words = new Int32Array(region.buffer);
  const slot = handle => (handle & INDEX_MASK & (2 ** Math.ceil(Math.log2(capacity)) - 1)) % owners.length;
  const mine = [];
  let count = 0;
  const take = handle => {
    const before = Atomics.compareExchange(owners, slot(handle), 0, seat);
    must(before === 0, () => `seat ${seat} got block ${handle}, which seat ${before} has`);
    fill(words, pool, handle);
    mine.push(handle);
    count++;
  };
  const give = handle => {
    verify(words, pool, handle, seat);
    must(pool.isLive(handle), () => `seat ${seat}: ${handle} is not live before its release`);
    Atomics.store(owners, slot(handle), 0);
    pool.release(handle);
  };
  const deadline = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < deadline; turn++) {
    for (let i = 0; i < 50; i++) {
      const what = pick(10);
      if (style === 'resize' && pick(8) === 0) {
        // Batches, and a capacity that comes and goes.
        const handles = new Int32Array(1 + pick(6));
        if (pick(2) === 0) pool.acquireBulk(handles, handles.length);
        else pool.acquireBurst(handles, handles.length);
        for (const handle of handles) if (handle !== 0) take(handle);
        const back = mine.splice(0, pick(mine.length + 1));
        for (const handle of back) {
          verify(words, pool, handle, seat);
          Atomics.store(owners, slot(handle), 0);
        }
        pool.releaseBulk(Int32Array.from(back), back.length);
        if (pick(4) === 0) pool.resize(1 + pick(capacity));
      } else if (what < 4 && mine.length < capacity) {
        const handle = style === 'wait' && pick(4) === 0 ? pool.acquireWait(pick(2)) : pool.acquire();
        if (handle !== 0) take(handle);
      } else if (what < 7 && mine.length > 0) give(mine.splice(pick(mine.length), 1)[0]);
      else {
        // Hands a block to whoever looks into the box next, and takes what lies there: it is then released from afar.
        const sent = mine.length > 0 ? mine.pop() : 0;
        if (sent !== 0) verify(words, pool, sent, seat);
        const got = Atomics.exchange(boxes, pick(MAILBOXES), sent);
        if (got !== 0) give(got);
      }
    }
    if (style === 'async' && turn % 4 === 0) {
      for (const handle of mine.splice(0)) give(handle);
      const handle = await pool.acquireAsync({ signal: AbortSignal.timeout(20) }).catch(() => 0);
      if (handle !== 0) take(handle);
    }
  }
  for (const handle of mine) give(handle);
  return count;
});
