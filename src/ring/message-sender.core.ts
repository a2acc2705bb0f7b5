/**
 * A producer's side of a message ring: the shell writes the message between `claim` and `settle`.
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen } from '../core/doorbell.core.js';
import {
  emptyFrame,
  FRAME_BYTES,
  FRAME_EMPTY,
  FRAME_LENGTH_SHIFT,
  FRAME_SKIP,
  FRAME_STATE_MASK,
  FRAME_TAG_MASK,
  FRAME_TYPE,
  FRAMES_GATE,
  FRAMES_HEAD,
  FRAMES_MESSAGE_WAITERS,
  FRAMES_ROOM_WAITERS,
  FRAMES_TAIL,
  frameIndex,
  GATE_CLOSED,
  POSITION_MASK,
  prepareLap,
} from '../core/frame.core.js';
import { isSeated } from '../core/seat.core.js';
import { BAD_HANDLE, DONE, NONE, UNSEATED } from '../core/status.js';
import {
  isClosed,
  isHalfFree,
  OWN_FRAMES,
  OWN_GATE,
  OWN_HEAD_SEEN,
  OWN_RECORDS,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_TAG,
  OWN_UNIT_BITS,
  refused,
  signed,
  unitsOf,
  wake,
} from './message-ring.core.js';

/**
 * Claims room for a message, which the consumer waits for until it is committed or aborted. Answers its unit's number + 1,
 * NONE (no room), CLOSED, UNSEATED or BAD_HANDLE (a law is broken).
 */
export function claim(words: Int32Array, own: Int32Array, bytes: number, type: number): number {
  const frames = own[OWN_FRAMES]!;
  const unitBits = own[OWN_UNIT_BITS]!;
  const units = 1 << unitBits;
  const length = unitsOf(bytes);
  // A hint: missed, the claim below finds the gate moved too. But who was recovered before had better claim nothing: see `isOrphan`.
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

/**
 * Skips the rest of a lap, which this seat has claimed. No hint: the consumer may pass it at once, and a hint must not come later
 * than that.
 */
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

/**
 * The rest of `claim` when a seat was recovered, or the ring closed. Should that come before the claim could be answered, the frame
 * is skipped.
 */
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

/** Stops waiting for room. While there is plenty left, or the ring is closed, another waiter is rung. */
function leaveRoom(words: Int32Array, own: Int32Array): void {
  const frames = own[OWN_FRAMES]!;
  disarm(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEAT]!);
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  if (isHalfFree(words, own, head) !== 0 || isClosed(words, frames) !== 0) {
    wake(words, own, FRAMES_ROOM_WAITERS);
  }
}
