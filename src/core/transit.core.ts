/** Blocks on their way through a ring that carries their pool: what recovery does with those that name a dead seat. */
import { BLOCK_GENERATION_SHIFT, BLOCK_LIVE, BLOCK_TRANSIT, BLOCK_WORDS, blockTag } from './block.core.js';
import { STORE_INDEX_BITS, STORE_RECORDS } from './store.core.js';

/** The index of the block word of a handle. */
export function blockWordOf(words: Int32Array, store: number, handle: number): number {
  return words[store + STORE_RECORDS]! + (handle & ((1 << words[store + STORE_INDEX_BITS]!) - 1)) * BLOCK_WORDS;
}

/** The generation of a handle where it stands in a block word. */
export function lifeOf(words: Int32Array, store: number, handle: number): number {
  return (handle >>> words[store + STORE_INDEX_BITS]!) << BLOCK_GENERATION_SHIFT;
}

/**
 * Takes the dead seat's name out of a block that it had sent and that is still on its way. `handle` is what a slot says; it may
 * be another item's by now, and 0 is none: then the exchange fails, because that block does not name the dead seat.
 */
export function forgetSender(words: Int32Array, store: number, handle: number, dead: number): void {
  if (store === 0 || handle === 0) return;
  const life = lifeOf(words, store, handle);
  const sent = life | blockTag(BLOCK_TRANSIT, dead);
  Atomics.compareExchange(words, blockWordOf(words, store, handle), sent, life | blockTag(BLOCK_TRANSIT, 0));
}

/** Puts a block back on its way that the dead seat had begun to take out of a slot, and not taken. */
export function handBack(words: Int32Array, store: number, handle: number, dead: number): void {
  if (store === 0 || handle === 0) return;
  const life = lifeOf(words, store, handle);
  const taken = life | blockTag(BLOCK_LIVE, dead);
  Atomics.compareExchange(words, blockWordOf(words, store, handle), taken, life | blockTag(BLOCK_TRANSIT, 0));
}
