// One writer and one reader on one byte ring: a stream of bytes that each side makes from the same seed, in pieces of any size,
// by every call there is; or records, each with its number and a checksum.
import { ByteRing, CLOSED, Region } from '../../dist/index.js';
import { createTunedByteRing } from '../../dist/ring/byte-ring.js';
import { must, random, runThreads, serve } from './harness.mjs';

/** @returns {Promise<string>} */
export async function run({ seconds, seed, capacity, start = 0, style, records = false }) {
  const region = Region.create({ maxByteLength: 2 ** 21, seats: 8 });
  const ring = createTunedByteRing({ region, name: 'ring', capacity, records }, start);
  const common = { seconds, style, seed };
  const tasks = ['writer', 'reader'].map(role => ({ ...common, role }));
  const [written, read] = await runThreads(new URL(import.meta.url), region, tasks);
  must(written === read, () => `${written} bytes were written, ${read} came out`);
  must(
    ring.length === 0 && ring.closed && ring.read(new Uint8Array(1)) === CLOSED,
    () => `not drained: ${ring.length}`,
  );
  region.check();
  return `${written} bytes`;
}

/** Byte i of the stream. */
const byteAt = i => Math.imul(i ^ (i >>> 11), 0x9e3779b1) >>> 24;

async function write(ring, { seconds, style, seed }) {
  const pick = random(seed);
  const piece = new Uint8Array(Math.min(ring.capacity * 2, 4096));
  const segments = new Int32Array(4);
  const deadline = performance.now() + seconds * 1000;
  let done = 0;
  for (let calls = 0; calls % 16 !== 0 || performance.now() < deadline; calls++) {
    const most = ring.records ? ring.capacity - 4 : piece.length;
    const size = Math.min(piece.length, 1 + pick(most));
    const source = piece.subarray(0, size);
    for (let i = 0; i < size; i++) source[i] = byteAt(done + i);
    const way = style === 'mixed' ? pick(4) : { spin: 0, wait: 1, async: 2 }[style];
    if (way === 0) done += ring.write(source);
    else if (way === 1) done += ring.writeWait(source, pick(2) === 0 ? 1 : undefined);
    else if (way === 2) done += await ring.writeAsync(source);
    else {
      const room = ring.reserveWrite(Math.min(size, most), segments);
      const count = room === 0 ? 0 : 1 + pick(room);
      for (let i = 0; i < count; i++)
        ring.bytes[i < segments[1] ? segments[0] + i : segments[2] + i - segments[1]] = byteAt(done + i);
      if (room > 0) ring.commitWrite(count);
      done += count;
    }
  }
  ring.close();
  return done;
}

async function read(ring, { style, seed }) {
  const pick = random(seed + 99);
  const target = new Uint8Array(Math.min(ring.capacity * 2, 4096));
  const segments = new Int32Array(4);
  let done = 0;
  for (;;) {
    const piece = ring.records ? target : target.subarray(0, 1 + pick(target.length));
    const way = style === 'mixed' ? pick(4) : { spin: 0, wait: 1, async: 2 }[style];
    let count;
    let base = 0;
    let from = piece;
    if (way === 0) count = ring.read(piece);
    else if (way === 1) {
      const least = ring.records ? 1 : 1 + pick(Math.min(piece.length, ring.capacity));
      count = ring.readWait(piece, least, pick(2) === 0 ? 1 : undefined);
    } else if (way === 2) count = await ring.readAsync(piece);
    else {
      count = ring.reserveRead(target.length, segments);
      from = ring.bytes;
      base = segments[0];
    }
    if (count === CLOSED) return done;
    for (let i = 0; i < count; i++) {
      const at = from === piece || i < segments[1] ? base + i : segments[2] + i - segments[1];
      must(from[at] === byteAt(done + i), () => `byte ${done + i} is ${from[at]}, expected ${byteAt(done + i)}`);
    }
    if (way === 3 && count > 0) ring.commitRead(count);
    done += count;
  }
}

await serve((region, task) => {
  const ring = ByteRing.attach(region, 'ring');
  return task.role === 'writer' ? write(ring, task) : read(ring, task);
});
