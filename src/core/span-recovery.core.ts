/**
 * What is left of a dead seat in a heap, and the walk over all of it. The words are those of span.core.ts.
 *
 * A block is held by whoever allocated it, until another adopts it, or it is disowned, or given back. Recovery frees what the
 * dead seat held, hands its spans on (nobody's, until a seat needs that class), and leaves what others adopted live.
 * It may be cut short anywhere: what was done shows in the words, and the rest is done by whoever repeats it.
 */
import { freePages, lockHeap, spanPages, unlockHeap } from './page-heap.core.js';
import {
  CLASS_BLOCKS,
  CLASS_BYTES,
  CONTROL_ATTENTION,
  CONTROL_EMPTY_BYTES,
  CONTROL_HEADS,
  classIndex,
  classOf,
  endLife,
  HEAP_CACHES,
  HEAP_RESERVED,
  holderOf,
  isLivePointer,
  lifeOf,
  OWN_BLOCKS,
  OWN_BYTES,
  OWN_CLASSES,
  OWN_CONTROL_WORDS,
  OWN_CONTROLS,
  OWN_FIRST_PAGE,
  OWN_HEAP,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_SEATS,
  OWN_USED_MASK,
  PAGE_LARGE,
  PAGE_OFFSET_SHIFT,
  PAGE_SMALL,
  SPAN_FREE,
  SPAN_FRESH,
  SPAN_PAGES,
  setHolder,
  spanIndex,
  spanLength,
  stateOf,
} from './span.core.js';
import { abandonSpan, repairCentre } from './span-handover.core.js';
import { blockAt } from './span-owner.core.js';
import { hintReturned, stampReturned } from './span-returned.core.js';
import { DONE } from './status.js';

/** Counts a block that recovery frees. */
function countBlock(own: Int32Array, bytes: number): void {
  own[OWN_BLOCKS]! += 1;
  own[OWN_BYTES]! += bytes;
}

/** Takes back all that a dead seat held. What that was stands in OWN_BLOCKS and OWN_BYTES. Answers DONE or UNSEATED. */
export function recoverSpans(words: Int32Array, own: Int32Array, dead: number): number {
  own[OWN_BLOCKS] = 0;
  own[OWN_BYTES] = 0;
  const status = lockHeap(words, own);
  if (status !== DONE) return status;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const pages = spanPages(words, own, page);
    const word = Atomics.load(words, own[OWN_MAP]! + page);
    if (pages !== 0 && stateOf(word) === PAGE_LARGE) recoverLarge(words, own, page, dead);
    else if (pages !== 0) {
      recoverSmall(words, own, page, word, dead);
      if ((word & 0xff) === dead) abandonSpan(words, own, page);
      else if ((word & 0xff) !== 0) hintSpan(words, own, page, pages, word & 0xff);
    }
    page += Math.max(1, pages);
  }
  if (words[own[OWN_HEAP]! + HEAP_CACHES] === 0) repairCentre(words, own);
  else clearControl(words, own, dead);
  unlockHeap(words, own);
  return DONE;
}

/** Frees a large block that the dead seat held. */
function recoverLarge(words: Int32Array, own: Int32Array, page: number, dead: number): void {
  const pointer = page << own[OWN_PAGE_SHIFT]!;
  const live = (lifeOf(words, own, pointer) & 1) !== 0 ? 1 : 0;
  // Not live: its thread died between taking or giving back the pages, and the life.
  if (live !== 0 && holderOf(words, own, pointer) !== dead) return;
  if (live !== 0) {
    countBlock(own, spanLength(words, own, page) << own[OWN_PAGE_SHIFT]!);
    endLife(words, own, pointer);
  }
  setHolder(words, own, pointer, 0);
  freePages(words, own, page, 0);
}

/** Frees the blocks of a small span that the dead seat held. */
function recoverSmall(words: Int32Array, own: Int32Array, page: number, word: number, dead: number): void {
  const owner = word & 0xff;
  const bytes = own[classIndex(own, classOf(word)) + CLASS_BYTES]!;
  // All that there can be: how many were cut off is its owner's to know.
  const blocks = own[classIndex(own, classOf(word)) + CLASS_BLOCKS]!;
  for (let block = 0; block < blocks; block++) {
    const pointer = blockAt(own, page, classOf(word), block);
    const holder = holderOf(words, own, pointer);
    if (holder !== dead && (holder !== 0 || owner !== dead)) continue;
    if (isLivePointer(words, own, pointer) !== 0) {
      countBlock(own, bytes);
      // A living owner is the only one to write its words: give it back as another thread would.
      if (owner !== 0 && owner !== dead) stampReturned(words, own, pointer);
      else endLife(words, own, pointer);
    }
    if (holder !== 0) setHolder(words, own, pointer, 0);
  }
}

/** Makes a living owner look at every page of a span: the dead seat may have stamped there without leaving a hint. */
function hintSpan(words: Int32Array, own: Int32Array, page: number, pages: number, owner: number): void {
  for (let i = 0; i < pages; i++) hintReturned(words, own, owner, page + i);
}

/** Empties the control of a seat that is no more. Its count of stamps goes on: others have seen it. */
function clearControl(words: Int32Array, own: Int32Array, seat: number): void {
  const size = own[OWN_CONTROL_WORDS]!;
  const control = own[OWN_CONTROLS]! + seat * size;
  words[control + CONTROL_EMPTY_BYTES] = 0;
  for (let i = 0; i < own[OWN_CLASSES]!; i++) words[control + CONTROL_HEADS + i] = 0;
  Atomics.store(words, control + CONTROL_ATTENTION, 0);
  for (let i = CONTROL_HEADS + own[OWN_CLASSES]!; i < size; i++) Atomics.store(words, control + i, 0);
}

/** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
export function checkSpans(words: Int32Array, own: Int32Array): number {
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; page++) {
    const word = Atomics.load(words, own[OWN_MAP]! + page);
    if (word === 0) continue;
    const state = stateOf(word);
    const offset = word >>> PAGE_OFFSET_SHIFT;
    const small = (state & PAGE_SMALL) !== 0 && state < PAGE_LARGE ? 1 : 0;
    const right =
      (word & 0xff) <= own[OWN_SEATS]! &&
      page - offset >= own[OWN_FIRST_PAGE]! &&
      (small !== 0 ? classOf(word) < own[OWN_CLASSES]! : state === PAGE_LARGE && offset === 0);
    if (!right) return own[OWN_MAP]! + page;
  }
  return 0;
}

/** Walks the laws that hold while nobody works on the pages. Under the lock. Answers as `checkSpans`. */
export function checkPages(words: Int32Array, own: Int32Array): number {
  const broken = checkSpans(words, own);
  if (broken !== 0) return broken;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  let reserved = 0;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const pages = spanPages(words, own, page);
    const span = spanIndex(own, page);
    if (page + pages > end || (pages !== 0 && words[span + SPAN_PAGES] !== pages)) return span;
    for (let i = 0; i < Math.max(1, pages); i++) {
      const at = page + i - own[OWN_FIRST_PAGE]!;
      const bit = (words[own[OWN_USED_MASK]! + (at >>> 5)]! >>> (at & 31)) & 1;
      if (bit !== (pages === 0 ? 0 : 1)) return own[OWN_USED_MASK]! + (at >>> 5);
      if (pages === 0 && words[own[OWN_MAP]! + page] !== 0) return own[OWN_MAP]! + page;
    }
    const word = words[own[OWN_MAP]! + page]!;
    // Another's counts are its owner's to know.
    if (pages !== 0 && stateOf(word) !== PAGE_LARGE && ((word & 0xff) === 0 || (word & 0xff) === own[OWN_OWNER])) {
      const fresh = words[span + SPAN_FRESH]!;
      if (fresh < 0 || fresh > own[classIndex(own, classOf(word)) + CLASS_BLOCKS]!) return span + SPAN_FRESH;
      if ((word & 0xff) !== 0 && words[span + SPAN_FREE]! > fresh) return span + SPAN_FREE;
    }
    reserved += pages;
    page += Math.max(1, pages);
  }
  return reserved === words[own[OWN_HEAP]! + HEAP_RESERVED] ? 0 : own[OWN_HEAP]! + HEAP_RESERVED;
}

/** The class of the span that begins at a page, or the number of classes for a large one. */
export function spanClass(words: Int32Array, own: Int32Array, page: number): number {
  const word = Atomics.load(words, own[OWN_MAP]! + page);
  return stateOf(word) === PAGE_LARGE ? own[OWN_CLASSES]! : classOf(word);
}

/** How many blocks were ever cut off a small span, for another than its owner: it counts on meanwhile. */
export function lookAtFresh(words: Int32Array, own: Int32Array, page: number): number {
  const word = Atomics.load(words, own[OWN_MAP]! + page);
  const most = own[classIndex(own, classOf(word)) + CLASS_BLOCKS]!;
  return Math.max(0, Math.min(most, Atomics.load(words, spanIndex(own, page) + SPAN_FRESH)));
}
