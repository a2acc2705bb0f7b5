/**
 * A lane: the slots of a ring with one producer and one consumer. Its header is a slot queue's (slot.core.ts); its slots are one
 * word each, and nobody claims anything: the producer's next slot and the consumer's are theirs already.
 *
 * ```
 * word 32  head: attention 1 | epoch | the position of the next take         (the consumer, at every take; the producer, to wait)
 * word 48  tail: 0 1 | epoch | a position that all before it are put of                              (the producer, now and then)
 *
 * slot, 1 word, written by the producer: parity of the lap it was put in last 1 | item 31
 *
 *   (other parity, anything) --put--> (parity, item)
 *              \---- sealed: closed and drained ----> (parity, 0)
 * ```
 *
 * Laws
 * - A slot says by its parity whether it was put in this lap or in the one before. So the consumer reads slots and never writes
 *   them, and their lines travel one way; the producer looks at the head only when the room that it knows of is used up.
 * - One exchange on a slot publishes it. Several are published by the exchange on the first: the consumer looks at them in
 *   order, so those behind it are written plainly, before. What is behind the first slot that was not put can only be what a dead
 *   producer had written and not published.
 * - A consumer that takes many may read what is before `tail` plainly. That may be 31 items and a bulk behind the producer, and so
 *   behind the head; then it says nothing. Positions run modulo four laps, so that the two can be told apart.
 * - A waiter costs nothing while there is none: a consumer that is about to wait leaves attention in the slot that it waits for,
 *   a producer in the head's word. The exchange of the other side then fails, or shows it, and that side rings.
 * - A store of the head gives slots back. What was read and not given back stays: a consumer that dies has taken nothing.
 * - A ring that is closed and drained is sealed by the consumer, by an exchange on the slot that would come next: either it
 *   finds an item there, or the producer finds the seal. So nothing acknowledged is left behind, and nothing comes after it.
 * - Only the life of a seat that stands in `producer` puts, only the one in `consumer` takes. Whoever takes a side over finds
 *   where it stands: the head in its word, the tail where, from there on, the first slot was not put.
 * - Whoever takes a side over begins an epoch in that side's word, and moves the word by an exchange from what it knows. So one that was
 *   recovered in the middle of a call, and goes on, moves nothing any more.
 * - Whoever takes the producer's side, recovery too, fences the tail first: it exchanges the slot there for another that was not put
 *   either. So what an evicted producer was about to publish is in before, as a whole, or refused: it looks at the slot, then at its side,
 *   and exchanges what it saw. Attention is many words for that: a slot that has it keeps some until it is put, and each fence
 *   leaves the next. What is written plainly of a bulk nobody can stop.
 * - The fence has two holes. The two looks are plain: an engine or a processor that swaps them (x86 does not) lets one put, or
 *   bulk, come late. And who goes on a lap later or more may find the word that it saw there again, and take the slot for its own. So
 *   the next producer that finds its slot put goes behind it.
 *
 * Positions run modulo four laps, and take log2(capacity) + 2 bits; the epoch has those above, 3 at the least. An exchange of
 * seven owners ago could match then, if it comes at the very position at which it was broken off.
 *
 * Source of the ideas: FastForward (J. Giacomoni et al., 2008), where slots signal instead of positions; the parity bit of
 * descriptor rings, as in NVMe completion queues.
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

/** The bit of a slot word that is its lap's parity. */
export const PARITY: number = -2147483648;

/** What a slot that was not put in this lap holds at least, beside its parity, while the consumer waits for it. */
export const ATTENTION = 0x7fffff00;

/** The bits in which attentions differ: the same one comes again when a slot was fenced 256 times in one lap. */
const ATTENTION_MASK = 0xff;

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
  words[queue + QUEUE_HEAD] = start & (4 * capacity - 1);
  words[queue + QUEUE_TAIL] = start & (4 * capacity - 1);
  for (let i = 0; i < capacity; i++) {
    const position = start + i;
    words[slots + (position & (capacity - 1))] = parityOf(capacity, position) ^ PARITY;
  }
}

/** The parity of a position's lap, where it stands in a slot word. */
function parityOf(capacity: number, position: number): number {
  return (position << parityShift(capacity)) & PARITY;
}

/**
 * The first position that was not put yet. Right whenever no put is under way. By the slots from the head on: beyond the tail there may be
 * those that a producer which was recovered still writes, and they tell nothing.
 */
export function laneTail(words: Int32Array, queue: number, slots: number, capacity: number): number {
  let head = Atomics.load(words, queue + QUEUE_HEAD);
  let ahead = 0;
  for (;;) {
    while (ahead < capacity && itemAt(words, slots, capacity, head + ahead) !== 0) ahead++;
    // The consumer may have moved on meanwhile, and an evicted producer have filled what it gave back.
    const moved = Atomics.load(words, queue + QUEUE_HEAD);
    if (((moved ^ head) & ~PARITY) === 0) return (head + ahead) & (4 * capacity - 1);
    head = moved;
    ahead = 0;
  }
}

/**
 * Finds the tail, and makes sure that nothing is put there by a producer that has lost its side and goes on: whatever it saw in the slot is
 * there no more. For the life that stands in the side now, which may be lost meanwhile too. Answers the position.
 */
export function fenceTail(words: Int32Array, queue: number, slots: number, capacity: number, life: number): number {
  for (;;) {
    const tail = laneTail(words, queue, slots, capacity);
    // Full: an item waits there. Who finds room from now on finds its side lost, behind it.
    if (((tail - Atomics.load(words, queue + QUEUE_HEAD)) & (4 * capacity - 1)) === capacity) return tail;
    const slot = slots + (tail & (capacity - 1));
    const word = Atomics.load(words, slot);
    const found = word ^ parityOf(capacity, tail);
    if (found > 0) continue; // put since
    if (found === 0) return tail; // sealed
    // Behind the look at the slot: if the side is lost by now, it may hold an item of a later lap.
    if (Atomics.load(words, queue + QUEUE_PRODUCER) !== life) return tail;
    if (Atomics.compareExchange(words, slot, word, fenced(word)) === word) return tail;
  }
}

/** The word by which a fence replaces that of a slot that was not put. */
function fenced(word: number): number {
  const next = (word & ~PARITY) < ATTENTION ? ATTENTION : ATTENTION | ((word + 1) & ATTENTION_MASK);
  return (word & PARITY) | next;
}

/** The item that was put at a position, or 0 when none was yet, or the seal. */
function itemAt(words: Int32Array, slots: number, capacity: number, position: number): number {
  const word = Atomics.load(words, slots + (position & (capacity - 1)));
  return Math.max(0, word ^ parityOf(capacity, position));
}

/** How many items are in the lane. Momentary: others may put and take meanwhile. Reads as many slots. */
export function laneLength(words: Int32Array, queue: number, slots: number, capacity: number): number {
  const head = Atomics.load(words, queue + QUEUE_HEAD);
  let length = 0;
  while (length < capacity && itemAt(words, slots, capacity, head + length) !== 0) length++;
  return length;
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkLane(words: Int32Array, queue: number, seats: number): number {
  const closed = Atomics.load(words, queue + QUEUE_CLOSED);
  if (closed !== 0 && closed !== 1) return queue + QUEUE_CLOSED;
  if (Atomics.load(words, queue + QUEUE_TAIL) < 0) return queue + QUEUE_TAIL;
  if ((Atomics.load(words, queue + QUEUE_PRODUCER) & 0xff) > seats) return queue + QUEUE_PRODUCER;
  if ((Atomics.load(words, queue + QUEUE_CONSUMER) & 0xff) > seats) return queue + QUEUE_CONSUMER;
  return 0;
}

/**
 * Takes a side from a dead seat, after undoing what it was at: what it staged was never acknowledged; what it was about to take
 * stays. Answers how many slots that were. Comes before the carried pool.
 */
export function recoverLane(words: Int32Array, queue: number, _seats: number, dead: number): number {
  disarm(words, queue + QUEUE_ITEM_WAITERS, dead);
  disarm(words, queue + QUEUE_ROOM_WAITERS, dead);
  const store = words[queue + QUEUE_CARRIED]!;
  let released = 0;
  const producer = Atomics.load(words, queue + QUEUE_PRODUCER);
  const wasProducer = producer !== 0 && (producer & 0xff) === dead;
  if (wasProducer) {
    // Should its thread go on, then it begins no other put: the life is no more that of anybody, and the side not free yet.
    Atomics.compareExchange(words, queue + QUEUE_PRODUCER, producer, dead);
    released = undoStaging(words, queue, dead);
  }
  const consumer = Atomics.load(words, queue + QUEUE_CONSUMER);
  const wasConsumer = consumer !== 0 && (consumer & 0xff) === dead;
  // What is in the lane names no dead sender any more, and nothing is in the hands of one who had not taken it.
  const head = Atomics.load(words, queue + QUEUE_HEAD);
  const capacity = words[queue + QUEUE_CAPACITY]!;
  for (let i = 0; store !== 0 && i < capacity; i++) {
    const item = itemAt(words, words[queue + QUEUE_SLOTS]!, capacity, head + i);
    // Not the end: that item may have been taken since, and another put there, while those behind are there still. What is staged behind the
    // end names a producer that lives, or is recovered next: the dead one's is wiped.
    if (item === 0) continue;
    forgetSender(words, store, item, dead);
    if (wasConsumer) handBack(words, store, item, dead);
  }
  if (wasProducer) Atomics.compareExchange(words, queue + QUEUE_PRODUCER, dead, 0);
  if (wasConsumer) Atomics.compareExchange(words, queue + QUEUE_CONSUMER, consumer, 0);
  return released;
}

/** Wipes what the dead producer had written and not published. Answers how many slots. */
function undoStaging(words: Int32Array, queue: number, dead: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const tail = fenceTail(words, queue, slots, capacity, dead);
  let staged = 0;
  for (let behind = 1; behind < capacity; behind++) {
    const position = tail + behind;
    // What waits to be taken is of the lap before, there.
    if (itemAt(words, slots, capacity, position) === 0) continue;
    Atomics.store(words, slots + (position & (capacity - 1)), parityOf(capacity, position) ^ PARITY);
    staged++;
  }
  return staged;
}
