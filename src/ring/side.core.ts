/** The sides of a ring that only one seat may use: the first that does has it, until it leaves or is recovered. */
import { isSeated } from '../core/seat.core.js';
import { DONE, UNSEATED, WRONG_SEAT } from '../core/status.js';
import { OWN_LIFE, OWN_QUEUE, OWN_SEAT, OWN_SEAT_GENERATION } from './own.js';

/** Takes a side, QUEUE_PRODUCER or QUEUE_CONSUMER. Answers DONE, UNSEATED or WRONG_SEAT: another has it. */
export function takeSide(words: Int32Array, own: Int32Array, side: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  const seen = Atomics.compareExchange(words, own[OWN_QUEUE]! + side, 0, own[OWN_LIFE]!);
  return seen === 0 || seen === own[OWN_LIFE] ? DONE : WRONG_SEAT;
}

/** Lets go of a side, if this seat has it. */
export function leaveSide(words: Int32Array, own: Int32Array, side: number): void {
  Atomics.compareExchange(words, own[OWN_QUEUE]! + side, own[OWN_LIFE]!, 0);
}
