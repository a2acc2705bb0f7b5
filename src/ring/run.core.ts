/**
 * Several items at once through a ring of many (core/slot.core.ts): a run of slots is claimed by one exchange on its first slot,
 * filled or read, and published or given back by another one. What it costs is shared by all its items.
 *
 * A run is used by its own thread alone, between these calls, without anything else in between:
 *
 *     claimRun, fillFirst, fillSlot for each behind it, publishRun
 *     takeRun, takeFirst, takeSlot for each behind it, releaseRun
 */
import {
  QUEUE_HEAD,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_EMPTY,
  SLOT_EXTENT_SHIFT,
  SLOT_FULL,
  SLOT_MARK,
  SLOT_SKIP,
  SLOT_STATE_MASK,
  SLOT_TAKEN,
  SLOT_WORDS,
  slotTag,
} from '../core/slot.core.js';
import { DONE, NONE } from '../core/status.js';
import { receive } from './cargo.core.js';
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
  OWN_RUN_WORD,
  OWN_SEAT,
  OWN_SEEK,
  OWN_SLOTS,
  OWN_TAIL,
} from './own.js';
import { DRAINED, extentOf, FRESH, findHead, moveTo, NOWHERE, pastHead, pastTail, refused } from './ring.core.js';
import { publish, release, releaseSkipped } from './ring-mark.core.js';

/** The index of the slot of a position. */
function slotAt(own: Int32Array, position: number): number {
  return own[OWN_SLOTS]! + (position & own[OWN_INDEX_MASK]!) * SLOT_WORDS;
}

/** The lap of a position, where it stands in a slot word. */
function lapAt(own: Int32Array, position: number): number {
  return (position << own[OWN_LAP_SHIFT]!) & own[OWN_LAP_MASK]!;
}

/** What a slot word says of its slot at that position: the state, or what else it is in another lap. */
function stateAt(own: Int32Array, position: number, word: number): number {
  return (word & (own[OWN_LAP_MASK]! | SLOT_STATE_MASK)) ^ lapAt(own, position);
}

/** What stands in the word of the `i`th slot of the run beside lap and state: how many there are from there on. */
function restAt(own: Int32Array, i: number): number {
  return (own[OWN_RUN_EXTENT]! - 1 - i) << SLOT_EXTENT_SHIFT;
}

/** Claims the slots from `position` on, of which the first holds `word`. Answers 1, or 0 where another was quicker. */
function claim(
  words: Int32Array,
  own: Int32Array,
  position: number,
  extent: number,
  word: number,
  state: number,
): number {
  const marked = word & SLOT_MARK;
  const claimed = lapAt(own, position) | ((extent - 1) << SLOT_EXTENT_SHIFT) | marked | slotTag(state, own[OWN_SEAT]!);
  own[OWN_RUN] = position;
  own[OWN_RUN_EXTENT] = extent;
  own[OWN_RUN_WORD] = claimed;
  return Atomics.compareExchange(words, slotAt(own, position), word, claimed) === word ? 1 : 0;
}

/** Whether the slot that many positions behind this seat's tail is free. For the only producer. Answers 1 or 0. */
export function isEmptyAt(words: Int32Array, own: Int32Array, ahead: number): number {
  const position = own[OWN_TAIL]! + ahead;
  if (ahead > own[OWN_INDEX_MASK]!) return 0;
  return stateAt(own, position, Atomics.load(words, slotAt(own, position))) === SLOT_EMPTY ? 1 : 0;
}

/**
 * Drops the oldest items of a full ring until that many slots behind this seat's tail are free. For the only producer; the consumer may
 * take meanwhile. Stops at one that is just being taken: that may go on for as long as its taker is away.
 */
export function makeRoom(words: Int32Array, own: Int32Array, count: number): void {
  for (let ahead = 0; ahead < count; ) {
    if (isEmptyAt(words, own, ahead) === 1) {
      ahead++;
      continue;
    }
    const position = (own[OWN_TAIL]! + ahead - own[OWN_INDEX_MASK]! - 1) | 0;
    const slot = slotAt(own, position);
    const word = Atomics.load(words, slot);
    if ((word & own[OWN_LAP_MASK]!) !== lapAt(own, position)) {
      // Given back meanwhile; or sealed, and then there is nothing to make room for. Or damaged: it would look the same again.
      if (stateAt(own, own[OWN_TAIL]! + ahead, word) !== SLOT_EMPTY) return;
      continue;
    }
    const state = word & SLOT_STATE_MASK;
    if (state === SLOT_SKIP) {
      releaseSkipped(words, own, slot, word);
      continue;
    }
    if (state !== SLOT_FULL) return;
    const taken = lapAt(own, position) | (word & SLOT_MARK) | slotTag(SLOT_TAKEN, own[OWN_SEAT]!);
    if (Atomics.compareExchange(words, slot, word, taken) !== word) continue;
    // As who takes does, while the slot is this seat's: the consumer may look in only laps later, and checks go by the head.
    Atomics.store(words, own[OWN_QUEUE]! + QUEUE_HEAD, (position + 1) | 0);
    release(words, own, slot, taken);
  }
}

/**
 * Claims up to `count` slots at the tail (of which an extent can tell), at least `least`. Answers how many, NONE (fewer are free),
 * CLOSED or UNSEATED.
 */
export function claimRun(words: Int32Array, own: Int32Array, count: number, least: number): number {
  let tail = own[OWN_TAIL]!;
  own[OWN_SEEK] = FRESH;
  for (;;) {
    const lap = lapAt(own, tail);
    const slot = slotAt(own, tail);
    const word = Atomics.load(words, slot);
    if (stateAt(own, tail, word) === SLOT_EMPTY) {
      // Nobody looks at those behind it before this one is claimed, so what is empty stays empty until then. As many as were given
      // back together need no look: the word says so.
      let extent = extentOf(own, word);
      while (extent < count) {
        const next = Atomics.load(words, slotAt(own, tail + extent));
        if (stateAt(own, tail + extent, next) !== SLOT_EMPTY) break;
        extent += extentOf(own, next);
      }
      extent = Math.min(extent, count);
      if (extent < least) {
        own[OWN_SEEK] = NOWHERE;
        return refused(words, own);
      }
      if (claim(words, own, tail, extent, word, SLOT_CLAIMED) === 0) continue;
      moveTo(words, own, QUEUE_TAIL, OWN_TAIL, (tail + extent) | 0);
      return extent;
    }
    tail = pastTail(words, own, tail, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** The `i`th slot of the run. Up to the end of the slots the others follow it. */
export function runSlot(own: Int32Array, i: number): number {
  return slotAt(own, own[OWN_RUN]! + i);
}

/** What the `i`th slot says once it is filled. In the next one it is a step less. */
export function fullWord(own: Int32Array, i: number): number {
  return lapAt(own, own[OWN_RUN]! + i) | restAt(own, i) | SLOT_FULL;
}

/** What the `i`th slot says once it is given back. In the next one it is a step less. */
export function emptyWord(own: Int32Array, i: number): number {
  return (lapAt(own, own[OWN_RUN]! + i) - own[OWN_LAP_MASK]!) | restAt(own, i) | 0;
}

/** Writes the first item of the claimed run, whose slot is published last. */
export function fillFirst(words: Int32Array, own: Int32Array, item: number): void {
  words[slotAt(own, own[OWN_RUN]!) + 1] = item;
}

/** Writes an item into a slot of the claimed run behind the first. */
export function fillSlot(words: Int32Array, slot: number, full: number, item: number): void {
  words[slot + 1] = item;
  words[slot] = full;
}

/** Publishes the claimed run, all of it filled. Answers DONE or UNSEATED. */
export function publishRun(words: Int32Array, own: Int32Array): number {
  return publish(words, own, slotAt(own, own[OWN_RUN]!), own[OWN_RUN_WORD]!);
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
    if (stateAt(own, head, word) === SLOT_FULL) {
      let extent = Math.min(extentOf(own, word), count);
      let items = extent;
      while (items < count && extent <= own[OWN_EXTENT_MASK]!) {
        // A mark there is an old one: nobody marks behind the first that is not taken.
        const next = Atomics.load(words, slotAt(own, head + extent));
        const state = stateAt(own, head + extent, next);
        if (state !== SLOT_FULL && state !== SLOT_SKIP) break;
        const more = Math.min(extentOf(own, next), count - items, own[OWN_EXTENT_MASK]! + 1 - extent);
        if (state === SLOT_FULL) items += more;
        extent += more;
      }
      if (items < least) {
        own[OWN_HEAD] = head;
        own[OWN_SEEK] = NOWHERE;
        return refused(words, own);
      }
      if (claim(words, own, head, extent, word, SLOT_TAKEN) === 0) continue;
      moveTo(words, own, QUEUE_HEAD, OWN_HEAD, (head + extent) | 0);
      return extent;
    }
    head = pastHead(words, own, head, slot, word, lap);
    if (own[OWN_SEEK]! <= DRAINED) return refused(words, own);
  }
}

/** The first item of the taken run, whose slot is given back last. A carried block is this seat's from here on. */
export function takeFirst(words: Int32Array, own: Int32Array): number {
  const item = words[slotAt(own, own[OWN_RUN]!) + 1]!;
  if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  return item;
}

/** The item of a slot of the taken run behind the first, which is given back; or NONE where that was skipped. As `takeFirst`. */
export function takeSlot(words: Int32Array, own: Int32Array, slot: number, empty: number): number {
  let item = NONE;
  if ((words[slot]! & SLOT_STATE_MASK) === SLOT_FULL) {
    item = words[slot + 1]!;
    // Before the slot is given back: recovery goes by that.
    if (own[OWN_RECORDS] !== 0) receive(words, own, item);
  }
  words[slot] = empty;
  return item;
}

/** Gives back the first slot of the taken run, and with it all. Answers DONE or UNSEATED. */
export function releaseRun(words: Int32Array, own: Int32Array): number {
  return release(words, own, slotAt(own, own[OWN_RUN]!), own[OWN_RUN_WORD]!);
}

/** How often a producer that overwrites may be quicker than one look: that takes a lap each time. */
const LOOKS_MAX = 64;

/** The item at the head, which stays; NONE, CLOSED (and drained) or UNSEATED. For the only consumer. */
export function front(words: Int32Array, own: Int32Array): number {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const status = findHead(words, own);
    if (status !== DONE) return status;
    const head = own[OWN_HEAD]!;
    const item = Atomics.load(words, slotAt(own, head) + 1);
    // Nobody else takes it; but a producer that overwrites may have dropped it, and put another one there.
    if (stateAt(own, head, Atomics.load(words, slotAt(own, head))) === SLOT_FULL) return item;
  }
  return NONE;
}
