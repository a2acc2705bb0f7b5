/**
 * The operations of a ring with one producer and one consumer (core/lane.core.ts has the layout, the laws and the source).
 *
 * The private array is a ring's (ring.core.ts), with these words in another meaning:
 * ```
 * word 3 parity shift | 4 positions' mask, four laps | 10 head: as its word, without attention | 11 tail: the next put's position
 * word 17 life: this seat as a side names it | 19 seen: where the head was when the producer last looked | 24 shown: the tail's word
 * word 15 run: how many items behind the head are known to be there | 18 and those from 22 on: single-batch.core.ts
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ring, ringAll } from '../core/doorbell.core.js';
import { ATTENTION, fenceTail, laneTail, PARITY } from '../core/lane.core.js';
import { isSeated, seemsSeated } from '../core/seat.core.js';
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
  OWN_RUN,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SEATS,
  OWN_SEEN,
  OWN_SHOWN,
  OWN_SLOTS,
  OWN_TAIL,
} from './own.js';
import { takeSide } from './side.core.js';

/**
 * Of single items every so many are shown in the tail, less 1, so that a consumer that is behind looks once for all of them. Not at
 * the slots in front of it: those may be a bulk's that is being written. A power of two, less 1.
 */
const SHOW_MASK = 31;

/**
 * Begins an epoch in a side's word, QUEUE_HEAD or QUEUE_TAIL, which goes to a position, or stays where it is (-1). Answers the word without
 * attention, or UNSEATED: the side is this seat's no more.
 */
function beginEpoch(words: Int32Array, own: Int32Array, side: number, at: number, position: number): number {
  const mask = own[OWN_LAP_MASK]!;
  for (;;) {
    const word = Atomics.load(words, own[OWN_QUEUE]! + at);
    // Behind the look at the word: whoever has taken the side from us meanwhile makes it another one.
    if (Atomics.load(words, own[OWN_QUEUE]! + side) !== own[OWN_LIFE]) return UNSEATED;
    const epoch = (word + mask + 1) & ~mask;
    const next = (epoch & ~PARITY) | (position < 0 ? word & mask : position);
    if (Atomics.compareExchange(words, own[OWN_QUEUE]! + at, word, next | (word & PARITY)) === word) return next;
  }
}

/**
 * Takes the producer's side at this seat's first put. Nothing is staged: who leaves the side flushes first, and who was recovered gets none.
 * Answers DONE, UNSEATED or WRONG_SEAT: another has it.
 */
function takeProducer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_PRODUCER);
  if (status !== DONE) return status;
  // Who was recovered as it took the side may have had it since, and be about to put.
  own[OWN_TAIL] = fenceTail(words, own[OWN_QUEUE]!, own[OWN_SLOTS]!, own[OWN_INDEX_MASK]! + 1, own[OWN_LIFE]!);
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  const shown = beginEpoch(words, own, QUEUE_PRODUCER, QUEUE_TAIL, own[OWN_TAIL]!);
  own[OWN_SHOWN] = shown;
  return shown === UNSEATED ? UNSEATED : DONE;
}

/** Finds where the next item goes, by the slots. */
export function findTail(words: Int32Array, own: Int32Array): void {
  own[OWN_TAIL] = laneTail(words, own[OWN_QUEUE]!, own[OWN_SLOTS]!, own[OWN_INDEX_MASK]! + 1);
}

/** Takes the consumer's side at this seat's first take. As `takeProducer`. */
function takeConsumer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_CONSUMER);
  if (status !== DONE) return status;
  own[OWN_RUN] = 0;
  const head = beginEpoch(words, own, QUEUE_CONSUMER, QUEUE_HEAD, -1);
  own[OWN_HEAD] = head;
  return head === UNSEATED ? UNSEATED : DONE;
}

/** Makes sure that this seat may put. A hint is enough: the side is ours until we are evicted. Answers as `takeProducer`. */
export function asProducer(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_QUEUE]! + QUEUE_PRODUCER] === own[OWN_LIFE] ? DONE : takeProducer(words, own);
}

/** Makes sure that this seat may take. As `asProducer`. */
export function asConsumer(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_QUEUE]! + QUEUE_CONSUMER] === own[OWN_LIFE] ? DONE : takeConsumer(words, own);
}

/** Why nothing could be put or taken: NONE, CLOSED as found before, or UNSEATED. */
export function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** Whether there is room for one more item; nothing is staged. Answers 1 or 0. */
function hasRoom(words: Int32Array, own: Int32Array): number {
  const most = own[OWN_INDEX_MASK]!;
  const tail = own[OWN_TAIL]!;
  if (((tail - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!) <= most) return 1;
  // The room that was known of is used up: look at the consumer's line again.
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  return ((tail - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!) <= most ? 1 : 0;
}

/**
 * Publishes the slot at the tail, and moves on by so many. Answers DONE; CLOSED, when the consumer has sealed it; or NONE: this seat was
 * recovered, or an earlier producer that was has put there after all (the fence's holes, lane.core.ts). `findTail`, and again.
 */
export function publish(words: Int32Array, own: Int32Array, item: number, count: number): number {
  const tail = own[OWN_TAIL]!;
  const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!);
  const parity = (tail << own[OWN_LAP_SHIFT]!) & PARITY;
  // A hint: only the consumer writes here, and seldom. The exchange decides. Behind it the side, for who was recovered, and stopped before
  // it looked, might find an item of a later lap, which looks as if nothing was put.
  let before = words[slot]!;
  if (words[own[OWN_QUEUE]! + QUEUE_PRODUCER] !== own[OWN_LIFE]) return NONE;
  for (;;) {
    // Of this lap already: the seal, or what was not put by us.
    if ((before ^ parity) >= 0) return before === parity ? CLOSED : NONE;
    const seen = Atomics.compareExchange(words, slot, before, parity | item);
    if (seen === before) break;
    // Attention, most likely. But we may have been recovered, and this may be an item of another's lap.
    if (Atomics.load(words, own[OWN_QUEUE]! + QUEUE_PRODUCER) !== own[OWN_LIFE]) return NONE;
    before = seen;
  }
  const next = (tail + count) & own[OWN_LAP_MASK]!;
  own[OWN_TAIL] = next;
  if (count > 1 || (next & own[OWN_INDEX_MASK]! & SHOW_MASK) === 0) showTail(words, own, next);
  if ((before & ~PARITY) >= ATTENTION) wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return DONE;
}

/** Shows the consumer where the tail is. Not by a store, for we may have been recovered, and another may be far beyond. */
function showTail(words: Int32Array, own: Int32Array, tail: number): void {
  const shown = own[OWN_SHOWN]!;
  const next = (shown & ~own[OWN_LAP_MASK]!) | tail;
  own[OWN_SHOWN] = next;
  Atomics.compareExchange(words, own[OWN_QUEUE]! + QUEUE_TAIL, shown, next);
}

/** Puts an item at the tail; nothing is staged. Answers DONE, NONE (full), CLOSED, BAD_HANDLE, UNSEATED or WRONG_SEAT. */
export function put(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  // A hint too: a close that is missed here comes after this put; what is put is drained, or the seal is found.
  if (words[queue + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  if (hasRoom(words, own) === 0) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  const published = publish(words, own, item, 1);
  return published === DONE ? DONE : putAgain(words, own, item, published);
}

/** The rest of `put` when the item was not published. */
function putAgain(words: Int32Array, own: Int32Array, item: number, published: number): number {
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  if (published === CLOSED) return refused(words, own, 1);
  findTail(words, own);
  return put(words, own, item);
}

/**
 * The item at the head, which stays; NONE, CLOSED (and drained), UNSEATED or WRONG_SEAT. Before it says CLOSED the lane is sealed:
 * nothing comes after that.
 */
export function front(words: Int32Array, own: Int32Array): number {
  const status = asConsumer(words, own);
  if (status !== DONE) return status;
  const head = own[OWN_HEAD]!;
  const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!);
  const parity = (head << own[OWN_LAP_SHIFT]!) & PARITY;
  if (own[OWN_RUN] === 0 && (head & own[OWN_INDEX_MASK]! & SHOW_MASK) === 0) lookAhead(words, own);
  // What is before the tail that was seen has been published before.
  const word = own[OWN_RUN]! > 0 ? words[slot]! : Atomics.load(words, slot);
  return (word ^ parity) > 0 ? word & ~PARITY : frontOfNothing(words, own, slot, word, parity);
}

/** The rest of `front` where nothing was put yet, or the seal is: while nobody closes it, polling is one load: the others are hints. */
function frontOfNothing(words: Int32Array, own: Int32Array, slot: number, word: number, parity: number): number {
  if (words[own[OWN_QUEUE]! + QUEUE_CLOSED] === 0)
    return seemsSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) !== 0 ? NONE : refused(words, own, 0);
  if (word === parity) return refused(words, own, 1);
  // Closed, and nothing here yet: the seal, or an item that came in between.
  const seen = Atomics.compareExchange(words, slot, word, parity);
  if (seen === word) return refused(words, own, 1);
  if ((seen ^ parity) > 0) return seen & ~PARITY;
  // No item: a fence, or the attention, or the seal, of a consumer that was recovered and goes on; or that is this seat.
  const status = refused(words, own, 0);
  return status === NONE ? frontOfNothing(words, own, slot, seen, parity) : status;
}

/** How many items are known to be there by one look at the tail. The caller has the consumer's side. */
export function lookAhead(words: Int32Array, own: Int32Array): void {
  const tail = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_TAIL);
  const shown = (tail - own[OWN_HEAD]!) & own[OWN_LAP_MASK]!;
  // The tail's word may be behind the head: then it says nothing.
  own[OWN_RUN] = shown > own[OWN_INDEX_MASK]! + 1 ? 0 : shown;
}

/** Takes the item at the head. Answers it, or as `front`. */
export function take(words: Int32Array, own: Int32Array): number {
  const item = front(words, own);
  if (item <= NONE) return item;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  return moveHead(words, own, 1) === DONE ? item : UNSEATED;
}

/**
 * Gives slots back, and rings the producer if it waits for them. Answers DONE, or UNSEATED: this seat was recovered, its items are the
 * next consumer's, and nothing was moved.
 */
export function moveHead(words: Int32Array, own: Int32Array, count: number): number {
  const head = own[OWN_HEAD]!;
  const mask = own[OWN_LAP_MASK]!;
  const next = (head & ~mask) | ((head + count) & mask);
  own[OWN_HEAD] = next;
  own[OWN_RUN] = Math.max(0, own[OWN_RUN]! - count);
  if (Atomics.compareExchange(words, own[OWN_QUEUE]! + QUEUE_HEAD, head, next) === head) return DONE;
  return moveMarkedHead(words, own, head, next);
}

/** The rest of `moveHead`, where the head's word is not as this seat left it. */
function moveMarkedHead(words: Int32Array, own: Int32Array, head: number, next: number): number {
  const marked = head | PARITY;
  if (Atomics.compareExchange(words, own[OWN_QUEUE]! + QUEUE_HEAD, marked, next) !== marked) return UNSEATED;
  wakeOne(words, own, QUEUE_ROOM_WAITERS);
  return DONE;
}

/** Announces that the producer is about to wait for room; look again before waiting. Answers the bell to wait on. */
export function armPut(words: Int32Array, own: Int32Array): number {
  const bell = arm(words, own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS, own[OWN_SEAT]!);
  Atomics.or(words, own[OWN_QUEUE]! + QUEUE_HEAD, PARITY);
  // What was known of the head before is not enough now.
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  return bell;
}

/** Announces that the consumer is about to wait for an item; look again before waiting. Answers the bell to wait on. */
export function armTake(words: Int32Array, own: Int32Array): number {
  const bell = arm(words, own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS, own[OWN_SEAT]!);
  const head = own[OWN_HEAD]!;
  const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!);
  const word = Atomics.load(words, slot);
  const parity = (head << own[OWN_LAP_SHIFT]!) & PARITY;
  // Not put yet: whoever puts it will find this. If it is put meanwhile, the second look finds it; and a fence is attention too, which stays
  // as it is. If the side is no more ours, though, as it was recovered while this seat waited, then the slot may hold an item of a later
  // lap: looked at behind the slot.
  if ((word ^ parity) >= 0 || (word & ~PARITY) >= ATTENTION) return bell;
  if (Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CONSUMER) === own[OWN_LIFE])
    Atomics.compareExchange(words, slot, word, (parity ^ PARITY) | ATTENTION);
  return bell;
}

/**
 * This seat waits there no more. Recovered, it may have swallowed the ring, or taken away the bit, of who has the side now: that
 * one looks again.
 */
function leave(words: Int32Array, own: Int32Array, waiters: number): void {
  disarm(words, waiters, own[OWN_SEAT]!);
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) !== 0) return;
  ringAll(words, waiters, own[OWN_SEATS]!);
  ring(words, own[OWN_SEAT]!);
}

/** As `put`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function putWait(words: Int32Array, own: Int32Array, item: number, deadline: number): number {
  const waiters = own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS;
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  for (;;) {
    const bell = armPut(words, own);
    const result = put(words, own, item);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leave(words, own, waiters);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `take`, but waits for an item until the deadline (on `now`'s clock). Blocks the thread. */
export function takeWait(words: Int32Array, own: Int32Array, deadline: number): number {
  const waiters = own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS;
  const status = asConsumer(words, own);
  if (status !== DONE) return status;
  for (;;) {
    const bell = armTake(words, own);
    const item = take(words, own);
    const left = deadline - now();
    if (item !== NONE || left <= 0) {
      leave(words, own, waiters);
      return item;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
