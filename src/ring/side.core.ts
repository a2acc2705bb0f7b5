/**
 * The sides of a ring that only one seat may use: the first that does has it, until it leaves or is recovered. A side's word is 0, or
 * the life that has it (generation 24 | seat 8). Who is recovered while it takes a side writes its life there too late
 * for its recovery: so whoever wants the side takes it from a life that is gone.
 */
import { isGone, isSeated } from '../core/seat.core.js';
import { DONE, UNSEATED, WRONG_SEAT } from '../core/status.js';
import { OWN_LIFE, OWN_QUEUE, OWN_SEAT, OWN_SEAT_GENERATION, OWN_SEATS } from './own.js';

/** Takes a side, QUEUE_PRODUCER or QUEUE_CONSUMER. Answers DONE, UNSEATED or WRONG_SEAT: another has it. */
export function takeSide(words: Int32Array, own: Int32Array, side: number): number {
  const at = own[OWN_QUEUE]! + side;
  const life = own[OWN_LIFE]!;
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_SEAT_GENERATION]!) === 0) return UNSEATED;
  for (let holder = 0; ; ) {
    const seen = Atomics.compareExchange(words, at, holder, life);
    if (seen === holder || seen === life) return DONE;
    if (seen !== 0 && isGone(words, own[OWN_SEATS]!, seen) === 0) return WRONG_SEAT;
    holder = seen;
  }
}

/** Lets go of a side, if this seat has it. */
export function leaveSide(words: Int32Array, own: Int32Array, side: number): void {
  Atomics.compareExchange(words, own[OWN_QUEUE]! + side, own[OWN_LIFE]!, 0);
}
