/**
 * Waiting. Every seat has one bell; a structure keeps, for every condition that threads may wait for, a set of seats.
 *
 * ```
 * waiter set, 16 words (one line)
 * word 0..7  one bit a seat: the bit of seat s is bit s % 32 of word s / 32
 * word 8     turn: the seat that was rung last, so that the next search starts behind it
 * ```
 *
 * The waiter: reads its bell, sets its bit, looks again for work, and waits on its bell only while it has not moved.
 * The waker: makes the work visible, then clears one bit, moves that seat's bell on, and notifies.
 *
 * Laws
 * - Bell before bit, bit before the second look; work before the search for bits. So either the waiter sees the work or
 *   the waker sees the bit, and a ring that falls before the wait makes the wait return at once.
 * - Whoever clears another's bit owes that seat a ring. A waiter that leaves, however its wait ended, clears its own bit and
 *   rings another while there is work left: it may have taken the ring that was meant for that work, now or rounds ago.
 * - Only the seat itself waits on its bell (blocking, and once through `waitAsync`), so a ring wakes all waits on it.
 * - A waker that dies between bit and bell leaves a seat unrung: recovery rings every bell.
 *
 * A bell wraps after 2^32 rings: a waiter would have to sleep through exactly so many, 43 s of 100 M rings a second, between
 * reading its bell and waiting; it waits in slices of SLICE_MS, so even that costs one slice. The turn is a hint for fairness.
 */
import { SEAT_BELL, seatIndex } from './seat.core.js';

const TURN = 8;
/** The longest single wait in milliseconds: a blocked thread looks around this often, and can be ended in between. */
export const SLICE_MS = 100;

/** The index of a seat's bell. */
export function bellIndex(seat: number): number {
  return seatIndex(seat) + SEAT_BELL;
}

/** Where a seat's bell stands now: for who waits in several places, to be read before arming in any. */
export function readBell(words: Int32Array, seat: number): number {
  return Atomics.load(words, bellIndex(seat));
}

/** Announces that a seat is about to wait. Answers the bell to wait on; look for work again before waiting. */
export function arm(words: Int32Array, waiters: number, seat: number): number {
  // The bell comes first: a ring between here and the wait must find it changed.
  const bell = Atomics.load(words, bellIndex(seat));
  Atomics.or(words, waiters + (seat >>> 5), 1 << (seat & 31));
  return bell;
}

/** Ends a wait. Answers 1 when the seat was rung since it was armed (its bit is gone), else 0. */
export function disarm(words: Int32Array, waiters: number, seat: number): number {
  const bit = 1 << (seat & 31);
  return (Atomics.and(words, waiters + (seat >>> 5), ~bit) & bit) === 0 ? 1 : 0;
}

/** Waits until the bell moves on from what `arm` answered, for at most that many milliseconds and never longer than a slice. */
export function listen(words: Int32Array, seat: number, bell: number, timeoutMs: number): void {
  Atomics.wait(words, bellIndex(seat), bell, Math.min(timeoutMs, SLICE_MS));
}

/** Moves a seat's bell on and wakes its thread. Answers how many waits that ended. */
export function ring(words: Int32Array, seat: number): number {
  Atomics.add(words, bellIndex(seat), 1);
  return Atomics.notify(words, bellIndex(seat));
}

/** Rings every seat, waiting or not: a death may have lost any ring. Answers how many waits that ended. */
export function ringBells(words: Int32Array, seats: number): number {
  let woken = 0;
  for (let seat = 1; seat <= seats; seat++) woken += ring(words, seat);
  return woken;
}

/** Whether any seat waits in this set. Answers 0 when nobody does. */
export function someoneWaits(words: Int32Array, waiters: number, seats: number): number {
  for (let i = 0; i <= seats >>> 5; i++) {
    if (Atomics.load(words, waiters + i) !== 0) return 1;
  }
  return 0;
}

/** Rings one of the waiting seats, the next behind the last one rung. Answers 1, or 0 when nobody waits. */
export function ringOne(words: Int32Array, waiters: number, seats: number): number {
  const count = (seats >>> 5) + 1;
  const turn = Atomics.load(words, waiters + TURN);
  // A damaged turn, or bit, must not lead out of the set, or out of the table of seats.
  let at = turn >>> 5 < count ? turn >>> 5 : 0;
  // The bits above the turn first, then the other words in order, then the bits up to the turn.
  let allowed = (turn & 31) === 31 ? 0 : -2 << (turn & 31);
  for (let step = 0; step <= count; step++) {
    for (;;) {
      const bits = Atomics.load(words, waiters + at) & allowed;
      if (bits === 0) break;
      const bit = bits & -bits;
      if ((Atomics.and(words, waiters + at, ~bit) & bit) === 0) continue; // another waker was quicker
      const seat = at * 32 + 31 - Math.clz32(bit);
      if (seat > seats) continue;
      Atomics.store(words, waiters + TURN, seat);
      ring(words, seat);
      return 1;
    }
    at = at + 1 === count ? 0 : at + 1;
    allowed = -1;
  }
  return 0;
}

/** Rings one particular seat if it waits. Answers 1 when it did. */
export function ringSeat(words: Int32Array, waiters: number, seat: number): number {
  if (disarm(words, waiters, seat) !== 0) return 0;
  ring(words, seat);
  return 1;
}

/** Rings everyone who waits. */
export function ringAll(words: Int32Array, waiters: number, seats: number): void {
  for (let i = 0; i <= seats >>> 5; i++) {
    let bits = Atomics.exchange(words, waiters + i, 0);
    while (bits !== 0) {
      const bit = bits & -bits;
      bits ^= bit;
      const seat = i * 32 + 31 - Math.clz32(bit);
      if (seat <= seats) ring(words, seat);
    }
  }
}
