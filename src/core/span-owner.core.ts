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
  CONTROL_ATTENTION,
  CONTROL_EMPTY_BYTES,
  CONTROL_HEADS,
  classIndex,
  classOf,
  endLives,
  firstPageOf,
  HEAP_EMPTY_MAX,
  hintOwner,
  isPage,
  OWN_CONTROL,
  OWN_FIRST_PAGE,
  OWN_FREE_MASK,
  OWN_HEAP,
  OWN_HINT_GROUPS,
  OWN_HINT_PAGES,
  OWN_MAP,
  OWN_NOTED,
  OWN_NOTED_MOST,
  OWN_NOTES,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_STOCK,
  PAGE_CLASS_SHIFT,
  PAGE_HELD,
  PAGE_OFFSET_SHIFT,
  PAGE_SMALL,
  PAGE_STATE_SHIFT,
  returnedIn,
  SPAN_EMPTY,
  SPAN_FREE,
  SPAN_FRESH,
  SPAN_LISTED,
  SPAN_NEXT,
  SPAN_PREVIOUS,
  STAMPS,
  STOCK_MOST,
  STOCK_POINTERS,
  STOCK_SHIFT,
  setHolder,
  spanFresh,
  spanIndex,
  spanLength,
  stateIndex,
  stateOf,
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

/** Takes back what others returned in one page. Answers DONE or UNSEATED. */
function collectPage(words: Int32Array, own: Int32Array, page: number): number {
  const word = words[own[OWN_MAP]! + page]!;
  return own[classIndex(own, classOf(word)) + CLASS_BYTES]! > 64
    ? collectBlocks(words, own, page, word)
    : collectPairs(words, own, page, word);
}

/**
 * As `collectPage`, where blocks are larger than what a pair of state words tells of: looks where they begin. Plain looks: whoever's hint
 * we came for wrote its stamp before it.
 */
function collectBlocks(words: Int32Array, own: Int32Array, page: number, word: number): number {
  const shift = own[OWN_PAGE_SHIFT]!;
  const bytes = own[classIndex(own, classOf(word)) + CLASS_BYTES]!;
  const before = (word >>> PAGE_OFFSET_SHIFT) << shift;
  const end = (page + 1) << shift;
  let pointer = (page << shift) - before + Math.imul(Math.trunc((before + bytes - 1) / bytes), bytes);
  for (; pointer < end; pointer += bytes) {
    const at = stateIndex(own, pointer);
    const bit = 1 << ((pointer >>> 1) & 24);
    if ((returnedIn(words[at]!, words[at + STAMPS]!) & bit) === 0) continue;
    if ((stateOf(word) & PAGE_HELD) !== 0) setHolder(words, own, pointer, 0);
    endLives(words, at, bit);
    const empty = takeBack(words, own, pointer, word);
    // Nothing of it is live any more.
    if (empty !== 0) return dropSpan(words, own, empty);
  }
  return DONE;
}

/** As `collectPage`, where several blocks may stand in a pair of state words. */
function collectPairs(words: Int32Array, own: Int32Array, page: number, word: number): number {
  const shift = own[OWN_PAGE_SHIFT]!;
  const start = page << shift;
  for (let base = start; base < start + (1 << shift); base += 64) {
    const at = stateIndex(own, base);
    let bits = returnedIn(words[at]!, words[at + STAMPS]!);
    if (bits === 0) continue;
    if ((stateOf(word) & PAGE_HELD) !== 0) clearHolders(words, own, base, bits);
    endLives(words, at, bits);
    let empty = 0;
    for (; bits !== 0; bits &= bits - 1) {
      empty = takeBack(words, own, base + ((31 - Math.clz32(bits & -bits)) << 1), word);
    }
    if (empty !== 0) return dropSpan(words, own, empty);
  }
  return DONE;
}

/** Takes a block that was returned, and whose life is ended, into the stock, or gives it to its span. Answers as `returnBlock`. */
function takeBack(words: Int32Array, own: Int32Array, pointer: number, word: number): number {
  const stock = stockIndex(classOf(word));
  const count = own[stock]!;
  if (count >= own[stock + STOCK_MOST]!) return returnBlock(words, own, pointer);
  own[stock + STOCK_POINTERS + count] = pointer;
  own[stock] = count + 1;
  return 0;
}

/** Writes off the holders of some blocks of one life word, each given by the lowest bit of its byte. */
function clearHolders(words: Int32Array, own: Int32Array, base: number, bits: number): void {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    setHolder(words, own, base + ((31 - Math.clz32(rest & -rest)) << 1), 0);
  }
}

/** Notes the page of a block that was just stamped; when there are enough, their owners are told. */
export function noteReturned(words: Int32Array, own: Int32Array, page: number): void {
  const noted = own[OWN_NOTED]!;
  own[own[OWN_NOTES]! + noted] = page;
  own[OWN_NOTED] = noted + 1;
  if (noted + 1 >= own[OWN_NOTED_MOST]!) tellReturned(words, own);
}

/** Tells the owners of all pages that are noted. */
function tellReturned(words: Int32Array, own: Int32Array): void {
  const noted = own[OWN_NOTED]!;
  if (noted === 0) return;
  own[OWN_NOTED] = 0;
  // They change nothing. Our stamps come before the first, and our plain looks behind the second, on machines that let a look overtake
  // a write (all), or the write of an exchange (some ARM).
  const attention = own[OWN_CONTROL]! + CONTROL_ATTENTION;
  Atomics.add(words, attention, 0);
  Atomics.load(words, attention);
  let told = 0;
  for (let i = 0; i < noted; i++) {
    const page = own[own[OWN_NOTES]! + i]!;
    if (page !== told) hintOwner(words, own, page);
    told = page;
  }
}

/** Takes back all that others returned since the last time. Answers DONE or UNSEATED. */
export function collectReturned(words: Int32Array, own: Int32Array): number {
  const control = own[OWN_CONTROL]!;
  tellReturned(words, own);
  if (Atomics.load(words, control + CONTROL_ATTENTION) === 0) return DONE;
  // Cleared before we look: whoever leaves a hint afterwards sets it again.
  Atomics.store(words, control + CONTROL_ATTENTION, 0);
  for (let group = 0; group << 10 < own[OWN_PAGES]!; group++) {
    if (Atomics.load(words, control + own[OWN_HINT_GROUPS]! + group) === 0) continue;
    let parts = Atomics.exchange(words, control + own[OWN_HINT_GROUPS]! + group, 0);
    while (parts !== 0) {
      const part = parts & -parts;
      parts ^= part;
      const at = group * 32 + 31 - Math.clz32(part);
      let bits = Atomics.exchange(words, control + own[OWN_HINT_PAGES]! + at, 0);
      while (bits !== 0) {
        const bit = bits & -bits;
        bits ^= bit;
        const page = own[OWN_FIRST_PAGE]! + at * 32 + 31 - Math.clz32(bit);
        if (isPage(own, page) === 0) continue; // damaged
        const word = Atomics.load(words, own[OWN_MAP]! + page);
        // The page may have gone to another since: then it looks itself.
        if ((word & 0xff) !== own[OWN_OWNER] || (stateOf(word) & PAGE_SMALL) === 0) continue;
        const status = collectPage(words, own, page);
        if (status !== DONE) return status;
      }
    }
  }
  return DONE;
}

/**
 * Takes back all that others returned, hinted at or not: who stamped may not have told yet. Goes through all pages. Answers DONE or
 * UNSEATED.
 */
export function collectAll(words: Int32Array, own: Int32Array): number {
  tellReturned(words, own);
  if (own[OWN_OWNER] === 0) return DONE; // nobody stamps what is the centre's
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; page++) {
    const word = words[own[OWN_MAP]! + page]!;
    if ((word & 0xff) !== own[OWN_OWNER] || (stateOf(word) & PAGE_SMALL) === 0) continue;
    const status = collectPage(words, own, page);
    if (status !== DONE) return status;
  }
  return DONE;
}

/** The block of a span by its number. */
export function blockAt(own: Int32Array, page: number, sizeClass: number, block: number): number {
  return (page << own[OWN_PAGE_SHIFT]!) + block * own[classIndex(own, sizeClass) + CLASS_BYTES]!;
}
