/**
 * The sender's side of a broadcast (core/tape.core.ts has the layout, the laws and the source). The shell copies the message in
 * between `reserve` and `publish`.
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll } from '../core/doorbell.core.js';
import { isSeated } from '../core/seat.core.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import {
  ATTENDED,
  HEADER_LENGTH,
  HEADER_TYPE,
  numberBefore,
  numbered,
  POSITION_MASK,
  placeWord,
  RECORD_WORDS,
  SCATTER,
  SIGN,
  TAPE_LAST,
  TAPE_LIMIT,
  TAPE_MESSAGE_WAITERS,
  TAPE_PRODUCER,
  TAPE_ROOM_WAITERS,
  TAPE_SENT,
  TAPE_SENT_END,
  TAPE_TAIL,
} from '../core/tape.core.js';
import {
  OWN_AWAITS,
  OWN_GATED,
  OWN_LIMIT,
  OWN_LIMIT_SHOWN,
  OWN_PAYLOAD,
  OWN_RECORD_COUNT,
  OWN_RECORDS,
  OWN_SENT,
  OWN_TAIL,
} from './broadcast-own.js';
import { OWN_INDEX_MASK, OWN_LIFE, OWN_SEAT, OWN_SEAT_GENERATION, OWN_SEATS, OWN_QUEUE as OWN_TAPE } from './own.js';
import { takeSide } from './side.core.js';

/** Takes the sender's side. Answers DONE, UNSEATED or WRONG_SEAT: another has it. */
function takeSender(words: Int32Array, own: Int32Array): number {
  const status = takeSide(words, own, TAPE_PRODUCER);
  if (status === DONE) findTail(words, own);
  return status;
}

/** Finds where the next message goes. */
function findTail(words: Int32Array, own: Int32Array): void {
  const tape = own[OWN_TAPE]!;
  const tail = Atomics.load(words, tape + TAPE_TAIL) & POSITION_MASK;
  own[OWN_TAIL] = tail;
  // Lossy: what the sender before had said is still so. Gated: nothing may be written before a look.
  own[OWN_LIMIT_SHOWN] = Atomics.load(words, tape + TAPE_LIMIT);
  own[OWN_LIMIT] = own[OWN_GATED] === 0 ? own[OWN_LIMIT_SHOWN]! : tail;
  own[OWN_SENT] = numberBefore(tail, words[tape + TAPE_SENT]!, words[tape + TAPE_SENT_END]!);
}

/** Why nothing can be sent, when the tail was that: NONE, CLOSED or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, tail: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return tail < 0 ? CLOSED : NONE;
}

/**
 * Makes sure that so many grains behind the tail, a quarter of the circle at most, may be written. Answers DONE, NONE (gated: the slowest
 * has no room for them), CLOSED, UNSEATED or WRONG_SEAT.
 */
export function reserve(words: Int32Array, own: Int32Array, grains: number): number {
  // A hint is enough: the side is ours until we are evicted. That the tape is closed the publication finds.
  const isOurs = words[own[OWN_TAPE]! + TAPE_PRODUCER] === own[OWN_LIFE];
  if (isOurs && ((own[OWN_LIMIT]! - own[OWN_TAIL]!) & POSITION_MASK) >= grains) return DONE;
  return reserveMore(words, own, grains);
}

/** The rest of `reserve`: no room is known of, or another is the sender, or nobody. */
function reserveMore(words: Int32Array, own: Int32Array, grains: number): number {
  const tape = own[OWN_TAPE]!;
  if (words[tape + TAPE_PRODUCER] !== own[OWN_LIFE]) {
    const status = takeSender(words, own);
    if (status !== DONE) return status;
  }
  if (((own[OWN_LIMIT]! - own[OWN_TAIL]!) & POSITION_MASK) >= grains) return DONE;
  if (own[OWN_GATED] !== 0) return moveGate(words, own, grains);
  // A hint too: nobody is to miss anything for a message that is not sent.
  return words[tape + TAPE_TAIL]! < 0 ? refused(words, own, SIGN) : moveLimit(words, own, grains);
}

/** Lossy: says beforehand what is going to be overwritten, an eighth of the circle at once. */
function moveLimit(words: Int32Array, own: Int32Array, grains: number): number {
  const at = own[OWN_TAPE]! + TAPE_LIMIT;
  const ahead = Math.max(grains, (own[OWN_INDEX_MASK]! + 1) >>> 3);
  const limit = (own[OWN_TAIL]! + ahead) & POSITION_MASK;
  // Not by a store: we may have been recovered, and another be far ahead of us.
  const isMoved = Atomics.compareExchange(words, at, own[OWN_LIMIT_SHOWN]!, limit) === own[OWN_LIMIT_SHOWN];
  // A write holds back only what comes before it; this load, which comes after it, holds back what is written next.
  own[OWN_LIMIT_SHOWN] = Atomics.load(words, at);
  if (!isMoved) return moveLimitAgain(words, own, grains);
  own[OWN_LIMIT] = limit;
  return DONE;
}

/** The rest of `moveLimit` when it is not where this seat knew it. */
function moveLimitAgain(words: Int32Array, own: Int32Array, grains: number): number {
  if (Atomics.load(words, own[OWN_TAPE]! + TAPE_PRODUCER) !== own[OWN_LIFE]) return UNSEATED;
  return moveLimit(words, own, grains);
}

/** Gated: finds out how far the slowest is. Armed, it leaves attention with everyone who has not enough room. */
function moveGate(words: Int32Array, own: Int32Array, grains: number): number {
  const tape = own[OWN_TAPE]!;
  const records = own[OWN_RECORDS]!;
  const count = own[OWN_RECORD_COUNT]!;
  const circle = own[OWN_INDEX_MASK]! + 1;
  const tail = own[OWN_TAIL]!;
  let room = circle;
  for (let i = 0; i < count; i++) {
    const record = records + i * RECORD_WORDS;
    if (Atomics.load(words, record) === 0) continue;
    const at = placeWord(words, record);
    const place = Atomics.load(words, at);
    const free = place < 0 ? 0 : circle - ((tail - place) & POSITION_MASK);
    if (free < grains && own[OWN_AWAITS] !== 0 && attend(words, at, place) === 0) {
      i--; // it has moved
      continue;
    }
    room = Math.min(room, free);
  }
  own[OWN_LIMIT] = (tail + Math.max(room, 0)) & POSITION_MASK;
  return room >= grains ? DONE : refused(words, own, Atomics.load(words, tape + TAPE_TAIL));
}

/** Leaves attention in a place, if it is still that. Answers 1 when it is there. */
function attend(words: Int32Array, at: number, place: number): number {
  if ((place & ATTENDED) !== 0) return 1;
  return Atomics.compareExchange(words, at, place, place | ATTENDED) === place ? 1 : 0;
}

/**
 * Publishes the message whose bytes stand behind the header's grain. Answers DONE; or that nothing was sent: CLOSED, UNSEATED, or NONE when
 * the last message of a sender before, recovered in the middle of it, came after all: `reserve`, and again.
 */
export function publish(words: Int32Array, own: Int32Array, length: number, type: number, grains: number): number {
  const tape = own[OWN_TAPE]!;
  const tail = own[OWN_TAIL]!;
  const next = (tail + grains) & POSITION_MASK;
  const sent = (own[OWN_SENT]! + 1) | 0;
  const header = own[OWN_PAYLOAD]! + (tail & own[OWN_INDEX_MASK]!) * 2;
  words[header + HEADER_LENGTH] = length ^ Math.imul(tail, SCATTER);
  words[header + HEADER_TYPE] = type;
  words[tape + TAPE_SENT] = sent;
  words[tape + TAPE_SENT_END] = numbered(next, sent);
  const seen = Atomics.compareExchange(words, tape + TAPE_TAIL, tail, next);
  if (seen !== tail) {
    const status = publishAttended(words, own, seen, next);
    if (status !== DONE) return status;
  }
  words[tape + TAPE_LAST] = numbered(tail, sent);
  own[OWN_TAIL] = next;
  own[OWN_SENT] = sent;
  return DONE;
}

/** The rest of `publish`, where the tail was not as this seat left it: somebody waits, or this seat may send no more. */
function publishAttended(words: Int32Array, own: Int32Array, before: number, next: number): number {
  const tape = own[OWN_TAPE]!;
  const tail = own[OWN_TAIL]!;
  let seen = before;
  if (seen === (tail | ATTENDED)) {
    seen = Atomics.compareExchange(words, tape + TAPE_TAIL, seen, next);
    if (seen === (tail | ATTENDED)) {
      ringAll(words, tape + TAPE_MESSAGE_WAITERS, own[OWN_SEATS]!);
      return DONE;
    }
  }
  if ((seen & POSITION_MASK) === tail) return refused(words, own, SIGN);
  // Another sends: this seat was recovered meanwhile, or that one.
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  findTail(words, own);
  return NONE;
}

/** Announces that the sender is about to wait for room. Answers the bell to wait on; look again before waiting. */
export function armSender(words: Int32Array, own: Int32Array): number {
  own[OWN_AWAITS] = 1;
  return arm(words, own[OWN_TAPE]! + TAPE_ROOM_WAITERS, own[OWN_SEAT]!);
}

/** Stops waiting for room. */
export function leaveSender(words: Int32Array, own: Int32Array): void {
  own[OWN_AWAITS] = 0;
  disarm(words, own[OWN_TAPE]! + TAPE_ROOM_WAITERS, own[OWN_SEAT]!);
}

/** As `reserve`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function reserveWait(words: Int32Array, own: Int32Array, grains: number, deadline: number): number {
  for (;;) {
    const bell = armSender(words, own);
    const result = reserve(words, own, grains);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveSender(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** Closes the tape: nothing more is sent, what was sent can still be received. Answers 1 the first time. */
export function closeTape(words: Int32Array, own: Int32Array): number {
  const tape = own[OWN_TAPE]!;
  const before = Atomics.or(words, tape + TAPE_TAIL, SIGN);
  ringAll(words, tape + TAPE_MESSAGE_WAITERS, own[OWN_SEATS]!);
  ringAll(words, tape + TAPE_ROOM_WAITERS, own[OWN_SEATS]!);
  return before < 0 ? 0 : 1;
}
