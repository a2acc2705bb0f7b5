/**
 * The message ring's operations (core/frame.core.ts has the layout, the laws and the source). Payloads are copied by the shells,
 * between `claim` and `commit`, and between `nextMessage` and `passMessage`.
 *
 * ```
 * own, private to the seat
 * word 0 ring | 1 records | 2 bits of a unit's number | 3 seat | 4 seats | 5 seat generation
 * word 6 head: what the consumer receives next | 7 head as a producer last saw it | 8 length of the message at hand, in units
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll, ringOne, someoneWaits } from '../core/doorbell.core.js';
import {
  emptyFrame,
  FRAME_BYTES,
  FRAME_CLAIMED,
  FRAME_EMPTY,
  FRAME_FULL,
  FRAME_LENGTH_SHIFT,
  FRAME_SEAT_SHIFT,
  FRAME_SKIP,
  FRAME_STATE_MASK,
  FRAME_TAG_MASK,
  FRAME_TYPE,
  FRAMES_CLOSED,
  FRAMES_CONSUMER,
  FRAMES_HEAD,
  FRAMES_MESSAGE_WAITERS,
  FRAMES_ROOM_WAITERS,
  FRAMES_TAIL,
  frameIndex,
  UNIT_SHIFT,
} from '../core/frame.core.js';
import { isSeated } from '../core/seat.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';

export const OWN_FRAMES = 0;
export const OWN_RECORDS = 1;
export const OWN_UNIT_BITS = 2;
export const OWN_SEAT = 3;
export const OWN_SEATS = 4;
export const OWN_SEAT_GENERATION = 5;
export const OWN_HEAD = 6;
export const OWN_HEAD_SEEN = 7;
const OWN_LENGTH = 8;
export const OWN_WORDS = 9;

/** Units that a message takes: none is taken by nothing. */
function unitsOf(bytes: number): number {
  return bytes === 0 ? 1 : (bytes + 63) >>> UNIT_SHIFT;
}

/**
 * Claims room for a message, which the consumer waits for until it is committed or aborted. Answers its unit's number + 1,
 * NONE (no room), CLOSED, UNSEATED or BAD_HANDLE (a law is broken).
 */
export function claim(words: Int32Array, own: Int32Array, bytes: number, type: number): number {
  const frames = own[OWN_FRAMES]!;
  const unitBits = own[OWN_UNIT_BITS]!;
  const units = 1 << unitBits;
  const length = unitsOf(bytes);
  // A hint: missed, the claim below finds the ring closed too.
  if (words[frames + FRAMES_CLOSED] !== 0) return refused(words, own, 1);
  let head = own[OWN_HEAD_SEEN]!;
  let tail = words[frames + FRAMES_TAIL]!;
  let astray = 0;
  for (;;) {
    const left = units - (tail & (units - 1));
    const padding = length > left ? left : 0;
    if ((tail - head) >>> 0 > units - padding - length) {
      const seen = Atomics.load(words, frames + FRAMES_HEAD);
      // Head has not moved since the tail was known, so there was a moment without room.
      if (seen === head && (tail - head) >>> 0 <= units) {
        return refused(words, own, Atomics.load(words, frames + FRAMES_CLOSED));
      }
      // From the nearest place on frames lead to one within a lap. If they don't, and head stands still, a law is broken.
      astray = seen === head ? astray + 1 : 0;
      if (astray > 2) return BAD_HANDLE;
      own[OWN_HEAD_SEEN] = head = seen;
      tail = nearestTail(words, own, tail);
      continue;
    }
    const at = frameIndex(own[OWN_RECORDS]!, tail, unitBits);
    const empty = emptyFrame(tail, unitBits);
    const next =
      padding !== 0
        ? (padding << FRAME_LENGTH_SHIFT) | FRAME_SKIP
        : (length << FRAME_LENGTH_SHIFT) | (own[OWN_SEAT]! << FRAME_SEAT_SHIFT) | FRAME_CLAIMED;
    // No look before: the hint is right most of the time, and an exchange that fails is a look.
    const word = Atomics.compareExchange(words, at, empty, next);
    if (word === empty) {
      if (padding !== 0) {
        // No hint here: the consumer may pass padding at once, and a hint must not be written later than that.
        tail = (tail + padding) | 0;
        continue;
      }
      // Plain: a hint for others, who find from here what is so.
      words[frames + FRAMES_TAIL] = (tail + length) | 0;
      const unit = tail & (units - 1);
      const record = own[OWN_RECORDS]! + unit * 4;
      words[record + FRAME_BYTES] = bytes;
      words[record + FRAME_TYPE] = type;
      if (Atomics.load(words, frames + FRAMES_CLOSED) !== 0) return giveUp(words, own, at, next);
      return unit + 1;
    }
    // Claimed by another. Head, looked at after the word, tells whether that was in this lap.
    own[OWN_HEAD_SEEN] = head = Atomics.load(words, frames + FRAMES_HEAD);
    if (((tail - head) | 0) < 0) tail = nearestTail(words, own, tail);
    else if ((word & FRAME_STATE_MASK) === FRAME_EMPTY || word >>> FRAME_LENGTH_SHIFT === 0)
      return BAD_HANDLE; // a law is broken
    else tail = (tail + (word >>> FRAME_LENGTH_SHIFT)) | 0;
  }
}

/** Where to go on when head has passed a tail, or is laps away from it: at the hint, or else at head. */
function nearestTail(words: Int32Array, own: Int32Array, tail: number): number {
  const head = own[OWN_HEAD_SEEN]!;
  const units = 1 << own[OWN_UNIT_BITS]!;
  if ((tail - head) >>> 0 <= units) return tail;
  const hint = words[own[OWN_FRAMES]! + FRAMES_TAIL]!;
  return (hint - head) >>> 0 <= units ? hint : head;
}

/** Why nothing could be claimed or received: NONE, CLOSED as found before, or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** The ring was closed before the claim could be answered: the frame is skipped. */
function giveUp(words: Int32Array, own: Int32Array, at: number, claimed: number): number {
  Atomics.compareExchange(words, at, claimed, (claimed & ~FRAME_TAG_MASK) | FRAME_SKIP);
  // The consumer may now see that the ring is drained.
  wake(words, own, FRAMES_MESSAGE_WAITERS);
  return refused(words, own, 1);
}

/**
 * Ends a claim of this seat: `state` is FULL to commit it, SKIP to abort it. Answers DONE, BAD_HANDLE when this seat has no open
 * claim at that unit, or UNSEATED.
 */
export function settle(words: Int32Array, own: Int32Array, unit: number, state: number): number {
  const tag = (own[OWN_SEAT]! << FRAME_SEAT_SHIFT) | FRAME_CLAIMED;
  let at = own[OWN_RECORDS]! + unit * 4;
  // Plain: nobody else makes a word this seat's claim, and whoever ends one for it, at recovery, makes the exchange fail.
  let word = words[at]!;
  if ((word & FRAME_TAG_MASK) !== tag) {
    at++;
    word = words[at]!;
    if ((word & FRAME_TAG_MASK) !== tag) {
      return isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0 ? UNSEATED : BAD_HANDLE;
    }
  }
  if (Atomics.compareExchange(words, at, word, (word & ~FRAME_TAG_MASK) | state) !== word) return UNSEATED;
  wake(words, own, FRAMES_MESSAGE_WAITERS);
  return DONE;
}

/** Rings one seat of a waiter set, if anyone waits there. */
function wake(words: Int32Array, own: Int32Array, set: number): void {
  const waiters = own[OWN_FRAMES]! + set;
  // The usual case, at most 31 seats and nobody waiting, in one load.
  if (own[OWN_SEATS]! < 32 && Atomics.load(words, waiters) === 0) return;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
}

/** Makes this seat the consumer, if there is none. Answers DONE, NONE when another seat is it, or UNSEATED. */
export function becomeConsumer(words: Int32Array, own: Int32Array): number {
  const frames = own[OWN_FRAMES]!;
  const seat = own[OWN_SEAT]!;
  const consumer = Atomics.load(words, frames + FRAMES_CONSUMER);
  if (consumer === seat) return DONE;
  if (isSeated(words, seat, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  if (consumer !== 0 || Atomics.compareExchange(words, frames + FRAMES_CONSUMER, 0, seat) !== 0) return NONE;
  own[OWN_HEAD] = Atomics.load(words, frames + FRAMES_HEAD);
  return DONE;
}

/** Lets another seat be the consumer. */
export function resignConsumer(words: Int32Array, own: Int32Array): void {
  Atomics.compareExchange(words, own[OWN_FRAMES]! + FRAMES_CONSUMER, own[OWN_SEAT]!, 0);
}

/**
 * Finds the next message; the consumer only. Answers its unit's number + 1, NONE (none, or the next one is still being
 * written), CLOSED (and drained), BAD_HANDLE (a law is broken) or UNSEATED. It stays until `passMessage`.
 */
export function nextMessage(words: Int32Array, own: Int32Array): number {
  const units = 1 << own[OWN_UNIT_BITS]!;
  for (;;) {
    const head = own[OWN_HEAD]!;
    const at = frameIndex(own[OWN_RECORDS]!, head, own[OWN_UNIT_BITS]!);
    const word = Atomics.load(words, at);
    const state = word & FRAME_STATE_MASK;
    const length = word >>> FRAME_LENGTH_SHIFT;
    if (state === FRAME_FULL || state === FRAME_SKIP) {
      if (length === 0 || (head & (units - 1)) + length > units) return BAD_HANDLE;
      own[OWN_LENGTH] = length;
      if (state === FRAME_FULL) return (head & (units - 1)) + 1;
      passMessage(words, own);
      continue;
    }
    // Only what the word says after `closed` was seen proves that nothing is on its way.
    const closed = Atomics.load(words, own[OWN_FRAMES]! + FRAMES_CLOSED);
    if (closed !== 0 && Atomics.load(words, at) !== word) continue;
    return refused(words, own, state === FRAME_CLAIMED ? 0 : closed);
  }
}

/** The length in bytes of the message at a unit, or -1 when it is more than its frame holds: then a law is broken. */
export function messageBytes(words: Int32Array, own: Int32Array, unit: number): number {
  const bytes = words[own[OWN_RECORDS]! + unit * 4 + FRAME_BYTES]!;
  return bytes < 0 || unitsOf(bytes) !== own[OWN_LENGTH]! ? -1 : bytes;
}

/** The type of the message at a unit. */
export function messageType(words: Int32Array, own: Int32Array, unit: number): number {
  return words[own[OWN_RECORDS]! + unit * 4 + FRAME_TYPE]!;
}

/** Gives the room of the message found last back to the producers. */
export function passMessage(words: Int32Array, own: Int32Array): void {
  const frames = own[OWN_FRAMES]!;
  const unitBits = own[OWN_UNIT_BITS]!;
  const units = 1 << unitBits;
  const head = own[OWN_HEAD]!;
  const length = own[OWN_LENGTH]!;
  // The words of the lap to come, which until here were those of the lap before. The store of head publishes them.
  const next = (head + units) | 0;
  const empty = emptyFrame(next, unitBits);
  const at = frameIndex(own[OWN_RECORDS]!, next, unitBits);
  for (let i = 0; i < length; i++) words[at + i * 4] = empty;
  own[OWN_HEAD] = (head + length) | 0;
  Atomics.store(words, frames + FRAMES_HEAD, (head + length) | 0);
  wakeProducer(words, own, (head + length) | 0);
}

/** Rings one of those who wait for room, when half of the ring is free: then every message fits. */
function wakeProducer(words: Int32Array, own: Int32Array, head: number): void {
  const frames = own[OWN_FRAMES]!;
  const waiters = frames + FRAMES_ROOM_WAITERS;
  if (own[OWN_SEATS]! < 32 && Atomics.load(words, waiters) === 0) return;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) === 0) return;
  if (isHalfFree(words, own, head) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
}

/** Whether half of the ring is free. The hint may lie behind the truth, never before it: so this errs on the side of waking. */
function isHalfFree(words: Int32Array, own: Int32Array, head: number): number {
  const used = (words[own[OWN_FRAMES]! + FRAMES_TAIL]! - head) | 0;
  return used <= (1 << own[OWN_UNIT_BITS]!) >>> 1 ? 1 : 0;
}

/** Stops waiting for room. While there is plenty left, or the ring is closed, another waiter is rung. */
function leaveRoom(words: Int32Array, own: Int32Array): void {
  const frames = own[OWN_FRAMES]!;
  disarm(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEAT]!);
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  if (isHalfFree(words, own, head) !== 0 || Atomics.load(words, frames + FRAMES_CLOSED) !== 0) {
    wake(words, own, FRAMES_ROOM_WAITERS);
  }
}

/** Stops waiting for a message. There is one consumer: whatever it was rung for, nobody else waits for it. */
export function leaveMessages(words: Int32Array, own: Int32Array): void {
  disarm(words, own[OWN_FRAMES]! + FRAMES_MESSAGE_WAITERS, own[OWN_SEAT]!);
}

/** As `claim`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function claimWait(words: Int32Array, own: Int32Array, bytes: number, type: number, deadline: number): number {
  for (;;) {
    const bell = arm(words, own[OWN_FRAMES]! + FRAMES_ROOM_WAITERS, own[OWN_SEAT]!);
    const result = claim(words, own, bytes, type);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveRoom(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `nextMessage`, but waits for one until the deadline (on `now`'s clock). Blocks the thread. */
export function nextMessageWait(words: Int32Array, own: Int32Array, deadline: number): number {
  for (;;) {
    const bell = arm(words, own[OWN_FRAMES]! + FRAMES_MESSAGE_WAITERS, own[OWN_SEAT]!);
    const result = nextMessage(words, own);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveMessages(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** Closes the ring: nothing more is claimed, what is in it can still be received. Answers 1 the first time. */
export function closeFrames(words: Int32Array, own: Int32Array): number {
  const frames = own[OWN_FRAMES]!;
  const first = Atomics.compareExchange(words, frames + FRAMES_CLOSED, 0, 1) === 0 ? 1 : 0;
  ringAll(words, frames + FRAMES_MESSAGE_WAITERS, own[OWN_SEATS]!);
  ringAll(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEATS]!);
  return first;
}
