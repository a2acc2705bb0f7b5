/**
 * Publishing and giving back the slots of a ring of many, and the mark that says that somebody has to be rung for it
 * (core/slot.core.ts has the layout and the laws). Without a mark each is one exchange.
 */
import { ringAll, ringOne, someoneWaits } from '../core/doorbell.core.js';
import {
  QUEUE_CLOSED,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  SLOT_CLAIMED,
  SLOT_EMPTY,
  SLOT_FULL,
  SLOT_MARK,
  SLOT_SEALED,
  SLOT_STATE_MASK,
  SLOT_TAG_MASK,
  SLOT_WORDS,
} from '../core/slot.core.js';
import { DONE, UNSEATED } from '../core/status.js';
import {
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_QUEUE,
  OWN_SEATS,
  OWN_SLOTS,
  OWN_TAIL,
} from './own.js';

/** Leaves the mark in a slot, if it still holds that word. Answers 1 when it is marked. */
export function mark(words: Int32Array, slot: number, word: number): number {
  if ((word & SLOT_MARK) !== 0) return 1;
  return Atomics.compareExchange(words, slot, word, word | SLOT_MARK) === word ? 1 : 0;
}

/** Publishes what was claimed with that word. Answers DONE or UNSEATED. */
export function publish(words: Int32Array, own: Int32Array, slot: number, claimed: number): number {
  const full = (claimed & ~SLOT_TAG_MASK) | SLOT_FULL;
  // An exchange, not a store: had this seat been recovered meanwhile, the slot is no longer ours.
  const seen = Atomics.compareExchange(words, slot, claimed, full);
  if ((claimed & SLOT_MARK) === 0 && seen === claimed) return DONE;
  return publishMarked(words, own, slot, claimed, seen);
}

/** The rest of `publish` where the slot is marked, or is no longer this seat's. */
function publishMarked(words: Int32Array, own: Int32Array, slot: number, claimed: number, seen: number): number {
  if (seen !== claimed) {
    const marked = claimed | SLOT_MARK;
    if (seen !== marked) return UNSEATED;
    const full = (marked & ~SLOT_TAG_MASK) | SLOT_FULL;
    if (Atomics.compareExchange(words, slot, marked, full) !== marked) return UNSEATED;
  }
  const items = own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS;
  const tail = own[OWN_TAIL]!;
  if (ringOne(words, items, own[OWN_SEATS]!) === 0) return DONE;
  // The next put rings the next one.
  for (;;) {
    if (someoneWaits(words, items, own[OWN_SEATS]!) === 0) return DONE;
    const next = own[OWN_SLOTS]! + (tail & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const word = Atomics.load(words, next) ^ ((tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!);
    const state = word & SLOT_STATE_MASK;
    if ((word & own[OWN_LAP_MASK]!) !== 0 || (state !== SLOT_EMPTY && state !== SLOT_CLAIMED)) break;
    if (mark(words, next, word ^ ((tail << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!)) !== 0) return DONE;
  }
  // Put already, by one who saw no mark.
  ringOne(words, items, own[OWN_SEATS]!);
  return DONE;
}

/** Gives back what was taken with that word, for the next lap. Answers DONE or UNSEATED. */
export function release(words: Int32Array, own: Int32Array, slot: number, taken: number): number {
  const next = ((taken & ~(SLOT_TAG_MASK | SLOT_MARK)) - own[OWN_LAP_MASK]!) | 0;
  if ((taken & SLOT_MARK) === 0 && Atomics.compareExchange(words, slot, taken, next) === taken) return DONE;
  return releaseMarked(words, own, slot, taken & ~SLOT_MARK);
}

/** As `release`, of a slot that is or may be marked. `taken` is its word without the mark. */
function releaseMarked(words: Int32Array, own: Int32Array, slot: number, taken: number): number {
  const queue = own[OWN_QUEUE]!;
  const seats = own[OWN_SEATS]!;
  const next = ((taken & ~SLOT_TAG_MASK) - own[OWN_LAP_MASK]!) | 0;
  const sealed = (next & own[OWN_LAP_MASK]!) | SLOT_SEALED;
  for (;;) {
    const seen = Atomics.compareExchange(words, slot, taken | SLOT_MARK, taken);
    if (seen !== taken && seen !== (taken | SLOT_MARK)) return UNSEATED;
    const closed = Atomics.load(words, queue + QUEUE_CLOSED);
    if (Atomics.compareExchange(words, slot, taken, closed === 0 ? next : sealed) !== taken) continue;
    if (closed === 0) break;
    ringAll(words, queue + QUEUE_ITEM_WAITERS, seats);
    ringAll(words, queue + QUEUE_ROOM_WAITERS, seats);
    return DONE;
  }
  // The mark may be that of who waits for the item that comes here next: he has to leave it again, in the free slot.
  ringOne(words, queue + QUEUE_ITEM_WAITERS, seats);
  const room = queue + QUEUE_ROOM_WAITERS;
  if (ringOne(words, room, seats) === 0) return DONE;
  // The next to give a slot back rings the next one.
  const head = own[OWN_HEAD]!;
  const lap = (head << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
  for (;;) {
    if (someoneWaits(words, room, seats) === 0) return DONE;
    const at = own[OWN_SLOTS]! + (head & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
    const word = Atomics.load(words, at);
    const state = word & SLOT_STATE_MASK;
    if ((word & own[OWN_LAP_MASK]!) !== lap || state === SLOT_EMPTY || state === SLOT_SEALED) break;
    if (mark(words, at, word) !== 0) return DONE;
  }
  ringOne(words, room, seats);
  return DONE;
}

/** Gives back a slot that was skipped, if it still holds that word. `closed` is looked at behind the word: see `sealQueue`. */
export function releaseSkipped(words: Int32Array, own: Int32Array, slot: number, word: number): void {
  const queue = own[OWN_QUEUE]!;
  const next = ((word & own[OWN_LAP_MASK]!) - own[OWN_LAP_MASK]!) | 0;
  const closed = Atomics.load(words, queue + QUEUE_CLOSED);
  if (Atomics.compareExchange(words, slot, word, closed === 0 ? next : next | SLOT_SEALED) !== word) return;
  ringAll(words, queue + QUEUE_ROOM_WAITERS, own[OWN_SEATS]!);
  if (closed !== 0) ringAll(words, queue + QUEUE_ITEM_WAITERS, own[OWN_SEATS]!);
}
