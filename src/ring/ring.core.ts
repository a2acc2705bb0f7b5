/**
 * The ring's operations, many producers and many consumers (slot.core.ts has the layout, the laws and the source).
 *
 * ```
 * own, private to the seat
 * word 0 queue | 1 slots | 2 index mask | 3 lap shift | 4 lap mask | 5 seat | 6 seats | 7 seat generation
 * word 8 records of the carried pool, or 0 | 9 its index bits
 * ```
 */
import { BLOCK_LIVE, BLOCK_WORDS, blockTag, isHeldBlock, receiveBlock, sendBlock } from '../core/block.core.js';
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
export const OWN_WORDS = 10;

/** Puts an item at the tail. Answers DONE, NONE (full), CLOSED, BAD_HANDLE (a carried handle not held here) or UNSEATED. */
export function enqueue(words: Int32Array, own: Int32Array, item: number): number {
  const queue = own[OWN_QUEUE]!;
  const indexBits = own[OWN_INDEX_BITS]!;
  const seat = own[OWN_SEAT]!;
  const records = own[OWN_RECORDS]!;
  if (records !== 0) {
    const indexMask = (1 << indexBits) - 1;
    if (isHeldBlock(words, records, indexBits, indexMask, blockTag(BLOCK_LIVE, seat), item) === 0) return BAD_HANDLE;
  }
  const lapMask = own[OWN_LAP_MASK]!;
  let tail = Atomics.load(words, queue + QUEUE_TAIL);
  for (;;) {
    const slot = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (tail << own[OWN_LAP_SHIFT]!) & lapMask;
    const claimed = lap | slotTag(SLOT_CLAIMED, seat);
    // A look before the exchange: polling a full ring must not take the line away from its consumers.
    const word = Atomics.load(words, slot);
    if (word === lap) {
      if (Atomics.compareExchange(words, slot, lap, claimed) !== lap) continue;
      Atomics.compareExchange(words, queue + QUEUE_TAIL, tail, (tail + 1) | 0);
      if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) return abandon(words, own, slot, lap, claimed);
      if (records !== 0)
        sendBlock(words, records + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS, item >>> indexBits, seat);
      words[slot + 1] = item;
      // An exchange, not a store: had this seat been recovered meanwhile, the slot is no longer ours.
      if (Atomics.compareExchange(words, slot, claimed, lap | SLOT_FULL) !== claimed) return UNSEATED;
      wakeOne(words, own, QUEUE_ITEM_WAITERS);
      return DONE;
    }
    if ((((word & lapMask) - lap) | 0) < 0) {
      // The slot still serves the lap before. If the tail has not moved either, the ring is full.
      const seen = Atomics.load(words, queue + QUEUE_TAIL);
      if (seen === tail) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
      tail = seen;
    } else {
      // Claimed by another, or a lap on already: the tail lags behind. Help it.
      const seen = Atomics.compareExchange(words, queue + QUEUE_TAIL, tail, (tail + 1) | 0);
      tail = seen === tail ? (tail + 1) | 0 : seen;
    }
  }
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
  const queue = own[OWN_QUEUE]!;
  const lapMask = own[OWN_LAP_MASK]!;
  const capacity = own[OWN_INDEX_MASK]! + 1;
  let head = Atomics.load(words, queue + QUEUE_HEAD);
  for (;;) {
    const slot = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const lap = (head << own[OWN_LAP_SHIFT]!) & lapMask;
    const empty = ((head + capacity) << own[OWN_LAP_SHIFT]!) & lapMask;
    const word = Atomics.load(words, slot);
    if (word === (lap | SLOT_FULL)) {
      const taken = lap | slotTag(SLOT_TAKEN, own[OWN_SEAT]!);
      if (Atomics.compareExchange(words, slot, word, taken) !== word) continue;
      Atomics.compareExchange(words, queue + QUEUE_HEAD, head, (head + 1) | 0);
      const item = words[slot + 1]!;
      receive(words, own, item);
      if (Atomics.compareExchange(words, slot, taken, empty) !== taken) return UNSEATED;
      wakeOne(words, own, QUEUE_ROOM_WAITERS);
      return item;
    }
    const ahead = ((word & lapMask) - lap) | 0;
    const state = word & SLOT_STATE_MASK;
    if (ahead > 0 || (ahead === 0 && state === SLOT_TAKEN)) {
      // Taken by another: the head lags behind. Help it.
      const seen = Atomics.compareExchange(words, queue + QUEUE_HEAD, head, (head + 1) | 0);
      head = seen === head ? (head + 1) | 0 : seen;
    } else if (ahead === 0 && state === SLOT_SKIP) {
      if (Atomics.compareExchange(words, slot, word, empty) === word) wakeOne(words, own, QUEUE_ROOM_WAITERS);
    } else {
      const closed = Atomics.load(words, queue + QUEUE_CLOSED);
      const seen = Atomics.load(words, queue + QUEUE_HEAD);
      if (seen !== head) head = seen;
      // Only what the slot says after `closed` was seen proves that nothing is on its way into it.
      else if (closed === 0 || Atomics.load(words, slot) === word) {
        return refused(words, own, ahead === 0 && state === SLOT_CLAIMED ? 0 : closed);
      }
    }
  }
}

/** Makes this seat the holder of a handle that it has taken, where the ring carries a pool. */
function receive(words: Int32Array, own: Int32Array, item: number): void {
  const records = own[OWN_RECORDS]!;
  if (records === 0) return;
  const indexBits = own[OWN_INDEX_BITS]!;
  receiveBlock(words, records + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS, item >>> indexBits, own[OWN_SEAT]!);
}

/** Rings one seat of a waiter set, if anyone waits there. */
function wakeOne(words: Int32Array, own: Int32Array, set: number): void {
  const waiters = own[OWN_QUEUE]! + set;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
}

/**
 * Stops waiting for an item. While there is one left, or the end, another waiter is rung: it may have been rung for that one
 * before, and have gone back to sleep because the item at the head was not published yet.
 */
export function leaveItems(words: Int32Array, own: Int32Array): void {
  const queue = own[OWN_QUEUE]!;
  disarm(words, queue + QUEUE_ITEM_WAITERS, own[OWN_SEAT]!);
  const head = Atomics.load(words, queue + QUEUE_HEAD);
  const word = Atomics.load(words, own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS);
  const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
  const nothing = word === lap && Atomics.load(words, queue + QUEUE_CLOSED) === 0;
  if (!nothing) wakeOne(words, own, QUEUE_ITEM_WAITERS);
}

/** Stops waiting for room. While there is some left, or the end, another waiter is rung. */
export function leaveRoom(words: Int32Array, own: Int32Array): void {
  const queue = own[OWN_QUEUE]!;
  disarm(words, queue + QUEUE_ROOM_WAITERS, own[OWN_SEAT]!);
  const tail = Atomics.load(words, queue + QUEUE_TAIL);
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
