/**
 * A subscriber's side of a broadcast (core/tape.core.ts has the layout, the laws and the source). The shell copies the message out
 * between `nextMessage` and `passMessage`, and believes the copy only when that says DONE.
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll } from '../core/doorbell.core.js';
import { isSeated } from '../core/seat.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import {
  ATTENDED,
  GRAIN_SHIFT,
  HEADER_LENGTH,
  HEADER_TYPE,
  LENGTH_ROUND,
  numberBefore,
  numberBehind,
  POSITION_MASK,
  placeWord,
  RECORD_WORDS,
  SCATTER,
  SIGN,
  TAKEN,
  TAPE_LAST,
  TAPE_LIMIT,
  TAPE_MESSAGE_WAITERS,
  TAPE_ROOM_WAITERS,
  TAPE_SENT,
  TAPE_SENT_END,
  TAPE_TAIL,
} from '../core/tape.core.js';
import {
  OWN_ARMED,
  OWN_GATED,
  OWN_GRAINS,
  OWN_MISSED,
  OWN_NUMBER,
  OWN_PAYLOAD,
  OWN_PLACE,
  OWN_PLACE_WORD,
  OWN_RECORD,
  OWN_RECORD_COUNT,
  OWN_RECORDS,
  OWN_SEEN,
  OWN_SHOWN,
  OWN_TYPE,
} from './broadcast-own.js';
import { OWN_INDEX_MASK, OWN_LIFE, OWN_SEAT, OWN_SEAT_GENERATION, OWN_SEATS, OWN_QUEUE as OWN_TAPE } from './own.js';

/** What is no position. */
const NOWHERE = -1;

/** Takes a record, and begins where the tape ends now. Answers DONE, NONE when all are taken, or UNSEATED. */
export function subscribe(words: Int32Array, own: Int32Array): number {
  const tape = own[OWN_TAPE]!;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  for (let i = 0; i < own[OWN_RECORD_COUNT]!; i++) {
    const record = own[OWN_RECORDS]! + i * RECORD_WORDS;
    if (Atomics.load(words, record) !== 0) continue;
    if (Atomics.compareExchange(words, record, 0, own[OWN_LIFE]!) !== 0) continue;
    const at = placeWord(words, record);
    // Seated still: the place is ours. Evicted before the claim, recovery may have missed it, and nobody would ever give it up.
    if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) {
      if (Atomics.compareExchange(words, record, own[OWN_LIFE]!, 0) === own[OWN_LIFE])
        ringAll(words, tape + TAPE_ROOM_WAITERS, own[OWN_SEATS]!);
      return UNSEATED;
    }
    // The record first, then the tail: a sender that missed the one has not gone a circle beyond the other.
    const place = findEnd(words, own);
    own[OWN_RECORD] = record;
    own[OWN_PLACE_WORD] = at;
    own[OWN_PLACE] = place;
    own[OWN_SHOWN] = place;
    own[OWN_SEEN] = place;
    const before = Atomics.compareExchange(words, at, SIGN, place);
    if (before === SIGN) return DONE;
    // A sender waits for this one already, or recovery has taken it.
    if (before === TAKEN || Atomics.compareExchange(words, at, before, place) !== before) return UNSEATED;
    ringAll(words, tape + TAPE_ROOM_WAITERS, own[OWN_SEATS]!);
    return DONE;
  }
  return NONE;
}

/** Finds where the tape ends, and the number of the message that will begin there. Answers the position. */
function findEnd(words: Int32Array, own: Int32Array): number {
  const tape = own[OWN_TAPE]!;
  let tail = Atomics.load(words, tape + TAPE_TAIL) & POSITION_MASK;
  for (;;) {
    const end = Atomics.load(words, tape + TAPE_SENT_END);
    const sent = Atomics.load(words, tape + TAPE_SENT);
    own[OWN_NUMBER] = (numberBefore(tail, sent, end) + 1) | 0;
    const again = Atomics.load(words, tape + TAPE_TAIL) & POSITION_MASK;
    if (again === tail) return tail;
    tail = again;
  }
}

/** Gives the record up: nothing is held up by it any more. One that was recovered has none to give up. */
export function unsubscribe(words: Int32Array, own: Int32Array): void {
  const at = own[OWN_PLACE_WORD]!;
  const shown = own[OWN_SHOWN]!;
  let seen = Atomics.compareExchange(words, at, shown, SIGN);
  if (seen === (shown | ATTENDED)) seen = Atomics.compareExchange(words, at, seen, SIGN) & ~ATTENDED;
  if (seen !== shown) return;
  Atomics.compareExchange(words, own[OWN_RECORD]!, own[OWN_LIFE]!, 0);
  ringAll(words, own[OWN_TAPE]! + TAPE_ROOM_WAITERS, own[OWN_SEATS]!);
}

/**
 * Whether what was read from the place on may have been overwritten meanwhile. Moves the place to `next` first. Answers 1, 0 or
 * UNSEATED.
 */
function wasOverrun(words: Int32Array, own: Int32Array, next: number): number {
  const place = own[OWN_PLACE]!;
  // An exchange, before the look: what was copied was read before it.
  if (Atomics.compareExchange(words, own[OWN_PLACE_WORD]!, place, next) !== place) return UNSEATED;
  own[OWN_PLACE] = next;
  own[OWN_SHOWN] = next;
  const limit = Atomics.load(words, own[OWN_TAPE]! + TAPE_LIMIT);
  return ((limit - place) & POSITION_MASK) > own[OWN_INDEX_MASK]! + 1 ? 1 : 0;
}

/** Overrun at `from`: goes on with the last message, so that who falls behind has that at least. Answers DONE or UNSEATED. */
function jump(words: Int32Array, own: Int32Array, from: number): number {
  const number = own[OWN_NUMBER]!;
  let place = findLast(words, own);
  // Who was overrun right there does not come back to it: in a damaged tape that would not end.
  if (place === NOWHERE || place === from) {
    place = findEnd(words, own);
    own[OWN_SEEN] = place;
  }
  // Below 0 only where a sender that was recovered has written what it was about to.
  own[OWN_MISSED] = own[OWN_MISSED]! + Math.max((own[OWN_NUMBER]! - number) | 0, 0);
  return wasOverrun(words, own, place) === UNSEATED ? UNSEATED : DONE;
}

/**
 * Finds where the last message begins, or one shortly before it, its number, and where the tape ends. Answers the position, or NOWHERE:
 * what stands there is old, where a sender was recovered while it went on.
 */
function findLast(words: Int32Array, own: Int32Array): number {
  const at = own[OWN_TAPE]! + TAPE_LAST;
  let last = Atomics.load(words, at);
  for (;;) {
    // While that stays, the number is no further ahead than the law says.
    own[OWN_NUMBER] = numberBehind(Atomics.load(words, own[OWN_TAPE]! + TAPE_SENT), last >>> 30);
    let again = Atomics.load(words, at);
    if (again === last) {
      const tail = Atomics.load(words, own[OWN_TAPE]! + TAPE_TAIL) & POSITION_MASK;
      own[OWN_SEEN] = tail;
      const place = last & POSITION_MASK;
      if (((tail - place) & POSITION_MASK) <= (own[OWN_INDEX_MASK]! + 1) >>> 1) return place;
      // So far ahead the sender may have gone in between.
      again = Atomics.load(words, at);
      if (again === last) return NOWHERE;
    }
    last = again;
  }
}

/** Looks how far the tape goes. Who waits, and finds that it ends where it is, leaves attention in the tail by the same look. */
function lookAtTail(words: Int32Array, own: Int32Array): number {
  const at = own[OWN_TAPE]! + TAPE_TAIL;
  const place = own[OWN_PLACE]!;
  const tail =
    own[OWN_ARMED] === 0 ? Atomics.load(words, at) : Atomics.compareExchange(words, at, place, place | ATTENDED);
  own[OWN_SEEN] = tail & POSITION_MASK;
  return tail;
}

/**
 * Finds the next message: answers its length in bytes, NONE, CLOSED (and all is received), UNSEATED or BAD_HANDLE (a law is broken).
 * It stays until `passMessage`.
 */
export function nextMessage(words: Int32Array, own: Int32Array): number {
  for (;;) {
    const place = own[OWN_PLACE]!;
    if (own[OWN_SEEN] === place) {
      const status = lookFurther(words, own);
      if (status !== DONE) return status;
    }
    // Before the tail that was seen: nothing is atomic from here on, message after message.
    const header = own[OWN_PAYLOAD]! + (place & own[OWN_INDEX_MASK]!) * 2;
    const length = words[header + HEADER_LENGTH]! ^ Math.imul(place, SCATTER);
    const grains = (length + LENGTH_ROUND) >>> GRAIN_SHIFT;
    own[OWN_GRAINS] = grains;
    if (length > 0 && grains <= (own[OWN_INDEX_MASK]! + 1) >>> 2) return length;
    const status = notWhole(words, own);
    if (status !== DONE) return status;
  }
}

/** All that was known of is received: looks for more. Answers DONE, NONE, CLOSED or UNSEATED. */
function lookFurther(words: Int32Array, own: Int32Array): number {
  const place = own[OWN_PLACE]!;
  const tail = lookAtTail(words, own);
  if (own[OWN_SEEN] !== place) return DONE;
  if (own[OWN_SHOWN] !== place && showPlace(words, own) === UNSEATED) return UNSEATED;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return tail < 0 ? CLOSED : NONE;
}

/** What stands at the place is no message of this lap. Answers DONE to look again, UNSEATED or BAD_HANDLE. */
function notWhole(words: Int32Array, own: Int32Array): number {
  // Gated: no sender waits for one that was recovered.
  if (own[OWN_GATED] !== 0)
    return isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0 ? UNSEATED : BAD_HANDLE;
  const overrun = wasOverrun(words, own, own[OWN_PLACE]!);
  if (overrun === UNSEATED) return UNSEATED;
  return overrun === 0 ? BAD_HANDLE : jump(words, own, own[OWN_PLACE]!);
}

/**
 * Whether the message found last is whole, without passing it: a lossy one's length may have been another's. Answers DONE, NONE or
 * UNSEATED.
 */
export function isWhole(words: Int32Array, own: Int32Array): number {
  return own[OWN_GATED] !== 0 ? DONE : moveLossy(words, own, own[OWN_PLACE]!);
}

/** Passes the message found last, after it was copied. Answers DONE, NONE (overrun: the copy is worth nothing) or UNSEATED. */
export function passMessage(words: Int32Array, own: Int32Array): number {
  const place = own[OWN_PLACE]!;
  const header = own[OWN_PAYLOAD]! + (place & own[OWN_INDEX_MASK]!) * 2;
  const type = words[header + HEADER_TYPE]!;
  const next = (place + own[OWN_GRAINS]!) & POSITION_MASK;
  const status = own[OWN_GATED] !== 0 ? moveGated(words, own, next) : moveLossy(words, own, next);
  if (status !== DONE) return status;
  own[OWN_TYPE] = type;
  own[OWN_NUMBER] = (own[OWN_NUMBER]! + 1) | 0;
  return DONE;
}

/** Lossy: moves the place on, and looks whether what was read is whole. Answers as `passMessage`. */
function moveLossy(words: Int32Array, own: Int32Array, next: number): number {
  const place = own[OWN_PLACE]!;
  const overrun = wasOverrun(words, own, next);
  if (overrun === 0) return DONE;
  return overrun === UNSEATED || jump(words, own, place) === UNSEATED ? UNSEATED : NONE;
}

/** Gated: moves the place on. It is shown at once to a sender that waits, to others an eighth of the circle at a time. */
function moveGated(words: Int32Array, own: Int32Array, next: number): number {
  own[OWN_PLACE] = next;
  const shown = own[OWN_SHOWN]!;
  const isDue = ((next - shown) & POSITION_MASK) >= (own[OWN_INDEX_MASK]! + 1) >>> 3;
  // A hint: a sender that begins to wait behind this look is not seen either, and hears of the next.
  if (!isDue && words[own[OWN_PLACE_WORD]!] === shown) return DONE;
  return showPlace(words, own);
}

/** Gated: shows the place; a sender that waits is rung when half of the circle is free for it: then any message fits. */
function showPlace(words: Int32Array, own: Int32Array): number {
  const at = own[OWN_PLACE_WORD]!;
  const shown = own[OWN_SHOWN]!;
  const place = own[OWN_PLACE]!;
  const seen = Atomics.compareExchange(words, at, shown, place);
  if (seen !== shown) {
    if (seen !== (shown | ATTENDED)) return UNSEATED;
    const tape = own[OWN_TAPE]!;
    const behind = (Atomics.load(words, tape + TAPE_TAIL) - place) & POSITION_MASK;
    const ringing = behind <= (own[OWN_INDEX_MASK]! + 1) >>> 1;
    if (Atomics.compareExchange(words, at, seen, ringing ? place : place | ATTENDED) !== seen) return UNSEATED;
    if (ringing) ringAll(words, tape + TAPE_ROOM_WAITERS, own[OWN_SEATS]!);
  }
  own[OWN_SHOWN] = place;
  return DONE;
}

/** Announces that this seat is about to wait for a message. Answers the bell to wait on; look again before waiting. */
export function armSubscriber(words: Int32Array, own: Int32Array): number {
  own[OWN_ARMED] = 1;
  return arm(words, own[OWN_TAPE]! + TAPE_MESSAGE_WAITERS, own[OWN_SEAT]!);
}

/** Stops waiting for a message. Others are rung for every message themselves. */
export function leaveSubscriber(words: Int32Array, own: Int32Array): void {
  own[OWN_ARMED] = 0;
  disarm(words, own[OWN_TAPE]! + TAPE_MESSAGE_WAITERS, own[OWN_SEAT]!);
}

/** As `nextMessage`, but waits for one until the deadline (on `now`'s clock). Blocks the thread. */
export function nextMessageWait(words: Int32Array, own: Int32Array, deadline: number): number {
  for (;;) {
    const bell = armSubscriber(words, own);
    const result = nextMessage(words, own);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveSubscriber(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
