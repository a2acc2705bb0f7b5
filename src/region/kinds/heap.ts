import { RingwellError } from '../../core/errors.js';
import { controlWords, layOutHeap, openSpans } from '../../core/heap.js';
import * as span from '../../core/span.core.js';
import { checkSpans, recoverSpans } from '../../core/span-recovery.core.js';
import { HEADER_LOCK, HEADER_SEATS } from '../header.core.js';
import type { Kind } from './kind.js';

/** A heap: its part is the first word of its tables (core/span.core.ts). */
export const heapKind: Kind = {
  title: 'heap',

  fits(words, at, end) {
    if (at + span.HEAP_WORDS > end) return false;
    const pageShift = words[at + span.HEAP_PAGE_SHIFT]!;
    const pages = words[at + span.HEAP_PAGES]!;
    const classes = words[at + span.HEAP_CLASSES]!;
    if (pageShift < 9 || pageShift > 16 || pages < 1 || pages > 2 ** 22) return false;
    if (classes < 1 || classes > span.CLASSES_MAX) return false;
    const tables = layOutHeap(at, pageShift, pages, classes, words[HEADER_SEATS]!);
    return (
      tables.endOffset <= end * 4 &&
      words[at + span.HEAP_DATA_OFFSET] === tables.dataOffset &&
      words[at + span.HEAP_MAP] === tables.map &&
      words[at + span.HEAP_SPANS] === tables.spans &&
      words[at + span.HEAP_STATES] === tables.states &&
      words[at + span.HEAP_FREE_MASK] === tables.freeMask &&
      words[at + span.HEAP_HOLDERS] === tables.holders &&
      words[at + span.HEAP_USED_MASK] === tables.usedMask &&
      words[at + span.HEAP_CONTROLS] === tables.controls &&
      words[at + span.HEAP_CLASS_TABLE] === tables.classTable &&
      words[at + span.HEAP_CONTROL_WORDS] === controlWords(classes, pages) &&
      classesFit(words, tables.classTable, classes, 2 ** pageShift)
    );
  },

  check(words, at, seats) {
    return checkSpans(words, openSpans({ words, seats, seat: 0, generation: 0 }, at, false));
  },

  recover(words, at, seats, dead, patienceMs) {
    // Whoever recovers holds the region's lock, which names it: the heap's lock takes that name too.
    const mine = Atomics.load(words, HEADER_LOCK);
    const own = openSpans({ words, seats, seat: mine & 0xff, generation: mine >>> 8 }, at, false);
    own[span.OWN_PATIENCE_MS] = Math.min(own[span.OWN_PATIENCE_MS]!, patienceMs);
    if (recoverSpans(words, own, dead) === span.LOCK_HELD) {
      const holder = Atomics.load(words, at + span.HEAP_LOCK) & 0xff;
      throw new RingwellError(
        'ERR_ATTACH',
        `Cannot recover seat ${dead}: seat ${holder} holds a heap's lock; if its thread has ended, recover it first`,
      );
    }
    return { blocks: own[span.OWN_BLOCKS]!, bytes: own[span.OWN_BYTES]! };
  },

  // Every slow path looks at the seat, and every stock runs out after a few blocks.
  stop() {},

  report(words, at) {
    const pageShift = words[at + span.HEAP_PAGE_SHIFT]!;
    return {
      capacity: words[at + span.HEAP_PAGES]! << pageShift,
      reservedBytes: Atomics.load(words, at + span.HEAP_RESERVED) << pageShift,
    };
  },
};

/** Whether the rows of the class table hold together. */
function classesFit(words: Int32Array, table: number, classes: number, pageBytes: number): boolean {
  for (let i = 0; i < classes; i++) {
    const row = table + i * span.CLASS_WORDS;
    const bytes = words[row + span.CLASS_BYTES]!;
    const pages = words[row + span.CLASS_PAGES]!;
    const blocks = words[row + span.CLASS_BLOCKS]!;
    const stock = words[row + span.CLASS_STOCK]!;
    if (bytes < 16 || bytes % 16 !== 0 || pages < 1 || pages > 255 || blocks < 1) return false;
    if (bytes * blocks > pages * pageBytes || stock < 1 || stock > 120) return false;
  }
  return true;
}
