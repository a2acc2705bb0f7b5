import {
  extentMax,
  lapMask,
  lapShift,
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_HEAD,
  QUEUE_SLOTS,
  QUEUE_TAIL,
} from '../core/slot.core.js';
import { STORE_INDEX_BITS, STORE_RECORDS } from '../core/store.core.js';
import type { Seated } from '../core/store.js';
import * as at from './own.js';

/** How often a position is shown to all, in items: a thread that comes late walks this far at most. */
const HINT_PERIOD = 64;

/** A seat's private array for a ring of many. */
export function openOwn(seated: Seated, queue: number): Int32Array {
  const { words, seat, seats, generation } = seated;
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const store = words[queue + QUEUE_CARRIED]!;
  const own = new Int32Array(at.OWN_WORDS);
  own[at.OWN_QUEUE] = queue;
  own[at.OWN_SLOTS] = words[queue + QUEUE_SLOTS]!;
  own[at.OWN_INDEX_MASK] = capacity - 1;
  own[at.OWN_LAP_SHIFT] = lapShift(capacity);
  own[at.OWN_LAP_MASK] = lapMask(capacity);
  own[at.OWN_EXTENT_MASK] = extentMax(capacity) - 1;
  own[at.OWN_HEAD] = Atomics.load(words, queue + QUEUE_HEAD);
  own[at.OWN_TAIL] = Atomics.load(words, queue + QUEUE_TAIL);
  own[at.OWN_HINT_MASK] = Math.min(capacity, HINT_PERIOD) - 1;
  own[at.OWN_SEAT] = seat;
  own[at.OWN_SEATS] = seats;
  own[at.OWN_SEAT_GENERATION] = generation;
  own[at.OWN_LIFE] = (generation << 8) | seat;
  own[at.OWN_RECORDS] = store === 0 ? 0 : words[store + STORE_RECORDS]!;
  own[at.OWN_INDEX_BITS] = store === 0 ? 0 : words[store + STORE_INDEX_BITS]!;
  return own;
}
