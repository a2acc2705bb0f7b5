/**
 * Frames: variable-length messages in a ring of units of 64 bytes, from many producers to one consumer.
 *
 * ```
 * message ring, 96 words, then the frame records, then the payload (64-byte aligned)
 * word  0  units (a power of two) | 1 payload: its byte offset                                          (written once)
 * word 16  gate: recoveries 31 | closed 1 | 17 consumer: the life that receives (generation 24 | seat 8), or 0
 * word 32  head: epoch 3 | the position that the consumer receives next 29; all before it may be claimed again   (consumer)
 * word 48  tail: a position where a claim ended, a hint of where to claim next                         (claimers write)
 * word 64  waiters for a message | word 80  waiters for room                                    (doorbell.core.ts)
 *
 * frame record, 4 words a unit; a frame is described by the record of its first unit
 * word  0  frame word of the even laps | 1 of the odd laps: length in units 21 | seat 8 | turn 1 | state 2, or lap 29 | EMPTY 3
 * word  2  length in bytes | 3 type
 *
 *   units      |  0  |  1  |  2  |  3  |  4  |  5  |  6  |  7  |      positions run freely; lap = position / units
 *   payload    |  message  | msg | (abort.)  | message   | pad |      a message is contiguous: what is left at the wrap is padding
 *   frame word | FULL 2    | FULL| SKIP 2    |CLAIMED 2,s|SKIP 1|
 *
 *   EMPTY(lap) --claim--> CLAIMED(seat, turn, length) --commit--> FULL(length) --the lap after next--> EMPTY(lap + 2)
 *                            |   \----abort, padding-----> SKIP(length) ------------------------------/
 *                            \--recovery--> CLAIMED(0) --> SKIP(length)                         (or the consumer: isOrphan)
 * ```
 *
 * Laws
 * - One compare-and-exchange on the frame word claims it, names its owner and states its extent; it expects EMPTY of exactly that
 *   lap. The payload never holds anything that is read as a header, and there is no moment in which a claim has no length.
 * - Frames of a lap stand one behind the other without a gap: a claim begins where the frame before it ends, and only there.
 * - Odd and even laps have words of their own. Whoever has claimed a frame makes the *other* word of each of its units EMPTY for the
 *   lap to come, before the claim ends. So a frame's word stays readable until its unit is claimed once more, which head has
 *   passed by then, and whoever walks behind from a position that head has not passed reads lengths of that lap.
 * - A walker that finds a word which is not EMPTY of its lap looks at head afterwards: if head has not passed its position,
 *   the word was of that lap, and so was the length.
 * - The tail is a plain hint. It is written after a claim and before its end, and the consumer can't pass an open claim: so, while
 *   nobody is evicted, it lies at most a lap before or behind head, whoever writes it late. (Not after padding.)
 * - The gate is looked at between the claim and its answer: so after the consumer has seen `closed` together with an EMPTY word,
 *   nothing can come any more. What was claimed before may be committed, and is received.
 * - Length in bytes and type are written plainly between CLAIMED and FULL, and read between FULL and the move of head.
 * - The consumer writes the head only, and by an exchange from the word that it knows. Whoever becomes the consumer begins an epoch
 *   there: so one that was recovered and goes on, in its handler or anywhere else, moves nothing, and finds that out.
 * - A claim's turn is the lowest bit of its owner's generation, so that a claim of a seat's next life is not its own. Recovery
 *   moves the gate before it looks at the frames: so whoever claims behind that looks at its seat, and gives the claim up. Recovery
 *   makes a claim nobody's before it touches anything else: its owner, should it go on, can't end it any more. Plain writes nobody
 *   can stop: what a producer that is recovered in the middle of a claim, or of writing its message, still writes may hit a message
 *   that stands there by then; where it makes that one's word EMPTY, the message is lost, and the ring may stand still.
 *
 * Who writes: frame words whoever claims (by exchange), its owner or who recovers it (by exchange), and the owner of the frame of the lap
 * before (plain resets, which the end of its claim publishes). Nobody can take them for anything else meanwhile: an exchange on an old
 * lap's word expects a lap that is gone.
 *
 * Widths: positions wrap at 2^29 units, 32 GiB of messages: 5 s at 100 M messages a second. A thread that slept between the look at a
 * word and its exchange for exactly a multiple of that would claim out of order; so would one that trusts the hint of an evicted
 * thread which slept so long. A consumer that was recovered, and goes on when the eighth after it is in its handler with the same message,
 * passes that. Lengths have 21 bits, a message being at most a quarter of 2^22 units.
 *
 * Source of the idea: Agrona's many-to-one ring buffer (claim, commit, abort, padding), with the header taken out of the payload.
 */
import { disarm, ringAll } from './doorbell.core.js';
import { SEAT_FREE, SEAT_GENERATION_SHIFT, SEAT_STATE_MASK, seatIndex } from './seat.core.js';

export const FRAMES_WORDS = 96;
export const FRAMES_UNITS = 0;
export const FRAMES_PAYLOAD = 1;
export const FRAMES_GATE = 16;
export const FRAMES_CONSUMER = 17;
export const FRAMES_HEAD = 32;
export const FRAMES_TAIL = 48;
export const FRAMES_MESSAGE_WAITERS = 64;
export const FRAMES_ROOM_WAITERS = 80;

/** The bit of a gate that says that the ring is closed, and what a recovery adds. */
export const GATE_CLOSED = 1;
const GATE_RECOVERY = 2;

/** Words a record. */
export const FRAME_WORDS = 4;
export const FRAME_BYTES = 2;
export const FRAME_TYPE = 3;
/** Bytes a unit, as a shift: a line of memory, so that two producers never write one line of payload. */
export const UNIT_SHIFT = 6;
export const UNIT_BYTES = 64;
export const UNITS_MAX = 4194304;

export const FRAME_EMPTY = 0;
export const FRAME_CLAIMED = 1;
export const FRAME_FULL = 2;
export const FRAME_SKIP = 3;
export const FRAME_STATE_MASK = 3;
const FRAME_TURN_SHIFT = 2;
const FRAME_SEAT_SHIFT = 3;
/** Seat, turn and state. */
export const FRAME_TAG_MASK = 0x7ff;
export const FRAME_LENGTH_SHIFT = 11;

/** The position in a head. What is above it is the epoch. */
export const POSITION_MASK = 0x1fffffff;
export const EPOCH_SHIFT = 29;

/** The lap of a position, or of a head, as it stands in an EMPTY frame word. */
export function emptyFrame(position: number, unitBits: number): number {
  return ((position & POSITION_MASK) >>> unitBits) << 3;
}

/** What a claim of that life of a seat has beside its length. */
export function claimTag(seat: number, generation: number): number {
  return (seat << FRAME_SEAT_SHIFT) | ((generation & 1) << FRAME_TURN_SHIFT) | FRAME_CLAIMED;
}

/** Makes the words of so many units EMPTY for the lap after that of a position: those of the lap before, until here. */
export function prepareLap(
  words: Int32Array,
  records: number,
  position: number,
  length: number,
  unitBits: number,
): void {
  const next = position + (1 << unitBits);
  const empty = emptyFrame(next, unitBits);
  const at = frameIndex(records, next, unitBits);
  for (let i = 0; i < length; i++) words[at + i * FRAME_WORDS] = empty;
}

/** The index of the frame word that serves a position's unit in that position's lap. */
export function frameIndex(records: number, position: number, unitBits: number): number {
  return records + (position & ((1 << unitBits) - 1)) * 4 + ((position >>> unitBits) & 1);
}

/** Lays out an open, empty ring whose positions start at `start`, in zeroed memory that is this thread's alone until it is published. */
export function initFrames(words: Int32Array, frames: number, units: number, payload: number, start: number): void {
  const records = frames + FRAMES_WORDS;
  const unitBits = 31 - Math.clz32(units);
  words[frames + FRAMES_UNITS] = units;
  words[frames + FRAMES_PAYLOAD] = payload;
  words[frames + FRAMES_HEAD] = start & POSITION_MASK;
  words[frames + FRAMES_TAIL] = start & POSITION_MASK;
  // The words of lap 0 are 0: then the records stay untouched until they are used.
  for (let i = 0; i < units && start !== 0; i++) {
    const position = (start + i) | 0;
    words[frameIndex(records, position, unitBits)] = emptyFrame(position, unitBits);
  }
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkFrames(words: Int32Array, frames: number, seats: number): number {
  const units = words[frames + FRAMES_UNITS]!;
  const unitBits = 31 - Math.clz32(units);
  const consumer = Atomics.load(words, frames + FRAMES_CONSUMER);
  if ((consumer & 0xff) > seats) return frames + FRAMES_CONSUMER;
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  for (let past = 0; past < units; ) {
    const position = (head + past) | 0;
    const at = frameIndex(frames + FRAMES_WORDS, position, unitBits);
    const word = Atomics.load(words, at);
    if (word === emptyFrame(position, unitBits)) return 0;
    const length = word >>> FRAME_LENGTH_SHIFT;
    const state = word & FRAME_STATE_MASK;
    const seat = (word & FRAME_TAG_MASK) >>> FRAME_SEAT_SHIFT;
    // Recovery claims for nobody.
    const isFrame = state === FRAME_CLAIMED || (state !== FRAME_EMPTY && seat === 0);
    const fits = length >= 1 && past + length <= units && (position & (units - 1)) + length <= units;
    if (!isFrame || !fits || seat > seats) {
      // The consumer may have passed it meanwhile: then the word serves another lap.
      return Atomics.load(words, frames + FRAMES_HEAD) === head ? at : 0;
    }
    past += length;
  }
  return 0;
}

/** How many messages wait to be received. Momentary: others may do either meanwhile. */
export function countFrames(words: Int32Array, frames: number): number {
  const units = words[frames + FRAMES_UNITS]!;
  const unitBits = 31 - Math.clz32(units);
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  let count = 0;
  for (let past = 0; past < units; ) {
    const position = (head + past) | 0;
    const word = Atomics.load(words, frameIndex(frames + FRAMES_WORDS, position, unitBits));
    const length = word >>> FRAME_LENGTH_SHIFT;
    if (word === emptyFrame(position, unitBits) || length === 0) break;
    if ((word & FRAME_STATE_MASK) === FRAME_FULL) count++;
    past += length;
  }
  return count;
}

/**
 * Takes back what a dead seat held: its open claims become SKIP, so that the consumer passes them; another may be the
 * consumer; nobody waits in its name. It may be cut short and repeated. Answers how many claims.
 */
export function recoverFrames(words: Int32Array, frames: number, seats: number, dead: number): number {
  const records = frames + FRAMES_WORDS;
  const units = words[frames + FRAMES_UNITS]!;
  const unitBits = 31 - Math.clz32(units);
  const end = records + units * FRAME_WORDS;
  let count = 0;
  // From here on who claims looks at its seat.
  Atomics.add(words, frames + FRAMES_GATE, GATE_RECOVERY);
  for (let record = records; record < end; record += FRAME_WORDS) {
    for (let lap = 0; lap < 2; lap++) {
      const word = Atomics.load(words, record + lap);
      if ((word & FRAME_STATE_MASK) !== FRAME_CLAIMED) continue;
      const seat = (word & FRAME_TAG_MASK) >>> FRAME_SEAT_SHIFT;
      // Nobody's: another's recovery was cut short here.
      if (seat === dead || seat === 0) count += skipClaim(words, frames, unitBits, record + lap, word);
    }
  }
  const consumer = Atomics.load(words, frames + FRAMES_CONSUMER);
  if ((consumer & 0xff) === dead) Atomics.compareExchange(words, frames + FRAMES_CONSUMER, consumer, 0);
  disarm(words, frames + FRAMES_MESSAGE_WAITERS, dead);
  disarm(words, frames + FRAMES_ROOM_WAITERS, dead);
  ringAll(words, frames + FRAMES_MESSAGE_WAITERS, seats);
  ringAll(words, frames + FRAMES_ROOM_WAITERS, seats);
  return count;
}

/**
 * Whether a claim that the consumer stands before is of a life whose seat is free or another's: of one that was recovered, went on, and
 * ended in the middle of a claim. Answers 1, or 0: its owner ends it, or recovery will.
 */
export function isOrphan(words: Int32Array, seats: number, claimed: number): number {
  const seat = (claimed & FRAME_TAG_MASK) >>> FRAME_SEAT_SHIFT;
  // Nobody's: recovery is at it, or will be again. Or damaged: it names nobody.
  if (seat === 0 || seat > seats) return 0;
  // Looked at behind the claim: if that is of the life that has the seat now, this is that life.
  const word = Atomics.load(words, seatIndex(seat));
  const isOwners = claimTag(seat, word >>> SEAT_GENERATION_SHIFT) === (claimed & FRAME_TAG_MASK);
  return isOwners && (word & SEAT_STATE_MASK) !== SEAT_FREE ? 0 : 1;
}

/** Ends a claim, whose word is at `at`, for somebody who is gone. Answers 1, or 0 when it had ended. */
export function skipClaim(words: Int32Array, frames: number, unitBits: number, at: number, claimed: number): number {
  const nobodys = (claimed & ~FRAME_TAG_MASK) | FRAME_CLAIMED;
  if (Atomics.compareExchange(words, at, claimed, nobodys) !== claimed) return 0;
  // An open claim lies within a lap from head, which can't pass it.
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  const records = frames + FRAMES_WORDS;
  const units = 1 << unitBits;
  const unit = Math.floor((at - records) / FRAME_WORDS);
  const position = head + ((unit - head) & (units - 1));
  const length = claimed >>> FRAME_LENGTH_SHIFT;
  const isWhole = unit + length <= units && frameIndex(records, position, unitBits) === at;
  // Else a law is broken.
  if (isWhole) prepareLap(words, records, position, length, unitBits);
  Atomics.compareExchange(words, at, nobodys, (claimed & ~FRAME_TAG_MASK) | FRAME_SKIP);
  return 1;
}
