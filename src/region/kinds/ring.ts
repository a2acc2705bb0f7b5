import * as lane from '../../core/lane.core.js';
import { recoverQueue } from '../../core/recover-queue.core.js';
import * as slot from '../../core/slot.core.js';
import type { Kind } from './kind.js';

/** A ring: its part is a slot queue, or a lane where both sides are single. */
export const ringKind: Kind = {
  title: 'ring',

  fits(words, at, end) {
    if (at + slot.QUEUE_WORDS > end) return false;
    const capacity = words[at + slot.QUEUE_CAPACITY]!;
    const slots = words[at + slot.QUEUE_SLOTS]!;
    const modes = words[at + slot.QUEUE_MODES]!;
    const slotWords = slot.isLane(modes) === 1 ? 1 : slot.SLOT_WORDS;
    return (
      capacity >= 1 &&
      capacity <= 1 << 26 &&
      (modes === (modes & 3) || (modes === 7 && words[at + slot.QUEUE_CARRIED] === 0)) &&
      (capacity & (capacity - 1)) === 0 &&
      slots >= at + slot.QUEUE_WORDS &&
      slots + capacity * slotWords <= end
    );
  },

  carries(words, at) {
    return words[at + slot.QUEUE_CARRIED]!;
  },

  check(words, at, seats) {
    const check = slot.isLane(words[at + slot.QUEUE_MODES]!) === 1 ? lane.checkLane : slot.checkQueue;
    return check(words, at, seats);
  },

  recover(words, at, seats, dead) {
    const recover = slot.isLane(words[at + slot.QUEUE_MODES]!) === 1 ? lane.recoverLane : recoverQueue;
    return { slots: recover(words, at, seats, dead) };
  },

  stop(words, at) {
    Atomics.store(words, at + slot.QUEUE_CLOSED, 1);
    if (slot.isLane(words[at + slot.QUEUE_MODES]!) === 0)
      slot.sealQueue(words, at, words[at + slot.QUEUE_SLOTS]!, words[at + slot.QUEUE_CAPACITY]!);
  },

  report(words, at) {
    const capacity = words[at + slot.QUEUE_CAPACITY]!;
    return {
      capacity,
      length:
        slot.isLane(words[at + slot.QUEUE_MODES]!) === 1
          ? lane.laneLength(words, at, words[at + slot.QUEUE_SLOTS]!, capacity)
          : slot.queueLength(words, at, words[at + slot.QUEUE_SLOTS]!, capacity),
      closed: Atomics.load(words, at + slot.QUEUE_CLOSED) !== 0,
    };
  },
};
