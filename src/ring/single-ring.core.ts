/**
 * The operations of a ring with one producer and one consumer (core/lane.core.ts has the layout, the laws and the source).
 *
 * The private array is a ring's (ring.core.ts), with these words in another meaning:
 * ```
 * word 3 parity shift | 4 positions' mask, two laps | 10 head, 11 tail: the positions of this seat's sides
 * word 17 life: this seat as a side names it | 18 staged: items written and not published | 19 the first of them
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen } from '../core/doorbell.core.js';
import { LANE_SEALED, LANE_STAGING, LANE_TAKING, laneHead, laneTail, PARITY } from '../core/lane.core.js';
import { isSeated } from '../core/seat.core.js';
import {
  QUEUE_CLOSED,
  QUEUE_CONSUMER,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_PRODUCER,
  QUEUE_ROOM_WAITERS,
  QUEUE_TAIL,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { isCargo, receive, send, wakeOne } from './cargo.core.js';
import {
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_LIFE,
  OWN_QUEUE,
  OWN_RECORDS,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SLOTS,
  OWN_STAGED,
  OWN_STAGED_ITEM,
  OWN_TAIL,
} from './own.js';
import { leaveSide, takeSide } from './side.core.js';

/** Takes the producer's side at this seat's first put. Answers DONE, UNSEATED or WRONG_SEAT: another has it. */
export function takeProducer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_PRODUCER);
  if (status !== DONE) return status;
  own[OWN_TAIL] = laneTail(words, own[OWN_QUEUE]!);
  own[OWN_STAGED] = 0;
  return DONE;
}

/** Takes the consumer's side at this seat's first take. Answers DONE, UNSEATED, WRONG_SEAT or CLOSED: it is drained. */
export function takeConsumer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_CONSUMER);
  if (status !== DONE) return status;
  if (Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CLOSED) === LANE_SEALED) {
    leaveSide(words, own, QUEUE_CONSUMER);
    return CLOSED;
  }
  own[OWN_HEAD] = laneHead(words, own[OWN_QUEUE]!);
  return DONE;
}

/** Why nothing could be put or taken: NONE, CLOSED as found before, or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE, UNSEATED or WRONG_SEAT. */
export function put(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  // A hint: the side is ours until we are evicted.
  if (words[queue + QUEUE_PRODUCER] !== own[OWN_LIFE]) {
    const status = takeProducer(words, own);
    if (status !== DONE) return status;
  }
  if (own[OWN_STAGED] !== 0) {
    const status = stage(words, own, item);
    if (status === DONE || status === NONE) {
      // Full, too: who waits for room must not keep items back that would make some.
      const flushed = flush(words, own);
      return flushed === DONE ? status : flushed;
    }
    return status;
  }
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) return refused(words, own, 1);
  const tail = own[OWN_TAIL]!;
  const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!);
  const empty = (tail << own[OWN_LAP_SHIFT]!) & PARITY;
  if (Atomics.load(words, slot) !== empty) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  // An exchange, not a store: the consumer may have sealed it.
  if (Atomics.compareExchange(words, slot, empty, empty | item) !== empty) {
    if (own[OWN_RECORDS] !== 0) receive(words, own, item);
    return refused(words, own, 1);
  }
  own[OWN_TAIL] = (tail + 1) & own[OWN_LAP_MASK]!;
  wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return DONE;
}

/** Writes an item behind the tail, to be published by `flush`. Answers as `put`. */
export function stage(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  if (words[queue + QUEUE_PRODUCER] !== own[OWN_LIFE]) {
    const status = takeProducer(words, own);
    if (status !== DONE) return status;
  }
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) return refused(words, own, 1);
  const staged = own[OWN_STAGED]!;
  const position = own[OWN_TAIL]! + staged;
  const slot = own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!);
  const empty = (position << own[OWN_LAP_SHIFT]!) & PARITY;
  // The slot at the tail looks empty until it is published: it is not the one after the last.
  if (staged > own[OWN_INDEX_MASK]! || Atomics.load(words, slot) !== empty)
    return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  if (staged === 0) own[OWN_STAGED_ITEM] = item;
  else {
    if (staged === 1) {
      // The intent, before the first word behind the tail.
      words[queue + QUEUE_TAIL] = own[OWN_TAIL]!;
      Atomics.store(words, queue + LANE_STAGING, 1);
    }
    words[slot] = empty | item;
  }
  own[OWN_STAGED] = staged + 1;
  return DONE;
}

/** Publishes what was staged, by one exchange on the first. Answers DONE, CLOSED (nothing was published) or UNSEATED. */
export function flush(words: Int32Array, own: Int32Array): number {
  const staged = own[OWN_STAGED]!;
  if (staged === 0) return DONE;
  const queue = own[OWN_QUEUE]!;
  if (words[queue + QUEUE_PRODUCER] !== own[OWN_LIFE]) {
    own[OWN_STAGED] = 0; // evicted: recovery has undone it
    return UNSEATED;
  }
  const tail = own[OWN_TAIL]!;
  const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!);
  const empty = (tail << own[OWN_LAP_SHIFT]!) & PARITY;
  if (Atomics.compareExchange(words, slot, empty, empty | own[OWN_STAGED_ITEM]!) !== empty) {
    unstage(words, own, 0);
    return refused(words, own, 1);
  }
  own[OWN_STAGED] = 0;
  own[OWN_TAIL] = (tail + staged) & own[OWN_LAP_MASK]!;
  if (staged > 1) words[queue + LANE_STAGING] = 0;
  wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return DONE;
}

/** Takes items back that were staged last, until `keep` are left. */
export function unstage(words: Int32Array, own: Int32Array, keep: number): void {
  const tail = own[OWN_TAIL]!;
  while (own[OWN_STAGED]! > keep) {
    const staged = own[OWN_STAGED]! - 1;
    const position = tail + staged;
    const slot = own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!);
    const item = staged === 0 ? own[OWN_STAGED_ITEM]! : words[slot]! & ~PARITY;
    if (own[OWN_RECORDS] !== 0) receive(words, own, item);
    if (staged !== 0) words[slot] = (position << own[OWN_LAP_SHIFT]!) & PARITY;
    if (staged === 1) Atomics.store(words, own[OWN_QUEUE]! + LANE_STAGING, 0);
    own[OWN_STAGED] = staged;
  }
}

/** The item that many positions behind the head, or NONE. The caller has the consumer's side. Takes nothing. */
export function look(words: Int32Array, own: Int32Array, ahead: number): number {
  if (ahead > own[OWN_INDEX_MASK]!) return NONE;
  const position = own[OWN_HEAD]! + ahead;
  const word = Atomics.load(words, own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!));
  const found = word ^ ((position << own[OWN_LAP_SHIFT]!) & PARITY);
  return found > 0 ? found : NONE;
}

/** Makes sure that this seat may take. Answers DONE, UNSEATED or WRONG_SEAT. */
export function asConsumer(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_QUEUE]! + QUEUE_CONSUMER] === own[OWN_LIFE] ? DONE : takeConsumer(words, own);
}

/** Takes the item at the head. Answers it, NONE, CLOSED (and drained), UNSEATED or WRONG_SEAT. */
export function take(words: Int32Array, own: Int32Array): number {
  const queue = own[OWN_QUEUE]!;
  if (words[queue + QUEUE_CONSUMER] !== own[OWN_LIFE]) {
    const status = takeConsumer(words, own);
    if (status !== DONE) return status;
  }
  const head = own[OWN_HEAD]!;
  const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!);
  const parity = (head << own[OWN_LAP_SHIFT]!) & PARITY;
  let word = Atomics.load(words, slot);
  if ((word ^ parity) <= 0) {
    const closed = Atomics.load(words, queue + QUEUE_CLOSED);
    if (closed === 0 || word !== parity) return refused(words, own, closed);
    // Closed, and nothing here yet: the seal, or an item that came in between.
    word = Atomics.compareExchange(words, slot, parity, parity ^ PARITY);
    if (word === parity) {
      Atomics.store(words, queue + QUEUE_CLOSED, LANE_SEALED);
      return refused(words, own, 1);
    }
  }
  const item = word & ~PARITY;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  Atomics.store(words, slot, parity ^ PARITY);
  own[OWN_HEAD] = (head + 1) & own[OWN_LAP_MASK]!;
  wakeOne(words, own, QUEUE_ROOM_WAITERS);
  return item;
}

/** Takes `count` items, all of which `look` has found. The caller has read them. */
export function takeMany(words: Int32Array, own: Int32Array, count: number): void {
  const queue = own[OWN_QUEUE]!;
  const head = own[OWN_HEAD]!;
  if (own[OWN_RECORDS] !== 0) {
    for (let i = 0; i < count; i++) {
      receive(words, own, words[own[OWN_SLOTS]! + ((head + i) & own[OWN_INDEX_MASK]!)]! & ~PARITY);
    }
  }
  if (count > 1) {
    words[queue + QUEUE_HEAD] = head;
    Atomics.store(words, queue + LANE_TAKING, count);
    for (let i = count - 1; i > 0; i--) {
      const position = head + i;
      words[own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!)] =
        ((position << own[OWN_LAP_SHIFT]!) & PARITY) ^ PARITY;
    }
  }
  const parity = (head << own[OWN_LAP_SHIFT]!) & PARITY;
  Atomics.store(words, own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!), parity ^ PARITY);
  own[OWN_HEAD] = (head + count) & own[OWN_LAP_MASK]!;
  if (count > 1) words[queue + LANE_TAKING] = 0;
  wakeOne(words, own, QUEUE_ROOM_WAITERS);
}

/** As `put`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function putWait(words: Int32Array, own: Int32Array, item: number, deadline: number): number {
  const waiters = own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS;
  for (;;) {
    const bell = arm(words, waiters, own[OWN_SEAT]!);
    const result = put(words, own, item);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      disarm(words, waiters, own[OWN_SEAT]!);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `take`, but waits for an item until the deadline (on `now`'s clock). Blocks the thread. */
export function takeWait(words: Int32Array, own: Int32Array, deadline: number): number {
  const waiters = own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS;
  for (;;) {
    const bell = arm(words, waiters, own[OWN_SEAT]!);
    const item = take(words, own);
    const left = deadline - now();
    if (item !== NONE || left <= 0) {
      disarm(words, waiters, own[OWN_SEAT]!);
      return item;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
