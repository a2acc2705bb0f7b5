/**
 * Recovery of a block store (store.core.ts has the layout): takes back what a dead seat held, block by block, while others
 * acquire and release. Everything is one compare-and-exchange on the block's own word, so that it may be cut short anywhere and
 * done again by another.
 *
 * ```
 * word of the dead        becomes
 * STOCKED(dead)           FREE
 * LIVE(dead)              FREE; or LIVE of nobody, where the pool says `keep` and nobody has released it
 * TRANSIT(dead)           as LIVE: it was never published. What was stands in a ring, and the ring's recovery, which comes
 *                         first, has put nobody in the dead seat's place
 * ```
 *
 * And what a death can lose between a word and the hints that lead to it, whosever the block is
 * - FREE without its bit in the free mask: the bit is set.
 * - LIVE with its stamp, without its bit in the returned mask, or without `returned`: they are set.
 * - LIVE of nobody with its stamp: its releaser, or whoever let go of it, died before freeing it. It is freed.
 * - a block that was claimed, and `fresh` not moved on; `attention` without anybody waiting; a resize that was begun.
 *
 * A bit too many costs its finder a look at the word. The caller rings every bell afterwards.
 */
import {
  BLOCK_FREE,
  BLOCK_GENERATION_SHIFT,
  BLOCK_HOLDER_MASK,
  BLOCK_LIVE,
  BLOCK_STAMP,
  BLOCK_STATE_SHIFT,
  BLOCK_STOCKED,
  BLOCK_TAG_MASK,
  BLOCK_WORDS,
  blockTag,
  countLap,
} from './block.core.js';
import { disarm } from './doorbell.core.js';
import { settleResize } from './resize.core.js';
import {
  lastGeneration,
  STORE_CAPACITY_MAX,
  STORE_FREE_MASK,
  STORE_FRESH,
  STORE_KEEP,
  STORE_RECORDS,
  STORE_RETURNED,
  STORE_RETURNED_MASK,
  STORE_WAITERS,
  settleAttention,
} from './store.core.js';

/** Takes back all that a dead seat held in a store. Answers how many blocks were made free. Reads every touched block's record. */
export function recoverStore(words: Int32Array, store: number, seats: number, dead: number): number {
  settleResize(words, store);
  disarm(words, store + STORE_WAITERS, dead);
  settleAttention(words, store, seats);
  const records = words[store + STORE_RECORDS]!;
  const keep = words[store + STORE_KEEP]!;
  // Claimed first, counted then: the last one that a dead seat can have claimed is the one that `fresh` points at.
  const fresh = Atomics.load(words, store + STORE_FRESH);
  const end = Math.min(fresh + 1, words[store + STORE_CAPACITY_MAX]!);
  const generationMax = lastGeneration(words, store);
  let reclaimed = 0;
  for (let index = 0; index < end; index++) {
    const record = records + index * BLOCK_WORDS;
    const word = Atomics.load(words, record);
    if (word >>> BLOCK_GENERATION_SHIFT === 0) continue; // nobody ever had it
    if (index === fresh) Atomics.compareExchange(words, store + STORE_FRESH, fresh, fresh + 1);
    if ((word & BLOCK_HOLDER_MASK) === dead) reclaimed += reclaimBlock(words, record, word, keep, generationMax);
    settleBlock(words, store, record, index, generationMax);
  }
  return reclaimed;
}

/** Takes a block from the dead seat that its word names. Answers 1 when it was made free. */
function reclaimBlock(words: Int32Array, record: number, word: number, keep: number, generationMax: number): number {
  const stocked = ((word >>> BLOCK_STATE_SHIFT) & 15) === BLOCK_STOCKED;
  const released = Atomics.load(words, record + BLOCK_STAMP) === word >>> BLOCK_GENERATION_SHIFT;
  const tag = keep === 0 || stocked || released ? blockTag(BLOCK_FREE, 0) : blockTag(BLOCK_LIVE, 0);
  // Released by another since we read the stamp: `settleBlock` looks again.
  if (Atomics.compareExchange(words, record, word, (word & ~BLOCK_TAG_MASK) | tag) !== word) return 0;
  if (tag !== blockTag(BLOCK_FREE, 0)) return 0;
  // In a stock its life had ended before.
  if (!stocked && word >>> BLOCK_GENERATION_SHIFT === generationMax) countLap(words, record);
  return 1;
}

/** Makes the hints of a block agree with its word, where a death may have come between the two. */
function settleBlock(words: Int32Array, store: number, record: number, index: number, generationMax: number): void {
  const bit = 1 << (index & 31);
  let word = Atomics.load(words, record);
  if (((word >>> BLOCK_STATE_SHIFT) & 15) === BLOCK_LIVE) {
    if (Atomics.load(words, record + BLOCK_STAMP) !== word >>> BLOCK_GENERATION_SHIFT) return;
    if ((word & BLOCK_HOLDER_MASK) !== 0) {
      Atomics.or(words, words[store + STORE_RETURNED_MASK]! + (index >>> 5), bit);
      Atomics.store(words, store + STORE_RETURNED, 1);
      return;
    }
    const free = (word & ~BLOCK_TAG_MASK) | blockTag(BLOCK_FREE, 0);
    if (Atomics.compareExchange(words, record, word, free) !== word) return;
    if (word >>> BLOCK_GENERATION_SHIFT === generationMax) countLap(words, record);
    word = free;
  }
  if (((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_FREE) return;
  const mask = words[store + STORE_FREE_MASK]! + (index >>> 5);
  if ((Atomics.load(words, mask) & bit) === 0) Atomics.or(words, mask, bit);
}
