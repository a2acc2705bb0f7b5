/**
 * The block store: the shared centre of blocks of one size, and each seat's private stock of them.
 *
 * ```
 * block store, 64 words, line by line
 * word  0  capacityMax | 1 blockBytes | 2 indexBits | 3 first generation | 4 records | 5 free mask | 6 returned mask
 *       7  data offset (bytes) | 8 stockMax | 9 bytes from block to block
 *      10 keep | 11 treatment (pool/treatment.ts)                                    (written once, at create)
 * word 16  attention: 0, or 1 while seats may be waiting, or 2: the region is poisoned; a hint that the fast path reads
 * word 32  fresh: blocks below were touched; helped forward by anyone | 33 capacity
 * word 34  returned: 1 when the returned mask may have bits | 35 resizing: 1 while a resize is on its way (resize.core.ts)
 * word 48  waiters (doorbell.core.ts): seats that wait for a block
 *
 * free mask, returned mask: one bit a block, on lines of their own; records (block.core.ts): 2^indexBits of them
 *
 * own, private to the seat (never shared)
 * word 0 count | 1 store | 2 seat | 3 seats | 4 indexBits | 5 largest handle | 6 records | 7 free mask | 8 returned mask
 * word 9 stockMax | 10 cursor: the mask word to look at first | 11 seat generation | 12 capacityMax
 * word 16.. the stock: handles, each of its block's next life
 * ```
 *
 * Laws
 * - A bit of the free mask is a hint that its block's word is FREE. Who clears the bit tries the word; the word decides.
 * - A bit of the returned mask is a hint that its block's holder should compare the stamp. Only the holder clears it.
 * - A seat's stock never holds more than stockMax = capacityMax / (2 x seats), and in proportion less where the capacity is
 *   less: beyond that, what is released reaches waiters.
 * - Beyond the capacity every block is RETIRED or UNTOUCHED.
 * - A death between any two accesses leaves every block's owner readable from its word; only hints are lost with it.
 *
 * Blocks are taken in this order: what others returned to us, the centre, and only then untouched ones, so that memory
 * is touched when it is needed. `fresh` counts up to the capacity and does not wrap.
 */
import {
  BLOCK_FREE,
  BLOCK_GENERATION_SHIFT,
  BLOCK_HOLDER_MASK,
  BLOCK_LAPS,
  BLOCK_LIVE,
  BLOCK_RETIRED,
  BLOCK_STATE_SHIFT,
  BLOCK_STOCKED,
  BLOCK_TRANSIT,
  BLOCK_UNTOUCHED,
  BLOCK_WORDS,
  blockTag,
  nextHandle,
} from './block.core.js';
import { ringOne, someoneWaits } from './doorbell.core.js';

export const STORE_WORDS = 64;
export const STORE_CAPACITY_MAX = 0;
export const STORE_BLOCK_BYTES = 1;
export const STORE_INDEX_BITS = 2;
export const STORE_FIRST_GENERATION = 3;
export const STORE_RECORDS = 4;
export const STORE_FREE_MASK = 5;
export const STORE_RETURNED_MASK = 6;
export const STORE_DATA_OFFSET = 7;
export const STORE_STOCK_MAX = 8;
export const STORE_STRIDE_BYTES = 9;
export const STORE_KEEP = 10;
export const STORE_TREATMENT = 11;
export const STORE_ATTENTION = 16;
export const STORE_FRESH = 32;
export const STORE_CAPACITY = 33;
export const STORE_RETURNED = 34;
export const STORE_RESIZING = 35;
export const STORE_WAITERS = 48;

export const OWN_COUNT = 0;
export const OWN_STORE = 1;
export const OWN_SEAT = 2;
export const OWN_SEATS = 3;
export const OWN_INDEX_BITS = 4;
export const OWN_HANDLE_MAX = 5;
export const OWN_RECORDS = 6;
export const OWN_FREE_MASK = 7;
export const OWN_RETURNED_MASK = 8;
export const OWN_STOCK_MAX = 9;
const OWN_CURSOR = 10;
export const OWN_SEAT_GENERATION = 11;
export const OWN_CAPACITY_MAX = 12;
export const OWN_STOCK = 16;

/** The capacity now. What a damaged word says beyond what was reserved is not believed: `checkStore` will find it. */
export function capacityOf(words: Int32Array, own: Int32Array): number {
  const capacity = Atomics.load(words, own[OWN_STORE]! + STORE_CAPACITY);
  return capacity >>> 0 > own[OWN_CAPACITY_MAX]! ? own[OWN_CAPACITY_MAX]! : capacity;
}

/** Puts a block of this seat's stock on top of it. */
function pushStock(own: Int32Array, handle: number): void {
  const count = own[OWN_COUNT]!;
  own[OWN_STOCK + count] = handle;
  own[OWN_COUNT] = count + 1;
}

/** Shows that a block is free: its word is FREE already. */
export function putFree(words: Int32Array, own: Int32Array, index: number): void {
  Atomics.or(words, own[OWN_FREE_MASK]! + (index >>> 5), 1 << (index & 31));
}

/** Takes up to `want` free blocks of the centre into this seat's stock. */
export function takeFree(words: Int32Array, own: Int32Array, want: number): void {
  const maskWords = (capacityOf(words, own) + 31) >>> 5;
  let cursor = own[OWN_CURSOR]!;
  if (cursor >= maskWords) cursor = 0;
  for (let step = 0; step < maskWords; step++) {
    for (;;) {
      let bits = Atomics.load(words, own[OWN_FREE_MASK]! + cursor);
      if (bits === 0) break;
      let wanted = 0;
      for (let more = want - own[OWN_COUNT]!; more > 0 && bits !== 0; more--) {
        wanted |= bits & -bits;
        bits &= bits - 1;
      }
      let taken = Atomics.and(words, own[OWN_FREE_MASK]! + cursor, ~wanted) & wanted;
      while (taken !== 0) {
        const bit = taken & -taken;
        taken ^= bit;
        takeBlock(words, own, cursor * 32 + 31 - Math.clz32(bit));
      }
      if (own[OWN_COUNT]! >= want) {
        own[OWN_CURSOR] = cursor;
        return;
      }
    }
    cursor = cursor + 1 === maskWords ? 0 : cursor + 1;
  }
}

/** Takes one block whose bit this seat has cleared. The exchange claims it and names the owner at once. */
function takeBlock(words: Int32Array, own: Int32Array, index: number): void {
  if (index >= own[OWN_CAPACITY_MAX]!) return; // a damaged mask has bits that stand for nothing
  const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
  const word = Atomics.load(words, record);
  if (((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_FREE) return; // a hint rebuilt after a death may be a stale one
  const generation = word >>> BLOCK_GENERATION_SHIFT;
  const stocked = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_STOCKED, own[OWN_SEAT]!);
  if (Atomics.compareExchange(words, record, word, stocked) !== word) return;
  const handle = (generation << own[OWN_INDEX_BITS]!) | index;
  pushStock(own, nextHandle(words, record, handle, (1 << own[OWN_INDEX_BITS]!) - 1, own[OWN_HANDLE_MAX]!));
}

/** Takes up to `want` blocks that nobody ever had into this seat's stock. */
export function takeFresh(words: Int32Array, own: Int32Array, want: number): void {
  const store = own[OWN_STORE]!;
  const capacity = capacityOf(words, own);
  const first = words[store + STORE_FIRST_GENERATION]!;
  const stocked = (first << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_STOCKED, own[OWN_SEAT]!);
  let fresh = Atomics.load(words, store + STORE_FRESH);
  while (own[OWN_COUNT]! < want && fresh >>> 0 < capacity) {
    const record = own[OWN_RECORDS]! + fresh * BLOCK_WORDS;
    const word = Atomics.compareExchange(words, record, BLOCK_UNTOUCHED, stocked);
    if (word !== BLOCK_UNTOUCHED && word >>> BLOCK_GENERATION_SHIFT === 0) return; // retired, and still nobody ever had it
    if (word === BLOCK_UNTOUCHED) {
      const handle = (first << own[OWN_INDEX_BITS]!) | fresh;
      pushStock(own, nextHandle(words, record, handle, (1 << own[OWN_INDEX_BITS]!) - 1, own[OWN_HANDLE_MAX]!));
    }
    // Whoever claimed it, this one is no longer fresh: help, so that a death in between holds nobody up.
    const seen = Atomics.compareExchange(words, store + STORE_FRESH, fresh, fresh + 1);
    fresh = seen === fresh ? fresh + 1 : seen;
  }
}

/** Whether the centre has a block for a waiter now. Answers 1 or 0. */
export function hasFree(words: Int32Array, own: Int32Array): number {
  const store = own[OWN_STORE]!;
  const capacity = capacityOf(words, own);
  if (Atomics.load(words, store + STORE_FRESH) < capacity) return 1;
  for (let i = 0; i < (capacity + 31) >>> 5; i++) {
    if (Atomics.load(words, own[OWN_FREE_MASK]! + i) !== 0) return 1;
  }
  return 0;
}

/** Something has come to the centre: rings a waiter, if there is one. */
export function wakeOne(words: Int32Array, store: number, seats: number): void {
  if (someoneWaits(words, store + STORE_WAITERS, seats) !== 0) ringOne(words, store + STORE_WAITERS, seats);
  settleAttention(words, store, seats);
}

/** When nobody waits any more (the last one may have gone without being rung), releases need not come to the centre. */
export function settleAttention(words: Int32Array, store: number, seats: number): void {
  if (Atomics.load(words, store + STORE_ATTENTION) === 0) return;
  if (someoneWaits(words, store + STORE_WAITERS, seats) !== 0) return;
  Atomics.compareExchange(words, store + STORE_ATTENTION, 1, 0);
  // One may have sat down between the look and the exchange: a waiter sets its bit first, then this word.
  if (someoneWaits(words, store + STORE_WAITERS, seats) !== 0)
    Atomics.compareExchange(words, store + STORE_ATTENTION, 0, 1);
}

/** Counts a store's blocks that are in somebody's hands or on their way. Reads every touched block word; others may move meanwhile. */
export function countLive(words: Int32Array, store: number, records: number, capacityMax: number): number {
  const fresh = Math.min(Atomics.load(words, store + STORE_FRESH), capacityMax);
  let live = 0;
  for (let index = 0; index < fresh; index++) {
    const record = records + index * BLOCK_WORDS;
    const word = Atomics.load(words, record);
    if (
      ((word >>> BLOCK_STATE_SHIFT) & 15) >= BLOCK_LIVE &&
      Atomics.load(words, record + 1) !== word >>> BLOCK_GENERATION_SHIFT
    ) {
      live++;
    }
  }
  return live;
}

/** The last generation of a store's blocks, behind which the first comes again. */
export function lastGeneration(words: Int32Array, store: number): number {
  return (1 << Math.min(20, 30 - words[store + STORE_INDEX_BITS]!)) - 1;
}

/**
 * How often a block was acquired, as far as its record tells. Where `first` is the generation that it began with: taken from
 * the words, so that it costs the fast path nothing. Momentary: a life that ends now may be missed by a lap.
 */
function acquiresOf(words: Int32Array, record: number, first: number, generationMax: number): number {
  const laps = Atomics.load(words, record + BLOCK_LAPS) >>> 1;
  const word = Atomics.load(words, record);
  const state = (word >>> BLOCK_STATE_SHIFT) & 15;
  const generation = word >>> BLOCK_GENERATION_SHIFT;
  if (generation === 0) return 0;
  // The last generation's life is over: its lap is counted already. (Nothing begins with the last generation.)
  const over = state < BLOCK_LIVE && generation === generationMax;
  return laps * generationMax + (over ? 0 : generation) - first;
}

/** How often blocks of a store were acquired, in all. Reads every touched block's record. Momentary. */
export function acquiresIn(words: Int32Array, store: number): number {
  const generationMax = lastGeneration(words, store);
  const first = words[store + STORE_FIRST_GENERATION]!;
  const fresh = Math.min(Atomics.load(words, store + STORE_FRESH), words[store + STORE_CAPACITY_MAX]!);
  let acquires = 0;
  for (let index = 0; index < fresh; index++)
    acquires += acquiresOf(words, words[store + STORE_RECORDS]! + index * BLOCK_WORDS, first, generationMax);
  return acquires;
}

/** Walks the laws that hold for every block at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkStore(words: Int32Array, store: number, seats: number): number {
  const capacityMax = words[store + STORE_CAPACITY_MAX]!;
  const records = words[store + STORE_RECORDS]!;
  const generationMax = lastGeneration(words, store);
  const fresh = Atomics.load(words, store + STORE_FRESH);
  if (fresh < 0 || fresh > capacityMax) return store + STORE_FRESH;
  const capacity = Atomics.load(words, store + STORE_CAPACITY);
  if (capacity < 0 || capacity > capacityMax) return store + STORE_CAPACITY;
  for (let index = 0; index < fresh; index++) {
    const word = Atomics.load(words, records + index * BLOCK_WORDS);
    const generation = word >>> BLOCK_GENERATION_SHIFT;
    const state = (word >>> BLOCK_STATE_SHIFT) & 15;
    const holder = word & BLOCK_HOLDER_MASK;
    const generationRight = generation > 0 && generation <= generationMax;
    const stateRight = state > BLOCK_UNTOUCHED && state <= BLOCK_TRANSIT && holder <= seats;
    const holderRight =
      state === BLOCK_FREE || state === BLOCK_RETIRED ? holder === 0 : state === BLOCK_STOCKED ? holder > 0 : true;
    if (!generationRight || !stateRight || !holderRight) return records + index * BLOCK_WORDS;
  }
  return 0;
}
