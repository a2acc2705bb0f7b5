/**
 * The message ring's operations (core/frame.core.ts has the layout, the laws and the source). Payloads are copied by the shells,
 * between `claim` and `commit`, and between `nextMessage` and `passMessage`.
 *
 * ```
 * own, private to the seat
 * word 0 ring | 1 records | 2 bits of a unit's number | 3 seat | 4 seats | 5 seat generation
 * word 6 head: the word that the consumer moves next | 7 its position, as a producer last saw it | 8 length of the message at hand, in units
 * word 9 tag of this seat's claims | 10 gate, as it was when this seat was last known to be seated
 * ```
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringAll, ringOne, someoneWaits } from '../core/doorbell.core.js';
import {
  EPOCH_SHIFT,
  emptyFrame,
  FRAME_BYTES,
  FRAME_CLAIMED,
  FRAME_EMPTY,
  FRAME_FULL,
  FRAME_LENGTH_SHIFT,
  FRAME_SKIP,
  FRAME_STATE_MASK,
  FRAME_TAG_MASK,
  FRAME_TYPE,
  FRAMES_CONSUMER,
  FRAMES_GATE,
  FRAMES_HEAD,
  FRAMES_MESSAGE_WAITERS,
  FRAMES_ROOM_WAITERS,
  FRAMES_TAIL,
  frameIndex,
  GATE_CLOSED,
  POSITION_MASK,
  prepareLap,
  skipOrphan,
  UNIT_SHIFT,
} from '../core/frame.core.js';
import { isGone, isSeated } from '../core/seat.core.js';
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
export const OWN_TAG = 9;
/** The gate as it was when this seat was last found seated. */
export const OWN_GATE = 10;
export const OWN_WORDS = 11;

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
  // A hint: missed, the claim below finds the gate moved too. But who was recovered before had better claim nothing: see `skipOrphan`.
  const before = words[frames + FRAMES_GATE]!;
  if (before !== own[OWN_GATE]) {
    const why = refused(words, own, before & GATE_CLOSED);
    if (why !== NONE) return why;
  }
  let head = own[OWN_HEAD_SEEN]!;
  let tail = words[frames + FRAMES_TAIL]! & POSITION_MASK;
  let astray = 0;
  for (;;) {
    const left = units - (tail & (units - 1));
    const padding = length > left ? left : 0;
    if (((tail - head) & POSITION_MASK) > units - padding - length) {
      const seen = Atomics.load(words, frames + FRAMES_HEAD) & POSITION_MASK;
      // Head has not moved since the tail was known, so there was a moment without room.
      if (seen === head && ((tail - head) & POSITION_MASK) <= units) {
        return refused(words, own, isClosed(words, frames));
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
    const next = ((padding !== 0 ? padding : length) << FRAME_LENGTH_SHIFT) | own[OWN_TAG]!;
    // No look before: the hint is right most of the time, and an exchange that fails is a look.
    const word = Atomics.compareExchange(words, at, empty, next);
    if (word === empty) {
      if (padding !== 0) {
        pad(words, own, tail, padding);
        tail = (tail + padding) & POSITION_MASK;
        continue;
      }
      // Plain: a hint for others, who find from here what is so.
      words[frames + FRAMES_TAIL] = (tail + length) & POSITION_MASK;
      prepareLap(words, own[OWN_RECORDS]!, tail, length, unitBits);
      const unit = tail & (units - 1);
      const record = own[OWN_RECORDS]! + unit * 4;
      words[record + FRAME_BYTES] = bytes;
      words[record + FRAME_TYPE] = type;
      const gate = Atomics.load(words, frames + FRAMES_GATE);
      return gate === own[OWN_GATE] ? unit + 1 : passGate(words, own, at, next, gate);
    }
    // Claimed by another. Head, looked at after the word, tells whether that was in this lap.
    own[OWN_HEAD_SEEN] = head = Atomics.load(words, frames + FRAMES_HEAD) & POSITION_MASK;
    if (signed(tail - head) < 0) tail = nearestTail(words, own, tail);
    else if ((word & FRAME_STATE_MASK) === FRAME_EMPTY || word >>> FRAME_LENGTH_SHIFT === 0)
      return BAD_HANDLE; // a law is broken
    else tail = (tail + (word >>> FRAME_LENGTH_SHIFT)) & POSITION_MASK;
  }
}

/** A difference of positions, which may be behind. */
function signed(difference: number): number {
  return (difference << (32 - EPOCH_SHIFT)) >> (32 - EPOCH_SHIFT);
}

/** Skips the rest of a lap, which this seat has claimed. No hint: the consumer may pass it at once, and a hint must not come later than that. */
function pad(words: Int32Array, own: Int32Array, position: number, padding: number): void {
  const unitBits = own[OWN_UNIT_BITS]!;
  const claimed = (padding << FRAME_LENGTH_SHIFT) | own[OWN_TAG]!;
  prepareLap(words, own[OWN_RECORDS]!, position, padding, unitBits);
  skip(words, own, frameIndex(own[OWN_RECORDS]!, position, unitBits), claimed);
}

/** Ends a claim of this seat, of which nothing is to be received. Recovery may have done it. */
function skip(words: Int32Array, own: Int32Array, at: number, claimed: number): void {
  Atomics.compareExchange(words, at, claimed, (claimed & ~FRAME_TAG_MASK) | FRAME_SKIP);
  // The consumer may now see that the ring is drained.
  wake(words, own, FRAMES_MESSAGE_WAITERS);
}

/** Where to go on when head has passed a tail, or is laps away from it: at the hint, or else at head. */
function nearestTail(words: Int32Array, own: Int32Array, tail: number): number {
  const head = own[OWN_HEAD_SEEN]!;
  const units = 1 << own[OWN_UNIT_BITS]!;
  if (((tail - head) & POSITION_MASK) <= units) return tail;
  const hint = words[own[OWN_FRAMES]! + FRAMES_TAIL]! & POSITION_MASK;
  return ((hint - head) & POSITION_MASK) <= units ? hint : head;
}

/** Why nothing could be claimed or received: NONE, CLOSED as found before, or UNSEATED. */
function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** The rest of `claim` when a seat was recovered, or the ring closed. Should that come before the claim could be answered, the frame is skipped. */
function passGate(words: Int32Array, own: Int32Array, at: number, claimed: number, gate: number): number {
  if ((gate & GATE_CLOSED) === 0 && isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) !== 0) {
    own[OWN_GATE] = gate;
    return (at - own[OWN_RECORDS]!) / 4 + 1;
  }
  skip(words, own, at, claimed);
  return refused(words, own, 1);
}

/**
 * Ends a claim of this seat: `state` is FULL to commit it, SKIP to abort it. Answers DONE, BAD_HANDLE when this seat has no open
 * claim at that unit, or UNSEATED.
 */
export function settle(words: Int32Array, own: Int32Array, unit: number, state: number): number {
  // A hint: who was recovered since the gate was looked at finds its claims skipped, and its seat's next life has another turn.
  if (
    words[own[OWN_FRAMES]! + FRAMES_GATE] !== own[OWN_GATE] &&
    isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0
  )
    return UNSEATED;
  const tag = own[OWN_TAG]!;
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

function isClosed(words: Int32Array, frames: number): number {
  return Atomics.load(words, frames + FRAMES_GATE) & GATE_CLOSED;
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
  const consumer = Atomics.load(words, own[OWN_FRAMES]! + FRAMES_CONSUMER);
  return consumer === lifeOf(own) ? DONE : takeOver(words, own, consumer);
}

/** This seat as a side names it. */
function lifeOf(own: Int32Array): number {
  return (own[OWN_SEAT_GENERATION]! << 8) | own[OWN_SEAT]!;
}

/** Takes the consumer's side from nobody, or from a life that is gone. Answers as `becomeConsumer`. */
function takeOver(words: Int32Array, own: Int32Array, seen: number): number {
  const frames = own[OWN_FRAMES]!;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  if (seen !== 0 && isGone(words, own[OWN_SEATS]!, seen) === 0) return NONE;
  if (Atomics.compareExchange(words, frames + FRAMES_CONSUMER, seen, lifeOf(own)) !== seen) return NONE;
  for (;;) {
    const head = Atomics.load(words, frames + FRAMES_HEAD);
    // Behind the look at the head: whoever has taken the side from us meanwhile makes it another one.
    if (Atomics.load(words, frames + FRAMES_CONSUMER) !== lifeOf(own)) return UNSEATED;
    const next = (head + (1 << EPOCH_SHIFT)) | 0;
    own[OWN_HEAD] = next;
    if (Atomics.compareExchange(words, frames + FRAMES_HEAD, head, next) === head) return DONE;
  }
}

/** Lets another seat be the consumer. */
export function resignConsumer(words: Int32Array, own: Int32Array): void {
  Atomics.compareExchange(words, own[OWN_FRAMES]! + FRAMES_CONSUMER, lifeOf(own), 0);
}

/** Skips a claim whose owner is gone. Answers 1, or 0 when it is not. */
function skipGone(words: Int32Array, own: Int32Array, at: number, claimed: number): number {
  const units = 1 << own[OWN_UNIT_BITS]!;
  return skipOrphan(words, own[OWN_FRAMES]!, own[OWN_RECORDS]!, units, own[OWN_SEATS]!, at, claimed);
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
      if (passMessage(words, own) !== DONE) return UNSEATED;
      continue;
    }
    if (state === FRAME_CLAIMED && skipGone(words, own, at, word) !== 0) continue;
    // Only what the word says after `closed` was seen proves that nothing is on its way.
    const closed = isClosed(words, own[OWN_FRAMES]!);
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

/** Gives the room of the message found last back to the producers. Answers DONE, or UNSEATED: another is the consumer, and has it to pass. */
export function passMessage(words: Int32Array, own: Int32Array): number {
  const head = own[OWN_HEAD]!;
  const next = (head & ~POSITION_MASK) | ((head + own[OWN_LENGTH]!) & POSITION_MASK);
  own[OWN_HEAD] = next;
  if (Atomics.compareExchange(words, own[OWN_FRAMES]! + FRAMES_HEAD, head, next) !== head) return UNSEATED;
  wakeProducer(words, own, next);
  return DONE;
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
  const used = signed(words[own[OWN_FRAMES]! + FRAMES_TAIL]! - head);
  return used <= (1 << own[OWN_UNIT_BITS]!) >>> 1 ? 1 : 0;
}

/** Stops waiting for room. While there is plenty left, or the ring is closed, another waiter is rung. */
function leaveRoom(words: Int32Array, own: Int32Array): void {
  const frames = own[OWN_FRAMES]!;
  disarm(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEAT]!);
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  if (isHalfFree(words, own, head) !== 0 || isClosed(words, frames) !== 0) {
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
  const first = (Atomics.or(words, frames + FRAMES_GATE, GATE_CLOSED) & GATE_CLOSED) === 0 ? 1 : 0;
  ringAll(words, frames + FRAMES_MESSAGE_WAITERS, own[OWN_SEATS]!);
  ringAll(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEATS]!);
  return first;
}
