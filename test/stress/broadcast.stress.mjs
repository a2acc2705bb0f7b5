// One sender and three subscribers of one broadcast: every message has its number, its length and a checksum, and is received by
// all; or, where the sender does not wait, missed and counted.
import { Broadcast, CLOSED, NONE, Region } from '../../dist/index.js';
import { createStructure } from '../../dist/region/structures.js';
import { broadcastKindOf } from '../../dist/ring/broadcast-layout.js';
import { must, random, runThreads, serve } from './harness.mjs';

const SUBSCRIBERS = 3;

/** @returns {Promise<string>} */
export async function run({ seconds, seed, capacity, gated, start = 0, style = 'mixed' }) {
  const region = Region.create({ maxByteLength: 2 ** 21, seats: 8 });
  const shape = { grains: capacity / 8, gated, records: SUBSCRIBERS };
  const all = createStructure(region, 'all', broadcastKindOf(Broadcast, shape, start));
  const common = { seconds, style, seed };
  // Subscribed here and now, each receives from the first message on.
  const ready = new SharedArrayBuffer(4);
  const tasks = [
    { ...common, role: 'sender', ready },
    ...Array.from({ length: SUBSCRIBERS }, (_, i) => ({ ...common, role: 'subscriber', seed: seed + i + 1, ready })),
  ];
  const [sent, ...heard] = await runThreads(new URL(import.meta.url), region, tasks);
  for (const { received, lost, last } of heard) {
    must(!gated || lost === 0, () => `a subscriber of a gated broadcast missed ${lost}`);
    must(
      received + lost === last && last <= sent,
      () => `${received} received and ${lost} lost of ${last}, ${sent} sent`,
    );
    must(!gated || last === sent, () => `${last} received of ${sent}`);
  }
  must(all.closed, 'it is not closed');
  region.check();
  return `${sent} messages, lost ${heard.map(({ lost }) => lost)}`;
}

/** Byte i of message n. */
const byteOf = (n, i) => Math.imul((n * 31) ^ i, 0x9e3779b1) >>> 24;

async function send(all, { seconds, style, seed, ready }) {
  const pick = random(seed);
  const source = new Uint8Array(all.messageBytesMax);
  const subscribed = new Int32Array(ready);
  for (;;) {
    const there = Atomics.load(subscribed, 0);
    if (there === SUBSCRIBERS) break;
    Atomics.wait(subscribed, 0, there);
  }
  const deadline = performance.now() + seconds * 1000;
  let sent = 0;
  while (sent % 16 !== 0 || performance.now() < deadline) {
    const length = 1 + pick(pick(2) === 0 ? Math.min(32, source.length) : source.length);
    for (let i = 0; i < length; i++) source[i] = byteOf(sent + 1, i);
    const message = source.subarray(0, length);
    const way = { spin: 0, wait: 1, async: 2, mixed: pick(3) }[style];
    if (way === 2) await all.sendAsync(message, sent + 1);
    else if (
      !(way === 1 ? all.sendWait(message, sent + 1, pick(2) === 0 ? 1 : undefined) : all.send(message, sent + 1))
    )
      continue;
    sent++;
    // A lossy sender never waits; now and then the others may catch up.
    if (!all.gated && pick(64) === 0) Atomics.wait(subscribed, 0, SUBSCRIBERS, 1);
  }
  all.close();
  return sent;
}

async function hear(all, { style, seed, ready }) {
  const pick = random(seed);
  const subscriber = all.subscribe();
  const subscribed = new Int32Array(ready);
  Atomics.add(subscribed, 0, 1);
  Atomics.notify(subscribed, 0);
  const target = new Uint8Array(all.messageBytesMax);
  let received = 0;
  let last = 0;
  for (;;) {
    const way = { spin: 0, wait: 1, async: 2, mixed: pick(3) }[style];
    const length =
      way === 2
        ? await subscriber.receiveAsync(target)
        : way === 1
          ? subscriber.receiveWait(target, pick(2) === 0 ? 1 : undefined)
          : subscriber.receive(target);
    if (length === NONE) continue;
    if (length === CLOSED) return { received, lost: subscriber.lost, last };
    received++;
    const n = subscriber.type;
    must(n > last, () => `${n} came after ${last}`);
    last = n;
    must(received + subscriber.lost === n, () => `${received} received and ${subscriber.lost} lost make no ${n}`);
    for (let i = 0; i < length; i++)
      must(target[i] === byteOf(n, i), () => `byte ${i} of ${length} of message ${n} is torn`);
  }
}

await serve((region, task) => {
  const all = Broadcast.attach(region, 'all');
  return task.role === 'sender' ? send(all, task) : hear(all, task);
});
