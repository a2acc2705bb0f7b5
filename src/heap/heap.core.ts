/**
 * Malloc and free as one seat does them. The words are those of core/span.core.ts.
 *
 * ```
 * malloc: stock -> own spans -> what others returned -> nobody's spans -> new pages
 * free:   own block -> stock -> its span -> when that is empty and enough are kept: the page heap
 *         another's block -> its stamp, and a hint for its owner
 * ```
 *
 * In a heap without caches (owner 0) the same steps run under the lock, without stocks: that is its whole difference.
 */
import { extendPages, freeBehind, freePages, takePages, unlockHeap } from '../core/page-heap.core.js';
import { isSeated } from '../core/seat.core.js';
import {
  CLASS_BYTES,
  classIndex,
  classOf,
  endLife,
  HEAP_RESERVED,
  holderOf,
  isLivePointer,
  LIFE_TURN,
  lifeOf,
  OWN_GENERATION,
  OWN_HEAP,
  OWN_IN_ORDER,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_RELEASE_AT,
  OWN_SEAT,
  OWN_STATES,
  OWN_STOCK,
  PAGE_CLASS_SHIFT,
  PAGE_HELD,
  PAGE_LARGE,
  PAGE_SMALL,
  STAMP_BYTES,
  STOCK_MOST,
  STOCK_POINTERS,
  STOCK_SHIFT,
  setHolder,
  setLive,
  spanLength,
  stampOf,
  stateOf,
} from '../core/span.core.js';
import { enterHeap, takeSpan, writeHolder } from '../core/span-handover.core.js';
import { dropSpan, fillStock, returnBlock, spillStock, stockIndex } from '../core/span-owner.core.js';
import { collectReturned, noteReturned, stampReturned } from '../core/span-returned.core.js';
import { BAD_HANDLE, DONE, NONE, UNSEATED } from '../core/status.js';
import { releaseKept, trimHeap } from './heap-keep.core.js';

/**
 * Takes a block from a stock. Answers 0 when it has none. `stock` is where its class begins in the private array, `states` where the
 * states stand in the bytes. Plain: only this seat writes the lives of its own blocks, so it may do so byte by byte.
 */
export function mallocStocked(own: Int32Array, u8: Uint8Array, states: number, stock: number): number {
  const count = own[stock]!;
  if (count <= 0) return 0;
  own[stock] = count - 1;
  const pointer = own[stock + STOCK_POINTERS - 1 + count]!;
  const at = states + (pointer >>> 4) + ((pointer >>> 4) & -4);
  const life = u8[at]!;
  u8[at] = life | 1;
  return pointer;
}

/**
 * Gives a block back into this seat's stock. Answers 1, or 0 when it is not to be done like that (another's, large, not live, its
 * stamp is to be cleared, stock full): then nothing has changed. Fast path: plain. `pointer` is a multiple of 16 within the data.
 */
export function freeStocked(
  words: Int32Array,
  own: Int32Array,
  u8: Uint8Array,
  map: number,
  pageShift: number,
  tag: number,
  states: number,
  pointer: number,
): number {
  const page = words[map + (pointer >>> pageShift)]!;
  if ((page & 0xffff) !== tag) return 0;
  const at = states + (pointer >>> 4) + ((pointer >>> 4) & -4);
  const life = u8[at]!;
  // A hint: another seat may be stamping it now. Ordered before us, it is seen; else the next life is another number.
  const stamp = u8[at + STAMP_BYTES]!;
  if ((life & 1) === 0 || stamp === life) return 0;
  // Most blocks never had a stamp that could be cleared.
  if ((life & LIFE_TURN) === LIFE_TURN && stamp !== 0) return 0;
  const stock = OWN_STOCK + (((page >>> PAGE_CLASS_SHIFT) & 0xff) << STOCK_SHIFT);
  const count = own[stock]!;
  if (count >= own[stock + STOCK_MOST]!) return 0;
  u8[at] = life + 1;
  own[stock + STOCK_POINTERS + count] = pointer;
  own[stock] = count + 1;
  return 1;
}

/** Takes the top of a stock that has one. */
function popStock(words: Int32Array, own: Int32Array, sizeClass: number): number {
  const stock = stockIndex(sizeClass);
  const count = own[stock]! - 1;
  own[stock] = count;
  const pointer = own[stock + STOCK_POINTERS + count]!;
  setLive(words, own, pointer);
  return pointer;
}

/** A block of a class. Answers a pointer, NONE or UNSEATED. */
export function mallocSmall(words: Int32Array, own: Int32Array, sizeClass: number): number {
  if (own[OWN_OWNER] === 0) return mallocCentral(words, own, sizeClass);
  const stock = stockIndex(sizeClass);
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_GENERATION]!) === 0) return UNSEATED;
  if (own[stock]! > 0) return popStock(words, own, sizeClass);
  const want = Math.max(1, own[stock + STOCK_MOST]! >>> 1);
  fillStock(words, own, sizeClass, want);
  if (own[stock] === 0) {
    // Only now: the more has come back, the less a block's share of the search.
    let status = collectReturned(words, own);
    if (status !== DONE) return status;
    fillStock(words, own, sizeClass, want);
    if (own[stock]! > 0) return popStock(words, own, sizeClass);
    status = growClass(words, own, sizeClass);
    if (status === NONE) {
      // What others returned without a hint, or what this seat keeps in other classes, may be what is missing.
      status = releaseKept(words, own);
      if (status !== DONE) return status;
      fillStock(words, own, sizeClass, want);
      if (own[stock]! > 0) return popStock(words, own, sizeClass);
      status = growClass(words, own, sizeClass);
    }
    if (status !== DONE) return status;
    fillStock(words, own, sizeClass, want);
  }
  // There is one, unless the words are damaged.
  return own[stock]! > 0 ? popStock(words, own, sizeClass) : NONE;
}

/**
 * Gets a span with room for a class. Answers DONE, NONE or UNSEATED. Each time the heap has grown by an eighth, this seat first gives
 * up what it keeps: what was kept for other classes is not taken once more, and a heap that does not grow pays nothing.
 */
function growClass(words: Int32Array, own: Int32Array, sizeClass: number): number {
  let status = enterHeap(words, own);
  if (status !== DONE) return status;
  const reserved = words[own[OWN_HEAP]! + HEAP_RESERVED]!;
  if (reserved >= own[OWN_RELEASE_AT]!) {
    own[OWN_RELEASE_AT] = reserved + (reserved >>> 3) + 1;
    unlockHeap(words, own);
    status = releaseKept(words, own);
    if (status === DONE) status = enterHeap(words, own);
    if (status !== DONE) return status;
  }
  const got = takeSpan(words, own, sizeClass);
  unlockHeap(words, own);
  return got === 0 ? NONE : DONE;
}

/** A block of a class, from the centre. */
function mallocCentral(words: Int32Array, own: Int32Array, sizeClass: number): number {
  const status = enterHeap(words, own);
  if (status !== DONE) return status;
  const stock = stockIndex(sizeClass);
  own[stock] = 0;
  fillStock(words, own, sizeClass, 1);
  if (own[stock] === 0) {
    let got = takeSpan(words, own, sizeClass);
    if (got === 0) {
      releaseKept(words, own);
      got = takeSpan(words, own, sizeClass);
    }
    if (got !== 0) fillStock(words, own, sizeClass, 1);
  }
  let pointer = NONE as number;
  if (own[stock]! > 0) {
    setHolder(words, own, own[stock + STOCK_POINTERS]!, own[OWN_SEAT]!);
    pointer = popStock(words, own, sizeClass);
  }
  unlockHeap(words, own);
  return pointer;
}

/** A block of whole pages, at a multiple of `align` pages. Answers a pointer, NONE or UNSEATED. */
export function mallocLarge(words: Int32Array, own: Int32Array, pages: number, align: number): number {
  let pointer = tryLarge(words, own, pages, align);
  if (pointer !== NONE) return pointer;
  const status = trimHeap(words, own);
  if (status < 0) return status;
  pointer = tryLarge(words, own, pages, align);
  return pointer;
}

function tryLarge(words: Int32Array, own: Int32Array, pages: number, align: number): number {
  const status = enterHeap(words, own);
  if (status !== DONE) return status;
  const page = takePages(words, own, pages, align, 0, PAGE_LARGE, 0);
  const pointer = page << own[OWN_PAGE_SHIFT]!;
  if (page !== 0) {
    setHolder(words, own, pointer, own[OWN_SEAT]!);
    setLive(words, own, pointer);
  }
  unlockHeap(words, own);
  return pointer;
}

/**
 * Gives a small block of another seat's span back. Answers 1, or 0 when it is not to be done like that: then nothing has changed. Plain,
 * so that the lines of many blocks come at once, but for one in so many; so only where stores are shown in their order, or what was
 * last written into the block could come after the stamp, and after its next holder. It needs no look at the seat: whoever frees a block
 * that is not its own writes nothing that another seat would. `pointer` is a multiple of 16 within the data.
 */
export function freeOthers(words: Int32Array, own: Int32Array, u8: Uint8Array, pointer: number): number {
  if (own[OWN_IN_ORDER] === 0) return 0;
  const page = pointer >>> own[OWN_PAGE_SHIFT]!;
  const word = words[own[OWN_MAP]! + page]!;
  const owner = word & 0xff;
  if (own[OWN_OWNER] === 0 || owner === own[OWN_OWNER] || (stateOf(word) & PAGE_SMALL) === 0) return 0;
  const at = (own[OWN_STATES]! << 2) + (pointer >>> 4) + ((pointer >>> 4) & -4);
  const life = u8[at]!;
  if ((life & 1) === 0 || u8[at + STAMP_BYTES] === life) return 0;
  u8[at + STAMP_BYTES] = life;
  noteReturned(words, own, page);
  return 1;
}

/** Gives any block back. `pointer` is a multiple of 16 within the data. Answers DONE, BAD_HANDLE or UNSEATED. */
export function freeBlock(words: Int32Array, own: Int32Array, pointer: number): number {
  if (isSeated(words, own[OWN_SEAT]!, own[OWN_GENERATION]!) === 0) return UNSEATED;
  return giveBack(words, own, pointer);
}

/** As `freeBlock`, for a thread that is known to be seated, or just leaving. */
export function giveBack(words: Int32Array, own: Int32Array, pointer: number): number {
  const word = Atomics.load(words, own[OWN_MAP]! + (pointer >>> own[OWN_PAGE_SHIFT]!));
  if (stateOf(word) === PAGE_LARGE || own[OWN_OWNER] === 0) return freeLocked(words, own, pointer);
  if ((stateOf(word) & PAGE_SMALL) === 0) return BAD_HANDLE;
  if ((word & 0xff) !== own[OWN_OWNER]) return stampReturned(words, own, pointer) === 0 ? BAD_HANDLE : DONE;
  const life = lifeOf(words, own, pointer);
  if ((life & 1) === 0 || stampOf(words, own, pointer) === life) return BAD_HANDLE;
  if ((stateOf(word) & PAGE_HELD) !== 0) setHolder(words, own, pointer, 0);
  const stock = stockIndex(classOf(word));
  const most = own[stock + STOCK_MOST]!;
  // Ended before anything else: what follows may lose the seat, and the block is free then.
  endLife(words, own, pointer);
  let status = DONE as number;
  if (own[stock]! >= most) status = spillStock(words, own, classOf(word), most >>> 1);
  own[stock + STOCK_POINTERS + own[stock]!] = pointer;
  own[stock]! += 1;
  return status;
}

/** Gives back what only whoever holds the lock may: a large block, or one of the centre's. */
function freeLocked(words: Int32Array, own: Int32Array, pointer: number): number {
  const status = enterHeap(words, own);
  if (status !== DONE) return status;
  const at = pointer >>> own[OWN_PAGE_SHIFT]!;
  const word = words[own[OWN_MAP]! + at]!;
  let answer = DONE as number;
  if (word === 0 || (lifeOf(words, own, pointer) & 1) === 0) answer = BAD_HANDLE;
  else if (stateOf(word) === PAGE_LARGE) {
    endLife(words, own, pointer);
    setHolder(words, own, pointer, 0);
    freePages(words, own, at, 0);
  } else if (own[OWN_OWNER] !== 0) answer = BAD_HANDLE;
  else {
    endLife(words, own, pointer);
    const empty = returnBlock(words, own, pointer);
    if (empty !== 0) dropSpan(words, own, empty);
  }
  unlockHeap(words, own);
  return answer;
}

/** The bytes that a live block has room for, or 0 when the pointer is none. Plain reads of hint words decide nothing else. */
export function usableBytes(words: Int32Array, own: Int32Array, pointer: number): number {
  const page = pointer >>> own[OWN_PAGE_SHIFT]!;
  const word = Atomics.load(words, own[OWN_MAP]! + page);
  if (word === 0 || isLivePointer(words, own, pointer) === 0) return 0;
  if (stateOf(word) === PAGE_LARGE) return spanLength(words, own, page) << own[OWN_PAGE_SHIFT]!;
  return own[classIndex(own, classOf(word)) + CLASS_BYTES]!;
}

/** Makes a large block longer or shorter where it is. Answers DONE, NONE when its neighbour is in the way, or UNSEATED. */
export function resizeLarge(words: Int32Array, own: Int32Array, pointer: number, pages: number): number {
  const page = pointer >>> own[OWN_PAGE_SHIFT]!;
  const status = enterHeap(words, own);
  if (status !== DONE) return status;
  let answer = NONE as number;
  if (stateOf(words[own[OWN_MAP]! + page]!) === PAGE_LARGE && (lifeOf(words, own, pointer) & 1) !== 0) {
    const has = spanLength(words, own, page);
    answer = DONE;
    if (pages < has) freePages(words, own, page, pages);
    else if (freeBehind(words, own, page, pages - has) < pages - has) answer = NONE;
    else if (pages > has) extendPages(words, own, page, pages - has);
  }
  unlockHeap(words, own);
  return answer;
}

/** Whether a live block is this seat's own, written down or as its span's owner. Answers 1 or 0. */
export function isHeld(words: Int32Array, own: Int32Array, pointer: number): number {
  const word = Atomics.load(words, own[OWN_MAP]! + (pointer >>> own[OWN_PAGE_SHIFT]!));
  const isSmall = (stateOf(word) & PAGE_SMALL) !== 0;
  const isWritten = !isSmall || own[OWN_OWNER] === 0 || (stateOf(word) & PAGE_HELD) !== 0;
  const holder = isWritten ? holderOf(words, own, pointer) : 0;
  return (holder === 0 && isSmall ? word & 0xff : holder) === own[OWN_SEAT] ? 1 : 0;
}

/** Writes down who holds a live block: this seat, or HOLDER_NOBODY. Answers DONE, BAD_HANDLE or UNSEATED. */
export function changeHolder(words: Int32Array, own: Int32Array, pointer: number, holder: number): number {
  const status = enterHeap(words, own);
  if (status !== DONE) return status;
  const word = words[own[OWN_MAP]! + (pointer >>> own[OWN_PAGE_SHIFT]!)]!;
  let answer = BAD_HANDLE as number;
  if (word !== 0 && isLivePointer(words, own, pointer) !== 0) {
    if (stateOf(word) === PAGE_LARGE) setHolder(words, own, pointer, holder);
    else writeHolder(words, own, pointer, holder);
    // Its owner may have ended its life meanwhile, without having seen the mark: then it is written off again.
    if (isLivePointer(words, own, pointer) === 0) setHolder(words, own, pointer, 0);
    else answer = DONE;
  }
  unlockHeap(words, own);
  return answer;
}
