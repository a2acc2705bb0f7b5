/**
 * The region: its header, and the chain of the structures in it.
 *
 * ```
 * region header, 64 words, line by line
 * word  0  magic | 1 version | 2 state: 0 raw, 1 ready | 3 seats | 4 maxByteLength | 5 id (random) | 6 dirty   (once, at create)
 * word 16  lock: 0, or who adds a structure or recovers a seat: generation 24 | seat 8
 * word 32  newest: the index of the newest structure's entry, or 0
 * word 64  seats (core/seat.core.ts), seats + 1 of them, then the structures, one behind the other, 64-byte aligned
 *
 * entry, 32 words, at the head of every structure
 * word  0  kind | 1 bytes of the structure, entry included | 2 the entry before, or 0 | 3 bytes of the name
 * word  4  part: the index of the structure's own first word; kinds/ says what stands there
 * word 16  name, UTF-8, at most 64 bytes
 * ```
 *
 * Laws
 * - `state` is stored last: a region that says ready is whole.
 * - The break, the first byte that no structure has reserved, is the end of the newest structure; it is not stored twice.
 * - A structure is built beyond the break, under the lock, and exists from the one store of `newest` on. Its entry never
 *   changes afterwards. A builder that dies leaves its seat in the lock and memory beyond the break dirty, nothing else.
 * - The lock names a seat and its life. From a life that is over, by eviction too, anyone takes it by compare-and-exchange,
 *   and `dirty` then says that the memory beyond the break can't be taken for zero any more.
 * - Entries stand in the order of their age: the chain only goes down, so a walk ends even in a damaged region.
 */
import { now } from '../core/clock.js';
import { SLICE_MS } from '../core/doorbell.core.js';
import { isSeated, SEAT_WORDS, SEATS_INDEX } from '../core/seat.core.js';
import { DONE, NONE, UNSEATED } from '../core/status.js';

/** "RGWL" where the first byte is the lowest: another byte order reads another number. */
export const MAGIC = 0x4c574752;
/** Of the layout, not of the package: raised when any shared word changes its meaning. */
export const VERSION = 2;
export const HEADER_MAGIC = 0;
export const HEADER_VERSION = 1;
export const HEADER_STATE = 2;
export const HEADER_SEATS = 3;
export const HEADER_BYTES = 4;
export const HEADER_ID = 5;
export const HEADER_DIRTY = 6;
export const HEADER_LOCK = 16;
export const HEADER_NEWEST = 32;

export const ENTRY_WORDS = 32;
export const ENTRY_KIND = 0;
export const ENTRY_BYTES = 1;
export const ENTRY_PREVIOUS = 2;
export const ENTRY_NAME_BYTES = 3;
export const ENTRY_PART = 4;
export const ENTRY_NAME = 16;

/** The first byte behind header and seats. */
export function structuresOffset(seats: number): number {
  return (SEATS_INDEX + (seats + 1) * SEAT_WORDS) * 4;
}

/** The break in bytes: what header, seats and structures have reserved. */
export function breakOffset(words: Int32Array): number {
  const newest = Atomics.load(words, HEADER_NEWEST);
  if (newest === 0) return structuresOffset(words[HEADER_SEATS]!);
  return newest * 4 + words[newest + ENTRY_BYTES]!;
}

/** What the lock says while that life of a seat holds it. */
export function lockWord(seat: number, generation: number): number {
  return (generation << 8) | seat;
}

/** Whether the life that a lock word names is over. Answers 1 or 0. */
function isOver(words: Int32Array, holder: number): number {
  const seat = holder & 0xff;
  if (seat === 0 || seat > words[HEADER_SEATS]!) return 1; // damaged: it names nobody
  return isSeated(words, seat, holder >>> 8) === 0 ? 1 : 0;
}

/**
 * Takes the region's lock, waiting in slices until the deadline (on `now`'s clock) while another has it; without `mayBlock`
 * it spins. Answers DONE, UNSEATED, or NONE when time ran out: its holder is slow, or dead and not recovered.
 */
export function lockRegion(
  words: Int32Array,
  seat: number,
  generation: number,
  deadline: number,
  mayBlock: number,
): number {
  const mine = lockWord(seat, generation);
  for (;;) {
    const holder = Atomics.compareExchange(words, HEADER_LOCK, 0, mine);
    let got = holder === 0 ? 1 : 0;
    if (got === 0 && isOver(words, holder) !== 0) {
      if (Atomics.compareExchange(words, HEADER_LOCK, holder, mine) !== holder) continue;
      words[HEADER_DIRTY] = 1;
      got = 1;
    }
    if (got !== 0) {
      // Evicted before this: then nobody must find the lock with us.
      if (isSeated(words, seat, generation) !== 0) return DONE;
      unlockRegion(words, seat, generation);
      return UNSEATED;
    }
    if (deadline - now() <= 0) return NONE;
    if (mayBlock !== 0) Atomics.wait(words, HEADER_LOCK, holder, SLICE_MS);
  }
}

/** Gives the lock back, if it is still this life's. */
export function unlockRegion(words: Int32Array, seat: number, generation: number): void {
  const mine = lockWord(seat, generation);
  if (Atomics.compareExchange(words, HEADER_LOCK, mine, 0) === mine) Atomics.notify(words, HEADER_LOCK);
}
