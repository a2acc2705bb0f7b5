/**
 * What both sides of a message ring know and do (core/frame.core.ts has the layout, the laws and the source): message-sender.core.ts
 * claims and settles, message-receiver.core.ts receives. Payloads are copied by the shells.
 *
 * ```
 * own, private to the seat
 * word 0 ring | 1 records | 2 bits of a unit's number | 3 seat | 4 seats | 5 seat generation
 * word 6 head: the word that the consumer moves next | 7 its position, as a producer last saw it | 8 length of the message at hand, in units
 * word 9 tag of this seat's claims | 10 gate, as it was when this seat was last known to be seated
 * ```
 */
import { ringAll, ringOne, someoneWaits } from '../core/doorbell.core.js';
import {
  EPOCH_SHIFT,
  FRAMES_GATE,
  FRAMES_MESSAGE_WAITERS,
  FRAMES_ROOM_WAITERS,
  FRAMES_TAIL,
  GATE_CLOSED,
  UNIT_SHIFT,
} from '../core/frame.core.js';
import { isSeated } from '../core/seat.core.js';
import { CLOSED, NONE, UNSEATED } from '../core/status.js';

export const OWN_FRAMES = 0;
export const OWN_RECORDS = 1;
export const OWN_UNIT_BITS = 2;
export const OWN_SEAT = 3;
export const OWN_SEATS = 4;
export const OWN_SEAT_GENERATION = 5;
export const OWN_HEAD = 6;
export const OWN_HEAD_SEEN = 7;
export const OWN_LENGTH = 8;
export const OWN_TAG = 9;
/** The gate as it was when this seat was last found seated. */
export const OWN_GATE = 10;
export const OWN_WORDS = 11;

/** Units that a message takes: none is taken by nothing. */
export function unitsOf(bytes: number): number {
  return bytes === 0 ? 1 : (bytes + 63) >>> UNIT_SHIFT;
}

/** A difference of positions, which may be behind. */
export function signed(difference: number): number {
  return (difference << (32 - EPOCH_SHIFT)) >> (32 - EPOCH_SHIFT);
}

/** Answers GATE_CLOSED, or 0. */
export function isClosed(words: Int32Array, frames: number): number {
  return Atomics.load(words, frames + FRAMES_GATE) & GATE_CLOSED;
}

/** Why nothing could be claimed or received: NONE, CLOSED as found before, or UNSEATED. */
export function refused(words: Int32Array, own: Int32Array, closed: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  return closed !== 0 ? CLOSED : NONE;
}

/** Whether half of the ring is free. The hint may lie behind the truth, never before it: so this errs on the side of waking. */
export function isHalfFree(words: Int32Array, own: Int32Array, head: number): number {
  const used = signed(words[own[OWN_FRAMES]! + FRAMES_TAIL]! - head);
  return used <= (1 << own[OWN_UNIT_BITS]!) >>> 1 ? 1 : 0;
}

/** Rings one seat of a waiter set, if anyone waits there. */
export function wake(words: Int32Array, own: Int32Array, set: number): void {
  const waiters = own[OWN_FRAMES]! + set;
  // The usual case, at most 31 seats and nobody waiting, in one load.
  if (own[OWN_SEATS]! < 32 && Atomics.load(words, waiters) === 0) return;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
}

/** Closes the ring: nothing more is claimed, what is in it can still be received. Answers 1 the first time. */
export function closeFrames(words: Int32Array, own: Int32Array): number {
  const frames = own[OWN_FRAMES]!;
  const first = (Atomics.or(words, frames + FRAMES_GATE, GATE_CLOSED) & GATE_CLOSED) === 0 ? 1 : 0;
  ringAll(words, frames + FRAMES_MESSAGE_WAITERS, own[OWN_SEATS]!);
  ringAll(words, frames + FRAMES_ROOM_WAITERS, own[OWN_SEATS]!);
  return first;
}
