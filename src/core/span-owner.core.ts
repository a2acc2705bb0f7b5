/**
 * What a span's owner does with it: cuts blocks off, takes them back, finds what others returned, hands it on. The words are
 * those of span.core.ts. A heap without caches has one owner, the centre (0), and whoever holds the lock is it.
 *
 * ```
 * control's head of a class -> span -> span ...   spans with room: a bit in the free mask, or blocks never cut off
 * a block of mine: live | in my stock | in its span's free mask | never cut off
 * ```
 */
import { freePages, lockHeap, unlockHeap } from './page-heap.core.js';
import {
  CLASS_BLOCKS,
  CLASS_BYTES,
  CLASS_PAGES,
  CONTROL_EMPTY_BYTES,
  CONTROL_HEADS,
  classIndex,
  classOf,
  firstPageOf,
  HEAP_EMPTY_MAX,
  isPage,
  OWN_CONTROL,
  OWN_FIRST_PAGE,
  OWN_FREE_MASK,
  OWN_HEAP,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_STOCK,
  PAGE_CLASS_SHIFT,
  PAGE_HELD,
  PAGE_SMALL,
  PAGE_STATE_SHIFT,
  SPAN_EMPTY,
  SPAN_FREE,
  SPAN_FRESH,
  SPAN_LISTED,
  SPAN_NEXT,
  SPAN_PREVIOUS,
  STOCK_POINTERS,
  STOCK_SHIFT,
  spanFresh,
  spanIndex,
  spanLength,
} from './span.core.js';
import { DONE, UNSEATED } from './status.js';

/** Where the stock of a class begins in a private array. */
export function stockIndex(sizeClass: number): number {
  return OWN_STOCK + (sizeClass << STOCK_SHIFT);
}

/** Puts a span in front of its owner's list of those with room. */
export function listSpan(words: Int32Array, own: Int32Array, page: number, sizeClass: number): void {
  const span = spanIndex(own, page);
  const head = own[OWN_CONTROL]! + CONTROL_HEADS + sizeClass;
  const next = words[head]!;
  words[span + SPAN_NEXT] = next;
  words[span + SPAN_PREVIOUS] = 0;
  words[span + SPAN_LISTED] = 1;
  if (isPage(own, next) !== 0) words[spanIndex(own, next) + SPAN_PREVIOUS] = page;
  words[head] = page;
}

/** Takes a span out of its owner's list. */
function unlistSpan(words: Int32Array, own: Int32Array, page: number, sizeClass: number): void {
  const span = spanIndex(own, page);
  const next = words[span + SPAN_NEXT]!;
  const previous = words[span + SPAN_PREVIOUS]!;
  words[span + SPAN_LISTED] = 0;
  if (isPage(own, next) !== 0) words[spanIndex(own, next) + SPAN_PREVIOUS] = previous;
  if (isPage(own, previous) !== 0) words[spanIndex(own, previous) + SPAN_NEXT] = next;
  else words[own[OWN_CONTROL]! + CONTROL_HEADS + sizeClass] = next;
}

/** The span is no longer counted among the empty ones that its owner keeps. */
function countOut(words: Int32Array, own: Int32Array, page: number): void {
  const span = spanIndex(own, page);
  if (words[span + SPAN_EMPTY] === 0) return;
  words[span + SPAN_EMPTY] = 0;
  const at = own[OWN_CONTROL]! + CONTROL_EMPTY_BYTES;
  words[at] = words[at]! - (spanLength(words, own, page) << own[OWN_PAGE_SHIFT]!);
}

/** Moves free blocks of a span into the stock, until that has `want`. Takes it off the list when nothing is left. */
function drainSpan(words: Int32Array, own: Int32Array, page: number, sizeClass: number, want: number): void {
  const span = spanIndex(own, page);
  const row = classIndex(own, sizeClass);
  const stock = stockIndex(sizeClass);
  countOut(words, own, page);
  let free = Math.max(0, words[span + SPAN_FREE]!);
  let mask = own[OWN_FREE_MASK]! + ((page << own[OWN_PAGE_SHIFT]!) >>> 9);
  // Of the class, not of the record: a repair may be writing that.
  const pages = Math.min(own[row + CLASS_PAGES]!, own[OWN_FIRST_PAGE]! + own[OWN_PAGES]! - page);
  const end = mask + ((pages << own[OWN_PAGE_SHIFT]!) >>> 9);
  while (free > 0 && mask < end && own[stock]! < want) {
    let bits = words[mask]!;
    if (bits !== 0) {
      while (bits !== 0 && own[stock]! < want) {
        const bit = bits & -bits;
        bits ^= bit;
        free--;
        own[stock + STOCK_POINTERS + own[stock]!] = ((mask - own[OWN_FREE_MASK]!) << 9) + ((31 - Math.clz32(bit)) << 4);
        own[stock]! += 1;
      }
      words[mask] = bits;
    }
    if (own[stock]! < want) mask++;
  }
  if (mask === end) free = 0; // as many as there were
  words[span + SPAN_FREE] = free;
  const fresh = spanFresh(words, own, page, sizeClass);
  const blocks = own[row + CLASS_BLOCKS]!;
  const cut = Math.min(blocks - fresh, want - own[stock]!);
  if (free === 0 && cut > 0) {
    // Before any of them is used: who takes this span over must know of them.
    words[span + SPAN_FRESH] = fresh + cut;
    const bytes = own[row + CLASS_BYTES]!;
    // The lowest on top, so that addresses rise.
    for (let block = fresh + cut - 1; block >= fresh; block--) {
      own[stock + STOCK_POINTERS + own[stock]!] = (page << own[OWN_PAGE_SHIFT]!) + block * bytes;
      own[stock]! += 1;
    }
  }
  if (free === 0 && spanFresh(words, own, page, sizeClass) >= blocks) unlistSpan(words, own, page, sizeClass);
}

/** Whether a list may have this span: of this owner and class, and marked as listed. Answers 1 or 0. */
function isListed(words: Int32Array, own: Int32Array, page: number, sizeClass: number): number {
  if (isPage(own, page) === 0 || words[spanIndex(own, page) + SPAN_LISTED] !== 1) return 0;
  const word = words[own[OWN_MAP]! + page]! & ~(PAGE_HELD << PAGE_STATE_SHIFT);
  return word === ((sizeClass << PAGE_CLASS_SHIFT) | (PAGE_SMALL << PAGE_STATE_SHIFT) | own[OWN_OWNER]!) ? 1 : 0;
}

/** Fills the stock of a class from this owner's own spans, up to `want`. */
export function fillStock(words: Int32Array, own: Int32Array, sizeClass: number, want: number): void {
  const head = own[OWN_CONTROL]! + CONTROL_HEADS + sizeClass;
  while (own[stockIndex(sizeClass)]! < want) {
    const page = words[head]!;
    if (page === 0) return;
    if (isListed(words, own, page, sizeClass) === 0) {
      words[head] = 0; // damaged: what is behind it is lost
      return;
    }
    drainSpan(words, own, page, sizeClass, want);
  }
}

/**
 * Gives a free block of this owner's to its span. Answers the span's first page when it is empty now and enough are kept: then
 * `dropSpan` it. Else 0.
 */
export function returnBlock(words: Int32Array, own: Int32Array, pointer: number): number {
  const at = pointer >>> own[OWN_PAGE_SHIFT]!;
  const word = words[own[OWN_MAP]! + at]!;
  const page = firstPageOf(at, word);
  if (isPage(own, page) === 0) return 0; // damaged: the block is lost
  const span = spanIndex(own, page);
  const mask = own[OWN_FREE_MASK]! + (pointer >>> 9);
  const before = words[mask]!;
  words[mask] = before | (1 << ((pointer >>> 4) & 31));
  const free = words[span + SPAN_FREE]! + 1;
  words[span + SPAN_FREE] = free;
  if (words[span + SPAN_LISTED] === 0) listSpan(words, own, page, classOf(word));
  if (free !== words[span + SPAN_FRESH]) return 0;
  const bytes = spanLength(words, own, page) << own[OWN_PAGE_SHIFT]!;
  const kept = words[own[OWN_CONTROL]! + CONTROL_EMPTY_BYTES]! + bytes;
  if (kept > words[own[OWN_HEAP]! + HEAP_EMPTY_MAX]!) return page;
  words[span + SPAN_EMPTY] = 1;
  words[own[OWN_CONTROL]! + CONTROL_EMPTY_BYTES] = kept;
  return 0;
}

/** Clears a span's bits in the free mask. */
export function clearFreeMask(words: Int32Array, own: Int32Array, page: number): void {
  const start = own[OWN_FREE_MASK]! + ((page << own[OWN_PAGE_SHIFT]!) >>> 9);
  const count = (spanLength(words, own, page) << own[OWN_PAGE_SHIFT]!) >>> 9;
  for (let i = start; i < start + count; i++) words[i] = 0;
}

/**
 * Gives an empty span of this owner's back to the page heap. The centre has the lock already. Answers DONE; or UNSEATED or
 * LOCK_HELD: then the span is kept.
 */
export function dropSpan(words: Int32Array, own: Int32Array, page: number): number {
  if (own[OWN_OWNER] !== 0) {
    const status = lockHeap(words, own);
    if (status !== DONE) return status;
  }
  countOut(words, own, page);
  if (words[spanIndex(own, page) + SPAN_LISTED] !== 0)
    unlistSpan(words, own, page, classOf(words[own[OWN_MAP]! + page]!));
  clearFreeMask(words, own, page);
  freePages(words, own, page, 0);
  if (own[OWN_OWNER] !== 0) unlockHeap(words, own);
  return DONE;
}

/** Gives the oldest blocks of a stock to their spans, until `keep` are left. Answers DONE or UNSEATED. */
export function spillStock(words: Int32Array, own: Int32Array, sizeClass: number, keep: number): number {
  const stock = stockIndex(sizeClass);
  const out = own[stock]! - keep;
  let status: number = DONE;
  for (let i = 0; i < out; i++) {
    const empty = returnBlock(words, own, own[stock + STOCK_POINTERS + i]!);
    if (empty !== 0 && dropSpan(words, own, empty) === UNSEATED) status = UNSEATED;
  }
  for (let i = 0; i < keep; i++) own[stock + STOCK_POINTERS + i] = own[stock + STOCK_POINTERS + out + i]!;
  own[stock] = Math.max(keep, 0);
  return status;
}

/** The block of a span by its number. */
export function blockAt(own: Int32Array, page: number, sizeClass: number, block: number): number {
  return (page << own[OWN_PAGE_SHIFT]!) + block * own[classIndex(own, sizeClass) + CLASS_BYTES]!;
}
