/**
 * What a seat keeps beyond its live blocks, and how it gives that up: to make room, when trimmed, and when its thread leaves. The
 * words are those of core/span.core.ts.
 */

import { spanPages, unlockHeap } from '../core/page-heap.core.js';
import { isSeated } from '../core/seat.core.js';
import {
  CLASS_BLOCKS,
  CONTROL_HEADS,
  classIndex,
  classOf,
  HEAP_ABANDONED,
  HEAP_RESERVED,
  HOLDER_NOBODY,
  holderOf,
  isPage,
  OWN_CLASSES,
  OWN_CONTROL,
  OWN_FIRST_PAGE,
  OWN_GENERATION,
  OWN_HEAP,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_SEAT,
  PAGE_LARGE,
  PAGE_SMALL,
  SPAN_FREE,
  SPAN_FRESH,
  SPAN_NEXT,
  setHolder,
  spanIndex,
  stateOf,
} from '../core/span.core.js';
import { abandonSpan, enterHeap } from '../core/span-handover.core.js';
import { blockAt, dropSpan, spillStock } from '../core/span-owner.core.js';
import { collectAll } from '../core/span-returned.core.js';
import { DONE, UNSEATED } from '../core/status.js';

/** Gives back to the page heap every empty span that this seat keeps, and its stocks to their spans. Answers a status. */
export function releaseKept(words: Int32Array, own: Int32Array): number {
  let status = collectAll(words, own);
  for (let sizeClass = 0; sizeClass < own[OWN_CLASSES]!; sizeClass++) {
    if (spillStock(words, own, sizeClass, 0) !== DONE) status = UNSEATED;
    let page = words[own[OWN_CONTROL]! + CONTROL_HEADS + sizeClass]!;
    // The lists are ours alone; where they are damaged they end, sooner or later.
    for (let count = 0; isPage(own, page) !== 0 && count < own[OWN_PAGES]!; count++) {
      const span = spanIndex(own, page);
      const next = words[span + SPAN_NEXT]!;
      if (words[span + SPAN_FREE] === words[span + SPAN_FRESH]) {
        const dropped = dropSpan(words, own, page);
        if (dropped !== DONE) status = dropped;
      }
      page = next;
    }
  }
  return status;
}

/** Gives back all whole free spans that this thread can reach. Answers how many pages that were, or UNSEATED. */
export function trimHeap(words: Int32Array, own: Int32Array): number {
  // Before anything else: once recovered, what this seat kept is others'.
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_GENERATION]!) === 0) return UNSEATED;
  const reserved = own[OWN_HEAP]! + HEAP_RESERVED;
  const before = Atomics.load(words, reserved);
  let status = own[OWN_OWNER] === 0 ? (DONE as number) : releaseKept(words, own);
  if (status === DONE) status = enterHeap(words, own);
  if (status !== DONE) return status;
  if (own[OWN_OWNER] === 0) releaseKept(words, own);
  else releaseAbandoned(words, own);
  const after = words[reserved]!;
  unlockHeap(words, own);
  return Math.max(0, before - after);
}

/** Gives back nobody's spans in which nothing is live any more. Under the lock. */
function releaseAbandoned(words: Int32Array, own: Int32Array): void {
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const word = words[own[OWN_MAP]! + page]!;
    const pages = spanPages(words, own, page);
    if (pages !== 0 && (stateOf(word) & PAGE_SMALL) !== 0 && (word & 0xff) === 0) {
      // Counted again if it stays nobody's.
      const count = own[OWN_HEAP]! + HEAP_ABANDONED + classOf(word);
      Atomics.store(words, count, words[count]! - 1);
      abandonSpan(words, own, page);
    }
    page += Math.max(1, pages);
  }
}

/** A thread detaches: its spans become nobody's, and the blocks it still holds stay live, held by nobody. Answers a status. */
export function leaveHeap(words: Int32Array, own: Int32Array): number {
  let status = own[OWN_OWNER] === 0 ? (DONE as number) : releaseKept(words, own);
  if (status === DONE) status = enterHeap(words, own);
  if (status !== DONE) return status;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const word = words[own[OWN_MAP]! + page]!;
    const pages = spanPages(words, own, page);
    if (pages !== 0) {
      letGo(words, own, page, word);
      if (own[OWN_OWNER] !== 0 && (word & 0xff) === own[OWN_OWNER]) abandonSpan(words, own, page);
    }
    page += Math.max(1, pages);
  }
  if (own[OWN_OWNER] !== 0) {
    for (let i = 0; i < own[OWN_CLASSES]!; i++) words[own[OWN_CONTROL]! + CONTROL_HEADS + i] = 0;
  }
  unlockHeap(words, own);
  return DONE;
}

/** Makes nobody the holder of a span's blocks that name this seat. Under the lock. */
function letGo(words: Int32Array, own: Int32Array, page: number, word: number): void {
  if (stateOf(word) === PAGE_LARGE) {
    const pointer = page << own[OWN_PAGE_SHIFT]!;
    if (holderOf(words, own, pointer) === own[OWN_SEAT]) setHolder(words, own, pointer, HOLDER_NOBODY);
    return;
  }
  // All that there can be: how many were cut off is its owner's to know.
  const blocks = own[classIndex(own, classOf(word)) + CLASS_BLOCKS]!;
  for (let block = 0; block < blocks; block++) {
    const pointer = blockAt(own, page, classOf(word), block);
    if (holderOf(words, own, pointer) === own[OWN_SEAT]) setHolder(words, own, pointer, HOLDER_NOBODY);
  }
}
