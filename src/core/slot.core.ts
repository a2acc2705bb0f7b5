/**
 * Slots: a fixed number of places for integers that many threads put into and take out of, in order.
 *
 * ```
 * slot queue, 96 words, then the slots
 * word  0  capacity (a power of two) | 1 carried: the block store whose handles it carries, or 0 | 2 slots
 *       3  modes: 1 single producer, 2 single consumer, 4 overwrite                             (0 to 3 written once)
 * word 16  closed: 0 open, 1 closed                                                  (read by all, written once)
 * word 17  producer, 18 consumer: the seat that has a single side, or 0: taken by an exchange, given up by its seat or recovery
 * word 32  head: a position that all before it are taken of  } free-running hints, stored every so many positions
 * word 48  tail: a position that all before it are put of    } by whoever claims that one
 * word 64  waiters for an item | word 80  waiters for room                            (doorbell.core.ts)
 *
 * slot, 2 words                                     (with a single producer and a single consumer: lane.core.ts)
 * word 0  slot word: lap 12 (at least) | extent - 1: up to 8 | mark 1 | seat 8 | state 3        word 1  the item
 *
 *   EMPTY(lap, n) --put claims--> CLAIMED(lap, seat, n) --publishes--> FULL(lap, n) --take claims--> TAKEN(lap, seat, m)
 *      ^ (lap + 1)                  \--its thread died--> SKIP(lap) ------------------------\        |
 *      +-------------------------------------------------------------------------------------+--------+
 *   EMPTY(lap), or TAKEN or SKIP of the lap before --the ring is closed--> SEALED(lap)
 * ```
 *
 * Laws
 * - One compare-and-exchange on the slot word claims it, names the owner, the lap and the extent: the n slots from here on, all
 *   of which were EMPTY (or, to take, FULL) before. So a thread that stops or dies anywhere holds up its own slots only, and
 *   what it had claimed can be read from the slot.
 * - Positions are claimed in order, each once: whoever claims one has seen all before it claimed. So the slots alone say where
 *   head and tail are; the shared ones are hints of where to look, and every seat keeps its own, which saves the line that
 *   all would write. A late store may set a hint back: it is only ever a place to walk on from.
 * - So nobody looks at the second slot of an extent before the first has changed: its owner writes those behind the first
 *   plainly, and the exchange on the first publishes all, or gives all back.
 * - The extent stays: EMPTY(lap, n) and FULL(lap, n) say that the n slots from here on became so together. They still are while
 *   that word stands, because none of them is claimed before it. So a run is found by one look for each that it is made of,
 *   and every slot of it says how many are left, for those who begin there.
 * - The first looks at a slot word and at `closed` may be plain, as at a hint: only the exchange that follows counts.
 * - Plain writes of the item stand between CLAIMED and FULL, plain reads between TAKEN and EMPTY: the exchanges order them.
 * - Nobody looks at waiters, or at `closed`, to put or take: whoever is about to wait, or closes, leaves the mark in the slot that
 *   stands in its way (the first that is not FULL to take, the first that is not EMPTY to put; never one behind the first of an
 *   extent). The exchange of its owner then fails, or shows it, and that one looks. A mark stays until the slot is given back.
 * - Whoever gives a marked slot back clears the mark first and looks at `closed` and at the waiters then: a mark that it found
 *   was set before that look, and one set later makes its next exchange fail.
 * - The ring is closed when the first slot that is not claimed is SEALED, by an exchange: nothing is put there or behind it, and
 *   what was put before is delivered. Where all are claimed the mark says so, and who gives that slot back seals it instead.
 *
 * Positions wrap at 2^32: 43 s at 100 M items/s; only differences are looked at, and a seat whose own position is far from the
 * shared one takes that. Laps come round after 2^20 items at least, 10 ms at that rate. A thread that slept through exactly a
 * multiple of that between a look and its exchange would claim slots that are really empty (or full), but not the next ones:
 * order among those items may suffer. What one word says of an extent is as new as the exchange; a run of several may reach too far.
 *
 * Source of the idea: D. Vyukov's bounded queue, with the claim moved from the position to the slot.
 */

export const QUEUE_WORDS = 96;
export const QUEUE_CAPACITY = 0;
export const QUEUE_CARRIED = 1;
export const QUEUE_SLOTS = 2;
export const QUEUE_MODES = 3;
export const QUEUE_CLOSED = 16;
export const QUEUE_PRODUCER = 17;
export const QUEUE_CONSUMER = 18;
export const QUEUE_HEAD = 32;
export const QUEUE_TAIL = 48;
export const QUEUE_ITEM_WAITERS = 64;
export const QUEUE_ROOM_WAITERS = 80;

export const SINGLE_PRODUCER = 1;
export const SINGLE_CONSUMER = 2;
export const OVERWRITE = 4;

/** Whether a ring of those modes has the slots of a lane (lane.core.ts). Answers 1 or 0. */
export function isLane(modes: number): number {
  return modes === (SINGLE_PRODUCER | SINGLE_CONSUMER) ? 1 : 0;
}

/** Words a slot. */
export const SLOT_WORDS = 2;
export const SLOT_EMPTY = 0;
export const SLOT_CLAIMED = 1;
export const SLOT_FULL = 2;
export const SLOT_TAKEN = 3;
export const SLOT_SKIP = 4;
export const SLOT_SEALED = 5;
export const SLOT_STATE_MASK = 7;
export const SLOT_SEAT_SHIFT = 3;
export const SLOT_SEAT_MASK = 0xff;
/** State and seat. */
export const SLOT_TAG_MASK = 0x7ff;
/** Whoever changes this slot has somebody to ring, or a ring to seal. */
export const SLOT_MARK = 0x800;
/** The extent stands above these bits, and the lap above it, or higher where the capacity has more bits than both. */
export const SLOT_EXTENT_SHIFT = 12;
/** What the next slot of an extent says less. */
export const SLOT_EXTENT_STEP = 0x1000;
const EXTENT_BITS_MAX = 8;

/** Bits of an extent: as many slots as the ring has, or 256, can be claimed at once. */
function extentBits(capacity: number): number {
  return Math.min(EXTENT_BITS_MAX, 31 - Math.clz32(capacity));
}

/** The most slots that one claim can take. */
export function extentMax(capacity: number): number {
  return 1 << extentBits(capacity);
}

/** How many slots, from its own on, a slot word says are in the same state. */
export function slotExtent(capacity: number, word: number): number {
  return ((word >>> SLOT_EXTENT_SHIFT) & (extentMax(capacity) - 1)) + 1;
}

/** How far a position is shifted so that its lap stands at the top of a slot word. */
export function lapShift(capacity: number): number {
  const bits = 31 - Math.clz32(capacity);
  return Math.max(0, SLOT_EXTENT_SHIFT + extentBits(capacity) - bits);
}

/** The bits of a slot word that are its lap. */
export function lapMask(capacity: number): number {
  const bits = 31 - Math.clz32(capacity);
  return -1 << Math.max(bits, SLOT_EXTENT_SHIFT + extentBits(capacity));
}

/** A slot word's lower bits. */
export function slotTag(state: number, seat: number): number {
  return (seat << SLOT_SEAT_SHIFT) | state;
}

/** Lays out an open, empty queue whose counters start at `start`. The memory is this thread's alone until it is published. */
export function initQueue(
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
  words[queue + QUEUE_HEAD] = start;
  words[queue + QUEUE_TAIL] = start;
  const shift = lapShift(capacity);
  const mask = lapMask(capacity);
  for (let i = 0; i < capacity; i++) {
    const position = (start + i) | 0;
    words[slots + (position & (capacity - 1)) * SLOT_WORDS] = (position << shift) & mask;
  }
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkQueue(words: Int32Array, queue: number, seats: number): number {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const slots = words[queue + QUEUE_SLOTS]!;
  const closed = Atomics.load(words, queue + QUEUE_CLOSED);
  if (closed !== 0 && closed !== 1) return queue + QUEUE_CLOSED;
  const shift = lapShift(capacity);
  const mask = lapMask(capacity);
  for (let i = 0; i < capacity; i++) {
    const before = Atomics.load(words, queue + QUEUE_HEAD);
    const word = Atomics.load(words, slots + i * SLOT_WORDS);
    const state = word & SLOT_STATE_MASK;
    const seat = (word >>> SLOT_SEAT_SHIFT) & SLOT_SEAT_MASK;
    const owned = state === SLOT_CLAIMED || state === SLOT_TAKEN;
    if (state > SLOT_SEALED || seat > seats || owned !== (seat !== 0)) return slots + i * SLOT_WORDS;
    // A slot serves the lap of the head, or the ones beside it; others moved on only if the head did, or whoever should have moved
    // it has died and is not recovered yet.
    const position = (before & ~(capacity - 1)) | i;
    const distance = ((word & mask) - ((position << shift) & mask)) | 0;
    const lap = ((capacity << shift) & mask) | 0 || 0;
    const near = lap === 0 || (distance >= -lap && distance <= lap * (seats + 1));
    if (!near && Atomics.load(words, queue + QUEUE_HEAD) === before) return slots + i * SLOT_WORDS;
  }
  return 0;
}

/** Sets of states, for `firstNot`: a bit each. Skipped slots are no items, but a head must not go past them: they have to be given back. */
const PUT = (1 << SLOT_CLAIMED) | (1 << SLOT_FULL) | (1 << SLOT_TAKEN) | (1 << SLOT_SKIP);
const TAKEN = 1 << SLOT_TAKEN;
const NO_ITEM = (1 << SLOT_TAKEN) | (1 << SLOT_SKIP);

/** The first position, from `from` on, whose slot is in none of the states `past`. */
function firstNot(words: Int32Array, from: number, slots: number, capacity: number, past: number): number {
  const shift = lapShift(capacity);
  const mask = lapMask(capacity);
  let position = from;
  for (let step = 0; step < 2 * capacity; ) {
    const word = Atomics.load(words, slots + (position & (capacity - 1)) * SLOT_WORDS);
    const ahead = ((word & mask) - ((position << shift) & mask)) | 0;
    if (ahead < 0 || (ahead === 0 && ((past >>> (word & SLOT_STATE_MASK)) & 1) === 0)) return position;
    // Those behind a claimed slot that belong to it say nothing yet.
    const extent = ahead === 0 ? slotExtent(capacity, word) : 1;
    position = (position + extent) | 0;
    step += extent;
  }
  return position;
}

/** The first position that nobody has claimed to put. Exact for the only producer. */
export function queueTail(words: Int32Array, queue: number, slots: number, capacity: number): number {
  return firstNot(words, Atomics.load(words, queue + QUEUE_TAIL), slots, capacity, PUT);
}

/**
 * Moves a shared position on where one that should have done it is dead. It was `seen`, and the slot that is farthest on in its lap
 * was `ahead` of it, in the bits of a slot word: a walk from the lap before that one ends at the right place.
 */
export function settlePosition(words: Int32Array, queue: number, shared: number, seen: number, ahead: number): void {
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const shift = lapShift(capacity);
  if (ahead >>> shift <= capacity) return;
  const from = ((seen & ~(capacity - 1)) + (ahead >>> shift) - capacity) | 0;
  const found = firstNot(words, from, words[queue + QUEUE_SLOTS]!, capacity, shared === QUEUE_TAIL ? PUT : TAKEN);
  Atomics.compareExchange(words, queue + shared, seen, found);
}

/** How far a slot word is ahead of the lap of a position, as it stands in its bits. */
export function lapsAhead(capacity: number, word: number, position: number): number {
  const mask = lapMask(capacity);
  return ((word & mask) - (((position & ~(capacity - 1)) << lapShift(capacity)) & mask)) | 0;
}

/** How often `sealQueue` tries again because others were quicker: in a damaged ring that could go on for ever. */
const SEAL_TRIES = 65536;

/**
 * Makes sure that nothing more is put into a ring whose `closed` is set: seals the first slot that is not claimed, or marks it for
 * who gives it back. May be repeated, also by others.
 */
export function sealQueue(words: Int32Array, queue: number, slots: number, capacity: number): void {
  const mask = lapMask(capacity);
  const shift = lapShift(capacity);
  let before = 0;
  for (let tries = 0; tries < SEAL_TRIES; tries++) {
    const tail = queueTail(words, queue, slots, capacity);
    const slot = slots + (tail & (capacity - 1)) * SLOT_WORDS;
    const lap = (tail << shift) & mask;
    const word = Atomics.load(words, slot);
    const ahead = ((word & mask) - lap) | 0;
    const state = word & SLOT_STATE_MASK;
    if (ahead === 0 && state === SLOT_SEALED) return;
    if (ahead > 0 || (ahead === 0 && state !== SLOT_EMPTY)) {
      // Claimed meanwhile; or the ring is damaged, and looks just the same again.
      if (tries !== 0 && word === before) return;
      before = word;
      continue;
    }
    // What is skipped belongs to nobody, and can be sealed as if it had been given back.
    const free = ahead === 0 || state === SLOT_SKIP;
    if (!free && (word & SLOT_MARK) !== 0) return;
    const next = free ? lap | SLOT_SEALED : word | SLOT_MARK;
    if (Atomics.compareExchange(words, slot, word, next) === word) return;
  }
}

/** How many items are in the ring, being put or to be taken. Momentary: others may do either meanwhile. */
export function queueLength(words: Int32Array, queue: number, slots: number, capacity: number): number {
  const head = firstNot(words, Atomics.load(words, queue + QUEUE_HEAD), slots, capacity, NO_ITEM);
  const length = (firstNot(words, Atomics.load(words, queue + QUEUE_TAIL), slots, capacity, PUT) - head) | 0;
  return Math.max(0, Math.min(length, capacity));
}
