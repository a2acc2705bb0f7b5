import * as core from './span.core.js';
import type { Seated } from './store.js';

/** How long to wait for the lock in milliseconds. Others hold it for microseconds, unless they died and are not recovered yet. */
const LOCK_PATIENCE_MS = 1000;

/** A heap is small, and what its seats keep is let be, up to so many times the empty spans that one keeps: 4 MiB. */
const RELEASE_FROM = 64;

/**
 * Whether the machine shows a thread's plain stores to others in the order in which they were made. x86 does; where that is not known to be
 * it, as in browsers, the answer is no.
 */
function storesInOrder(): boolean {
  const arch = (globalThis as { process?: { arch?: unknown } }).process?.arch;
  return arch === 'x64' || arch === 'ia32';
}

/** A thread's private array for a heap, with empty stocks. Its geometry is read once; the entry has been checked. */
export function openSpans(seated: Seated, heap: number, mayBlock: boolean): Int32Array {
  const { words } = seated;
  const classes = words[heap + core.HEAP_CLASSES]!;
  const caches = words[heap + core.HEAP_CACHES]!;
  const pageShift = words[heap + core.HEAP_PAGE_SHIFT]!;
  const data = words[heap + core.HEAP_DATA_OFFSET]!;
  const pages = words[heap + core.HEAP_PAGES]!;
  const firstPage = data >>> pageShift;
  // One stock more, always empty, for requests that are too large for all classes.
  const own = new Int32Array(core.OWN_STOCK + ((classes + 1) << core.STOCK_SHIFT));
  own[core.OWN_HEAP] = heap;
  own[core.OWN_SEAT] = seated.seat;
  own[core.OWN_GENERATION] = seated.generation;
  own[core.OWN_SEATS] = seated.seats;
  own[core.OWN_OWNER] = caches === 0 ? 0 : seated.seat;
  own[core.OWN_CONTROLS] = words[heap + core.HEAP_CONTROLS]!;
  own[core.OWN_CONTROL_WORDS] = words[heap + core.HEAP_CONTROL_WORDS]!;
  own[core.OWN_CONTROL] = own[core.OWN_CONTROLS]! + own[core.OWN_OWNER]! * own[core.OWN_CONTROL_WORDS]!;
  own[core.OWN_PAGE_SHIFT] = pageShift;
  own[core.OWN_PAGES] = pages;
  own[core.OWN_FIRST_PAGE] = firstPage;
  own[core.OWN_MAP] = words[heap + core.HEAP_MAP]! - firstPage;
  own[core.OWN_SPANS] = words[heap + core.HEAP_SPANS]! - firstPage * core.SPAN_WORDS;
  own[core.OWN_STATES] = words[heap + core.HEAP_STATES]! - (data >>> 5);
  own[core.OWN_NOTED_MOST] = core.NOTES_MAX;
  own[core.OWN_IN_ORDER] = storesInOrder() ? 1 : 0;
  own[core.OWN_FREE_MASK] = words[heap + core.HEAP_FREE_MASK]! - (data >>> 9);
  own[core.OWN_HOLDERS] = words[heap + core.HEAP_HOLDERS]! - (data >>> 6);
  own[core.OWN_USED_MASK] = words[heap + core.HEAP_USED_MASK]!;
  own[core.OWN_CLASSES] = classes;
  own[core.OWN_MAY_BLOCK] = mayBlock ? 1 : 0;
  own[core.OWN_PATIENCE_MS] = LOCK_PATIENCE_MS;
  own[core.OWN_HINT_GROUPS] = core.CONTROL_HEADS + lines(classes);
  own[core.OWN_HINT_PAGES] = own[core.OWN_HINT_GROUPS]! + lines(hintGroups(pages));
  own[core.OWN_RELEASE_AT] = (words[heap + core.HEAP_EMPTY_MAX]! * RELEASE_FROM) >>> pageShift;
  for (let i = 0; i < classes; i++) {
    const row = words[heap + core.HEAP_CLASS_TABLE]! + i * core.CLASS_WORDS;
    for (let word = 0; word < core.CLASS_WORDS; word++) own[core.classIndex(own, i) + word] = words[row + word]!;
    const most = words[row + core.CLASS_STOCK]!;
    own[core.OWN_STOCK + (i << core.STOCK_SHIFT) + core.STOCK_MOST] = caches === 0 ? 0 : most;
  }
  return own;
}

/** Whole lines of 16 words. */
function lines(words: number): number {
  return Math.ceil(words / 16) * 16;
}

/** Words of the upper level of hint bits. */
function hintGroups(pages: number): number {
  return (pages + 1023) >>> 10;
}

/** Words of a control. */
export function controlWords(classes: number, pages: number): number {
  return core.CONTROL_HEADS + lines(classes) + lines(hintGroups(pages)) + lines((pages + 31) >>> 5);
}

/** Where a heap's tables stand, one behind the other from its first word on. Word indices, but for the last two. */
export interface HeapTables {
  readonly map: number;
  readonly spans: number;
  readonly states: number;
  readonly freeMask: number;
  readonly holders: number;
  readonly usedMask: number;
  readonly controls: number;
  readonly classTable: number;
  readonly dataOffset: number;
  readonly endOffset: number;
}

/** Lays a heap's tables out. The data begin at a multiple of a page. */
export function layOutHeap(heap: number, pageShift: number, pages: number, classes: number, seats: number): HeapTables {
  const granules = pages << (pageShift - 4);
  const classTable = heap + core.HEAP_WORDS;
  const controls = classTable + lines(classes * core.CLASS_WORDS);
  const usedMask = controls + controlWords(classes, pages) * (seats + 1);
  const map = usedMask + lines((pages + 31) >>> 5);
  const spans = map + lines(pages);
  const states = spans + lines(pages * core.SPAN_WORDS);
  const freeMask = states + lines(granules >>> 1);
  const holders = freeMask + lines(granules >>> 5);
  const end = holders + lines(granules >>> 2);
  const dataOffset = Math.ceil((end * 4) / 2 ** pageShift) * 2 ** pageShift;
  return {
    map,
    spans,
    states,
    freeMask,
    holders,
    usedMask,
    controls,
    classTable,
    dataOffset,
    endOffset: dataOffset + pages * 2 ** pageShift,
  };
}
