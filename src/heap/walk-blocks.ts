import { spanPages } from '../core/page-heap.core.js';
import { isLivePointer, OWN_FIRST_PAGE, OWN_PAGE_SHIFT, OWN_PAGES } from '../core/span.core.js';
import { blockAt } from '../core/span-owner.core.js';
import { lookAtFresh, spanClass } from '../core/span-recovery.core.js';
import type { HeapStats } from './heap-base.js';

/**
 * Visits every block of a heap: large ones, and all that were ever cut off small spans. `sizes` are the bytes of its classes.
 * *Stale*: others may move meanwhile.
 */
export function walkBlocks(
  words: Int32Array,
  own: Int32Array,
  sizes: readonly number[],
  visit: (pointer: number, bytes: number, live: boolean) => void,
): void {
  const shift = own[OWN_PAGE_SHIFT]!;
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; ) {
    const pages = spanPages(words, own, page);
    if (pages !== 0) {
      const sizeClass = spanClass(words, own, page);
      const bytes = sizes[sizeClass];
      if (bytes === undefined) visit(page << shift, pages << shift, true);
      else {
        const fresh = lookAtFresh(words, own, page);
        for (let block = 0; block < fresh; block++) {
          const pointer = blockAt(own, page, sizeClass, block);
          visit(pointer, bytes, isLivePointer(words, own, pointer) === 1);
        }
      }
    }
    page += Math.max(1, pages);
  }
}

/** Counts every block: the live ones, and for each class those that are free, too. *Stale*: others may move meanwhile. Allocates. */
export function countBlocks(
  words: Int32Array,
  own: Int32Array,
  sizes: readonly number[],
): Pick<HeapStats, 'liveBytes' | 'liveBlocks' | 'classes'> {
  const classes = sizes.map(bytes => ({ bytes, live: 0, free: 0 }));
  const rows = new Map(classes.map(row => [row.bytes, row]));
  let liveBytes = 0;
  let liveBlocks = 0;
  walkBlocks(words, own, sizes, (_pointer, bytes, live) => {
    const row = rows.get(bytes);
    if (live) {
      liveBytes += bytes;
      liveBlocks++;
      if (row !== undefined) row.live++;
    } else if (row !== undefined) row.free++;
  });
  return { liveBytes, liveBlocks, classes };
}
