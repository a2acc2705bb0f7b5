// One side of a byte ring dies at any moment, again and again, and the next thread goes on with it; the other side is ours. Byte
// number i is always the same, so whoever takes a side over knows from its position what comes: nothing acknowledged may be
// missing, nothing given back may come again.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import {
  distance,
  POSITION_SHIFT,
  positionsOf,
  STREAM_HEAD,
  STREAM_SIZE,
  STREAM_TAIL,
  STREAM_WORDS,
} from '../../dist/core/stream.core.js';
import { ByteRing, Region } from '../../dist/index.js';
import { createTunedByteRing } from '../../dist/ring/byte-ring.js';
import { must, random, Violation } from './harness.mjs';

const PIECE_MAX = 100;
/** Byte i of the stream. */
const byteAt = i => Math.imul(i ^ (i >>> 11), 0x9e3779b1) >>> 24;

/** The position of a side, as the stream has it. Both start at 0, and come round after a while: byte numbers too. */
function position(region, ring, side) {
  const words = new Int32Array(region.buffer);
  const stream = ring.bytes.byteOffset / 4 - STREAM_WORDS;
  return distance(positionsOf(words[stream + STREAM_SIZE]), 0, Atomics.load(words, stream + side));
}

/** @returns {Promise<string>} */
export async function run({ seconds, seed, capacity, victim, deathsMax }) {
  const region = Region.create({ maxByteLength: 2 ** 18, seats: 4 });
  const ring = createTunedByteRing({ region, name: 'ring', capacity }, 0);
  const acknowledged = new Int32Array(new SharedArrayBuffer(8));
  const ours = victim === 'writer' ? makeReader(region, ring, acknowledged) : makeWriter(region, ring, acknowledged);
  const pick = random(seed);
  const deadline = performance.now() + seconds * 1000;
  const theirs = victim === 'writer' ? STREAM_TAIL : STREAM_HEAD;
  let kills = 0;
  do {
    const token = region.share();
    const data = { token, victim, acknowledged, seed: seed + kills };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    let failure;
    worker.on('error', error => {
      failure = error;
    });
    await new Promise(resolve => {
      worker.once('message', resolve);
      worker.once('exit', resolve);
    });
    for (let turns = pick(6); turns >= 0 && failure === undefined; turns--) {
      for (let i = pick(200); i > 0; i--) ours(1 + pick(PIECE_MAX));
      await new Promise(resolve => setTimeout(resolve, pick(2)));
    }
    await worker.terminate();
    if (failure !== undefined) throw new Violation(`the ${victim} failed: ${failure.message}`);
    region.recover(token);
    kills++;
    const [at, least] = [position(region, ring, theirs), acknowledged[0]];
    const more = distance(positionsOf(ring.capacity), least << POSITION_SHIFT, at << POSITION_SHIFT);
    must(more <= ring.capacity, () => `the ${victim} had acknowledged ${least} bytes, its position is ${at}`);
    region.check();
    // What it had done and not said is known now: the next one may be ended in its first call, too.
    Atomics.store(acknowledged, 0, at);
  } while (performance.now() < deadline && kills < deathsMax);
  return `${kills} deaths of the ${victim}, ${position(region, ring, STREAM_HEAD)} bytes`;
}

function makeWriter(region, ring, acknowledged) {
  const piece = new Uint8Array(PIECE_MAX);
  return size => {
    const at = position(region, ring, STREAM_TAIL);
    for (let i = 0; i < size; i++) piece[i] = byteAt(at + i);
    const count = isMainThread ? ring.write(piece.subarray(0, size)) : ring.writeWait(piece.subarray(0, size), 1000);
    if (!isMainThread) Atomics.store(acknowledged, 0, at + count);
  };
}

function makeReader(region, ring, acknowledged) {
  const piece = new Uint8Array(PIECE_MAX);
  return size => {
    const at = position(region, ring, STREAM_HEAD);
    const count = isMainThread
      ? ring.read(piece.subarray(0, size))
      : ring.readWait(piece.subarray(0, size), size, 1000);
    for (let i = 0; i < count; i++)
      must(piece[i] === byteAt(at + i), () => `byte ${at + i} is ${piece[i]}, expected ${byteAt(at + i)}`);
    if (!isMainThread) Atomics.store(acknowledged, 0, at + count);
  };
}

if (!isMainThread && workerData?.acknowledged !== undefined) {
  const { parentPort } = await import('node:worker_threads');
  const { token, victim, acknowledged, seed } = workerData;
  const region = Region.attach(token);
  const ring = ByteRing.attach(region, 'ring');
  const act = (victim === 'writer' ? makeWriter : makeReader)(region, ring, acknowledged);
  const pick = random(seed);
  parentPort.postMessage('ready');
  for (;;) act(1 + pick(Math.min(PIECE_MAX, ring.capacity)));
}
