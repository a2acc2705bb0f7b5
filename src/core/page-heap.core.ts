/**
 * The page heap: hands out runs of pages as spans, under the heap's one lock. The words are those of span.core.ts.
 *
 * Free runs are found in the used mask, first fit: neighbours that are free are one run, so coalescing, in both directions, is
 * not an act. First fit keeps the upper end of the memory untouched.
 *
 * The lock names a seat and its life. From a life that is over anyone takes it by compare-and-exchange, and then puts in order
 * what its holder left (`repairPages`): a span exists when its first page's word does, so everything else follows from those
 * words. The repair can be cut short too: the next to take the lock repairs again.
 */
import { now } from './clock.js';
import { SLICE_MS } from './doorbell.core.js';
import { SEAT_ATTACHED, SEAT_GENERATION_SHIFT, SEAT_LEAVING, seatIndex } from './seat.core.js';
import {
  CLASS_PAGES,
  classIndex,
  classOf,
  HEAP_ABANDONED,
  HEAP_CACHES,
  HEAP_DIRTY,
  HEAP_LOCK,
  HEAP_LOCK_AWAITED,
  HEAP_LOWEST,
  HEAP_RESERVED,
  HEAP_RESERVED_MAX,
  LOCK_HELD,
  OWN_CLASSES,
  OWN_FIRST_PAGE,
  OWN_GENERATION,
  OWN_HEAP,
  OWN_MAP,
  OWN_MAY_BLOCK,
  OWN_PAGES,
  OWN_PATIENCE_MS,
  OWN_SEAT,
  OWN_SEATS,
  OWN_USED_MASK,
  PAGE_CLASS_SHIFT,
  PAGE_HELD,
  PAGE_LARGE,
  PAGE_OFFSET_SHIFT,
  PAGE_SMALL,
  PAGE_STATE_SHIFT,
  SPAN_PAGES,
  spanIndex,
  spanLength,
  stateOf,
} from './span.core.js';
import { DONE, UNSEATED } from './status.js';

/** Whether the life of a seat that a lock word names goes on: seated, or just leaving. Answers 1 or 0. */
function isAlive(words: Int32Array, own: Int32Array, holder: number): number {
  const seat = holder & 0xff;
  if (seat === 0 || seat > own[OWN_SEATS]!) return 0; // damaged: it names nobody
  const word = Atomics.load(words, seatIndex(seat));
  if (word >>> SEAT_GENERATION_SHIFT !== holder >>> 8) return 0;
  const state = word & 0xff;
  return state === SEAT_ATTACHED || state === SEAT_LEAVING ? 1 : 0;
}

/** Takes the heap's lock, repairing what a dead holder left. Answers DONE, or without the lock UNSEATED or LOCK_HELD. */
export function lockHeap(words: Int32Array, own: Int32Array): number {
  const lock = own[OWN_HEAP]! + HEAP_LOCK;
  const mine = (own[OWN_GENERATION]! << 8) | own[OWN_SEAT]!;
  let deadline = 0;
  for (;;) {
    const holder = Atomics.compareExchange(words, lock, 0, mine);
    if (holder === 0) break;
    if (deadline === 0) deadline = now() + own[OWN_PATIENCE_MS]!;
    else if (now() > deadline) return LOCK_HELD;
    if (isAlive(words, own, holder) === 0) {
      if (Atomics.compareExchange(words, lock, holder, mine) !== holder) continue;
      // Before the repair, which may be cut short too.
      words[own[OWN_HEAP]! + HEAP_DIRTY] = 1;
      repairPages(words, own);
      break;
    }
    if (own[OWN_MAY_BLOCK] === 0) continue;
    // First that somebody waits, then the wait: either the holder sees it, or the wait sees the lock let go. Who dies while it waits
    // stays counted: then notifications find nobody now and then.
    Atomics.add(words, own[OWN_HEAP]! + HEAP_LOCK_AWAITED, 1);
    Atomics.wait(words, lock, holder, SLICE_MS);
    Atomics.sub(words, own[OWN_HEAP]! + HEAP_LOCK_AWAITED, 1);
  }
  if (isAlive(words, own, mine) !== 0) return DONE;
  unlockHeap(words, own);
  return UNSEATED;
}

/** Gives the lock back, if it is still this life's. */
export function unlockHeap(words: Int32Array, own: Int32Array): void {
  const lock = own[OWN_HEAP]! + HEAP_LOCK;
  const mine = (own[OWN_GENERATION]! << 8) | own[OWN_SEAT]!;
  if (Atomics.compareExchange(words, lock, mine, 0) !== mine) return;
  if (Atomics.load(words, own[OWN_HEAP]! + HEAP_LOCK_AWAITED) !== 0) Atomics.notify(words, lock);
}

/** The first run of free pages that is long enough, its first page a multiple of `align`. Answers a page, or 0. Under the lock. */
function findPages(words: Int32Array, own: Int32Array, count: number, align: number): number {
  const used = own[OWN_USED_MASK]!;
  const pages = own[OWN_PAGES]!;
  const first = own[OWN_FIRST_PAGE]!;
  let run = 0;
  let at = Math.max(0, words[own[OWN_HEAP]! + HEAP_LOWEST]! << 5);
  while (at < pages) {
    const bits = words[used + (at >>> 5)]!;
    if (bits === -1) {
      run = 0;
      at = (at | 31) + 1;
      continue;
    }
    if ((at & 31) === 0 && bits === 0 && run + 32 < count) {
      run += 32;
      at += 32;
      continue;
    }
    run = ((bits >>> (at & 31)) & 1) === 0 ? run + 1 : 0;
    at++;
    if (run < count) continue;
    const start = at - run + first;
    const pad = (align - (start & (align - 1))) & (align - 1);
    if (run >= count + pad) return start + pad;
  }
  return 0;
}

/** Marks pages in the used mask as used (1) or free (0). Under the lock. */
function markPages(words: Int32Array, own: Int32Array, page: number, count: number, used: number): void {
  const first = page - own[OWN_FIRST_PAGE]!;
  for (let at = first; at < first + count; at++) {
    const mask = own[OWN_USED_MASK]! + (at >>> 5);
    if ((at & 31) === 0 && first + count - at >= 32) {
      words[mask] = used === 0 ? 0 : -1;
      at += 31;
      continue;
    }
    const bits = words[mask]!;
    words[mask] = used === 0 ? bits & ~(1 << (at & 31)) : bits | (1 << (at & 31));
  }
}

/** The word of a page within a span. */
function pageWord(offset: number, sizeClass: number, state: number, owner: number): number {
  return (offset << PAGE_OFFSET_SHIFT) | (sizeClass << PAGE_CLASS_SHIFT) | (state << PAGE_STATE_SHIFT) | owner;
}

/** Writes an owner into all words of a small span, keeping what else they say; the first, which is the truth, last. Under the lock. */
export function writeOwner(words: Int32Array, own: Int32Array, page: number, owner: number): void {
  for (let offset = spanLength(words, own, page) - 1; offset >= 0; offset--) {
    const word = words[own[OWN_MAP]! + page + offset]!;
    Atomics.store(words, own[OWN_MAP]! + page + offset, (word & ~0xff) | owner);
  }
}

/** Takes a run of pages as a span. Answers its first page, or 0 when there is none. Under the lock. */
export function takePages(
  words: Int32Array,
  own: Int32Array,
  count: number,
  align: number,
  sizeClass: number,
  state: number,
  owner: number,
): number {
  const page = findPages(words, own, count, align);
  if (page === 0) return 0;
  const span = spanIndex(own, page);
  for (let i = 1; i <= 6; i++) words[span + i] = 0;
  words[span + SPAN_PAGES] = count;
  markPages(words, own, page, count, 1);
  if (state === PAGE_SMALL) {
    // The first page's word makes the span exist, so it is written last.
    for (let offset = count - 1; offset > 0; offset--) {
      Atomics.store(words, own[OWN_MAP]! + page + offset, pageWord(offset, sizeClass, state, owner));
    }
  }
  Atomics.store(words, own[OWN_MAP]! + page, pageWord(0, sizeClass, state, owner));
  const heap = own[OWN_HEAP]!;
  const reserved = words[heap + HEAP_RESERVED]! + count;
  Atomics.store(words, heap + HEAP_RESERVED, reserved);
  if (reserved > words[heap + HEAP_RESERVED_MAX]!) Atomics.store(words, heap + HEAP_RESERVED_MAX, reserved);
  const lowest = words[heap + HEAP_LOWEST]!;
  if (words[own[OWN_USED_MASK]! + lowest] === -1 && lowest < (own[OWN_PAGES]! - 1) >>> 5)
    words[heap + HEAP_LOWEST] = lowest + 1;
  return page;
}

/** Gives a span's pages back, as far as from `keep` pages on. Under the lock. */
export function freePages(words: Int32Array, own: Int32Array, page: number, keep: number): void {
  const heap = own[OWN_HEAP]!;
  const span = spanIndex(own, page);
  const count = spanLength(words, own, page);
  if (keep === 0) Atomics.store(words, own[OWN_MAP]! + page, 0);
  else words[span + SPAN_PAGES] = keep;
  for (let offset = Math.max(1, keep); offset < count; offset++) {
    if (words[own[OWN_MAP]! + page + offset] !== 0) Atomics.store(words, own[OWN_MAP]! + page + offset, 0);
  }
  markPages(words, own, page + keep, count - keep, 0);
  Atomics.store(words, heap + HEAP_RESERVED, words[heap + HEAP_RESERVED]! - (count - keep));
  const at = (page + keep - own[OWN_FIRST_PAGE]!) >>> 5;
  if (at < words[heap + HEAP_LOWEST]!) words[heap + HEAP_LOWEST] = at;
}

/** How many pages behind a span are free, up to `most`. Under the lock. */
export function freeBehind(words: Int32Array, own: Int32Array, page: number, most: number): number {
  let at = page + spanLength(words, own, page) - own[OWN_FIRST_PAGE]!;
  let free = 0;
  for (; free < most && at < own[OWN_PAGES]!; at++, free++) {
    if (((words[own[OWN_USED_MASK]! + (at >>> 5)]! >>> (at & 31)) & 1) !== 0) break;
  }
  return free;
}

/** Makes a large span longer by pages that are free behind it. Under the lock. */
export function extendPages(words: Int32Array, own: Int32Array, page: number, more: number): void {
  const heap = own[OWN_HEAP]!;
  const span = spanIndex(own, page);
  const count = spanLength(words, own, page);
  markPages(words, own, page + count, more, 1);
  words[span + SPAN_PAGES] = count + more;
  const reserved = words[heap + HEAP_RESERVED]! + more;
  Atomics.store(words, heap + HEAP_RESERVED, reserved);
  if (reserved > words[heap + HEAP_RESERVED_MAX]!) Atomics.store(words, heap + HEAP_RESERVED_MAX, reserved);
}

/** The pages of the span that begins at a page, or 0 when none does. */
export function spanPages(words: Int32Array, own: Int32Array, page: number): number {
  const word = Atomics.load(words, own[OWN_MAP]! + page);
  if (word === 0 || word >>> PAGE_OFFSET_SHIFT !== 0) return 0;
  const state = stateOf(word);
  if (state === PAGE_LARGE) return spanLength(words, own, page);
  const sizeClass = classOf(word);
  if ((state & PAGE_SMALL) === 0 || sizeClass >= own[OWN_CLASSES]!) return 0;
  return own[classIndex(own, sizeClass) + CLASS_PAGES]!;
}

/**
 * Derives the used mask, the other page words, the counts and the lists of nobody's spans from the first pages' words. Under the
 * lock, taken from a holder that died.
 */
function repairPages(words: Int32Array, own: Int32Array): void {
  const heap = own[OWN_HEAP]!;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let i = 0; i < own[OWN_CLASSES]!; i++) Atomics.store(words, heap + HEAP_ABANDONED + i, 0);
  let reserved = 0;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const count = Math.min(spanPages(words, own, page), end - page);
    if (count === 0) {
      if (words[own[OWN_MAP]! + page] !== 0) Atomics.store(words, own[OWN_MAP]! + page, 0);
      markPages(words, own, page, 1, 0);
      page++;
      continue;
    }
    reserved += count;
    markPages(words, own, page, count, 1);
    // Only what the dead one left unfinished differs: the record of a span in use is its owner's, who may be reading it.
    if (words[spanIndex(own, page) + SPAN_PAGES] !== count) words[spanIndex(own, page) + SPAN_PAGES] = count;
    repairSpanWords(words, own, page, count);
    page += count;
  }
  Atomics.store(words, heap + HEAP_RESERVED, reserved);
  words[heap + HEAP_LOWEST] = 0;
}

/** Makes the page words of a span follow its first one. Of what they say, only a written-down holder is their own. */
function repairSpanWords(words: Int32Array, own: Int32Array, page: number, count: number): void {
  const head = words[own[OWN_MAP]! + page]!;
  const large = stateOf(head) === PAGE_LARGE ? 1 : 0;
  if (large === 0 && (head & 0xff) === 0 && words[own[OWN_HEAP]! + HEAP_CACHES] !== 0) {
    const at = own[OWN_HEAP]! + HEAP_ABANDONED + classOf(head);
    Atomics.store(words, at, words[at]! + 1);
  }
  for (let offset = 1; offset < count; offset++) {
    const at = own[OWN_MAP]! + page + offset;
    const word = words[at]!;
    // It may be a leftover of another span: then the mark is one too many, which costs time and nothing else.
    const held = word & (PAGE_HELD << PAGE_STATE_SHIFT);
    const right = large !== 0 ? 0 : pageWord(offset, classOf(head), PAGE_SMALL, head & 0xff) | held;
    if (word !== right) Atomics.store(words, at, right);
  }
}
