/**
 * How a span changes hands: new from the page heap, taken over from nobody, given up, and the centre's after a death. All of it
 * under the heap's lock. The words are those of span.core.ts.
 */
import { freePages, lockHeap, spanPages, takePages, writeOwner } from './page-heap.core.js';
import {
  CLASS_BLOCKS,
  CLASS_PAGES,
  CONTROL_EMPTY_BYTES,
  CONTROL_HEADS,
  classIndex,
  classOf,
  endLife,
  firstPageOf,
  HEAP_ABANDONED,
  HEAP_DIRTY,
  HOLDER_NOBODY,
  holderOf,
  isLivePointer,
  lifeOf,
  OWN_CLASSES,
  OWN_CONTROL,
  OWN_FIRST_PAGE,
  OWN_FREE_MASK,
  OWN_HEAP,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  PAGE_HELD,
  PAGE_LARGE,
  PAGE_SMALL,
  PAGE_STATE_SHIFT,
  SPAN_EMPTY,
  SPAN_FREE,
  SPAN_LISTED,
  setHolder,
  spanFresh,
  spanIndex,
  stampOf,
  stateOf,
} from './span.core.js';
import { blockAt, clearFreeMask, listSpan } from './span-owner.core.js';
import { DONE } from './status.js';

/**
 * Derives a small span's free mask and counts from its blocks, for its new owner, whose stock has none of them. A live block that
 * belonged to the former owner now belongs to nobody. Answers how many blocks are live.
 */
function rebuildSpan(words: Int32Array, own: Int32Array, page: number): number {
  const span = spanIndex(own, page);
  const sizeClass = classOf(words[own[OWN_MAP]! + page]!);
  const fresh = spanFresh(words, own, page, sizeClass);
  clearFreeMask(words, own, page);
  let live = 0;
  for (let block = 0; block < fresh; block++) {
    const pointer = blockAt(own, page, sizeClass, block);
    const life = lifeOf(words, own, pointer);
    const at = pointer >>> own[OWN_PAGE_SHIFT]!;
    if ((life & 1) !== 0 && stampOf(words, own, pointer) !== life) {
      live++;
      if (own[OWN_OWNER] !== 0 && holderOf(words, own, pointer) === 0) writeHolder(words, own, pointer, HOLDER_NOBODY);
      continue;
    }
    if ((stateOf(words[own[OWN_MAP]! + at]!) & PAGE_HELD) !== 0) setHolder(words, own, pointer, 0);
    if ((life & 1) !== 0) endLife(words, own, pointer);
    const mask = own[OWN_FREE_MASK]! + (pointer >>> 9);
    const bits = words[mask]!;
    words[mask] = bits | (1 << ((pointer >>> 4) & 31));
  }
  words[span + SPAN_FREE] = fresh - live;
  words[span + SPAN_LISTED] = 0;
  words[span + SPAN_EMPTY] = 0;
  return live;
}

/** Writes down a block's holder, and first that the page has one written down. Under the lock. */
export function writeHolder(words: Int32Array, own: Int32Array, pointer: number, holder: number): void {
  Atomics.or(words, own[OWN_MAP]! + (pointer >>> own[OWN_PAGE_SHIFT]!), PAGE_HELD << PAGE_STATE_SHIFT);
  setHolder(words, own, pointer, holder);
}

/** Takes over one of nobody's spans of a class. Answers its first page, or 0. Under the lock. */
function takeAbandoned(words: Int32Array, own: Int32Array, sizeClass: number): number {
  const count = own[OWN_HEAP]! + HEAP_ABANDONED + sizeClass;
  if (words[count]! <= 0) return 0;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; page++) {
    const word = words[own[OWN_MAP]! + page]!;
    if ((word & 0xff) !== 0 || classOf(word) !== sizeClass || (stateOf(word) & PAGE_SMALL) === 0) continue;
    if (firstPageOf(page, word) !== page) continue;
    Atomics.store(words, count, words[count]! - 1);
    writeOwner(words, own, page, own[OWN_OWNER]!);
    // After the signature: what is stamped from now on comes with a hint for us.
    rebuildSpan(words, own, page);
    return page;
  }
  Atomics.store(words, count, 0);
  return 0;
}

/** Gets another span of a class, from nobody's or new, and lists it if it has room. Under the lock. Answers 1, or 0: exhausted. */
export function takeSpan(words: Int32Array, own: Int32Array, sizeClass: number): number {
  const row = classIndex(own, sizeClass);
  for (;;) {
    let page = own[OWN_OWNER] === 0 ? 0 : takeAbandoned(words, own, sizeClass);
    if (page === 0) page = takePages(words, own, own[row + CLASS_PAGES]!, 1, sizeClass, PAGE_SMALL, own[OWN_OWNER]!);
    if (page === 0) return 0;
    const span = spanIndex(own, page);
    if (words[span + SPAN_FREE] === 0 && spanFresh(words, own, page, sizeClass) >= own[row + CLASS_BLOCKS]!) continue;
    listSpan(words, own, page, sizeClass);
    return 1;
  }
}

/** Makes one span nobody's, or gives its pages back when nothing in it is live. Under the lock. Answers 1 when it went back. */
export function abandonSpan(words: Int32Array, own: Int32Array, page: number): number {
  const sizeClass = classOf(words[own[OWN_MAP]! + page]!);
  const fresh = spanFresh(words, own, page, sizeClass);
  let live = 0;
  for (let block = 0; block < fresh; block++) {
    live += isLivePointer(words, own, blockAt(own, page, sizeClass, block));
  }
  if (live === 0) {
    releaseDead(words, own, page, sizeClass, fresh);
    return 1;
  }
  const count = own[OWN_HEAP]! + HEAP_ABANDONED + sizeClass;
  writeOwner(words, own, page, 0);
  Atomics.store(words, count, words[count]! + 1);
  return 0;
}

/** Gives back a span that has no owner at work and no live block: ends what was returned, and frees the pages. */
function releaseDead(words: Int32Array, own: Int32Array, page: number, sizeClass: number, fresh: number): void {
  for (let block = 0; block < fresh; block++) {
    const pointer = blockAt(own, page, sizeClass, block);
    if ((lifeOf(words, own, pointer) & 1) !== 0) endLife(words, own, pointer);
    if (holderOf(words, own, pointer) !== 0) setHolder(words, own, pointer, 0);
  }
  clearFreeMask(words, own, page);
  freePages(words, own, page, 0);
}

/** Puts one of the centre's spans in order, and lists it if it has room. Under the lock. */
function listCentral(words: Int32Array, own: Int32Array, page: number): void {
  rebuildSpan(words, own, page);
  const span = spanIndex(own, page);
  const sizeClass = classOf(words[own[OWN_MAP]! + page]!);
  const blocks = own[classIndex(own, sizeClass) + CLASS_BLOCKS]!;
  if (words[span + SPAN_FREE] !== 0 || spanFresh(words, own, page, sizeClass) < blocks)
    listSpan(words, own, page, sizeClass);
}

/** The centre's lists and masks, again from its spans: whoever had the lock may have died in between. */
export function repairCentre(words: Int32Array, own: Int32Array): void {
  words[own[OWN_CONTROL]! + CONTROL_EMPTY_BYTES] = 0;
  for (let i = 0; i < own[OWN_CLASSES]!; i++) words[own[OWN_CONTROL]! + CONTROL_HEADS + i] = 0;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const pages = spanPages(words, own, page);
    const word = words[own[OWN_MAP]! + page]!;
    if (pages !== 0 && stateOf(word) !== PAGE_LARGE) listCentral(words, own, page);
    page += Math.max(1, pages);
  }
  words[own[OWN_HEAP]! + HEAP_DIRTY] = 0;
}

/** Takes the lock and, in a heap without caches, puts in order what a dead holder left of the centre. Answers as `lockHeap`. */
export function enterHeap(words: Int32Array, own: Int32Array): number {
  const status = lockHeap(words, own);
  if (status === DONE && own[OWN_OWNER] === 0 && words[own[OWN_HEAP]! + HEAP_DIRTY] !== 0) repairCentre(words, own);
  return status;
}
