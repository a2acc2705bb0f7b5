// Three producers and one consumer of one message ring: messages of any length, by every call there is. Every message carries its
// number and a checksum over all of its words, and each producer's come in their order.
import { CLOSED, MessageRing, Region } from '../../dist/index.js';
import { createStructure } from '../../dist/region/structures.js';
import { messageRingKindOf } from '../../dist/ring/message-ring-layout.js';
import { must, random, runThreads, serve } from './harness.mjs';

const PRODUCERS = 3;

/** @returns {Promise<string>} */
export async function run({ seconds, seed, capacity, start = 0, style }) {
  const region = Region.create({ maxByteLength: 2 ** 21, seats: 8 });
  const ring = createStructure(region, 'ring', messageRingKindOf(MessageRing, capacity, start | 0));
  const common = { seconds, style, seed };
  const tasks = [
    { ...common, role: 'consumer' },
    ...Array.from({ length: PRODUCERS }, (_, number) => ({ ...common, role: 'producer', number })),
  ];
  let producing = PRODUCERS;
  const [received, ...sent] = await runThreads(new URL(import.meta.url), region, tasks, (_, index) => {
    if (index > 0 && --producing === 0) ring.close();
  });
  for (const [number, { count, sum }] of sent.entries()) {
    const came = received[number];
    must(came.count === count, () => `producer ${number}: ${count} messages were sent, ${came.count} came`);
    must(came.sum === sum, () => `producer ${number}: the sums of what was sent and what came differ`);
  }
  must(ring.closed && ring.receive(() => must(false, 'a message came behind the end')) === CLOSED, 'not drained');
  region.check();
  return `${sent.reduce((all, { count }) => all + count, 0)} messages`;
}

/** Of a message's number and its words from the second on. */
function checksum(words, from, count) {
  let sum = 0x9e3779b1;
  for (let at = from; at < from + count; at++) sum = Math.imul(sum ^ words[at], 0x85ebca6b) ^ (sum >>> 15);
  return sum | 0;
}

/** Number, words, checksum. */
function write(words, from, count, number, pick) {
  words[from] = number;
  for (let at = from + 1; at < from + count - 1; at++) words[at] = pick(2 ** 32) | 0;
  const sum = checksum(words, from, count - 1);
  words[from + count - 1] = sum;
  return sum;
}

function produce(ring, { seconds, style, seed, number }) {
  const pick = random(seed + 17 * (number + 1));
  const source = new Uint8Array(ring.messageBytesMax);
  const words = new Int32Array(source.buffer);
  const deadline = performance.now() + seconds * 1000;
  let count = 0;
  let sum = 0;
  for (let calls = 0; calls % 16 !== 0 || performance.now() < deadline; calls++) {
    // Mostly short ones.
    const length = 2 + pick(pick(4) === 0 ? words.length - 1 : Math.min(30, words.length - 1));
    const way = style === 'mixed' ? pick(3) : style === 'spin' ? pick(2) : 2;
    if (way === 0) {
      const offset = ring.tryClaim(length * 4, number);
      if (offset === 0) continue;
      const check = write(ring.i32, offset >>> 2, length, count + 1, pick);
      if (pick(8) === 0) {
        ring.abort(offset);
        continue;
      }
      ring.commit(offset);
      sum = (sum + check) | 0;
    } else {
      const check = write(words, 0, length, count + 1, pick);
      const piece = source.subarray(0, length * 4);
      const done = way === 1 ? ring.send(piece, number) : ring.sendWait(piece, number, pick(2) === 0 ? 1 : undefined);
      if (!done) continue;
      sum = (sum + check) | 0;
    }
    count++;
  }
  return { count, sum };
}

async function consume(ring, { style, seed }) {
  const pick = random(seed + 99);
  const came = Array.from({ length: PRODUCERS }, () => ({ count: 0, sum: 0 }));
  const thrown = new Error('thrown by the handler');
  let throws = false;
  const handler = (offset, bytes, type) => {
    const { i32 } = ring;
    const from = offset >>> 2;
    const count = bytes >>> 2;
    const mine = came[type];
    must(mine !== undefined, () => `a message of type ${type} came`);
    must(i32[from] === mine.count + 1, () => `producer ${type}: ${i32[from]} came after ${mine.count}`);
    const sum = checksum(i32, from, count - 1);
    must(i32[from + count - 1] === sum, () => `producer ${type}: message ${i32[from]} of ${bytes} bytes is torn`);
    mine.count++;
    mine.sum = (mine.sum + sum) | 0;
    if (throws) throw thrown;
  };
  for (;;) {
    const way = style === 'mixed' ? pick(3) : { spin: 0, wait: 1, async: 2 }[style];
    throws = pick(64) === 0;
    let count;
    try {
      if (way === 0) count = ring.receive(handler, 1 + pick(40));
      else if (way === 1) count = ring.receiveWait(handler, pick(2) === 0 ? 1 : undefined);
      else count = await ring.receiveAsync(handler);
    } catch (error) {
      if (error !== thrown) throw error;
    }
    if (count === CLOSED) return came;
  }
}

await serve((region, task) => {
  const ring = MessageRing.attach(region, 'ring');
  return task.role === 'producer' ? produce(ring, task) : consume(ring, task);
});
