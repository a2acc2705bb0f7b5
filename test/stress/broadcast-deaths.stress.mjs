// Subscribers of a gated broadcast that are ended at any moment, or its senders: those who live receive every message, in order and
// whole; nobody is held up by the dead; and the record of each can be had again.
import { Broadcast, NONE, Region } from '../../dist/index.js';
import { must, random } from './harness.mjs';
import { serveStorm, storm } from './storm.mjs';

const VICTIMS = 3;

/** `dying`: the subscribers, or the sender. @returns {Promise<string>} */
export async function run({ seconds, seed, deathsMax, capacity, dying, gated = true }) {
  const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
  const all = Broadcast.create({ region, name: 'all', capacity, gated, subscribers: VICTIMS + 1 });
  const pick = random(seed);
  const counter = new Int32Array(new SharedArrayBuffer(4));
  // This thread sends by a seat of its own for each round, so that another can be the sender in the next.
  let seat;
  let sendOne;
  const subscriber = all.subscribe();
  const hearOne = makeSubscriber(subscriber, all);
  let messages = 0;
  const heard = () => {
    let count = 0;
    while (hearOne() > 0) count++;
    messages += count;
    return count;
  };
  const role = dying === 'sender' ? 'sender' : 'subscriber';
  const total = await storm({
    url: new URL(import.meta.url),
    region,
    seconds,
    deathsMax,
    pick,
    tasks: () => {
      seat = Region.attach(region.share());
      sendOne = makeSender(Broadcast.attach(seat, 'all'), counter, pick);
      return Array.from({ length: dying === 'sender' ? 1 : VICTIMS }, () => ({ role, counter, seed: pick(2 ** 30) }));
    },
    step: () => {
      if (dying !== 'sender') sendOne();
      if (pick(2) === 0) heard();
    },
    afterDeath: () => {},
    afterRound: () => {
      heard();
      // Nobody holds the sender up any more, wherever it stands: twice round.
      for (let i = 0; i < 2 * (capacity / 16); i++) {
        must(sendOne(), 'there is no room, and nobody is behind');
        must(heard() === 1 || !gated, 'a message did not come');
      }
      must(region.inspect().structures[0].length === 1, 'a subscription of the dead is left');
      must(!gated || subscriber.lost === 0, () => `${subscriber.lost} were missed`);
      seat.detach();
    },
  });
  return `${total.deaths} deaths, ${messages} messages, ${total.slots} subscriptions taken back`;
}

/** Sends one message; answers whether there was room. */
function makeSender(all, counter, pick) {
  const source = new Uint8Array(all.messageBytesMax);
  return () => {
    const number = (Atomics.add(counter, 0, 1) & 0x3fffffff) + 1;
    const length = 1 + pick(16);
    source.fill(number, 0, length);
    return all.send(source.subarray(0, length), number);
  };
}

/** Receives one message, which must be whole and later than the one before; answers its length. */
function makeSubscriber(subscriber, all) {
  const target = new Uint8Array(all.messageBytesMax);
  let last = 0;
  return () => {
    const length = subscriber.receive(target);
    if (length === NONE) return NONE;
    const number = subscriber.type;
    must(number > last, () => `${number} came after ${last}`);
    last = number;
    for (let i = 0; i < length; i++) must(target[i] === (number & 255), () => `message ${number} is torn at ${i}`);
    return length;
  };
}

serveStorm((region, task) => {
  const all = Broadcast.attach(region, 'all');
  const pick = random(task.seed);
  if (task.role === 'sender') return makeSender(all, task.counter, pick);
  let subscriber = all.subscribe();
  let hear = makeSubscriber(subscriber, all);
  return () => {
    hear();
    if (pick(50) !== 0) return;
    subscriber[Symbol.dispose]();
    subscriber = all.subscribe();
    hear = makeSubscriber(subscriber, all);
  };
});
