/**
 * The ring's operations, many producers and many consumers (slot.core.ts has the layout, the laws and the source).
 *
 * ```
 * own, private to the seat
 * word 0 queue | 1 slots | 2 index mask | 3 lap shift | 4 lap mask | 5 seat | 6 seats | 7 seat generation
 * word 8 records of the carried pool, or 0 | 9 its index bits
 * word 10 head, 11 tail: where this seat looks first | 12 hint mask: the shared positions are stored when these bits are 0
 * ```
 */
import {
  BLOCK_LIVE,
  BLOCK_WORDS,
  blockTag,
  HANDLE_MASK,
  isHeldBlock,
  receiveBlock,
  sendBlock,
} from '../core/block.core.js';
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll, ringOne, someoneWaits } from '../core/doorbell.core.js';
import { isSeated } from '../core/seat.core.js';
import {
  QUEUE_CLOSED,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_FULL,
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
  slotTag,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';

export const OWN_QUEUE = 0;
export const OWN_SLOTS = 1;
export const OWN_INDEX_MASK = 2;
export const OWN_LAP_SHIFT = 3;
export const OWN_LAP_MASK = 4;
export const OWN_SEAT = 5;
export const OWN_SEATS = 6;
export const OWN_SEAT_GENERATION = 7;
export const OWN_RECORDS = 8;
export const OWN_INDEX_BITS = 9;
export const OWN_HEAD = 10;
export const OWN_TAIL = 11;
export const OWN_HINT_MASK = 12;
export const OWN_WORDS = 13;

/** How often one call catches up with others who are laps ahead. In a damaged ring that could go on for ever. */
const CATCH_UPS_MAX = 65536;

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE (a carried handle not held here) or UNSEATED. */
export function enqueue(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const seat = own[OWN_SEAT]!;
  const lapMask = own[OWN_LAP_MASK]!;
  const records = own[OWN_RECORDS]!;
  if (records !== 0 && isCargo(words, own, item) === 0) return BAD_HANDLE;
  // A hint: missed, the claim below finds the ring closed too, but then a slot is lost to it.
  if (words[queue + QUEUE_CLOSED] !== 0) return refused(words, own, 1);
  let tail = own[OWN_TAIL]!;
  let unsure = 1;
  let lost = 1;
  for (;;) {
    const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (tail << own[OWN_LAP_SHIFT]!) & lapMask;
    // A look before the exchange: polling a full ring must not take the line away from its consumers. The first one may be a
    // plain read of a hint word, because the exchange has the last word; whatever else it says is looked at again.
    const word = unsure !== 0 ? words[slot]! : Atomics.load(words, slot);
    if (word === lap) {
      const claimed = lap | slotTag(SLOT_CLAIMED, seat);
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
    const ahead = ((word & lapMask) - lap) | 0;
    if (ahead === 0)
      tail = (tail + 1) | 0; // claimed by another
    else if (lost > 0) {
      lost = 0;
      tail = nearest(words, own, QUEUE_TAIL, tail);
    } else if (ahead > 0 && lost > -CATCH_UPS_MAX) {
      lost--;
      tail = catchUp(own, tail, ahead);
    } else {
      // The slot still serves the lap before, and all before it are claimed: the ring is full.
      own[OWN_TAIL] = tail;
      return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
    }
  }
}

/** Where this seat looks next, and now and then where everybody should. */
function moveTo(words: Int32Array, own: Int32Array, shared: number, mine: number, position: number): void {
  own[mine] = position;
  if ((position & own[OWN_HINT_MASK]!) === 0) Atomics.store(words, own[OWN_QUEUE]! + shared, position);
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

/** Whether an item is a handle of the carried pool that this seat holds. Answers 1 or 0. */
function isCargo(words: Int32Array, own: Int32Array, item: number): number {
  const indexBits = own[OWN_INDEX_BITS]!;
  if ((item & HANDLE_MASK) !== item) return 0;
  return isHeldBlock(
    words,
    own[OWN_RECORDS]!,
    indexBits,
    (1 << indexBits) - 1,
    blockTag(BLOCK_LIVE, own[OWN_SEAT]!),
    item,
  );
}

/** Marks a handle's block as on its way. */
function send(words: Int32Array, own: Int32Array, item: number): void {
  const indexBits = own[OWN_INDEX_BITS]!;
  const record = own[OWN_RECORDS]! + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS;
  sendBlock(words, record, item >>> indexBits, own[OWN_SEAT]!);
}

/** Why nothing could be put or taken when there was no room, or no item: NONE, CLOSED as found before, or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, closed: number): number {
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
  let lost = 1;
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
    const ahead = ((word & lapMask) - lap) | 0;
    const state = word & SLOT_STATE_MASK;
    if (ahead === 0 && state === SLOT_TAKEN)
      head = (head + 1) | 0; // taken by another
    else if (ahead === 0 && state === SLOT_SKIP) {
      if (Atomics.compareExchange(words, slot, word, (lap - lapMask) | 0) === word)
        wakeOne(words, own, QUEUE_ROOM_WAITERS);
    } else if (ahead !== 0 && lost > 0) {
      lost = 0;
      head = nearest(words, own, QUEUE_HEAD, head);
    } else if (ahead > 0 && lost > -CATCH_UPS_MAX) {
      lost--;
      head = catchUp(own, head, ahead);
    } else {
      // Nothing was published here, and all before it is taken. Only what the slot says after `closed` was seen proves that
      // nothing is on its way into it.
      const closed = Atomics.load(words, own[OWN_QUEUE]! + QUEUE_CLOSED);
      if (closed !== 0 && Atomics.load(words, slot) !== word) continue;
      own[OWN_HEAD] = head;
      return refused(words, own, ahead === 0 && state === SLOT_CLAIMED ? 0 : closed);
    }
  }
}

/** Makes this seat the holder of a handle that it has taken. */
function receive(words: Int32Array, own: Int32Array, item: number): void {
  const indexBits = own[OWN_INDEX_BITS]!;
  const record = own[OWN_RECORDS]! + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS;
  receiveBlock(words, record, item >>> indexBits, own[OWN_SEAT]!);
}

/** Rings one seat of a waiter set, if anyone waits there. */
function wakeOne(words: Int32Array, own: Int32Array, set: number): void {
  const waiters = own[OWN_QUEUE]! + set;
  // The usual case, at most 31 seats and nobody waiting, in one load.
  if (own[OWN_SEATS]! < 32 && Atomics.load(words, waiters) === 0) return;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
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
