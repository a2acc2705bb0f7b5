/**
 * Several items at once through a lane (core/lane.core.ts): those behind the first are written plainly, and one exchange on the first
 * publishes all. What is staged waits in the producer's own memory until then, so that no line is shared item by item.
 *
 *     stage for each, flush                       writeSlot for each but the first, publishBatch or revert
 *     look at the first, lookAhead, readSlot or look for each, takeMany
 *
 * ```
 * private array, beside what single-ring.core.ts says
 * word 18 staged: how many | 22 the most of them | 23 how many there may be without another look | 24 and on: the items
 * ```
 */
import { PARITY } from '../core/lane.core.js';
import { isSeated } from '../core/seat.core.js';
import { QUEUE_CLOSED, QUEUE_HEAD, QUEUE_PRODUCER } from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED, WRONG_SEAT } from '../core/status.js';
import { load, receive } from './cargo.core.js';
import {
  OWN_BATCH_MAX,
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
  OWN_STAGED_ROOM,
  OWN_TAIL,
  OWN_WORDS,
} from './own.js';
import { asProducer, findTail, moveHead, publish, refused } from './single-ring.core.js';

/** Keeps an item for `flush`. Where there is no place for more of them, those before are flushed. Answers as `put`. */
export function stage(words: Int32Array, own: Int32Array, item: number): number {
  if (own[OWN_STAGED] === own[OWN_STAGED_ROOM]) {
    const status = stageMore(words, own);
    if (status !== DONE) return status;
  }
  const staged = own[OWN_STAGED]!;
  if (own[OWN_RECORDS] !== 0 && load(words, own, item) === 0) {
    // Single puts take nothing off the room that is known of: so none is, while nothing is staged.
    own[OWN_STAGED_ROOM] = staged;
    return BAD_HANDLE;
  }
  own[OWN_WORDS + staged] = item;
  own[OWN_STAGED] = staged + 1;
  return DONE;
}

/** Finds out how many more items may be staged. Answers DONE (one at least), NONE, CLOSED, UNSEATED or WRONG_SEAT. */
function stageMore(words: Int32Array, own: Int32Array): number {
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (words[own[OWN_QUEUE]! + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  const staged = own[OWN_STAGED]!;
  const room = freeSlots(words, own, staged + 1);
  if (room <= staged) return refused(words, own, Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CLOSED));
  if (staged < own[OWN_BATCH_MAX]!) {
    own[OWN_STAGED_ROOM] = Math.min(room, own[OWN_BATCH_MAX]!);
    return DONE;
  }
  const flushed = flush(words, own);
  return flushed === DONE ? stageMore(words, own) : flushed;
}

/**
 * Publishes what was staged. Answers DONE; UNSEATED: what was staged went with the seat; or that nothing was published, and carried
 * blocks are this seat's again: CLOSED, or WRONG_SEAT when the last put of an earlier producer came after all, and took the room of one.
 */
export function flush(words: Int32Array, own: Int32Array): number {
  const count = own[OWN_STAGED]!;
  if (count === 0) return DONE;
  own[OWN_STAGED] = 0;
  own[OWN_STAGED_ROOM] = 0;
  if (words[own[OWN_QUEUE]! + QUEUE_PRODUCER] !== own[OWN_LIFE]) return UNSEATED;
  const slots = own[OWN_SLOTS]!;
  const tail = own[OWN_TAIL]!;
  for (let i = 1; i < count; i++) {
    const position = tail + i;
    const parity = (position << own[OWN_LAP_SHIFT]!) & PARITY;
    writeSlot(words, slots + (position & own[OWN_INDEX_MASK]!), parity, own[OWN_WORDS + i]!);
  }
  const status = publishBatch(words, own, own[OWN_WORDS]!, count);
  return status === NONE ? flushAgain(words, own, count) : status;
}

/** The rest of `flush` when an earlier producer's last put stood in the way: so many items, which are all behind OWN_WORDS still. */
function flushAgain(words: Int32Array, own: Int32Array, count: number): number {
  if (freeSlots(words, own, count) < count) return WRONG_SEAT;
  for (let i = 0; own[OWN_RECORDS] !== 0 && i < count; i++) load(words, own, own[OWN_WORDS + i]!);
  own[OWN_STAGED] = count;
  return flush(words, own);
}

/** How many of `wanted` items could be put now: 0 when it is full; CLOSED, UNSEATED or WRONG_SEAT. Nothing is staged. */
export function roomFor(words: Int32Array, own: Int32Array, wanted: number): number {
  const status = asProducer(words, own);
  if (status !== DONE) return status;
  if (words[own[OWN_QUEUE]! + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  return Math.min(freeSlots(words, own, wanted), wanted);
}

/** How many slots are free for the producer; where it knows of fewer than it wants, it looks at the consumer's line again. */
function freeSlots(words: Int32Array, own: Int32Array, wanted: number): number {
  const capacity = own[OWN_INDEX_MASK]! + 1;
  const free = capacity - ((own[OWN_TAIL]! - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!);
  if (free >= wanted) return free;
  own[OWN_SEEN] = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_HEAD);
  return capacity - ((own[OWN_TAIL]! - own[OWN_SEEN]!) & own[OWN_LAP_MASK]!);
}

/** Writes an item into a slot, plainly. `parity` is that of the slot's lap now. */
export function writeSlot(words: Int32Array, slot: number, parity: number, item: number): void {
  words[slot] = parity | item;
}

/** Writes four items into slots that lie together, plainly. */
export function writeFourSlots(
  words: Int32Array,
  slot: number,
  parity: number,
  a: number,
  b: number,
  c: number,
  d: number,
): void {
  words[slot] = parity | a;
  words[slot + 1] = parity | b;
  words[slot + 2] = parity | c;
  words[slot + 3] = parity | d;
}

/**
 * Publishes a batch for which there is room: its first item, which carries those behind it, all of them written. Answers DONE, UNSEATED (it
 * went with the seat), or, when nothing was published, CLOSED or NONE: as `publish`, and the tail was found again.
 */
export function publishBatch(words: Int32Array, own: Int32Array, first: number, count: number): number {
  const published = publish(words, own, first, count);
  return published === DONE ? DONE : takeBatchBack(words, own, first, count, published);
}

/** The rest of `publishBatch` when nothing was published. */
function takeBatchBack(words: Int32Array, own: Int32Array, first: number, count: number, published: number): number {
  // Recovery has taken it back: where it was, the next producer's items may stand. (Who detaches has its side still.)
  if (Atomics.load(words, own[OWN_QUEUE]! + QUEUE_PRODUCER) !== own[OWN_LIFE]) return UNSEATED;
  revert(words, own, first, count);
  if (published === CLOSED) return refused(words, own, 1);
  findTail(words, own);
  return isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0 ? UNSEATED : NONE;
}

/** Takes back a batch that was not published, of which so many are written. Carried blocks are this seat's again. */
export function revert(words: Int32Array, own: Int32Array, first: number, count: number): void {
  const tail = own[OWN_TAIL]!;
  for (let i = count - 1; i > 0; i--) {
    const position = tail + i;
    const slot = own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!);
    if (own[OWN_RECORDS] !== 0) receive(words, own, words[slot]! & ~PARITY);
    words[slot] = ((position << own[OWN_LAP_SHIFT]!) & PARITY) ^ PARITY;
  }
  if (own[OWN_RECORDS] !== 0) receive(words, own, first);
}

/** The item in a slot that is known to be put. */
export function readSlot(words: Int32Array, slot: number): number {
  return words[slot]! & ~PARITY;
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

/** Takes `count` items, all of which `look` has found. The caller has read them. Answers as `moveHead`. */
export function takeMany(words: Int32Array, own: Int32Array, count: number): number {
  const head = own[OWN_HEAD]!;
  if (own[OWN_RECORDS] !== 0) {
    for (let i = 0; i < count; i++) {
      receive(words, own, words[own[OWN_SLOTS]! + ((head + i) & own[OWN_INDEX_MASK]!)]! & ~PARITY);
    }
  }
  return moveHead(words, own, count);
}
