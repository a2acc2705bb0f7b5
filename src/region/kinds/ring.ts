import { recoverQueue } from '../../core/recover-queue.core.js';
import * as slot from '../../core/slot.core.js';
import type { Kind } from './kind.js';

/** A ring: its part is a slot queue. */
export const ringKind: Kind = {
  title: 'ring',

  fits(words, at, end) {
    if (at + slot.QUEUE_WORDS > end) return false;
    const capacity = words[at + slot.QUEUE_CAPACITY]!;
    const slots = words[at + slot.QUEUE_SLOTS]!;
    return (
      capacity >= 1 &&
      (capacity & (capacity - 1)) === 0 &&
      slots >= at + slot.QUEUE_WORDS &&
      slots + capacity * slot.SLOT_WORDS <= end
    );
  },

  carries(words, at) {
    return words[at + slot.QUEUE_CARRIED]!;
  },

  check: slot.checkQueue,

  recover(words, at, seats, dead) {
    return { slots: recoverQueue(words, at, seats, dead) };
  },

  stop(words, at) {
    Atomics.store(words, at + slot.QUEUE_CLOSED, 1);
  },

  report(words, at) {
    const capacity = words[at + slot.QUEUE_CAPACITY]!;
    return {
      capacity,
      length: slot.queueLength(words, at, words[at + slot.QUEUE_SLOTS]!, capacity),
      closed: Atomics.load(words, at + slot.QUEUE_CLOSED) !== 0,
    };
  },
};
