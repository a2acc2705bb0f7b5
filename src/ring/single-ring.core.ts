/**
 * The operations of a ring with one producer and one consumer (core/lane.core.ts has the layout, the laws and the source).
 *
 * The private array is a ring's (ring.core.ts), with these words in another meaning:
 * ```
 * word 3 parity shift | 4 positions' mask, two laps | 10 head, 11 tail: the positions of this seat's sides
 * word 17 life: this seat as a side names it | 18 staged: items written and not published | 19 the first of them
 * word 15 run: how many items behind the head are known to be there | 20 seen: where the head was when the producer last looked
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen } from '../core/doorbell.core.js';
import { ATTENTION, laneTail, PARITY } from '../core/lane.core.js';
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
  OWN_RUN,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SEEN,
  OWN_SLOTS,
  OWN_STAGED,
  OWN_STAGED_ITEM,
  OWN_TAIL,
} from './own.js';
import { takeSide } from './side.core.js';

/** Half a lap, at least 1: how often the tail is shown to the consumer. */
function half(own: Int32Array): number {
  return Math.max(1, (own[OWN_INDEX_MASK]! + 1) >>> 1);
}

/** Takes the producer's side at this seat's first put. Answers DONE, UNSEATED or WRONG_SEAT: another has it. */
function takeProducer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_PRODUCER);
  if (status !== DONE) return status;
  own[OWN_TAIL] = laneTail(words, own[OWN_QUEUE]!);
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  Atomics.store(words, own[OWN_QUEUE]! + QUEUE_TAIL, own[OWN_TAIL]!);
  own[OWN_STAGED] = 0;
  return DONE;
}

/** Takes the consumer's side at this seat's first take. As `takeProducer`. */
function takeConsumer(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, QUEUE_CONSUMER);
  if (status !== DONE) return status;
  own[OWN_HEAD] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD) & ~PARITY;
  return DONE;
}

/** Makes sure that this seat may put. A hint is enough: the side is ours until we are evicted. Answers as `takeProducer`. */
function asProducer(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_QUEUE]! + QUEUE_PRODUCER] === own[OWN_LIFE] ? DONE : takeProducer(words, own);
}

/** Makes sure that this seat may take. As `asProducer`. */
export function asConsumer(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_QUEUE]! + QUEUE_CONSUMER] === own[OWN_LIFE] ? DONE : takeConsumer(words, own);
}

/** Why nothing could be put or taken: NONE, CLOSED as found before, or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** Whether there is room for one more item behind those staged. Answers 1 or 0. */
function hasRoom(words: Int32Array, own: Int32Array): number {
  const most = own[OWN_INDEX_MASK]! - own[OWN_STAGED]!;
  const tail = own[OWN_TAIL]!;
  if (((tail - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!) <= most) return 1;
  // The room that was known of is used up: look at the consumer's line again.
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  return ((tail - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!) <= most ? 1 : 0;
}

/** Publishes the slot at the tail, and moves on by so many. Answers 1, or 0 when the consumer has sealed it. */
function publish(words: Int32Array, own: Int32Array, item: number, count: number): number {
  const tail = own[OWN_TAIL]!;
  const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!);
  const parity = (tail << own[OWN_LAP_SHIFT]!) & PARITY;
  // A hint: only the consumer writes here, and seldom. The exchange decides.
  let before = words[slot]!;
  for (;;) {
    // The seal is the one word of this lap that was not put by us.
    if (before === parity) return 0;
    const seen = Atomics.compareExchange(words, slot, before, parity | item);
    if (seen === before) break;
    before = seen;
  }
  const next = (tail + count) & own[OWN_LAP_MASK]!;
  own[OWN_TAIL] = next;
  if (count > 1 || (next & (half(own) - 1)) === 0) Atomics.store(words, own[OWN_QUEUE]! + QUEUE_TAIL, next);
  if ((before & ~PARITY) === ATTENTION) wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return 1;
}

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE, UNSEATED or WRONG_SEAT. */
export function put(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (own[OWN_STAGED] !== 0) return putBehind(words, own, item);
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  // A hint too: a close that is missed here comes after this put; what is put is drained, or the seal is found.
  if (words[queue + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  if (hasRoom(words, own) === 0) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  if (publish(words, own, item, 1) === 1) return DONE;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  return refused(words, own, 1);
}

/** Puts an item behind those staged, and publishes all. */
function putBehind(words: Int32Array, own: Int32Array, item: number): number {
  const status = stage(words, own, item);
  if (status !== DONE && status !== NONE) return status;
  // Full, too: who waits for room must not keep items back that would make some.
  const flushed = flush(words, own);
  return flushed === DONE ? status : flushed;
}

/** Writes an item behind the tail, to be published by `flush`. Answers as `put`. */
export function stage(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  if (words[queue + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  if (hasRoom(words, own) === 0) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  const staged = own[OWN_STAGED]!;
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  if (staged === 0) own[OWN_STAGED_ITEM] = item;
  else {
    if (staged === 1) {
      // The intent, before the first word behind the tail.
      Atomics.store(words, queue + QUEUE_TAIL, own[OWN_TAIL]! | PARITY);
    }
    const position = own[OWN_TAIL]! + staged;
    const parity = (position << own[OWN_LAP_SHIFT]!) & PARITY;
    words[own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!)] = parity | item;
  }
  own[OWN_STAGED] = staged + 1;
  return DONE;
}

/** How many of `wanted` items could be staged now: 0 when it is full; CLOSED, UNSEATED or WRONG_SEAT. */
export function roomFor(words: Int32Array, own: Int32Array, wanted: number): number {
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (words[own[OWN_QUEUE]! + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  const all = own[OWN_INDEX_MASK]! + 1 - own[OWN_STAGED]!;
  let room = all - ((own[OWN_TAIL]! - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!);
  if (room < wanted) {
    own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
    room = all - ((own[OWN_TAIL]! - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!);
  }
  return Math.min(room, wanted);
}

/** Stages that many items for which there is room: the first is given, the others are to be written by `writeSlot`. */
export function stageMany(words: Int32Array, own: Int32Array, count: number, first: number): void {
  const staged = own[OWN_STAGED]!;
  if (staged === 0) own[OWN_STAGED_ITEM] = first;
  // The intent, before the first word behind the tail.
  if (staged < 2 && staged + count > 1) Atomics.store(words, own[OWN_QUEUE]! + QUEUE_TAIL, own[OWN_TAIL]! | PARITY);
  own[OWN_STAGED] = staged + count;
}

/** Writes an item into the slot of a position, plainly. With what it needs as arguments, for loops. */
export function writeSlot(
  words: Int32Array,
  slots: number,
  indexMask: number,
  shift: number,
  position: number,
  item: number,
): void {
  words[slots + (position & indexMask)] = ((position << shift) & PARITY) | item;
}

/** The item in the slot of a position that is known to be put. */
export function readSlot(words: Int32Array, slots: number, indexMask: number, position: number): number {
  return words[slots + (position & indexMask)]! & ~PARITY;
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
  if (publish(words, own, own[OWN_STAGED_ITEM]!, staged) === 0) {
    unstage(words, own);
    return refused(words, own, 1);
  }
  own[OWN_STAGED] = 0;
  return DONE;
}

/** Takes back all that was staged, the last one first. */
function unstage(words: Int32Array, own: Int32Array): void {
  const tail = own[OWN_TAIL]!;
  while (own[OWN_STAGED]! > 0) {
    const staged = own[OWN_STAGED]! - 1;
    const position = tail + staged;
    const slot = own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!);
    const item = staged === 0 ? own[OWN_STAGED_ITEM]! : words[slot]! & ~PARITY;
    if (own[OWN_RECORDS] !== 0) receive(words, own, item);
    if (staged !== 0) words[slot] = ((position << own[OWN_LAP_SHIFT]!) & PARITY) ^ PARITY;
    if (staged === 1) Atomics.store(words, own[OWN_QUEUE]! + QUEUE_TAIL, tail);
    own[OWN_STAGED] = staged;
  }
}

/** Before `look`: how many items are known to be there by one look at the tail. The caller has the consumer's side. */
export function lookAhead(words: Int32Array, own: Int32Array): void {
  const tail = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_TAIL);
  const shown = (tail - own[OWN_HEAD]!) & own[OWN_LAP_MASK]!;
  // The tail's word may be behind the head: then it says nothing.
  own[OWN_RUN] = shown > own[OWN_INDEX_MASK]! + 1 ? 0 : shown;
}

/** The item that many positions behind the head, or NONE; in order from 0 on. Takes nothing. */
export function look(words: Int32Array, own: Int32Array, ahead: number): number {
  if (ahead > own[OWN_INDEX_MASK]!) return NONE;
  const position = own[OWN_HEAD]! + ahead;
  const slot = own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!);
  // What is before the tail that was seen has been published before.
  const word = ahead < own[OWN_RUN]! ? words[slot]! : Atomics.load(words, slot);
  const found = word ^ ((position << own[OWN_LAP_SHIFT]!) & PARITY);
  return found > 0 ? found : NONE;
}

/** Takes the item at the head. Answers it, NONE, CLOSED (and drained), UNSEATED or WRONG_SEAT. */
export function take(words: Int32Array, own: Int32Array): number {
  const queue = own[OWN_QUEUE]!;
  const status = asConsumer(words, own);
  if (status !== DONE) return status;
  const head = own[OWN_HEAD]!;
  const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!);
  const parity = (head << own[OWN_LAP_SHIFT]!) & PARITY;
  let word = Atomics.load(words, slot);
  if ((word ^ parity) <= 0) {
    const closed = Atomics.load(words, queue + QUEUE_CLOSED);
    if (closed === 0 || word === parity) return refused(words, own, closed);
    // Closed, and nothing here yet: the seal, or an item that came in between.
    const seen = Atomics.compareExchange(words, slot, word, parity);
    if (seen === word) return refused(words, own, 1);
    word = seen;
  }
  const item = word & ~PARITY;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  moveHead(words, own, 1);
  return item;
}

/** Gives slots back, and rings the producer if it waits for them. */
function moveHead(words: Int32Array, own: Int32Array, count: number): void {
  const head = own[OWN_HEAD]!;
  const next = (head + count) & own[OWN_LAP_MASK]!;
  own[OWN_HEAD] = next;
  if (Atomics.compareExchange(words, own[OWN_QUEUE]! + QUEUE_HEAD, head, next) === head) return;
  Atomics.store(words, own[OWN_QUEUE]! + QUEUE_HEAD, next);
  wakeOne(words, own, QUEUE_ROOM_WAITERS);
}

/** Takes `count` items, all of which `look` has found. The caller has read them. */
export function takeMany(words: Int32Array, own: Int32Array, count: number): void {
  const head = own[OWN_HEAD]!;
  if (own[OWN_RECORDS] !== 0) {
    for (let i = 0; i < count; i++) {
      receive(words, own, words[own[OWN_SLOTS]! + ((head + i) & own[OWN_INDEX_MASK]!)]! & ~PARITY);
    }
  }
  moveHead(words, own, count);
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
  // Not put yet: whoever puts it will find this. If it is put meanwhile, the second look finds it.
  if ((word ^ parity) < 0) Atomics.compareExchange(words, slot, word, (parity ^ PARITY) | ATTENTION);
  return bell;
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
      disarm(words, waiters, own[OWN_SEAT]!);
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
      disarm(words, waiters, own[OWN_SEAT]!);
      return item;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
