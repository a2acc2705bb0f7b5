/**
 * The stock: a seat's private supply of blocks (its array is described in store.core.ts), and how blocks move between it, the
 * centre, other seats and waiters. These are the slow paths; the fast ones stand in block.core.ts.
 *
 * The source of the idea: thread caches beside a central heap, as in tcmalloc, and remote frees that only the owner collects,
 * as in mimalloc; here the word of each block, not a list, says whose it is.
 */
import {
  acquireStocked,
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
  endLife,
  nextHandle,
} from './block.core.js';
import { now } from './clock.js';
import { arm, disarm, listen, ringSeat } from './doorbell.core.js';
import { isSeated } from './seat.core.js';
import { BAD_HANDLE, DONE, NONE, UNSEATED } from './status.js';
import {
  capacityOf,
  hasFree,
  OWN_CAPACITY_MAX,
  OWN_COUNT,
  OWN_HANDLE_MAX,
  OWN_INDEX_BITS,
  OWN_RECORDS,
  OWN_RETURNED_MASK,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SEATS,
  OWN_STOCK,
  OWN_STOCK_MAX,
  OWN_STORE,
  putFree,
  STORE_ATTENTION,
  STORE_FRESH,
  STORE_RETURNED,
  STORE_WAITERS,
  takeFree,
  takeFresh,
  wakeOne,
} from './store.core.js';

/** Acquires a block when the stock may be empty, taking up to `want` of them if so. Answers a handle, NONE or UNSEATED. */
export function acquireBlock(words: Int32Array, own: Int32Array, want: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  if (own[OWN_COUNT] === 0) refill(words, own, want);
  const count = own[OWN_COUNT]!;
  if (count === 0) return NONE;
  own[OWN_COUNT] = count - 1;
  const indexBits = own[OWN_INDEX_BITS]!;
  const liveTag = blockTag(BLOCK_LIVE, own[OWN_SEAT]!);
  return acquireStocked(
    words,
    own[OWN_RECORDS]!,
    indexBits,
    (1 << indexBits) - 1,
    liveTag,
    own[OWN_STOCK + count - 1]!,
  );
}

/** Fills an empty stock with up to `want` blocks. */
function refill(words: Int32Array, own: Int32Array, want: number): void {
  collectReturned(words, own);
  if (own[OWN_COUNT] !== 0) return;
  takeFree(words, own, want);
  if (own[OWN_COUNT] === 0) takeFresh(words, own, want);
}

/** Takes back the blocks of this seat that others released: into the stock while it has room, else to the centre. */
export function collectReturned(words: Int32Array, own: Int32Array): void {
  const store = own[OWN_STORE]!;
  if (Atomics.load(words, store + STORE_RETURNED) === 0) return;
  Atomics.store(words, store + STORE_RETURNED, 0);
  const room = own[OWN_STOCK_MAX]! === 0 ? 1 : own[OWN_STOCK_MAX]!;
  const maskWords = (capacityOf(words, own) + 31) >>> 5;
  let others = 0;
  let surplus = 0;
  for (let i = 0; i < maskWords; i++) {
    let bits = Atomics.load(words, own[OWN_RETURNED_MASK]! + i);
    while (bits !== 0) {
      const bit = bits & -bits;
      bits ^= bit;
      const index = i * 32 + 31 - Math.clz32(bit);
      if (index >= own[OWN_CAPACITY_MAX]!) continue; // a damaged mask has bits that stand for nothing
      const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
      const word = Atomics.load(words, record);
      if ((word & BLOCK_HOLDER_MASK) !== own[OWN_SEAT]) {
        others = 1;
        continue;
      }
      // The bit before the stamp: a stamp that comes later sets the bit again.
      Atomics.and(words, own[OWN_RETURNED_MASK]! + i, ~bit);
      const generation = word >>> BLOCK_GENERATION_SHIFT;
      if (word !== ((generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_LIVE, own[OWN_SEAT]!))) continue;
      if (Atomics.load(words, record + BLOCK_STAMP) !== generation) continue;
      const count = own[OWN_COUNT]!;
      const ended = (generation << own[OWN_INDEX_BITS]!) | index;
      endLife(words, record, ended, (1 << own[OWN_INDEX_BITS]!) - 1, own[OWN_HANDLE_MAX]!);
      if (count < room) {
        words[record] = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_STOCKED, own[OWN_SEAT]!);
        own[OWN_STOCK + count] = nextHandle(
          words,
          record,
          ended,
          (1 << own[OWN_INDEX_BITS]!) - 1,
          own[OWN_HANDLE_MAX]!,
        );
        own[OWN_COUNT] = count + 1;
      } else {
        Atomics.store(words, record, (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_FREE, 0));
        putFree(words, own, index);
        surplus = 1;
      }
    }
  }
  if (others !== 0) Atomics.store(words, store + STORE_RETURNED, 1);
  if (surplus !== 0) wakeOne(words, store, own[OWN_SEATS]!);
}

/** Gives blocks of the stock to the centre until `keep` are left, and rings a waiter. */
export function spill(words: Int32Array, own: Int32Array, keep: number): void {
  if (own[OWN_COUNT]! <= keep) return;
  const indexMask = (1 << own[OWN_INDEX_BITS]!) - 1;
  while (own[OWN_COUNT]! > keep) {
    const count = own[OWN_COUNT]! - 1;
    // Out of the stock first: whatever happens then, the block is not in two places.
    own[OWN_COUNT] = count;
    const index = own[OWN_STOCK + count]! & indexMask;
    const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
    // Ours until this store; an atomic one, because from now on others read and exchange the word.
    Atomics.store(words, record, (words[record]! & ~BLOCK_TAG_MASK) | blockTag(BLOCK_FREE, 0));
    putFree(words, own, index);
  }
  wakeOne(words, own[OWN_STORE]!, own[OWN_SEATS]!);
}

/** Releases a block, whoever holds it, when the fast path would not. Answers DONE, BAD_HANDLE or UNSEATED. */
export function releaseBlock(words: Int32Array, own: Int32Array, handle: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  const indexBits = own[OWN_INDEX_BITS]!;
  const index = handle & ((1 << indexBits) - 1);
  const generation = handle >>> indexBits;
  const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
  // The stamp is read before the word: a stamp of a later life can't then be taken for an older one.
  const stamp = Atomics.load(words, record + BLOCK_STAMP);
  const word = Atomics.load(words, record);
  if (word >>> BLOCK_GENERATION_SHIFT !== generation || stamp === generation) return BAD_HANDLE;
  if (((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_LIVE) return BAD_HANDLE;
  const holder = word & BLOCK_HOLDER_MASK;
  if (holder === own[OWN_SEAT]) return releaseOwn(words, own, record, index, generation);
  if (holder === 0) return freeNobodys(words, own, record, index, word);
  if (Atomics.compareExchange(words, record + BLOCK_STAMP, stamp, generation) !== stamp) return BAD_HANDLE;
  Atomics.or(words, own[OWN_RETURNED_MASK]! + (index >>> 5), 1 << (index & 31));
  Atomics.store(words, own[OWN_STORE]! + STORE_RETURNED, 1);
  // Its holder may have let go of it meanwhile: then nobody would look at the stamp, and it is ours to free.
  const after = Atomics.load(words, record);
  if (after === ((generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_LIVE, 0))) {
    freeNobodys(words, own, record, index, after);
  } else if ((after & BLOCK_HOLDER_MASK) !== 0) {
    // Only its holder can take it back: of those who wait, ring that one.
    ringSeat(words, own[OWN_STORE]! + STORE_WAITERS, after & BLOCK_HOLDER_MASK);
  }
  return DONE;
}

/** Releases a block that this seat holds: into the stock, or to the centre when that is full or somebody waits. */
function releaseOwn(words: Int32Array, own: Int32Array, record: number, index: number, generation: number): number {
  const most = own[OWN_STOCK_MAX]!;
  const handle = (generation << own[OWN_INDEX_BITS]!) | index;
  endLife(words, record, handle, (1 << own[OWN_INDEX_BITS]!) - 1, own[OWN_HANDLE_MAX]!);
  if (most !== 0 && Atomics.load(words, own[OWN_STORE]! + STORE_ATTENTION) === 0) {
    if (own[OWN_COUNT]! >= most) spill(words, own, most >>> 1);
    words[record] = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_STOCKED, own[OWN_SEAT]!);
    own[OWN_STOCK + own[OWN_COUNT]!] = nextHandle(
      words,
      record,
      handle,
      (1 << own[OWN_INDEX_BITS]!) - 1,
      own[OWN_HANDLE_MAX]!,
    );
    own[OWN_COUNT]! += 1;
    return DONE;
  }
  Atomics.store(words, record, (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_FREE, 0));
  putFree(words, own, index);
  collectReturned(words, own);
  spill(words, own, 0);
  wakeOne(words, own[OWN_STORE]!, own[OWN_SEATS]!);
  return DONE;
}

/** Frees a live block that nobody holds, as its word said. Answers DONE, or BAD_HANDLE when another was quicker. */
function freeNobodys(words: Int32Array, own: Int32Array, record: number, index: number, word: number): number {
  const free = (word & ~BLOCK_TAG_MASK) | blockTag(BLOCK_FREE, 0);
  if (Atomics.compareExchange(words, record, word, free) !== word) return BAD_HANDLE;
  const handle = ((word >>> BLOCK_GENERATION_SHIFT) << own[OWN_INDEX_BITS]!) | index;
  endLife(words, record, handle, (1 << own[OWN_INDEX_BITS]!) - 1, own[OWN_HANDLE_MAX]!);
  putFree(words, own, index);
  wakeOne(words, own[OWN_STORE]!, own[OWN_SEATS]!);
  return DONE;
}

/** Lets go of a block that this seat holds: it stays live, held by nobody. Answers DONE or BAD_HANDLE. */
export function disownBlock(words: Int32Array, own: Int32Array, handle: number): number {
  const indexBits = own[OWN_INDEX_BITS]!;
  const index = handle & ((1 << indexBits) - 1);
  const generation = handle >>> indexBits;
  const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
  const held = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_LIVE, own[OWN_SEAT]!);
  if (Atomics.load(words, record) !== held || Atomics.load(words, record + BLOCK_STAMP) === generation)
    return BAD_HANDLE;
  const nobodys = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_LIVE, 0);
  Atomics.store(words, record, nobodys);
  // Released by another in between: it saw us as the holder and may not look again, so we free it. One exchange wins.
  if (Atomics.load(words, record + BLOCK_STAMP) === generation) freeNobodys(words, own, record, index, nobodys);
  return DONE;
}

/** Becomes the holder of a live block that nobody holds. Answers DONE or BAD_HANDLE. */
export function adoptBlock(words: Int32Array, own: Int32Array, handle: number): number {
  const indexBits = own[OWN_INDEX_BITS]!;
  const index = handle & ((1 << indexBits) - 1);
  const generation = handle >>> indexBits;
  const record = own[OWN_RECORDS]! + index * BLOCK_WORDS;
  const life = generation << BLOCK_GENERATION_SHIFT;
  if (Atomics.load(words, record + BLOCK_STAMP) === generation) return BAD_HANDLE;
  const nobodys = life | blockTag(BLOCK_LIVE, 0);
  const held = life | blockTag(BLOCK_LIVE, own[OWN_SEAT]!);
  const seen = Atomics.compareExchange(words, record, nobodys, held);
  return seen === nobodys || seen === held ? DONE : BAD_HANDLE;
}

/** The second look of a seat that has armed itself: for one block only, others may be waiting too. As `acquireBlock`. */
export function acquireArmed(words: Int32Array, own: Int32Array): number {
  Atomics.compareExchange(words, own[OWN_STORE]! + STORE_ATTENTION, 0, 1);
  return acquireBlock(words, own, 1);
}

/** Stops waiting. While the centre has a block left, another waiter is rung. */
export function leaveStore(words: Int32Array, own: Int32Array): void {
  disarm(words, own[OWN_STORE]! + STORE_WAITERS, own[OWN_SEAT]!);
  if (hasFree(words, own) !== 0) wakeOne(words, own[OWN_STORE]!, own[OWN_SEATS]!);
}

/** Acquires a block, waiting until the deadline (on `now`'s clock). Answers a handle, NONE or UNSEATED. Blocks the thread. */
export function acquireWait(words: Int32Array, own: Int32Array, deadline: number): number {
  const waiters = own[OWN_STORE]! + STORE_WAITERS;
  for (;;) {
    const bell = arm(words, waiters, own[OWN_SEAT]!);
    const handle = acquireArmed(words, own);
    const left = deadline - now();
    if (handle !== NONE || left <= 0) {
      leaveStore(words, own);
      return handle;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** Gives back all that this seat has to itself, and lets go of what it still holds. For a thread that detaches. */
export function leaveBlocks(words: Int32Array, own: Int32Array): void {
  const fresh = Math.min(Atomics.load(words, own[OWN_STORE]! + STORE_FRESH), own[OWN_CAPACITY_MAX]!);
  collectReturned(words, own);
  spill(words, own, 0);
  for (let index = 0; index < fresh; index++) {
    const word = Atomics.load(words, own[OWN_RECORDS]! + index * BLOCK_WORDS);
    if ((word & BLOCK_HOLDER_MASK) !== own[OWN_SEAT]) continue;
    if (((word >>> BLOCK_STATE_SHIFT) & 15) !== BLOCK_LIVE) continue;
    const handle = ((word >>> BLOCK_GENERATION_SHIFT) << own[OWN_INDEX_BITS]!) | index;
    if (disownBlock(words, own, handle) === DONE) continue;
    endLife(
      words,
      own[OWN_RECORDS]! + index * BLOCK_WORDS,
      handle,
      (1 << own[OWN_INDEX_BITS]!) - 1,
      own[OWN_HANDLE_MAX]!,
    );
    // Another has stamped it since we collected, and only we can take it back: nobody would ever come for it.
    Atomics.store(words, own[OWN_RECORDS]! + index * BLOCK_WORDS, (word & ~BLOCK_TAG_MASK) | blockTag(BLOCK_FREE, 0));
    putFree(words, own, index);
    wakeOne(words, own[OWN_STORE]!, own[OWN_SEATS]!);
  }
}
