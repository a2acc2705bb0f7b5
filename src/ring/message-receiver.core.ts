/**
 * The consumer's side of a message ring: the shell hands the message on between `nextMessage` and `passMessage`.
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringOne, someoneWaits } from '../core/doorbell.core.js';
import {
  EPOCH_SHIFT,
  FRAME_BYTES,
  FRAME_CLAIMED,
  FRAME_FULL,
  FRAME_LENGTH_SHIFT,
  FRAME_SKIP,
  FRAME_STATE_MASK,
  FRAME_TYPE,
  FRAMES_CONSUMER,
  FRAMES_HEAD,
  FRAMES_MESSAGE_WAITERS,
  FRAMES_ROOM_WAITERS,
  frameIndex,
  isOrphan,
  POSITION_MASK,
  skipClaim,
} from '../core/frame.core.js';
import { isGone, isSeated } from '../core/seat.core.js';
import { BAD_HANDLE, DONE, NONE, UNSEATED } from '../core/status.js';
import {
  isClosed,
  isHalfFree,
  OWN_FRAMES,
  OWN_HEAD,
  OWN_LENGTH,
  OWN_RECORDS,
  OWN_SEAT,
  OWN_SEAT_GENERATION,
  OWN_SEATS,
  OWN_UNIT_BITS,
  refused,
  unitsOf,
} from './message-ring.core.js';

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
    if (state === FRAME_CLAIMED && isOrphan(words, own[OWN_SEATS]!, word) !== 0) {
      if (skipClaim(words, own[OWN_FRAMES]!, own[OWN_UNIT_BITS]!, at, word) !== 0) continue;
    }
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

/**
 * Gives the room of the message found last back to the producers. Answers DONE, or UNSEATED: another is the consumer, and has it to
 * pass.
 */
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

/** Stops waiting for a message. There is one consumer: whatever it was rung for, nobody else waits for it. */
export function leaveMessages(words: Int32Array, own: Int32Array): void {
  disarm(words, own[OWN_FRAMES]! + FRAMES_MESSAGE_WAITERS, own[OWN_SEAT]!);
}
