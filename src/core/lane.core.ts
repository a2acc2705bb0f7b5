/**
 * A lane: the slots of a ring with one producer and one consumer. Its header is a slot queue's (slot.core.ts); its slots are one
 * word each, and nobody claims anything: the producer's next slot and the consumer's are theirs already.
 *
 * ```
 * word 32  head | 33 taking: how many slots from head on are being given back, or 0      (the consumer's line)
 * word 48  tail | 49 staging: 1 while items behind tail may be written and not published (the producer's line)
 *
 * slot, 1 word: lap's parity 1 | item 31, or 0 for none
 *
 *   EMPTY(p) --put--> FULL(p, item) --take--> EMPTY(p ^ 1)
 *      \------ sealed: closed and drained ------^
 * ```
 *
 * Laws
 * - A slot says by its parity in which lap it was last put, and whether that was taken. So the slots alone say where the
 *   producer and the consumer are, whenever one of them leaves or dies and another takes the side over.
 * - One exchange on a slot publishes it; several are published by the exchange on the first: the consumer looks at them in order,
 *   so those behind it are written plainly, before. Giving back is the same, the other way round. `staging` and `taking` say
 *   beforehand that this may be going on (an intent), so that what a death leaves behind can be told from what was published.
 * - A ring that is closed and drained is sealed by the consumer, by an exchange on the slot that would come next: either it
 *   finds an item there, or the producer finds the seal. So nothing acknowledged is left behind.
 * - Only the life of a seat that stands in `producer` puts, only the one in `consumer` takes.
 *
 * Hints: who takes a side or recovers one looks at slots that the other side may be writing plainly, behind its tail or its head.
 * What a slot says of the lap that it was put in last, or taken in, is not changed by that; what item it holds is not believed.
 *
 * Positions run modulo two laps, and are private to their sides. Nothing else counts, so nothing wraps.
 */
import { disarm } from './doorbell.core.js';
import {
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_CLOSED,
  QUEUE_CONSUMER,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_MODES,
  QUEUE_PRODUCER,
  QUEUE_ROOM_WAITERS,
  QUEUE_SLOTS,
  QUEUE_TAIL,
  QUEUE_WORDS,
} from './slot.core.js';
import { forgetSender, handBack } from './transit.core.js';

/** What `closed` says once the lane is known to be drained: no other consumer need look. */
export const LANE_SEALED = 2;
export const LANE_TAKING = 33;
export const LANE_STAGING = 49;

/** The bit of a slot word that is its lap's parity. */
export const PARITY: number = -2147483648;

/** How far a position is shifted so that its lap's parity is the highest bit. */
export function parityShift(capacity: number): number {
  return Math.clz32(capacity);
}

/** Lays out an open, empty lane whose positions begin at `start`. The memory is this thread's alone until it is published. */
export function initLane(
  words: Int32Array,
  queue: number,
  capacity: number,
  carried: number,
  modes: number,
  start: number,
): void {
  const slots = queue + QUEUE_WORDS;
  words[queue + QUEUE_CAPACITY] = capacity;
  words[queue + QUEUE_CARRIED] = carried;
  words[queue + QUEUE_SLOTS] = slots;
  words[queue + QUEUE_MODES] = modes;
  for (let i = 0; i < capacity; i++) {
    const position = start + i;
    words[slots + (position & (capacity - 1))] = (position << parityShift(capacity)) & PARITY;
  }
}

/** The first position, modulo two laps, that was not put yet. Right whenever no put is under way. Reads every slot. */
export function laneTail(words: Int32Array, queue: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const first = lastPut(Atomics.load(words, slots));
  let index = 1;
  while (index < capacity && lastPut(Atomics.load(words, slots + index)) === first) index++;
  return (index + first * capacity) & (2 * capacity - 1);
}

/** The first position, modulo two laps, that was not taken yet. Right whenever no taking is under way. Reads every slot. */
export function laneHead(words: Int32Array, queue: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  // Full or empty, what was taken last from a slot is of the lap before the one that it serves.
  const first = (Atomics.load(words, slots) >>> 31) ^ 1;
  let index = 1;
  while (index < capacity && ((Atomics.load(words, slots + index) >>> 31) ^ 1) === first) index++;
  return (index + first * capacity) & (2 * capacity - 1);
}

/** The parity of the lap in which a slot was last put, 0 or 1. */
function lastPut(word: number): number {
  return (word & ~PARITY) !== 0 ? word >>> 31 : (word >>> 31) ^ 1;
}

/** Whether the slot of a position holds an item that was put in that position's lap. Answers 1 or 0. */
function isFull(words: Int32Array, queue: number, position: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const word = Atomics.load(words, words[queue + QUEUE_SLOTS]! + (position & (capacity - 1)));
  return (word ^ ((position << parityShift(capacity)) & PARITY)) > 0 ? 1 : 0;
}

/** How many slots behind the unpublished one at `tail` are written already. */
function countStaged(words: Int32Array, queue: number, tail: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const first = Atomics.load(words, words[queue + QUEUE_SLOTS]! + (tail & (capacity - 1)));
  if (first !== ((tail << parityShift(capacity)) & PARITY)) return 0; // published, and perhaps taken already
  let count = 0;
  while (count < capacity - 1 && isFull(words, queue, tail + 1 + count) !== 0) count++;
  return count;
}

/** How many items are in the lane. Momentary: others may put and take meanwhile. Reads every slot. */
export function laneLength(words: Int32Array, queue: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  let length = 0;
  for (let i = 0; i < capacity; i++) {
    if ((Atomics.load(words, slots + i) & ~PARITY) !== 0) length++;
  }
  if (Atomics.load(words, queue + LANE_STAGING) === 0) return length;
  return Math.max(0, length - countStaged(words, queue, Atomics.load(words, queue + QUEUE_TAIL)));
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkLane(words: Int32Array, queue: number, seats: number): number {
  const closed = Atomics.load(words, queue + QUEUE_CLOSED);
  if (closed < 0 || closed > LANE_SEALED) return queue + QUEUE_CLOSED;
  if ((Atomics.load(words, queue + QUEUE_PRODUCER) & 0xff) > seats) return queue + QUEUE_PRODUCER;
  if ((Atomics.load(words, queue + QUEUE_CONSUMER) & 0xff) > seats) return queue + QUEUE_CONSUMER;
  return 0;
}

/**
 * Takes a side from a dead seat, after finishing or undoing what it was at. What it staged was never acknowledged, and is undone;
 * what it was giving back counts as delivered to it; an item that it was only about to take stays. Answers how many slots
 * that were. Comes before the carried pool.
 */
export function recoverLane(words: Int32Array, queue: number, _seats: number, dead: number): number {
  disarm(words, queue + QUEUE_ITEM_WAITERS, dead);
  disarm(words, queue + QUEUE_ROOM_WAITERS, dead);
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const store = words[queue + QUEUE_CARRIED]!;
  const shift = parityShift(capacity);
  let released = 0;
  const producer = Atomics.load(words, queue + QUEUE_PRODUCER);
  if (producer !== 0 && (producer & 0xff) === dead) {
    if (Atomics.load(words, queue + LANE_STAGING) !== 0) {
      const tail = Atomics.load(words, queue + QUEUE_TAIL);
      // The last one first: whoever repeats this counts from the first.
      for (let i = countStaged(words, queue, tail); i > 0; i--) {
        const position = tail + i;
        Atomics.store(words, slots + (position & (capacity - 1)), (position << shift) & PARITY);
        released++;
      }
      Atomics.store(words, queue + LANE_STAGING, 0);
    }
    Atomics.compareExchange(words, queue + QUEUE_PRODUCER, producer, 0);
  }
  const consumer = Atomics.load(words, queue + QUEUE_CONSUMER);
  if (consumer !== 0 && (consumer & 0xff) === dead) {
    const taking = Math.min(Atomics.load(words, queue + LANE_TAKING), capacity);
    const head = Atomics.load(words, queue + QUEUE_HEAD);
    if (taking !== 0) {
      if (isFull(words, queue, head) !== 0) {
        // The first one last, as the dead would have done.
        for (let i = taking - 1; i >= 0; i--) {
          const position = head + i;
          Atomics.store(words, slots + (position & (capacity - 1)), ((position << shift) & PARITY) ^ PARITY);
          released++;
        }
      }
      Atomics.store(words, queue + LANE_TAKING, 0);
    }
    for (let i = 0; i < capacity; i++) handBack(words, store, Atomics.load(words, slots + i) & ~PARITY, dead);
    Atomics.compareExchange(words, queue + QUEUE_CONSUMER, consumer, 0);
  }
  for (let i = 0; i < capacity; i++) forgetSender(words, store, Atomics.load(words, slots + i) & ~PARITY, dead);
  return released;
}
