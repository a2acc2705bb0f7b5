/**
 * Several items at once through a ring of many (core/slot.core.ts): a run of slots is claimed by one exchange on its first slot,
 * filled or read, and published or given back by another one. What it costs is shared by all its items.
 *
 * A run is used by its own thread alone, between these calls, without anything else in between:
 *
 *     claimRun, fillRun for each, publishRun           takeRun, runItem for each, releaseRun
 */
import {
  QUEUE_CLOSED,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_EXTENT_SHIFT,
  SLOT_FULL,
  SLOT_SKIP,
  SLOT_TAKEN,
  SLOT_WORDS,
  slotTag,
} from '../core/slot.core.js';
import { DONE, NONE, UNSEATED } from '../core/status.js';
import { receive, wakeOne } from './cargo.core.js';
import {
  OWN_EXTENT_MASK,
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_QUEUE,
  OWN_RECORDS,
  OWN_RUN,
  OWN_RUN_EXTENT,
  OWN_SEAT,
  OWN_SEEK,
  OWN_SLOTS,
  OWN_TAIL,
} from './own.js';
import { DRAINED, FRESH, moveTo, NOWHERE, pastHead, pastTail, refused } from './ring.core.js';

/** The index of the slot of a position. */
function slotAt(own: Int32Array, position: number): number {
  return own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
}

/** The lap of a position, where it stands in a slot word. */
function lapAt(own: Int32Array, position: number): number {
  return (position << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
}

/** The word of a claim on the run of `own`, in that state. */
function claimOf(own: Int32Array, state: number): number {
  const extent = (own[OWN_RUN_EXTENT]! - 1) << SLOT_EXTENT_SHIFT;
  return lapAt(own, own[OWN_RUN]!) | extent | slotTag(state, own[OWN_SEAT]!);
}

/** Whether the slot that many positions behind this seat's tail is free. For the only producer. Answers 1 or 0. */
export function isEmptyAt(words: Int32Array, own: Int32Array, ahead: number): number {
  const position = own[OWN_TAIL]! + ahead;
  if (ahead > own[OWN_INDEX_MASK]!) return 0;
  return Atomics.load(words, slotAt(own, position)) === lapAt(own, position) ? 1 : 0;
}

/** Claims up to `count` slots at the tail, at least `least`. Answers how many, NONE (fewer are free), CLOSED or UNSEATED. */
export function claimRun(words: Int32Array, own: Int32Array, count: number, least: number): number {
  const queue = own[OWN_QUEUE]!;
  if (Atomics.load(words, queue + QUEUE_CLOSED) !== 0) return refused(words, own, 1);
  let tail = own[OWN_TAIL]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const lap = lapAt(own, tail);
    const word = Atomics.load(words, slotAt(own, tail));
    if (word === lap) {
      // Nobody looks at those behind it before this one is claimed, so what is empty stays empty until then.
      let extent = 1;
      while (
        extent < count &&
        extent <= own[OWN_EXTENT_MASK]! &&
        Atomics.load(words, slotAt(own, tail + extent)) === lapAt(own, tail + extent)
      ) {
        extent++;
      }
      if (extent < least) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
      own[OWN_RUN] = tail;
      own[OWN_RUN_EXTENT] = extent;
      if (Atomics.compareExchange(words, slotAt(own, tail), lap, claimOf(own, SLOT_CLAIMED)) !== lap) continue;
      moveTo(words, own, QUEUE_TAIL, OWN_TAIL, (tail + extent) | 0);
      return Atomics.load(words, queue + QUEUE_CLOSED) === 0 ? extent : abandonRun(words, own);
    }
    tail = pastTail(words, own, tail, word, lap);
    if (own[OWN_SEEK] === NOWHERE) return refused(words, own, Atomics.load(words, queue + QUEUE_CLOSED));
  }
}

/** The ring was closed between the claim and the publication: the run is skipped. Answers CLOSED or UNSEATED. */
function abandonRun(words: Int32Array, own: Int32Array): number {
  const first = own[OWN_RUN]!;
  for (let i = own[OWN_RUN_EXTENT]! - 1; i > 0; i--) words[slotAt(own, first + i)] = lapAt(own, first + i) | SLOT_SKIP;
  Atomics.compareExchange(words, slotAt(own, first), claimOf(own, SLOT_CLAIMED), lapAt(own, first) | SLOT_SKIP);
  // Whoever waited behind it may now see that the ring is drained.
  wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return refused(words, own, 1);
}

/** Writes an item into the claimed run, the `i`th of it. */
export function fillRun(words: Int32Array, own: Int32Array, i: number, item: number): void {
  const position = own[OWN_RUN]! + i;
  const slot = slotAt(own, position);
  words[slot + 1] = item;
  if (i !== 0) words[slot] = lapAt(own, position) | SLOT_FULL;
}

/** Publishes the claimed run, all of it filled. Answers DONE or UNSEATED. */
export function publishRun(words: Int32Array, own: Int32Array): number {
  const first = own[OWN_RUN]!;
  const claimed = claimOf(own, SLOT_CLAIMED);
  if (Atomics.compareExchange(words, slotAt(own, first), claimed, lapAt(own, first) | SLOT_FULL) !== claimed)
    return UNSEATED;
  // One: whoever leaves its wait rings the next while there is something left.
  wakeOne(words, own, QUEUE_ITEM_WAITERS);
  return DONE;
}

/**
 * Claims a run at the head that holds up to `count` items, at least `least`. Answers its extent, which skipped slots are part
 * of; NONE (fewer are there), CLOSED (and drained) or UNSEATED.
 */
export function takeRun(words: Int32Array, own: Int32Array, count: number, least: number): number {
  let head = own[OWN_HEAD]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const lap = lapAt(own, head);
    const slot = slotAt(own, head);
    const word = Atomics.load(words, slot);
    if (word === (lap | SLOT_FULL)) {
      let extent = 1;
      let items = 1;
      while (items < count && extent <= own[OWN_EXTENT_MASK]!) {
        const next = Atomics.load(words, slotAt(own, head + extent)) ^ lapAt(own, head + extent);
        if (next !== SLOT_FULL && next !== SLOT_SKIP) break;
        if (next === SLOT_FULL) items++;
        extent++;
      }
      if (items < least) {
        own[OWN_HEAD] = head;
        return refused(words, own, 0);
      }
      own[OWN_RUN] = head;
      own[OWN_RUN_EXTENT] = extent;
      if (Atomics.compareExchange(words, slot, word, claimOf(own, SLOT_TAKEN)) !== word) continue;
      moveTo(words, own, QUEUE_HEAD, OWN_HEAD, (head + extent) | 0);
      return extent;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own, own[OWN_SEEK] === DRAINED ? 1 : 0);
  }
}

/** The item of the `i`th slot of the taken run, or NONE where that was skipped. A carried block is this seat's from here on. */
export function runItem(words: Int32Array, own: Int32Array, i: number): number {
  const position = own[OWN_RUN]! + i;
  const slot = slotAt(own, position);
  if (i !== 0 && words[slot] !== (lapAt(own, position) | SLOT_FULL)) return NONE;
  const item = words[slot + 1]!;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  return item;
}

/** Gives the slots of the taken run back. Answers DONE or UNSEATED. */
export function releaseRun(words: Int32Array, own: Int32Array): number {
  const first = own[OWN_RUN]!;
  const taken = claimOf(own, SLOT_TAKEN);
  for (let i = own[OWN_RUN_EXTENT]! - 1; i > 0; i--) {
    words[slotAt(own, first + i)] = (lapAt(own, first + i) - own[OWN_LAP_MASK]!) | 0;
  }
  if (Atomics.compareExchange(words, slotAt(own, first), taken, (lapAt(own, first) - own[OWN_LAP_MASK]!) | 0) !== taken)
    return UNSEATED;
  wakeOne(words, own, QUEUE_ROOM_WAITERS);
  return DONE;
}

/** Whether there is something to take: DONE, and then `own` has its position; NONE, CLOSED (and drained) or UNSEATED. */
export function findHead(words: Int32Array, own: Int32Array): number {
  let head = own[OWN_HEAD]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const lap = lapAt(own, head);
    const slot = slotAt(own, head);
    const word = Atomics.load(words, slot);
    if (word === (lap | SLOT_FULL)) {
      own[OWN_HEAD] = head;
      return DONE;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own, own[OWN_SEEK] === DRAINED ? 1 : 0);
  }
}

/** The item that `findHead` has found. For the only consumer: nobody else could take it. */
export function headItem(words: Int32Array, own: Int32Array): number {
  return words[slotAt(own, own[OWN_HEAD]!) + 1]!;
}
