/**
 * Recovery of a slot queue (slot.core.ts has the layout): gives back the slots that a dead seat had claimed, while others put and
 * take. Every step is one compare-and-exchange, so that it may be cut short anywhere and done again by another.
 *
 * ```
 * slot              becomes
 * CLAIMED(dead)     SKIP: the put was never acknowledged
 * TAKEN(dead)       EMPTY of the next lap, or SEALED where the ring was closed: the item was delivered to the dead. A block that it carried is the dead seat's
 *                   first, and so taken back with all that it held when its pool is recovered
 * FULL, TAKEN       as they are. Where the item is a block that the dead seat had sent, nobody stands in its word from now on:
 *                   it stays on its way
 * ```
 *
 * And the shared positions, where whoever should have moved them on has died: each such death would leave them a lap behind.
 *
 * Why TAKEN isn't made FULL again: the others have gone past that place, and would not see it before they come round. An item
 * whose taker died inside the call is one whose taker died just after it; a ring that must know better needs an answer.
 */
import { BLOCK_LIVE, BLOCK_STATE_SHIFT, BLOCK_TAG_MASK, BLOCK_TRANSIT, blockTag } from './block.core.js';
import { disarm } from './doorbell.core.js';
import {
  lapMask,
  lapsAhead,
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_CLOSED,
  QUEUE_CONSUMER,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_PRODUCER,
  QUEUE_ROOM_WAITERS,
  QUEUE_SLOTS,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_EMPTY,
  SLOT_FULL,
  SLOT_MARK,
  SLOT_SEALED,
  SLOT_SEAT_MASK,
  SLOT_SEAT_SHIFT,
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
  sealQueue,
  settlePosition,
  slotExtent,
} from './slot.core.js';
import { blockWordOf, forgetSender, lifeOf } from './transit.core.js';

/** Gives back every slot that a dead seat had claimed, and its sides. Answers how many. Reads every slot; comes before the carried pool. */
export function recoverQueue(words: Int32Array, queue: number, _seats: number, dead: number): number {
  disarm(words, queue + QUEUE_ITEM_WAITERS, dead);
  disarm(words, queue + QUEUE_ROOM_WAITERS, dead);
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const store = words[queue + QUEUE_CARRIED]!;
  const mask = lapMask(capacity);
  const head = Atomics.load(words, queue + QUEUE_HEAD);
  const tail = Atomics.load(words, queue + QUEUE_TAIL);
  let headAhead = 0;
  let tailAhead = 0;
  let released = 0;
  for (let i = 0; i < capacity; i++) {
    const slot = slots + i * SLOT_WORDS;
    const word = Atomics.load(words, slot);
    const state = word & SLOT_STATE_MASK;
    headAhead = Math.max(headAhead, lapsAhead(capacity, word, head));
    tailAhead = Math.max(tailAhead, lapsAhead(capacity, word, tail));
    const owned = state === SLOT_CLAIMED || state === SLOT_TAKEN;
    if (owned && ((word >>> SLOT_SEAT_SHIFT) & SLOT_SEAT_MASK) === dead) {
      const extent = slotExtent(capacity, word);
      // Those behind the first are looked at by nobody until that changes, which comes last.
      for (let behind = extent - 1; behind >= 0; behind--) {
        const at = slots + ((i + behind) & (capacity - 1)) * SLOT_WORDS;
        // Behind the end of the slots a new lap begins.
        const lap = ((word & mask) - (i + behind >= capacity ? mask : 0)) | 0;
        // What was given back already was received before; what was skipped holds nothing.
        // Its word also says how many of the producer's run came behind it.
        const untouched = behind === 0 || (Atomics.load(words, at) & (mask | SLOT_STATE_MASK)) === (lap | SLOT_FULL);
        if (state === SLOT_TAKEN && untouched) finishReceipt(words, store, at, dead);
        const next = state === SLOT_TAKEN ? (lap - mask) | 0 : lap | SLOT_SKIP;
        if (behind !== 0) Atomics.store(words, at, next);
      }
      giveBack(words, queue, slot, word, mask);
      released += extent;
    }
  }
  if (store !== 0) forgetAll(words, slots, capacity, store, dead);
  settlePosition(words, queue, QUEUE_HEAD, head, headAhead);
  settlePosition(words, queue, QUEUE_TAIL, tail, tailAhead);
  giveUp(words, queue + QUEUE_PRODUCER, dead);
  giveUp(words, queue + QUEUE_CONSUMER, dead);
  // The dead seat may have begun to close the ring.
  if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) sealQueue(words, queue, slots, capacity);
  return released;
}

/**
 * Takes the dead seat's name out of all that it had sent. When its claims are gone: slots behind the first of one may say FULL before that
 * one is published, and come first here where the claim reaches round the end. Their blocks were never sent.
 */
function forgetAll(words: Int32Array, slots: number, capacity: number, store: number, dead: number): void {
  for (let i = 0; i < capacity; i++) {
    const slot = slots + i * SLOT_WORDS;
    const state = Atomics.load(words, slot) & SLOT_STATE_MASK;
    if (state === SLOT_FULL || state === SLOT_TAKEN) forgetSender(words, store, Atomics.load(words, slot + 1), dead);
  }
}

/** Gives back the first slot of a dead seat's claim, which held `word`, however often it is marked meanwhile. */
function giveBack(words: Int32Array, queue: number, slot: number, word: number, mask: number): void {
  const lap = word & mask;
  const claimed = word & ~SLOT_MARK;
  const marked = claimed | SLOT_MARK;
  if ((word & SLOT_STATE_MASK) === SLOT_CLAIMED) {
    // The mark stays: who gives the skipped slot back looks at what it stands for.
    if (Atomics.compareExchange(words, slot, claimed, lap | SLOT_SKIP) === marked)
      Atomics.compareExchange(words, slot, marked, lap | SLOT_MARK | SLOT_SKIP);
    return;
  }
  for (;;) {
    const seen = Atomics.compareExchange(words, slot, marked, claimed);
    if (seen !== claimed && seen !== marked) return;
    const next = (lap - mask) | 0 | (Atomics.load(words, queue + QUEUE_CLOSED) !== 0 ? SLOT_SEALED : SLOT_EMPTY);
    if (Atomics.compareExchange(words, slot, claimed, next) === claimed) return;
  }
}

/** Makes the dead seat the holder of the block that it was taking, as it would have done itself. */
function finishReceipt(words: Int32Array, store: number, slot: number, dead: number): void {
  if (store === 0) return;
  const item = Atomics.load(words, slot + 1);
  const record = blockWordOf(words, store, item);
  const life = lifeOf(words, store, item);
  const word = Atomics.load(words, record);
  if ((word & ~BLOCK_TAG_MASK) !== life || ((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_TRANSIT) return;
  Atomics.compareExchange(words, record, word, life | blockTag(BLOCK_LIVE, dead));
}

/** Takes a single side from the dead seat. */
function giveUp(words: Int32Array, side: number, dead: number): void {
  const life = Atomics.load(words, side);
  if (life !== 0 && (life & 0xff) === dead) Atomics.compareExchange(words, side, life, 0);
}
