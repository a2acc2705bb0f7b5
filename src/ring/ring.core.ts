/**
 * The ring's operations, many producers and many consumers (slot.core.ts has the layout, the laws and the source).
 *
 * ```
 * own, private to the seat
 * word 0 queue | 1 slots | 2 index mask | 3 lap shift | 4 lap mask | 5 seat | 6 seats | 7 seat generation
 * word 8 records of the carried pool, or 0 | 9 its index bits
 * word 10 head, 11 tail: where this seat looks first | 12 hint mask: the shared positions are stored when these bits change
 * word 13 extent mask | 14 seek: how the search for a position goes on | 21 awaits: what this seat is armed for
 * word 15 run: the position of a claim of several, 16 its extent, 20 its first slot's word
 * ```
 */
import { ringAll } from '../core/doorbell.core.js';
import { isSeated } from '../core/seat.core.js';
import {
  QUEUE_CLOSED,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_EXTENT_SHIFT,
  SLOT_FULL,
  SLOT_MARK,
  SLOT_SEALED,
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
  sealQueue,
  slotTag,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { isCargo, receive, send } from './cargo.core.js';
import {
  OWN_AWAITS,
  OWN_EXTENT_MASK,
  OWN_HEAD,
  OWN_HINT_MASK,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_QUEUE,
  OWN_RECORDS,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SEATS,
  OWN_SEEK,
  OWN_SLOTS,
  OWN_TAIL,
} from './own.js';
import { mark, publish, release, releaseSkipped } from './ring-mark.core.js';

/** How often one call catches up with others who are ahead. In a damaged ring that could go on for ever. */
function catchUpsMax(own: Int32Array): number {
  return Math.min(65536, 4 * own[OWN_INDEX_MASK]! + 64);
}

/** `seek` at the beginning of a search: the shared position may still be asked. Below: laps caught up with. */
export const FRESH = 1;
/** `seek` at the end of one: nothing can be put or taken now. */
export const NOWHERE = -2147483648;
/** The same, and the ring is closed: nothing can be put, or taken, any more. */
export const DRAINED = -2147483647;

/** Bits of `awaits`: a search of this seat that finds nothing leaves the mark there before it answers. */
export const AWAITS_ITEM = 1;
export const AWAITS_ROOM = 2;

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE (a carried handle not held here) or UNSEATED. */
export function enqueue(words: Int32Array, own: Int32Array, item: number): number {
  if (own[OWN_RECORDS] !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  const tail = own[OWN_TAIL]!;
  const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
  const lap = (tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
  // The usual case. A look before the exchange: polling a full ring must not take the line away from its consumers. It may be a
  // plain read of a hint word, because the exchange has the last word; whatever else it says is looked at again.
  const word = words[slot]!;
  if ((word & (own[OWN_LAP_MASK]! | SLOT_MARK | SLOT_STATE_MASK)) === lap) {
    const claimed = lap | slotTag(SLOT_CLAIMED, own[OWN_SEAT]!);
    if (Atomics.compareExchange(words, slot, word, claimed) === word) return put(words, own, tail, slot, claimed, item);
  }
  return enqueueFrom(words, own, tail, item);
}

/** As `enqueue`, from a position on where the slot may be another's. */
function enqueueFrom(words: Int32Array, own: Int32Array, from: number, item: number): number {
  let tail = from;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
    const word = Atomics.load(words, slot);
    if ((word & (own[OWN_LAP_MASK]! | SLOT_STATE_MASK)) === lap) {
      const claimed = lap | (word & SLOT_MARK) | slotTag(SLOT_CLAIMED, own[OWN_SEAT]!);
      if (Atomics.compareExchange(words, slot, word, claimed) === word)
        return put(words, own, tail, slot, claimed, item);
      continue;
    }
    tail = pastTail(words, own, tail, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** Fills and publishes a slot that was claimed with that word. Answers DONE or UNSEATED. */
function put(words: Int32Array, own: Int32Array, tail: number, slot: number, claimed: number, item: number): number {
  moveTo(words, own, QUEUE_TAIL, OWN_TAIL, (tail + 1) | 0);
  if (own[OWN_RECORDS] !== 0) send(words, own, item);
  words[slot + 1] = item;
  return publish(words, own, slot, claimed);
}

/**
 * Where a put goes on when the slot at `tail` is not EMPTY in its lap. Sets `seek` to NOWHERE when the slot still serves the lap
 * before, and all before it are claimed: the ring is full; to DRAINED when it is sealed.
 */
export function pastTail(
  words: Int32Array,
  own: Int32Array,
  tail: number,
  slot: number,
  word: number,
  lap: number,
): number {
  const ahead = ((word & own[OWN_LAP_MASK]!) - lap) | 0;
  const sealed = (word & SLOT_STATE_MASK) === SLOT_SEALED;
  if (ahead === 0 && !sealed) return (tail + extentOf(own, word)) | 0; // claimed by another
  const seek = own[OWN_SEEK]!;
  if (ahead !== 0 && seek === FRESH) {
    own[OWN_SEEK] = 0;
    return nearest(words, own, QUEUE_TAIL, tail);
  }
  if (ahead > 0 && seek > -catchUpsMax(own)) {
    own[OWN_SEEK] = seek - 1;
    return catchUp(own, tail, ahead);
  }
  if (ahead < 0 && (own[OWN_AWAITS]! & AWAITS_ROOM) !== 0 && mark(words, slot, word) === 0) return tail;
  own[OWN_TAIL] = tail;
  own[OWN_SEEK] = ahead === 0 || Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CLOSED) !== 0 ? DRAINED : NOWHERE;
  return tail;
}

/** How many slots, from its own on, a slot word tells of. */
export function extentOf(own: Int32Array, word: number): number {
  return ((word >>> SLOT_EXTENT_SHIFT) & own[OWN_EXTENT_MASK]!) + 1;
}

/** Where this seat looks next, and now and then where everybody should. */
export function moveTo(words: Int32Array, own: Int32Array, shared: number, mine: number, position: number): void {
  const before = own[mine]!;
  own[mine] = position;
  if (((before ^ position) & ~own[OWN_HINT_MASK]!) !== 0) Atomics.store(words, own[OWN_QUEUE]! + shared, position);
}

/** Where to go on when a slot is not in the lap it should be in: here, or where the shared position is if that is elsewhere. */
function nearest(words: Int32Array, own: Int32Array, shared: number, position: number): number {
  const seen = Atomics.load(words, own[OWN_QUEUE]! + shared);
  return (position - seen) >>> 0 > own[OWN_INDEX_MASK]! ? seen : position;
}

/** The next position to look at when the slot of this one is laps ahead: just behind the one it last finished. */
function catchUp(own: Int32Array, position: number, ahead: number): number {
  const laps = (ahead / -own[OWN_LAP_MASK]!) | 0;
  return (position + 1 + (laps - 1) * (own[OWN_INDEX_MASK]! + 1)) | 0;
}

/** Why nothing could be put or taken at the end of a search: NONE, CLOSED or UNSEATED. */
export function refused(words: Int32Array, own: Int32Array): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return own[OWN_SEEK] === DRAINED ? CLOSED : NONE;
}

/**
 * Takes the item at the head. Answers it, NONE, CLOSED (and drained) or UNSEATED. NONE may stand for "the producer at the head
 * has claimed its slot and not published yet": items behind it wait for it, because the ring keeps their order.
 */
export function dequeue(words: Int32Array, own: Int32Array): number {
  const head = own[OWN_HEAD]!;
  const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
  const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
  // As in `enqueue`.
  const word = words[slot]!;
  if ((word & (own[OWN_LAP_MASK]! | SLOT_MARK | SLOT_STATE_MASK)) === (lap | SLOT_FULL)) {
    const taken = lap | slotTag(SLOT_TAKEN, own[OWN_SEAT]!);
    if (Atomics.compareExchange(words, slot, word, taken) === word) return take(words, own, head, slot, taken);
  }
  return dequeueFrom(words, own, head);
}

/** As `dequeue`, from a position on where the slot may be another's. */
function dequeueFrom(words: Int32Array, own: Int32Array, from: number): number {
  let head = from;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
    const word = Atomics.load(words, slot);
    if ((word & (own[OWN_LAP_MASK]! | SLOT_STATE_MASK)) === (lap | SLOT_FULL)) {
      const taken = lap | (word & SLOT_MARK) | slotTag(SLOT_TAKEN, own[OWN_SEAT]!);
      if (Atomics.compareExchange(words, slot, word, taken) === word) return take(words, own, head, slot, taken);
      continue;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** Empties and gives back a slot that was taken with that word. Answers the item or UNSEATED. */
function take(words: Int32Array, own: Int32Array, head: number, slot: number, taken: number): number {
  moveTo(words, own, QUEUE_HEAD, OWN_HEAD, (head + 1) | 0);
  const item = words[slot + 1]!;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  return release(words, own, slot, taken) === DONE ? item : UNSEATED;
}

/**
 * Where a take goes on when the slot at `head` is not FULL in its lap. Sets `seek` to NOWHERE when nothing was published there
 * and all before it is taken; to DRAINED when nothing can come any more.
 */
export function pastHead(
  words: Int32Array,
  own: Int32Array,
  head: number,
  slot: number,
  word: number,
  lap: number,
): number {
  const ahead = ((word & own[OWN_LAP_MASK]!) - lap) | 0;
  const state = word & SLOT_STATE_MASK;
  const seek = own[OWN_SEEK]!;
  if (ahead === 0 && state === SLOT_TAKEN) return (head + extentOf(own, word)) | 0; // taken by another
  if (ahead === 0 && state === SLOT_SKIP) {
    releaseSkipped(words, own, slot, word);
    return head;
  }
  if (ahead !== 0 && seek === FRESH) {
    own[OWN_SEEK] = 0;
    return nearest(words, own, QUEUE_HEAD, head);
  }
  if (ahead > 0 && seek > -catchUpsMax(own)) {
    own[OWN_SEEK] = seek - 1;
    return catchUp(own, head, ahead);
  }
  const sealed = ahead === 0 && state === SLOT_SEALED;
  if (!sealed && (own[OWN_AWAITS]! & AWAITS_ITEM) !== 0 && mark(words, slot, word) === 0) return head;
  own[OWN_HEAD] = head;
  own[OWN_SEEK] = sealed ? DRAINED : NOWHERE;
  return head;
}

/** Whether there is something to take: DONE, and then `own` has its position; NONE, CLOSED (and drained) or UNSEATED. */
export function findHead(words: Int32Array, own: Int32Array): number {
  let head = own[OWN_HEAD]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
    const word = Atomics.load(words, slot);
    if ((word & (own[OWN_LAP_MASK]! | SLOT_STATE_MASK)) === (lap | SLOT_FULL)) {
      own[OWN_HEAD] = head;
      return DONE;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** Whether there is room: DONE, and then `own` has its position; NONE, CLOSED or UNSEATED. */
export function findTail(words: Int32Array, own: Int32Array): number {
  let tail = own[OWN_TAIL]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
    const word = Atomics.load(words, slot);
    if ((word & (own[OWN_LAP_MASK]! | SLOT_STATE_MASK)) === lap) {
      own[OWN_TAIL] = tail;
      return DONE;
    }
    tail = pastTail(words, own, tail, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** Closes the ring: nothing more goes in, what is in it can still be taken. Answers 1 the first time. */
export function closeQueue(words: Int32Array, own: Int32Array): number {
  const queue = own[OWN_QUEUE]!;
  const first = Atomics.compareExchange(words, queue + QUEUE_CLOSED, 0, 1) === 0 ? 1 : 0;
  // A lane, whose positions are masked by a positive number, is sealed by its consumer.
  if (own[OWN_LAP_MASK]! < 0) sealQueue(words, queue, own[OWN_SLOTS]!, own[OWN_INDEX_MASK]! + 1);
  ringAll(words, queue + QUEUE_ITEM_WAITERS, own[OWN_SEATS]!);
  ringAll(words, queue + QUEUE_ROOM_WAITERS, own[OWN_SEATS]!);
  return first;
}
