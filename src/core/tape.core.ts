/**
 * A tape: what one sender says, for everybody who listens. A circle of grains of 8 bytes that the sender goes round; every subscriber
 * reads all of it, at a place of its own.
 *
 * ```
 * tape, 96 words, then the records, then the payload (64-byte aligned)
 * word  0  grains (a power of two) | 1 records: index of the first | 2 their number | 3 payload: its byte offset | 4 gated  (written once)
 * word 17  producer: the life of the seat that sends, or 0                              (taken by an exchange, given up by its seat or recovery)
 * word 18  sent: the number of the message that is sent now or was last | 19 where that one ends: position 30 | number 2  (sender writes)
 * word 20  last: where the last message begins, or the one before it: where who was overrun goes on; position 30 | number 2
 *                                                                                          (sender writes, plainly)
 * word 32  tail: where the messages end: position 30 | attention 1 | closed 1                    (sender publishes by exchange)
 * word 48  limit: what is before this position, and a circle behind it, may be overwritten at any moment           (lossy only)
 * word 64  waiters for a message | word 80  waiters for room                                              (doorbell.core.ts)
 *
 * record, 16 words (a line), one a subscription
 * word  0  owner: the life of the seat that has it, that seat alone while recovery is at it, or 0
 *                                                           (claimed by an exchange; given up by its owner or recovery)
 * word  1  turn: how often recovery has taken it back                                                    (recovery)
 * word  2  eight places, the one in turn is the owner's: where it read next when it last said so:
 *          position 30 | attention 1 | nowhere 1            (owner moves it by exchange; recovery takes it for good)
 *
 * message: a header of one grain (length in bytes, scattered by its position | type), then its bytes, up to whole grains; it may go on
 * at the beginning of the circle, behind the header
 * ```
 *
 * Laws
 * - One exchange on the tail publishes a message. It fails when the tape was closed before, and shows who waits.
 * - Gated: the sender writes only what is less than a circle ahead of every place. A subscriber takes a record first, then looks at
 *   the tail, then says where it is. The sender looks at the records before it writes on: it either finds the new one there, and
 *   waits until that says where it is; or that one looks at the tail later, and is not behind what the sender took for the last.
 * - Lossy: before the sender writes beyond `limit` it moves that on, and then loads it, so that nothing that it writes can be seen
 *   earlier. A subscriber copies first, then moves its place, then loads `limit`: if that is not a circle ahead of where it
 *   copied from, nothing of the copy was being overwritten.
 * - Nothing that a lossy subscriber reads is believed before that: not the length either.
 * - A length is of this place and lap: what stood elsewhere, or here a lap before, comes out as a length that fits in one of as many
 *   cases as 2^32 is times the circle's quarter.
 * - Messages bear no numbers: a subscriber counts those that it receives, and who is overrun learns the number of the one that it goes on
 *   with, by the last two bits beside `last` and by `sent`, which is up to three ahead of it: one for the message that is being sent, and
 *   one for each sender that died between its exchange and `last`. (A third such in a row it would count wrong.)
 * - Recovery takes a place for good and leaves the next one in turn. So a thread that is recovered and goes on moves no place of whoever
 *   has the record next, and finds its own taken. (After eight recoveries of a record in the middle of one exchange it would not.)
 * - Who was overrun goes on where `last` says, if that is within half a circle of the tail: that far back two messages can reach. It is
 *   written behind the exchange that publishes, so what begins there is published. Who comes back to the same place goes to the tail.
 * - A gated subscriber says where it is when a sender waits for that, when it finds nothing more, and every eighth of the circle.
 * - A waiting subscriber leaves attention in the tail where it has found nothing behind it, a waiting sender in the places that
 *   hold it up: the exchange of the other side then fails, and that one rings. So nobody looks for waiters while there are none.
 *
 * Positions count grains and wrap at 2^30: at 8 GiB. A subscriber that stops in the middle of a copy, or between two calls, while a
 * multiple of that goes by, up to a circle more or less, takes what it finds for what it knew, unless the length says otherwise.
 *
 * Source of the idea: Agrona's broadcast transmitter (an intent before the tail, validation after the copy), Disruptor's gating
 * sequences, and for the order of the copy and the look behind it H. Boehm, "Can seqlocks get along with programming language memory
 * models?" (2012).
 */
import { disarm, ringAll } from './doorbell.core.js';

export const TAPE_WORDS = 96;
export const TAPE_GRAINS = 0;
export const TAPE_RECORDS = 1;
export const TAPE_RECORD_COUNT = 2;
export const TAPE_PAYLOAD = 3;
export const TAPE_GATED = 4;
export const TAPE_PRODUCER = 17;
export const TAPE_SENT = 18;
export const TAPE_SENT_END = 19;
export const TAPE_LAST = 20;
export const TAPE_TAIL = 32;
export const TAPE_LIMIT = 48;
export const TAPE_MESSAGE_WAITERS = 64;
export const TAPE_ROOM_WAITERS = 80;

/** Words a record. */
export const RECORD_WORDS = 16;
export const RECORD_TURN = 1;
export const RECORD_PLACES = 2;
const PLACES = 8;
export const RECORDS_MAX = 1024;

/** Bytes a grain, as a shift. */
export const GRAIN_SHIFT = 3;
export const GRAIN_BYTES = 8;
export const GRAINS_MAX = 33554432;
/** A message's length and this, divided by a grain, are its grains, with the header. */
export const LENGTH_ROUND = 15;

/** The bits of a tail, or a place, that are its position. */
export const POSITION_MASK = 0x3fffffff;
/** Somebody waits for this word to move. */
export const ATTENDED = 0x40000000;
/** In a tail: the tape is closed. In a place: its owner has not said yet where it is. */
export const SIGN: number = -2147483648;
/** A place that recovery has taken. */
export const TAKEN = -1;

/** Words of a header. The length's is exclusive-or'd with the position times SCATTER. */
export const HEADER_LENGTH = 0;
export const HEADER_TYPE = 1;
/** Odd, so that no two positions have the same product; by the golden ratio, so that near ones have far ones. */
export const SCATTER: number = -1640531535;

/** Lays out an open tape without subscribers. The memory is this thread's alone until it is published, and its words are zero. */
export function initTape(
  words: Int32Array,
  tape: number,
  grains: number,
  records: number,
  payload: number,
  gated: number,
  start: number,
): void {
  words[tape + TAPE_GRAINS] = grains;
  words[tape + TAPE_RECORDS] = tape + TAPE_WORDS;
  words[tape + TAPE_RECORD_COUNT] = records;
  words[tape + TAPE_PAYLOAD] = payload;
  words[tape + TAPE_GATED] = gated;
  words[tape + TAPE_TAIL] = start & POSITION_MASK;
  words[tape + TAPE_LIMIT] = start & POSITION_MASK;
  words[tape + TAPE_SENT_END] = start & POSITION_MASK;
  words[tape + TAPE_LAST] = start & POSITION_MASK;
  for (let i = 0; i < records; i++) {
    const places = tape + TAPE_WORDS + i * RECORD_WORDS + RECORD_PLACES;
    words.fill(SIGN, places, places + PLACES);
  }
}

/** A position with the last two bits of a message's number: where that begins, or ends. */
export function numbered(position: number, number: number): number {
  return position | (number << 30);
}

/**
 * The number of the last message before a tail, from what was read while that stayed. The sender may be at the next one already, and have
 * written the one word, or be seen to have, and not the other; so may one that died.
 */
export function numberBefore(tail: number, sent: number, end: number): number {
  const bits = (end & POSITION_MASK) === tail ? end >>> 30 : (end >>> 30) - 1;
  return numberBehind(sent, bits);
}

/** The number, at most three below `sent`, that ends in those two bits. */
export function numberBehind(sent: number, bits: number): number {
  return (sent - ((sent - bits) & 3)) | 0;
}

/** The index of the place that is in turn in a record. */
export function placeWord(words: Int32Array, record: number): number {
  return record + RECORD_PLACES + (Atomics.load(words, record + RECORD_TURN) & (PLACES - 1));
}

/** How many subscriptions there are. Momentary. */
export function countSubscribers(words: Int32Array, tape: number): number {
  const records = words[tape + TAPE_RECORDS]!;
  let count = 0;
  for (let i = 0; i < words[tape + TAPE_RECORD_COUNT]!; i++) {
    if (Atomics.load(words, records + i * RECORD_WORDS) !== 0) count++;
  }
  return count;
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkTape(words: Int32Array, tape: number, seats: number): number {
  if ((Atomics.load(words, tape + TAPE_PRODUCER) & 0xff) > seats) return tape + TAPE_PRODUCER;
  if ((Atomics.load(words, tape + TAPE_LIMIT) & ~POSITION_MASK) !== 0) return tape + TAPE_LIMIT;
  const records = words[tape + TAPE_RECORDS]!;
  for (let i = 0; i < words[tape + TAPE_RECORD_COUNT]!; i++) {
    const record = records + i * RECORD_WORDS;
    const owner = Atomics.load(words, record);
    if ((owner & 0xff) > seats) return record;
    const at = placeWord(words, record);
    const place = Atomics.load(words, at);
    if (place < 0 && place !== TAKEN && (place & POSITION_MASK) !== 0) return at;
    if (owner === 0 || place < 0 || words[tape + TAPE_GATED] === 0) continue;
    const lag = (Atomics.load(words, tape + TAPE_TAIL) - place) & POSITION_MASK;
    const same = Atomics.load(words, at) === place && Atomics.load(words, record) === owner;
    if (lag > words[tape + TAPE_GRAINS]! && same) return at;
  }
  return 0;
}

/**
 * Takes back what a dead seat held: its subscriptions, so that they hold up no sender, and the sender's side. Answers how many
 * subscriptions. Reads every record; may be cut short and repeated. Whoever waits is rung by the caller.
 */
export function recoverTape(words: Int32Array, tape: number, seats: number, dead: number): number {
  const records = words[tape + TAPE_RECORDS]!;
  let count = 0;
  for (let i = 0; i < words[tape + TAPE_RECORD_COUNT]!; i++) {
    const record = records + i * RECORD_WORDS;
    const owner = Atomics.load(words, record);
    if (owner === 0 || (owner & 0xff) !== dead) continue;
    // From here on nobody else gives it up: not a thread that has claimed it after its eviction, and found that out.
    if (owner !== dead && Atomics.compareExchange(words, record, owner, dead) !== owner) continue;
    const turn = Atomics.load(words, record + RECORD_TURN);
    Atomics.store(words, placeWord(words, record), TAKEN);
    Atomics.store(words, record + RECORD_PLACES + ((turn + 1) & (PLACES - 1)), SIGN);
    Atomics.store(words, record + RECORD_TURN, turn + 1);
    Atomics.store(words, record, 0);
    count++;
  }
  const producer = Atomics.load(words, tape + TAPE_PRODUCER);
  if ((producer & 0xff) === dead) Atomics.compareExchange(words, tape + TAPE_PRODUCER, producer, 0);
  disarm(words, tape + TAPE_MESSAGE_WAITERS, dead);
  disarm(words, tape + TAPE_ROOM_WAITERS, dead);
  ringAll(words, tape + TAPE_MESSAGE_WAITERS, seats);
  ringAll(words, tape + TAPE_ROOM_WAITERS, seats);
  return count;
}
