import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { controlWords, layOutHeap } from '../core/heap.js';
import * as span from '../core/span.core.js';
import type { Attachment } from '../region/attachment.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS, HEADER_DIRTY, structuresOffset } from '../region/header.core.js';
import { KIND_HEAP } from '../region/kinds/index.js';
import type { HeapOptions } from './heap-base.js';
import { type SizeClass, sizeClasses } from './size-classes.js';

/** Sizes that only tests set. */
export interface HeapTuning {
  /** The page size as a power of two, 9 to 16; default 12: 4 KiB. */
  readonly pageShift?: number;
  readonly classes?: readonly SizeClass[];
  /** Bytes of empty spans that a seat keeps; default 64 KiB. */
  readonly emptyBytesMax?: number;
}

const PAGE_SHIFT = 12;
/** A page of a heap that nobody has tuned. */
export const PAGE_BYTES: number = 2 ** PAGE_SHIFT;
const EMPTY_BYTES_MAX = 64 * 1024;
const BYTES_MAX = 2 ** 31 - 65536;

/** Checked options of a heap. */
export interface HeapGeometry {
  readonly byteLength: number | undefined;
  readonly caches: boolean;
  readonly guard: boolean;
}

/** @throws {RingwellError} ERR_GEOMETRY, ERR_USAGE */
export function heapGeometry(options: HeapOptions): HeapGeometry {
  const what = 'Cannot create heap';
  checkOptions(options, `${what}: options`);
  const { caches = true, guard = false, onSoftLimit } = options;
  for (const [name, value] of Object.entries({ caches, guard })) {
    if (typeof value !== 'boolean')
      throw new RingwellError('ERR_USAGE', `${what}: ${name} must be a boolean, got ${show(value)}`);
  }
  if (onSoftLimit !== undefined && typeof onSoftLimit !== 'function')
    throw new RingwellError('ERR_USAGE', `${what}: onSoftLimit must be a function, got ${show(onSoftLimit)}`);
  if (options.softLimitBytes !== undefined)
    checkInteger(options.softLimitBytes, 0, BYTES_MAX, `${what}: softLimitBytes`);
  const byteLength =
    options.byteLength === undefined
      ? undefined
      : checkInteger(options.byteLength, 1, BYTES_MAX, `${what}: byteLength`);
  return { byteLength, caches, guard };
}

/** Bytes of tables and data for so many pages, from the entry's first byte on. */
function bytesFor(entry: number, pageShift: number, pages: number, classes: number, seats: number): number {
  return layOutHeap(entry + ENTRY_WORDS, pageShift, pages, classes, seats).endOffset - entry * 4;
}

/** How many bytes a region of one seat needs for a heap of so many, and nothing else. */
export function localRegionBytes(byteLength: number): number {
  const start = structuresOffset(1);
  const pages = Math.ceil(byteLength / PAGE_BYTES);
  return start + Math.ceil(bytesFor(start / 4, PAGE_SHIFT, pages, sizeClasses(PAGE_BYTES).length, 1) / 64) * 64;
}

/** Builds a heap at the break, under the region's lock; without a byteLength it takes what is left. @throws {RingwellError} ERR_GEOMETRY */
export function createTables(
  attachment: Attachment,
  name: Uint8Array,
  geometry: HeapGeometry,
  tuning: HeapTuning,
): number {
  const { words, seats } = attachment;
  const what = 'Cannot create heap';
  // A holder is written down in a byte, and one value of it means nobody.
  if (seats >= span.HOLDER_NOBODY)
    throw new RingwellError('ERR_GEOMETRY', `${what}: a region with a heap can have 254 seats, this one has ${seats}`);
  const { pageShift = PAGE_SHIFT, emptyBytesMax = EMPTY_BYTES_MAX } = tuning;
  const classes = tuning.classes ?? sizeClasses(2 ** pageShift);
  const entry = breakOffset(words) / 4;
  const heap = entry + ENTRY_WORDS;
  const pages = countPages(words, geometry, entry, pageShift, classes.length, seats);
  const bytes = checkRoom(words, bytesFor(entry, pageShift, pages, classes.length, seats), what);
  const tables = layOutHeap(heap, pageShift, pages, classes.length, seats);
  // Fresh memory is zero, and stays untouched until it is used; adopted memory may hold anything.
  words.fill(0, entry, words[HEADER_DIRTY] === 0 ? tables.controls : tables.dataOffset / 4);
  writeEntry(words, KIND_HEAP, bytes, name);
  words[heap + span.HEAP_PAGE_SHIFT] = pageShift;
  words[heap + span.HEAP_PAGES] = pages;
  words[heap + span.HEAP_DATA_OFFSET] = tables.dataOffset;
  words[heap + span.HEAP_CLASSES] = classes.length;
  words[heap + span.HEAP_CACHES] = geometry.caches ? 1 : 0;
  words[heap + span.HEAP_GUARD] = geometry.guard ? 1 : 0;
  words[heap + span.HEAP_MAP] = tables.map;
  words[heap + span.HEAP_SPANS] = tables.spans;
  words[heap + span.HEAP_STATES] = tables.states;
  words[heap + span.HEAP_FREE_MASK] = tables.freeMask;
  words[heap + span.HEAP_HOLDERS] = tables.holders;
  words[heap + span.HEAP_USED_MASK] = tables.usedMask;
  words[heap + span.HEAP_CONTROLS] = tables.controls;
  words[heap + span.HEAP_CLASS_TABLE] = tables.classTable;
  words[heap + span.HEAP_CONTROL_WORDS] = controlWords(classes.length, pages);
  words[heap + span.HEAP_EMPTY_MAX] = emptyBytesMax;
  classes.forEach((row, i) => {
    const at = tables.classTable + i * span.CLASS_WORDS;
    words[at + span.CLASS_BYTES] = row.bytes;
    words[at + span.CLASS_PAGES] = row.pages;
    words[at + span.CLASS_BLOCKS] = row.blocks;
    words[at + span.CLASS_STOCK] = row.stockMax;
  });
  publishEntry(words, entry);
  return heap;
}

/** How many pages fit. @throws {RingwellError} ERR_GEOMETRY when not even one does */
function countPages(
  words: Int32Array,
  geometry: HeapGeometry,
  entry: number,
  pageShift: number,
  classes: number,
  seats: number,
): number {
  if (geometry.byteLength !== undefined) return Math.ceil(geometry.byteLength / 2 ** pageShift);
  const left = words.length * 4 - entry * 4;
  let low = 1;
  let high = Math.max(1, left >>> pageShift);
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (bytesFor(entry, pageShift, middle, classes, seats) <= left) low = middle;
    else high = middle - 1;
  }
  return low;
}
