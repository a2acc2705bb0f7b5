/**
 * Resizing a block store (store.core.ts has the layout): blocks at its end are retired, or come back, while others acquire and
 * release. The caller holds the region's lock, as recovery does: there is one of them at a time.
 *
 * ```
 * shrink   resizing = 1 | from the end down: FREE, UNTOUCHED --exchange--> RETIRED | capacity = what was reached | resizing = 0
 * grow     resizing = 1 | capacity = the new one | RETIRED below it --exchange--> FREE, UNTOUCHED | resizing = 0
 * ```
 *
 * Laws
 * - One exchange on the block's own word retires it, so nobody can be acquiring it: who is, has made the exchange before, and
 *   the shrinking ends there.
 * - Beyond the capacity no block is anything but RETIRED or UNTOUCHED, at any moment, whoever dies.
 * - A resizer that dies leaves at worst RETIRED blocks below the capacity, and `resizing` at 1. `settleResize` brings them back,
 *   whichever way it was going; recovery calls it first, under the same lock.
 */
import {
  BLOCK_FREE,
  BLOCK_GENERATION_SHIFT,
  BLOCK_RETIRED,
  BLOCK_STATE_SHIFT,
  BLOCK_TAG_MASK,
  BLOCK_UNTOUCHED,
  BLOCK_WORDS,
  blockTag,
} from './block.core.js';
import { someoneWaits } from './doorbell.core.js';
import {
  STORE_CAPACITY,
  STORE_CAPACITY_MAX,
  STORE_FREE_MASK,
  STORE_RECORDS,
  STORE_RESIZING,
  STORE_WAITERS,
  wakeOne,
} from './store.core.js';

/** Changes the capacity: up to what is wanted, or down as far as the blocks at the end are free. Answers the one reached. */
export function resizeStore(words: Int32Array, store: number, seats: number, wanted: number): number {
  settleResize(words, store);
  const before = Atomics.load(words, store + STORE_CAPACITY);
  Atomics.store(words, store + STORE_RESIZING, 1);
  let reached = Math.max(wanted, before);
  while (reached > wanted && retireBlock(words, store, reached - 1) !== 0) reached--;
  // An exchange: had we been evicted while we ran, another may have resized meanwhile, and sees to what is retired.
  const seen = Atomics.compareExchange(words, store + STORE_CAPACITY, before, reached);
  if (seen !== before) return seen;
  for (let index = before; index < reached; index++) reviveBlock(words, store, index);
  Atomics.store(words, store + STORE_RESIZING, 0);
  for (let more = reached - before; more > 0 && someoneWaits(words, store + STORE_WAITERS, seats) !== 0; more--) {
    wakeOne(words, store, seats);
  }
  return reached;
}

/** Takes a block out of the pool if it is free. Answers 1 when it is out. */
function retireBlock(words: Int32Array, store: number, index: number): number {
  const record = words[store + STORE_RECORDS]! + index * BLOCK_WORDS;
  for (;;) {
    const word = Atomics.load(words, record);
    const state = (word >>> BLOCK_STATE_SHIFT) & 15;
    if (state === BLOCK_RETIRED) return 1;
    if (state !== BLOCK_FREE && word !== BLOCK_UNTOUCHED) return 0;
    const retired = (word & ~BLOCK_TAG_MASK) | blockTag(BLOCK_RETIRED, 0);
    if (Atomics.compareExchange(words, record, word, retired) !== word) continue;
    // Its bit may still be on its way here from whoever freed it: a bit too many is a hint that leads to nothing.
    Atomics.and(words, words[store + STORE_FREE_MASK]! + (index >>> 5), ~(1 << (index & 31)));
    return 1;
  }
}

/** Brings a block back that is below the capacity again. */
function reviveBlock(words: Int32Array, store: number, index: number): void {
  const record = words[store + STORE_RECORDS]! + index * BLOCK_WORDS;
  const word = Atomics.load(words, record);
  if (((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_RETIRED) return;
  const touched = word >>> BLOCK_GENERATION_SHIFT !== 0;
  const back = touched ? (word & ~BLOCK_TAG_MASK) | blockTag(BLOCK_FREE, 0) : BLOCK_UNTOUCHED;
  if (Atomics.compareExchange(words, record, word, back) !== word || !touched) return;
  Atomics.or(words, words[store + STORE_FREE_MASK]! + (index >>> 5), 1 << (index & 31));
}

/** Ends a resize that its thread did not live to end. Does nothing when there is none. */
export function settleResize(words: Int32Array, store: number): void {
  if (Atomics.load(words, store + STORE_RESIZING) === 0) return;
  const capacity = Math.min(Atomics.load(words, store + STORE_CAPACITY), words[store + STORE_CAPACITY_MAX]!);
  for (let index = 0; index < capacity; index++) reviveBlock(words, store, index);
  Atomics.store(words, store + STORE_RESIZING, 0);
}
