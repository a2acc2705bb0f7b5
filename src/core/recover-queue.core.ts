/**
 * Recovery of a slot queue (slot.core.ts has the layout): gives back the slots that a dead seat had claimed, while others put and
 * take. Every step is one compare-and-exchange, so that it may be cut short anywhere and done again by another.
 *
 * ```
 * slot              becomes
 * CLAIMED(dead)     SKIP: the put was never acknowledged
 * TAKEN(dead)       EMPTY of the next lap: the item was delivered to the dead. A block that it carried is the dead seat's
 *                   first, and so taken back with all that it held when its pool is recovered
 * FULL, TAKEN       as they are. Where the item is a block that the dead seat had sent, nobody stands in its word from now on:
 *                   it stays on its way
 * ```
 *
 * Why TAKEN isn't made FULL again: the others have gone past that place, and would not see it before they come round. An item
 * whose taker died inside the call is one whose taker died just after it; a ring that must know better needs an answer.
 */
import {
  BLOCK_GENERATION_SHIFT,
  BLOCK_LIVE,
  BLOCK_STATE_SHIFT,
  BLOCK_TAG_MASK,
  BLOCK_TRANSIT,
  BLOCK_WORDS,
  blockTag,
} from './block.core.js';
import { disarm } from './doorbell.core.js';
import {
  lapMask,
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  QUEUE_SLOTS,
  SLOT_CLAIMED,
  SLOT_FULL,
  SLOT_SEAT_SHIFT,
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
} from './slot.core.js';
import { STORE_INDEX_BITS, STORE_RECORDS } from './store.core.js';

/** Gives back every slot that a dead seat had claimed. Answers how many. Reads every slot; comes before the carried pool. */
export function recoverQueue(words: Int32Array, queue: number, _seats: number, dead: number): number {
  disarm(words, queue + QUEUE_ITEM_WAITERS, dead);
  disarm(words, queue + QUEUE_ROOM_WAITERS, dead);
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const store = words[queue + QUEUE_CARRIED]!;
  const mask = lapMask(capacity);
  let released = 0;
  for (let i = 0; i < capacity; i++) {
    const slot = slots + i * SLOT_WORDS;
    const word = Atomics.load(words, slot);
    const state = word & SLOT_STATE_MASK;
    const lap = word & mask;
    const isDead = (word & ~mask) >>> SLOT_SEAT_SHIFT === dead;
    if (state === SLOT_CLAIMED && isDead) {
      if (Atomics.compareExchange(words, slot, word, lap | SLOT_SKIP) === word) released++;
    } else if (state === SLOT_TAKEN && isDead) {
      finishReceipt(words, store, slot, dead);
      if (Atomics.compareExchange(words, slot, word, (lap - mask) | 0) === word) released++;
    } else if (state === SLOT_FULL || state === SLOT_TAKEN) {
      forgetSender(words, store, slot, dead);
    }
  }
  return released;
}

/** The upper part of the word of the block whose handle is an item: its generation. */
function lifeOf(words: Int32Array, store: number, item: number): number {
  return (item >>> words[store + STORE_INDEX_BITS]!) << BLOCK_GENERATION_SHIFT;
}

/** The index of that block's word. */
function recordOf(words: Int32Array, store: number, item: number): number {
  return words[store + STORE_RECORDS]! + (item & ((1 << words[store + STORE_INDEX_BITS]!) - 1)) * BLOCK_WORDS;
}

/** Makes the dead seat the holder of the block that it was taking, as it would have done itself. */
function finishReceipt(words: Int32Array, store: number, slot: number, dead: number): void {
  if (store === 0) return;
  const item = Atomics.load(words, slot + 1);
  const record = recordOf(words, store, item);
  const life = lifeOf(words, store, item);
  const word = Atomics.load(words, record);
  if ((word & ~BLOCK_TAG_MASK) !== life || ((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_TRANSIT) return;
  Atomics.compareExchange(words, record, word, life | blockTag(BLOCK_LIVE, dead));
}

/** Takes the dead seat's name out of a block that it had sent and that is still on its way. */
function forgetSender(words: Int32Array, store: number, slot: number, dead: number): void {
  if (store === 0) return;
  // A hint: the slot may be another item's by now. Then the exchange fails, because that block does not name the dead seat.
  const item = Atomics.load(words, slot + 1);
  const life = lifeOf(words, store, item);
  const sent = life | blockTag(BLOCK_TRANSIT, dead);
  Atomics.compareExchange(words, recordOf(words, store, item), sent, life | blockTag(BLOCK_TRANSIT, 0));
}
