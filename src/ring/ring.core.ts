/**
 * The ring's operations, many producers and many consumers (slot.core.ts has the layout, the laws and the source).
 *
 * ```
 * own, private to the seat
 * word 0 queue | 1 slots | 2 index mask | 3 lap shift | 4 lap mask | 5 seat | 6 seats | 7 seat generation
 * word 8 records of the carried pool, or 0 | 9 its index bits
 * word 10 head, 11 tail: where this seat looks first | 12 hint mask: the shared positions are stored when these bits change
 * word 13 extent mask | 14 seek: how the search for a position goes on | 15 run: the position of a claim, 16 its extent
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll } from '../core/doorbell.core.js';
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
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
  slotTag,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { isCargo, receive, send, wakeOne } from './cargo.core.js';
import {
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

/** How often one call catches up with others who are ahead. In a damaged ring that could go on for ever. */
function catchUpsMax(own: Int32Array): number {
  return Math.min(65536, 4 * own[OWN_INDEX_MASK]! + 64);
}

/** `seek` at the beginning of a search: the shared position may still be asked. Below: laps caught up with. */
export const FRESH = 1;
/** `seek` at the end of one: nothing can be put or taken now. */
export const NOWHERE = -2147483648;
/** The same, and the ring is closed: nothing can be taken any more. */
export const DRAINED = -2147483647;

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE (a carried handle not held here) or UNSEATED. */
export function enqueue(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const records = own[OWN_RECORDS]!;
  if (records !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  // A hint: missed, the claim below finds the ring closed too, but then a slot is lost to it.
  if (words[queue + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  let tail = own[OWN_TAIL]!;
  let unsure = 1;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
    // A look before the exchange: polling a full ring must not take the line away from its consumers. The first one may be a
    // plain read of a hint word, because the exchange has the last word; whatever else it says is looked at again.
    const word = unsure !== 0 ? words[slot]! : Atomics.load(words, slot);
    if (word === lap) {
      const claimed = lap | slotTag(SLOT_CLAIMED, own[OWN_SEAT]!);
      if (Atomics.compareExchange(words, slot, lap, claimed) !== lap) {
        unsure = 0;
        continue;
      }
      moveTo(words, own, QUEUE_TAIL, OWN_TAIL, (tail + 1) | 0);
      if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) return abandon(words, own, slot, lap, claimed);
      if (records !== 0) send(words, own, item);
      words[slot + 1] = item;
      // An exchange, not a store: had this seat been recovered meanwhile, the slot is no longer ours.
      if (Atomics.compareExchange(words, slot, claimed, lap | SLOT_FULL) !== claimed) return UNSEATED;
      wakeOne(words, own, QUEUE_ITEM_WAITERS);
      return DONE;
    }
    if (unsure !== 0) {
      unsure = 0;
      continue;
    }
    tail = pastTail(words, own, tail, word, lap);
    if (own[OWN_SEEK] === NOWHERE) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  }
}

/**
 * Where a put goes on when the slot at `tail` is not EMPTY in its lap. Sets `seek` to NOWHERE when the slot still serves the lap
 * before, and all before it are claimed: the ring is full.
 */
export function pastTail(words: Int32Array, own: Int32Array, tail: number, word: number, lap: number): number {
  const ahead = ((word & own[OWN_LAP_MASK]!) - lap) | 0;
  if (ahead === 0) return (tail + extentOf(own, word)) | 0; // claimed by another
  const seek = own[OWN_SEEK]!;
  if (seek === FRESH) {
    own[OWN_SEEK] = 0;
    return nearest(words, own, QUEUE_TAIL, tail);
  }
  if (ahead > 0 && seek > -catchUpsMax(own)) {
    own[OWN_SEEK] = seek - 1;
    return catchUp(own, tail, ahead);
  }
  own[OWN_TAIL] = tail;
  own[OWN_SEEK] = NOWHERE;
  return tail;
}

/** How many slots belong to the claim that a slot word tells of: 1 where nobody claimed. */
function extentOf(own: Int32Array, word: number): number {
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

/** Why nothing could be put or taken when there was no room, or no item: NONE, CLOSED as found before, or UNSEATED. */
export function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** The ring was closed between the claim and the publication: the slot is skipped. Answers CLOSED. */
function abandon(words: Int32Array, own: Int32Array, slot: number, lap: number, claimed: number): number {
  Atomics.compareExchange(words, slot, claimed, lap | SLOT_SKIP);
  // Whoever waited behind this slot may now see that the ring is drained.
  wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return refused(words, own, 1);
}

/**
 * Takes the item at the head. Answers it, NONE, CLOSED (and drained) or UNSEATED. NONE may stand for "the producer at the head
 * has claimed its slot and not published yet": items behind it wait for it, because the ring keeps their order.
 */
export function dequeue(words: Int32Array, own: Int32Array): number {
  const lapMask = own[OWN_LAP_MASK]!;
  let head = own[OWN_HEAD]!;
  let unsure = 1;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (head << own[OWN_LAP_SHIFT]!) & lapMask;
    const word = unsure !== 0 ? words[slot]! : Atomics.load(words, slot); // as in enqueue
    if (word === (lap | SLOT_FULL)) {
      const taken = lap | slotTag(SLOT_TAKEN, own[OWN_SEAT]!);
      if (Atomics.compareExchange(words, slot, word, taken) !== word) {
        unsure = 0;
        continue;
      }
      moveTo(words, own, QUEUE_HEAD, OWN_HEAD, (head + 1) | 0);
      const item = words[slot + 1]!;
      if (own[OWN_RECORDS] !== 0) receive(words, own, item);
      if (Atomics.compareExchange(words, slot, taken, (lap - lapMask) | 0) !== taken) return UNSEATED;
      wakeOne(words, own, QUEUE_ROOM_WAITERS);
      return item;
    }
    if (unsure !== 0) {
      unsure = 0;
      continue;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own, own[OWN_SEEK] === DRAINED ? 1 : 0);
  }
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
    if (Atomics.compareExchange(words, slot, word, (lap - own[OWN_LAP_MASK]!) | 0) === word)
      wakeOne(words, own, QUEUE_ROOM_WAITERS);
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
  // Only what the slot says after `closed` was seen proves that nothing is on its way into it.
  const closed = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CLOSED);
  if (closed !== 0 && Atomics.load(words, slot) !== word) return head;
  own[OWN_HEAD] = head;
  own[OWN_SEEK] = closed === 0 || (ahead === 0 && state === SLOT_CLAIMED) ? NOWHERE : DRAINED;
  return head;
}

/**
 * Stops waiting for an item. While there is one left, or the end, another waiter is rung: it may have been rung for that one
 * before, and have gone back to sleep because the item at the head was not published yet.
 */
export function leaveItems(words: Int32Array, own: Int32Array): void {
  const queue = own[OWN_QUEUE]!;
  disarm(words, queue + QUEUE_ITEM_WAITERS, own[OWN_SEAT]!);
  const head = own[OWN_HEAD]!;
  const word = Atomics.load(words, own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS);
  const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
  const nothing = word === lap && Atomics.load(words, queue + QUEUE_CLOSED) === 0;
  if (!nothing) wakeOne(words, own, QUEUE_ITEM_WAITERS);
}

/** Stops waiting for room. While there is some left, or the end, another waiter is rung. */
export function leaveRoom(words: Int32Array, own: Int32Array): void {
  const queue = own[OWN_QUEUE]!;
  disarm(words, queue + QUEUE_ROOM_WAITERS, own[OWN_SEAT]!);
  const tail = own[OWN_TAIL]!;
  const word = Atomics.load(words, own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS);
  const behind = (((word & own[OWN_LAP_MASK]!) - ((tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!)) | 0) < 0;
  if (!behind || Atomics.load(words, queue + QUEUE_CLOSED) !== 0) wakeOne(words, own, QUEUE_ROOM_WAITERS);
}

/** As `enqueue`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function enqueueWait(words: Int32Array, own: Int32Array, item: number, deadline: number): number {
  for (;;) {
    const bell = arm(words, own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS, own[OWN_SEAT]!);
    const result = enqueue(words, own, item);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveRoom(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `dequeue`, but waits for an item until the deadline (on `now`'s clock). Blocks the thread. */
export function dequeueWait(words: Int32Array, own: Int32Array, deadline: number): number {
  for (;;) {
    const bell = arm(words, own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS, own[OWN_SEAT]!);
    const item = dequeue(words, own);
    const left = deadline - now();
    if (item !== NONE || left <= 0) {
      leaveItems(words, own);
      return item;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** Closes the ring: nothing more goes in, what is in it can still be taken. Answers 1 the first time. */
export function closeQueue(words: Int32Array, own: Int32Array): number {
  const queue = own[OWN_QUEUE]!;
  const first = Atomics.compareExchange(words, queue + QUEUE_CLOSED, 0, 1) === 0 ? 1 : 0;
  ringAll(words, queue + QUEUE_ITEM_WAITERS, own[OWN_SEATS]!);
  ringAll(words, queue + QUEUE_ROOM_WAITERS, own[OWN_SEATS]!);
  return first;
}
