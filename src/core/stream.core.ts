/**
 * Streams: bytes in order from one writer to one reader, in a circle.
 *
 * ```
 * stream, 128 words, then the bytes
 * word   0  size (bytes of the circle, a power of two) | 1 capacity | 2 bytes an element | 3 records: 0 or 1 | 4 data (word index)
 * word  16  writer | 17 reader: the life (generation 24 | seat 8) that has that side, or 0
 * word  18  wanted: as the head, where the tail has to be for the reader that waits
 * word  32  tail: epoch | position | attention 1 | closed 1     the writer moves it on; the reader sets attention; anyone closes
 * word  64  head: epoch | position | attention 1 | 0            the reader moves it on; the writer sets attention
 * word  96  waiters for bytes | word 112  waiters for room                                                (doorbell.core.ts)
 *
 * record, where the stream has records: 4-aligned, so that its length never lies across the end of the circle
 * word   0  length in bytes, at least 1        word 1..  the bytes, the last word filled up with anything
 * ```
 *
 * Laws
 * - 0 <= tail - head <= capacity; both are whole elements (records: whole records) apart, always.
 * - A side belongs to one life of a seat. It takes it with one exchange at its first use, and leaves it by detaching or by recovery.
 * - Whoever takes a side begins an epoch in that side's word, and moves the word by an exchange from what it knows. So one that was
 *   recovered and goes on, even in the middle of a call, moves nothing: the word is another, or its exchange came before.
 * - The bytes between tail and head + capacity are the writer's, those between head and tail the reader's: plain accesses.
 * - Publish: plain byte writes, then one exchange that moves the tail. It expects a tail that is neither closed nor looked
 *   after, so a write is in before the close or not at all, and the wake-up costs nothing while nobody waits. So too the head.
 * - Who waits sets its bit, then attention, whose answer is the second look. Who finds attention publishes first, then reads
 *   what is wanted, clears attention and rings. Attention left behind by one who went is a wake-up for nobody, nothing more.
 * - What was written and not published, read and not given back, has not happened: a death anywhere leaves a whole stream.
 *
 * Positions are bytes and wrap at twice the size, at 2^22 at the least, so that who checks a moving stream isn't deceived. Only the
 * owner of a side moves its position, so the difference is never ambiguous, however long a thread sleeps. The epoch has the bits above:
 * 8, of 2 MiB on one less with each doubling, none at 2^29. An exchange of one who was recovered deceives nobody unless
 * its side was taken that often within its one call, and stands where it was.
 *
 * Source of the idea: the Linux kernel's kfifo (free-running counters, a mask, no slot lost).
 */
import { disarm, ringAll } from './doorbell.core.js';

export const STREAM_WORDS = 128;
export const STREAM_SIZE = 0;
export const STREAM_CAPACITY = 1;
export const STREAM_ELEMENT = 2;
export const STREAM_RECORDS = 3;
export const STREAM_DATA = 4;
export const STREAM_WRITER = 16;
export const STREAM_READER = 17;
export const STREAM_WANTED = 18;
export const STREAM_TAIL = 32;
export const STREAM_HEAD = 64;
export const STREAM_BYTE_WAITERS = 96;
export const STREAM_ROOM_WAITERS = 112;

export const STREAM_CLOSED = 1;
export const STREAM_ATTENTION = 2;
/** A position stands above these bits of its word: words are compared and moved on in steps of 4. */
export const POSITION_SHIFT = 2;
export const POSITION_MASK = -4;
/** Positions have as many values, or twice the size where that is more. */
const POSITIONS_MIN = 0x400000;
/** The largest circle: 512 MiB. */
export const STREAM_SIZE_MAX = 0x20000000;
/** Bytes of a record's length. */
export const RECORD_HEADER = 4;

/** Where the position stands in a word of a stream of that size: the epoch is above, the flags below. */
export function positionsOf(size: number): number {
  return (Math.max(2 * size, POSITIONS_MIN) - 1) << POSITION_SHIFT;
}

/** Bytes between two position words. */
export function distance(positions: number, from: number, to: number): number {
  return (((to & positions) - (from & positions)) & positions) >>> POSITION_SHIFT;
}

/** A word without flags, so many bytes further on, in the same epoch. */
export function further(positions: number, word: number, bytes: number): number {
  return (word & ~positions) | ((word + (bytes << POSITION_SHIFT)) & positions);
}

/** How many bytes behind the head a waiting reader wants to be there; 0 where that is of an earlier reader, or was reached. */
export function wantedBytes(words: Int32Array, stream: number, positions: number, head: number): number {
  const wanted = Atomics.load(words, stream + STREAM_WANTED);
  if (((wanted ^ head) & POSITION_MASK & ~positions) !== 0) return 0;
  const bytes = distance(positions, head, wanted);
  return bytes > words[stream + STREAM_CAPACITY]! ? 0 : bytes;
}

/** Bytes that a record takes in the circle. */
export function recordBytes(length: number): number {
  return (length + RECORD_HEADER + 3) & -4;
}

/** The most bytes that a circle holds: as many as whole elements fill. Records come with their lengths, and fill it all. */
export function streamCapacity(size: number, element: number, records: number): number {
  return records !== 0 ? size : size - (size % element);
}

/** Lays out an open, empty stream whose positions start at `start`. The memory is this thread's alone until it is published. */
export function initStream(
  words: Int32Array,
  stream: number,
  size: number,
  element: number,
  records: number,
  start: number,
): void {
  words[stream + STREAM_SIZE] = size;
  words[stream + STREAM_CAPACITY] = streamCapacity(size, element, records);
  words[stream + STREAM_ELEMENT] = element;
  words[stream + STREAM_RECORDS] = records;
  words[stream + STREAM_DATA] = stream + STREAM_WORDS;
  words[stream + STREAM_TAIL] = start << POSITION_SHIFT;
  words[stream + STREAM_HEAD] = start << POSITION_SHIFT;
}

/** Whether a geometry is one that `initStream` lays out between `stream` and `end`. Answers 1 or 0. */
export function fitsStream(words: Int32Array, stream: number, end: number): number {
  if (stream + STREAM_WORDS > end) return 0;
  const size = words[stream + STREAM_SIZE]!;
  const element = words[stream + STREAM_ELEMENT]!;
  const records = words[stream + STREAM_RECORDS]!;
  const data = words[stream + STREAM_DATA]!;
  if (size < 4 || size > STREAM_SIZE_MAX || (size & (size - 1)) !== 0) return 0;
  if (element < 1 || element > size || (records !== 0 && records !== 1)) return 0;
  if (words[stream + STREAM_CAPACITY] !== streamCapacity(size, element, records)) return 0;
  return data >= stream + STREAM_WORDS && data + size / 4 <= end ? 1 : 0;
}

/** Bytes in a stream. Momentary: both sides may move meanwhile. */
export function streamLength(words: Int32Array, stream: number): number {
  // The head first: it only follows the tail, so the difference is never negative; it may be too large.
  const head = Atomics.load(words, stream + STREAM_HEAD);
  const tail = Atomics.load(words, stream + STREAM_TAIL);
  return Math.min(distance(positionsOf(words[stream + STREAM_SIZE]!), head, tail), words[stream + STREAM_CAPACITY]!);
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkStream(words: Int32Array, stream: number, seats: number): number {
  if ((Atomics.load(words, stream + STREAM_WRITER) & 0xff) > seats) return stream + STREAM_WRITER;
  if ((Atomics.load(words, stream + STREAM_READER) & 0xff) > seats) return stream + STREAM_READER;
  const head = Atomics.load(words, stream + STREAM_HEAD);
  const tail = Atomics.load(words, stream + STREAM_TAIL);
  const length = distance(positionsOf(words[stream + STREAM_SIZE]!), head, tail);
  const records = words[stream + STREAM_RECORDS]!;
  const broken =
    (head & STREAM_CLOSED) !== 0 ||
    length > words[stream + STREAM_CAPACITY]! ||
    (records !== 0 ? length % 4 : length % words[stream + STREAM_ELEMENT]!) !== 0;
  // What was seen of a moving stream belongs together only if the head stood still.
  if (broken && Atomics.load(words, stream + STREAM_HEAD) === head) return stream + STREAM_HEAD;
  return records === 0 ? 0 : checkRecords(words, stream, head, length);
}

/** Walks the lengths of the records between head and tail. */
function checkRecords(words: Int32Array, stream: number, head: number, length: number): number {
  const size = words[stream + STREAM_SIZE]!;
  for (let at = 0; at < length; ) {
    const word = words[stream + STREAM_DATA]! + ((((head >>> POSITION_SHIFT) + at) & (size - 1)) >>> 2);
    const bytes = Atomics.load(words, word);
    const fits = bytes >= 1 && bytes <= size - RECORD_HEADER && at + recordBytes(bytes) <= length;
    if (!fits) return distance(positionsOf(size), head, Atomics.load(words, stream + STREAM_HEAD)) > at ? 0 : word;
    at += recordBytes(bytes);
  }
  return 0;
}

/** Closes a stream: nothing more goes in, what is in it can still be read. Wakes both sides. Answers 1 the first time. */
export function closeStream(words: Int32Array, stream: number, seats: number): number {
  const before = Atomics.or(words, stream + STREAM_TAIL, STREAM_CLOSED);
  ringAll(words, stream + STREAM_BYTE_WAITERS, seats);
  ringAll(words, stream + STREAM_ROOM_WAITERS, seats);
  return (before & STREAM_CLOSED) === 0 ? 1 : 0;
}

/** The region is poisoned: leads both sides off their fast paths, to where they look at their seat. */
export function stopStream(words: Int32Array, stream: number): void {
  Atomics.or(words, stream + STREAM_TAIL, STREAM_CLOSED);
  Atomics.or(words, stream + STREAM_HEAD, STREAM_ATTENTION);
}

/** Lets go of both sides, for a seat that leaves or has died: others may take them. Answers how many it had. Idempotent. */
export function recoverStream(words: Int32Array, stream: number, _seats: number, dead: number): number {
  // The bits first: who takes a side next sets them for itself.
  disarm(words, stream + STREAM_BYTE_WAITERS, dead);
  disarm(words, stream + STREAM_ROOM_WAITERS, dead);
  return freeSide(words, stream + STREAM_WRITER, dead) + freeSide(words, stream + STREAM_READER, dead);
}

/** Takes a side from a seat, in whatever life. Answers 1, or 0 when it does not have it. */
function freeSide(words: Int32Array, side: number, dead: number): number {
  const life = Atomics.load(words, side);
  return (life & 0xff) === dead && Atomics.compareExchange(words, side, life, 0) === life ? 1 : 0;
}
