/**
 * The byte ring's operations on a stream (core/stream.core.ts has the layout, the laws and the source). They move positions;
 * the bytes themselves are copied by their caller, between `roomFor` and `publishWrite`, or `bytesFor` and `publishRead`.
 *
 * ```
 * own, private to the seat; positions stand in it as in their words, without the flags
 * word 0 stream | 1 size | 2 capacity | 3 data (word index) | 4 seat | 5 seats | 6 seat generation | 7 records
 * word 8 tail, ours when we write  | 9 the head as we saw it last
 * word 10 head, ours when we read  | 11 the tail as we saw it last
 * word 12 where positions stand in their words | 13 our life
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ring, ringAll, someoneWaits } from '../core/doorbell.core.js';
import { isGone, isSeated } from '../core/seat.core.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import {
  distance,
  further,
  POSITION_MASK,
  POSITION_SHIFT,
  RECORD_HEADER,
  recordBytes,
  STREAM_ATTENTION,
  STREAM_BYTE_WAITERS,
  STREAM_CLOSED,
  STREAM_HEAD,
  STREAM_READER,
  STREAM_ROOM_WAITERS,
  STREAM_TAIL,
  STREAM_WANTED,
  STREAM_WRITER,
  wantedBytes,
} from '../core/stream.core.js';

export const OWN_STREAM = 0;
export const OWN_SIZE = 1;
export const OWN_CAPACITY = 2;
export const OWN_DATA = 3;
export const OWN_SEAT = 4;
export const OWN_SEATS = 5;
export const OWN_SEAT_GENERATION = 6;
export const OWN_RECORDS = 7;
export const OWN_TAIL = 8;
const OWN_HEAD_SEEN = 9;
export const OWN_HEAD = 10;
const OWN_TAIL_SEEN = 11;
export const OWN_POSITIONS = 12;
export const OWN_LIFE = 13;
export const OWN_WORDS = 14;

/** The positions, or a record's length, can't be: the region is damaged. */
const BROKEN = -4;

/** Makes sure that this seat is the writer. A hint is enough: the side is ours until we are recovered. Answers as `takeWriter`. */
export function asWriter(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_STREAM]! + STREAM_WRITER] === own[OWN_LIFE] ? 0 : takeWriter(words, own);
}

/** Makes sure that this seat is the reader. As `asWriter`. */
export function asReader(words: Int32Array, own: Int32Array): number {
  return words[own[OWN_STREAM]! + STREAM_READER] === own[OWN_LIFE] ? 0 : takeReader(words, own);
}

/** Makes this seat the writer. Answers 0 when it is, else the seat that is, or UNSEATED. */
function takeWriter(words: Int32Array, own: Int32Array): number {
  const other = takeSide(words, own, STREAM_WRITER);
  if (other !== 0) return other;
  const tail = beginEpoch(words, own, STREAM_WRITER, STREAM_TAIL);
  if (tail === UNSEATED) return UNSEATED;
  own[OWN_TAIL] = tail;
  // As if full: so the first look is at the head itself, and checked.
  own[OWN_HEAD_SEEN] = tail - (own[OWN_CAPACITY]! << POSITION_SHIFT);
  return 0;
}

/** Makes this seat the reader. As `takeWriter`. */
function takeReader(words: Int32Array, own: Int32Array): number {
  const other = takeSide(words, own, STREAM_READER);
  if (other !== 0) return other;
  const head = beginEpoch(words, own, STREAM_READER, STREAM_HEAD);
  if (head === UNSEATED) return UNSEATED;
  own[OWN_HEAD] = head;
  own[OWN_TAIL_SEEN] = head; // as if empty: likewise
  return 0;
}

/**
 * Takes a side, STREAM_WRITER or STREAM_READER. Answers 0, the seat that has it, or UNSEATED. Who is recovered while it takes one
 * writes its life there too late for its recovery: so whoever wants a side takes it from a life that is gone.
 */
function takeSide(words: Int32Array, own: Int32Array, side: number): number {
  const at = own[OWN_STREAM]! + side;
  const life = own[OWN_LIFE]!;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  for (let holder = 0; ; ) {
    const seen = Atomics.compareExchange(words, at, holder, life);
    if (seen === holder || seen === life) return 0;
    if (seen !== 0 && isGone(words, own[OWN_SEATS]!, seen) === 0) return seen & 0xff;
    holder = seen;
  }
}

/** Begins an epoch in the word of a side that was taken. Answers the word without flags, or UNSEATED: the side is not ours. */
function beginEpoch(words: Int32Array, own: Int32Array, side: number, at: number): number {
  const kept = own[OWN_POSITIONS]! | ~POSITION_MASK;
  for (;;) {
    const word = Atomics.load(words, own[OWN_STREAM]! + at);
    // Behind the look at the word: whoever has the side after us makes it another one.
    if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) {
      Atomics.compareExchange(words, own[OWN_STREAM]! + side, own[OWN_LIFE]!, 0);
      return UNSEATED;
    }
    const next = ((word + kept + 1) & ~kept) | (word & kept);
    if (Atomics.compareExchange(words, own[OWN_STREAM]! + at, word, next) === word) return next & POSITION_MASK;
  }
}

/** What can't be: UNSEATED, when it was seen by one who had been recovered, to whom it says nothing; else BROKEN. */
function broken(words: Int32Array, own: Int32Array): number {
  return isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0 ? UNSEATED : BROKEN;
}

/** How many bytes fit, looking at the head again when those seen free are fewer than `want`. Or UNSEATED, BROKEN. */
export function roomFor(words: Int32Array, own: Int32Array, want: number): number {
  const free = own[OWN_CAPACITY]! - (((own[OWN_TAIL]! - own[OWN_HEAD_SEEN]!) & own[OWN_POSITIONS]!) >>> POSITION_SHIFT);
  return free >= want ? free : roomAgain(words, own);
}

/** As `roomFor`, by a look at the head. */
function roomAgain(words: Int32Array, own: Int32Array): number {
  const head = Atomics.load(words, own[OWN_STREAM]! + STREAM_HEAD) & POSITION_MASK;
  const used = distance(own[OWN_POSITIONS]!, head, own[OWN_TAIL]!);
  if (used > own[OWN_CAPACITY]!) return broken(words, own);
  own[OWN_HEAD_SEEN] = head;
  return own[OWN_CAPACITY]! - used;
}

/** Why nothing was written: NONE (full), CLOSED or UNSEATED. */
export function whyFull(words: Int32Array, own: Int32Array): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return (Atomics.load(words, own[OWN_STREAM]! + STREAM_TAIL) & STREAM_CLOSED) !== 0 ? CLOSED : NONE;
}

/** Publishes bytes that stand behind the tail. Answers DONE, CLOSED (then they are not written), UNSEATED or BROKEN. */
export function publishWrite(words: Int32Array, own: Int32Array, bytes: number): number {
  const tail = own[OWN_TAIL]!;
  const next = further(own[OWN_POSITIONS]!, tail, bytes);
  // Neither closed nor looked after, which is the usual case: one exchange tells both, and publishes.
  if (Atomics.compareExchange(words, own[OWN_STREAM]! + STREAM_TAIL, tail, next) !== tail)
    return publishWriteSlowly(words, own, next);
  own[OWN_TAIL] = next;
  // Where one seat has both sides, its reader need not look: a call less. (Whoever takes the other side looks afresh.)
  own[OWN_TAIL_SEEN] = next;
  return DONE;
}

function publishWriteSlowly(words: Int32Array, own: Int32Array, next: number): number {
  const stream = own[OWN_STREAM]!;
  for (;;) {
    const word = Atomics.load(words, stream + STREAM_TAIL);
    if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
    if ((word & POSITION_MASK) !== own[OWN_TAIL]!) return BROKEN;
    if ((word & STREAM_CLOSED) !== 0) return CLOSED;
    if (Atomics.compareExchange(words, stream + STREAM_TAIL, word, next | (word & STREAM_ATTENTION)) !== word) continue;
    own[OWN_TAIL] = next;
    if ((word & STREAM_ATTENTION) !== 0) tellReader(words, own);
    return DONE;
  }
}

/** Rings the reader, if as much is there as it waits for. What it wants is read behind the publication: see the laws. */
function tellReader(words: Int32Array, own: Int32Array): void {
  const stream = own[OWN_STREAM]!;
  const head = Atomics.load(words, stream + STREAM_HEAD);
  const wanted = wantedBytes(words, stream, own[OWN_POSITIONS]!, head);
  if (distance(own[OWN_POSITIONS]!, head, own[OWN_TAIL]!) < wanted) return;
  Atomics.and(words, stream + STREAM_TAIL, ~STREAM_ATTENTION);
  ringAll(words, stream + STREAM_BYTE_WAITERS, own[OWN_SEATS]!);
}

/** How many bytes are there, looking at the tail again when those seen are fewer than `want`. Or CLOSED (and drained), UNSEATED, BROKEN. */
export function bytesFor(words: Int32Array, own: Int32Array, want: number): number {
  const seen = ((own[OWN_TAIL_SEEN]! - own[OWN_HEAD]!) & own[OWN_POSITIONS]!) >>> POSITION_SHIFT;
  if (seen >= want) return seen;
  return bytesIn(words, own, Atomics.load(words, own[OWN_STREAM]! + STREAM_TAIL));
}

/** As `bytesFor`, by what the tail said just now. */
function bytesIn(words: Int32Array, own: Int32Array, word: number): number {
  const bytes = distance(own[OWN_POSITIONS]!, own[OWN_HEAD]!, word);
  if (bytes > own[OWN_CAPACITY]!) return broken(words, own);
  own[OWN_TAIL_SEEN] = word & POSITION_MASK;
  if (bytes > 0) return bytes;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return (word & STREAM_CLOSED) !== 0 ? CLOSED : NONE;
}

/** Gives bytes at the head back to the writer. Answers DONE, UNSEATED or BROKEN. */
export function publishRead(words: Int32Array, own: Int32Array, bytes: number): number {
  const head = own[OWN_HEAD]!;
  const next = further(own[OWN_POSITIONS]!, head, bytes);
  if (Atomics.compareExchange(words, own[OWN_STREAM]! + STREAM_HEAD, head, next) !== head)
    return publishReadSlowly(words, own, next);
  own[OWN_HEAD] = next;
  own[OWN_HEAD_SEEN] = next;
  return DONE;
}

function publishReadSlowly(words: Int32Array, own: Int32Array, next: number): number {
  const stream = own[OWN_STREAM]!;
  for (;;) {
    const word = Atomics.load(words, stream + STREAM_HEAD);
    if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
    if ((word & POSITION_MASK) !== own[OWN_HEAD]!) return BROKEN;
    // Room for one is what the writer waits for, so attention goes with the bytes.
    if (Atomics.compareExchange(words, stream + STREAM_HEAD, word, next) !== word) continue;
    own[OWN_HEAD] = next;
    if ((word & STREAM_ATTENTION) !== 0) ringAll(words, stream + STREAM_ROOM_WAITERS, own[OWN_SEATS]!);
    return DONE;
  }
}

/** Writes the length of a record at the tail, for `publishWrite` of the whole of it. */
export function startRecord(words: Int32Array, own: Int32Array, length: number): void {
  words[own[OWN_DATA]! + (((own[OWN_TAIL]! >>> POSITION_SHIFT) & (own[OWN_SIZE]! - 1)) >>> 2)] = length;
}

/** The length of the record at the head: NONE when there is none, or CLOSED, UNSEATED, BROKEN. */
export function recordLength(words: Int32Array, own: Int32Array): number {
  const bytes = bytesFor(words, own, 1);
  if (bytes <= 0) return bytes;
  const length = words[own[OWN_DATA]! + (((own[OWN_HEAD]! >>> POSITION_SHIFT) & (own[OWN_SIZE]! - 1)) >>> 2)]!;
  if (length < 1 || length > own[OWN_SIZE]! - RECORD_HEADER || recordBytes(length) > bytes) return broken(words, own);
  return length;
}

/** Announces that the reader is about to wait for so many bytes; look again before waiting. Answers the bell to wait on. */
export function armReader(words: Int32Array, own: Int32Array, wanted: number): number {
  const stream = own[OWN_STREAM]!;
  // This thread may wait twice, for several rings and for this one: then for the fewer bytes of the two.
  const twice = someoneWaits(words, stream + STREAM_BYTE_WAITERS, own[OWN_SEATS]!);
  const head = own[OWN_HEAD]!;
  const other = twice !== 0 ? Math.max(1, wantedBytes(words, stream, own[OWN_POSITIONS]!, head)) : wanted;
  const bell = arm(words, stream + STREAM_BYTE_WAITERS, own[OWN_SEAT]!);
  // A position of our epoch: one of a reader that was recovered, and goes on, is taken for none.
  Atomics.store(words, stream + STREAM_WANTED, further(own[OWN_POSITIONS]!, head, Math.min(wanted, other)));
  Atomics.or(words, stream + STREAM_TAIL, STREAM_ATTENTION);
  return bell;
}

/** Announces that the writer is about to wait for room; look again before waiting. Answers the bell to wait on. */
export function armWriter(words: Int32Array, own: Int32Array): number {
  const stream = own[OWN_STREAM]!;
  const bell = arm(words, stream + STREAM_ROOM_WAITERS, own[OWN_SEAT]!);
  Atomics.or(words, stream + STREAM_HEAD, STREAM_ATTENTION);
  return bell;
}

/** The reader waits no more. */
export function leaveReader(words: Int32Array, own: Int32Array): void {
  leave(words, own, STREAM_BYTE_WAITERS);
}

/** The writer waits no more. */
export function leaveWriter(words: Int32Array, own: Int32Array): void {
  leave(words, own, STREAM_ROOM_WAITERS);
}

/** This seat waits there no more. If it was recovered, the bit may have been the next thread's: that one looks again. */
function leave(words: Int32Array, own: Int32Array, waiters: number): void {
  disarm(words, own[OWN_STREAM]! + waiters, own[OWN_SEAT]!);
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) ring(words, own[OWN_SEAT]!);
}

/**
 * How many bytes are there once they are at least `wanted`, or no more can come; NONE before. Or CLOSED (and drained), UNSEATED,
 * BROKEN. Looks at the tail.
 */
export function readable(words: Int32Array, own: Int32Array, wanted: number): number {
  const word = Atomics.load(words, own[OWN_STREAM]! + STREAM_TAIL);
  const bytes = bytesIn(words, own, word);
  if (bytes < 0 || bytes >= wanted || (word & STREAM_CLOSED) !== 0) return bytes;
  return isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0 ? UNSEATED : NONE;
}

/** How many bytes fit, once they are at least `wanted`; NONE before. Or CLOSED, UNSEATED, BROKEN. Looks at the head. */
export function writable(words: Int32Array, own: Int32Array, wanted: number): number {
  const why = whyFull(words, own);
  if (why !== NONE) return why;
  const room = roomFor(words, own, own[OWN_CAPACITY]! + 1);
  return room >= wanted || room === BROKEN ? room : NONE;
}

/** As `readable`, but waits until the deadline (on `now`'s clock). Blocks the thread. */
export function waitReadable(words: Int32Array, own: Int32Array, wanted: number, deadline: number): number {
  for (;;) {
    const bell = armReader(words, own, wanted);
    const bytes = readable(words, own, wanted);
    const left = deadline - now();
    if (bytes !== NONE || left <= 0) {
      leaveReader(words, own);
      return bytes;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `writable`, but waits until the deadline (on `now`'s clock). Blocks the thread. */
export function waitWritable(words: Int32Array, own: Int32Array, wanted: number, deadline: number): number {
  for (;;) {
    const bell = armWriter(words, own);
    const room = writable(words, own, wanted);
    const left = deadline - now();
    if (room !== NONE || left <= 0) {
      leaveWriter(words, own);
      return room;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
