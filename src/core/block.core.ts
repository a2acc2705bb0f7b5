/**
 * Blocks: who has which, and in which life.
 *
 * ```
 * block record, 4 words (16 bytes, so no record straddles two lines)
 * word 0  block word: generation 20 | state 4 | holder seat 8
 * word 1  return stamp: the generation in which another seat than the holder released the block, or 0
 * word 2  payload length in bytes, the user's own
 * word 3  laps: how often the generation has come round, times 2, plus 1 while the block is as its treatment left it
 *         (pool/treated-pool.ts; written by the holder only)
 *
 *   UNTOUCHED --take--> STOCKED --acquire--> LIVE --release--> STOCKED
 *                          |  ^                | ^   \
 *                    spill |  | take   enqueue | |    \ release of what nobody holds
 *                          v  |                v | dequeue
 *                          FREE             TRANSIT      -> FREE
 *                     shrink | ^ grow
 *                            v |
 *                         RETIRED (also from UNTOUCHED, and back to it)
 * ```
 *
 * A handle is `generation << indexBits | index`, at most 30 bits, never 0, because a generation is never 0.
 *
 * Laws
 * - The block word is the truth; stocks and masks are hints that can be rebuilt from it.
 * - While a seat is named in the word, only that seat writes it, plainly: its own thread wrote it last, so it reads it
 *   plainly too. Where the holder is nobody (FREE, UNTOUCHED, LIVE of nobody) a word moves only by compare-and-exchange.
 * - Another seat releases a LIVE block by moving its return stamp to the block's generation: once a generation, by
 *   compare-and-exchange. The holder finds the stamp and takes the block back. A stamp that does not match the word never
 *   frees, so no misuse, however timed, hands one block out twice.
 * - A word in TRANSIT names its sender, or nobody once its sender has died, until the receiver writes its own name. The ring
 *   slot orders the two; a recoverer only ever exchanges the dead sender's name.
 * - RETIRED blocks are beyond the capacity: nobody takes them. Generation 0 says that nobody ever had the block.
 * - When a generation wraps, the stamp is cleared, so an old stamp never meets its own number again.
 *
 * Hints: a block word or stamp that another seat may be writing (a release by another seat, `isLive`, the double-release
 * check against the stamp) is read plainly, never looped on, and decides nothing that a compare-and-exchange does not confirm.
 *
 * A generation has min(20, 30 - indexBits) bits and wraps after as many acquires of one block, in the worst case every
 * 2^20 x 5 ns = 5 ms: a stale handle is caught unless its block was acquired an exact multiple of 2^bits - 1 times since.
 */

/** Words a record. */
export const BLOCK_WORDS = 4;
export const BLOCK_STAMP = 1;
export const BLOCK_LENGTH = 2;
export const BLOCK_LAPS = 3;

export const BLOCK_UNTOUCHED = 0;
export const BLOCK_FREE = 1;
export const BLOCK_STOCKED = 2;
export const BLOCK_RETIRED = 3;
export const BLOCK_LIVE = 4;
export const BLOCK_TRANSIT = 5;

export const BLOCK_GENERATION_SHIFT = 12;
export const BLOCK_STATE_SHIFT = 8;
/** State and holder together: what a word must end in. */
export const BLOCK_TAG_MASK = 0xfff;
export const BLOCK_HOLDER_MASK = 0xff;

/** A handle has no bit outside these. One `&` with it refuses fractions, NaN, negatives and what is too large. */
export const HANDLE_MASK = 0x3fffffff;

/** The lower bits of a block word: state and holder. */
export function blockTag(state: number, seat: number): number {
  return (state << BLOCK_STATE_SHIFT) | seat;
}

/**
 * The handle under which a block that this seat has to itself will next be acquired. Clears the stamp when the generation
 * wraps: an old stamp would match a later life.
 */
export function nextHandle(
  words: Int32Array,
  record: number,
  handle: number,
  indexMask: number,
  handleMax: number,
): number {
  const next = handle + indexMask + 1;
  if (next <= handleMax) return next;
  Atomics.store(words, record + BLOCK_STAMP, 0);
  return (handle & indexMask) | (indexMask + 1);
}

/** A life ends. The last generation's is counted: so many times the block went through all of them. */
export function endLife(words: Int32Array, record: number, handle: number, indexMask: number, handleMax: number): void {
  if (handle + indexMask + 1 > handleMax) countLap(words, record);
}

/** The life of a block's last generation has ended. */
export function countLap(words: Int32Array, record: number): void {
  Atomics.add(words, record + BLOCK_LAPS, 2);
}

/** Acquires a block of this seat's stock. Answers its handle again. Fast path: one plain store. */
export function acquireStocked(
  words: Int32Array,
  records: number,
  indexBits: number,
  indexMask: number,
  liveTag: number,
  handle: number,
): number {
  words[records + (handle & indexMask) * BLOCK_WORDS] = ((handle >>> indexBits) << BLOCK_GENERATION_SHIFT) | liveTag;
  return handle;
}

/**
 * Releases a block that this seat holds, into this seat's stock. Answers the handle of its next life, or 0 when it is not
 * this seat's to release like that (held by another, already released, stale): then nothing has changed. Fast path: plain.
 */
export function releaseHeld(
  words: Int32Array,
  records: number,
  indexBits: number,
  indexMask: number,
  handleMax: number,
  liveTag: number,
  handle: number,
): number {
  const record = records + (handle & indexMask) * BLOCK_WORDS;
  const generation = handle >>> indexBits;
  const live = (generation << BLOCK_GENERATION_SHIFT) | liveTag;
  // If the word is this, this seat wrote it and no other may: a plain read is enough. If not, the slow path looks properly.
  if (words[record] !== live) return 0;
  // A hint word: another seat may be stamping it now. Ordered before us, it is seen; else the word decides, once.
  if (words[record + BLOCK_STAMP] === generation) return 0;
  words[record] = live ^ ((BLOCK_LIVE ^ BLOCK_STOCKED) << BLOCK_STATE_SHIFT);
  const next = handle + indexMask + 1;
  if (next <= handleMax) return next;
  endLife(words, record, handle, indexMask, handleMax);
  return nextHandle(words, record, handle, indexMask, handleMax);
}

/**
 * Whether a handle names a block that is live now: in somebody's hands, nobody's, or on its way through a ring. Answers 1 or 0.
 * Plain reads of hint words: what another thread does at this moment may be seen or not.
 */
export function isLiveBlock(
  words: Int32Array,
  records: number,
  indexBits: number,
  indexMask: number,
  handle: number,
): number {
  const record = records + (handle & indexMask) * BLOCK_WORDS;
  const generation = handle >>> indexBits;
  // LIVE and TRANSIT differ in their last bit only, so one compare leaves out that bit and the holder.
  if (words[record]! >>> (BLOCK_STATE_SHIFT + 1) !== ((generation << 3) | (BLOCK_LIVE >>> 1))) return 0;
  return words[record + BLOCK_STAMP] === generation ? 0 : 1;
}

/** Whether this seat holds the block of this handle, live and not released. Answers 1 or 0. Plain, as for `releaseHeld`. */
export function isHeldBlock(
  words: Int32Array,
  records: number,
  indexBits: number,
  indexMask: number,
  liveTag: number,
  handle: number,
): number {
  const record = records + (handle & indexMask) * BLOCK_WORDS;
  const generation = handle >>> indexBits;
  const word = words[record]!;
  // Not put together and compared at once: what is too long for a generation would lose its upper bits.
  if (word >>> BLOCK_GENERATION_SHIFT !== generation || (word & BLOCK_TAG_MASK) !== liveTag) return 0;
  return words[record + BLOCK_STAMP] === generation ? 0 : 1;
}

/** Marks a block that this seat holds as on its way. The caller publishes it by an atomic store or exchange afterwards. */
export function sendBlock(words: Int32Array, record: number, generation: number, seat: number): void {
  words[record] = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_TRANSIT, seat);
}

/** Makes this seat the holder of a block that it has just received. The caller has synchronised with its sender. */
export function receiveBlock(words: Int32Array, record: number, generation: number, seat: number): void {
  words[record] = (generation << BLOCK_GENERATION_SHIFT) | blockTag(BLOCK_LIVE, seat);
}
