// Producers, and the consumer, of one message ring that are ended at any moment, between claim and commit above all: what was
// committed is received, whole and in its order, and the whole ring can be claimed again.
import { MessageRing, Region } from '../../dist/index.js';
import { must, random } from './harness.mjs';
import { acknowledge, makeAccount, nextItems, receive, serveStorm, settle, storm } from './storm.mjs';

const PRODUCERS = 3;
/** This thread's own. */
const SURVIVOR = PRODUCERS;

/** `dying`: the producers, or the consumer too. @returns {Promise<string>} */
export async function run({ seconds, seed, deathsMax, capacity, dying = 'producers' }) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const ring = MessageRing.create({ region, name: 'ring', capacity });
  const account = makeAccount(PRODUCERS + 1);
  const pick = random(seed);
  const both = dying === 'both';
  // This thread consumes by a seat of its own for each round, so that another can be the consumer in the next.
  let seat;
  let consume;
  let messages = 0;
  const produce = makeProducer(ring, { number: SURVIVOR, account }, pick);
  const total = await storm({
    url: new URL(import.meta.url),
    region,
    seconds,
    deathsMax,
    pick,
    tasks: () => {
      seat = Region.attach(region.share());
      consume = makeConsumer(MessageRing.attach(seat, 'ring'), { account }, pick);
      return [
        ...Array.from({ length: PRODUCERS }, (_, number) => ({
          role: 'producer',
          number,
          account,
          seed: pick(2 ** 30),
        })),
        ...(both ? [{ role: 'consumer', account, seed: pick(2 ** 30) }] : []),
      ];
    },
    step: () => {
      produce();
      if (!both) consume();
    },
    afterDeath: () => {},
    afterRound: () => {
      while (consume() > 0);
      // A consumer's death in or behind its handler: that message comes again.
      messages += settle(account, { lost: 0, again: both ? 1 : 0, more: PRODUCERS });
      const { messageBytesMax } = ring;
      for (let lap = 0; lap < 2; lap++) {
        // A claim must not go over the end: from anywhere, three of a quarter fit, and padding.
        const claims = [1, 2, 3].map(type => ring.tryClaim(messageBytesMax, type));
        must(!claims.includes(0), () => `of three messages of ${messageBytesMax} bytes, claims are ${claims}`);
        for (const offset of claims) ring.abort(offset);
        must(consume() === 0, 'what was aborted was received');
      }
      seat.detach();
    },
  });
  return `${total.deaths} deaths, ${messages} messages, ${total.slots} claims taken back`;
}

/** Claims, writes all over the message, commits or aborts; or sends. */
function makeProducer(ring, { number, account }, pick) {
  const source = new Uint8Array(ring.messageBytesMax);
  const whole = new Int32Array(source.buffer);
  return () => {
    const item = nextItems(account, number, 1)?.[0];
    if (item === undefined) return;
    const words = 1 + pick(ring.messageBytesMax / 4);
    if (pick(3) === 0) {
      whole.fill(item, 0, words);
      if (ring.send(source.subarray(0, words * 4), number)) acknowledge(account, number, 1);
      return;
    }
    const offset = ring.tryClaim(words * 4, number);
    if (offset === 0) return;
    ring.i32.fill(item, offset >>> 2, (offset >>> 2) + words);
    if (pick(8) === 0) ring.abort(offset);
    else {
      ring.commit(offset);
      acknowledge(account, number, 1);
    }
  };
}

/** Receives some; answers how many. */
function makeConsumer(ring, { account }, pick) {
  const last = new Int32Array(account.producers);
  const handler = (offset, bytes, type) => {
    const item = ring.i32[offset >>> 2];
    for (let at = offset >>> 2; at < (offset + bytes) >>> 2; at++)
      must(ring.i32[at] === item, () => `a message of ${item} holds ${ring.i32[at]} at ${at * 4 - offset} of ${bytes}`);
    must((item - 1) % account.producers === type, () => `${item} came as of type ${type}`);
    must(item > last[type], () => `${item} came after ${last[type]}`);
    last[type] = item;
    receive(account, item);
  };
  return () => ring.receive(handler, 1 + pick(4));
}

serveStorm((region, task) => {
  const ring = MessageRing.attach(region, 'ring');
  return (task.role === 'producer' ? makeProducer : makeConsumer)(ring, task, random(task.seed));
});
