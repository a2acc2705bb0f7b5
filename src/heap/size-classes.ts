/**
 * Size classes: every small request is rounded up to one of them.
 *
 * Up to 128 bytes a class every 16 (a block's alignment); above, eight classes each time the size doubles, so that less than 1/9
 * of a block is not asked for. A class's blocks are cut from spans of so many pages that at most an eighth of a
 * span is left over at its end.
 */

/** One size class. */
export interface SizeClass {
  /** Bytes a block, a multiple of 16. */
  readonly bytes: number;
  /** Pages a span. */
  readonly pages: number;
  /** Blocks a span. */
  readonly blocks: number;
  /** The most blocks a seat keeps to itself. */
  readonly stockMax: number;
}

/** The largest small block: beyond it rounding up to pages costs no more than a class would. */
export const SMALL_BYTES_MAX = 32768;
/** Up to here a span has BLOCKS_WANTED blocks, and a seat keeps many of them. */
const COMMON_BYTES = 8192;
/** With fewer, all blocks would begin at the same few offsets in their pages, and meet in the same few sets of the cache. */
const BLOCKS_WANTED = 4;
/** The bytes of a class that a seat keeps in its stock, up to STOCK_MAX blocks. Of a larger class it keeps one. */
const STOCK_BYTES = 256 * 1024;
/** Words a stock takes in a seat's private array are 128, two of them for itself. */
const STOCK_MAX = 120;

/** The block sizes up to `most` bytes, rising. */
function classSizes(most: number): number[] {
  const sizes: number[] = [];
  for (let bytes = 16; bytes <= Math.min(128, most); bytes += 16) sizes.push(bytes);
  for (let base = 128; base < most; base *= 2) {
    for (let bytes = base + base / 8; bytes <= Math.min(base * 2, most); bytes += base / 8) sizes.push(bytes);
  }
  return sizes;
}

function sizeClass(bytes: number, pageBytes: number): SizeClass {
  const isCommon = bytes <= COMMON_BYTES;
  let pages = Math.ceil((isCommon ? BLOCKS_WANTED * bytes : bytes) / pageBytes);
  while ((pages * pageBytes) % bytes > (pages * pageBytes) / 8) pages++;
  const blocks = Math.floor((pages * pageBytes) / bytes);
  return { bytes, pages, blocks, stockMax: isCommon ? Math.min(STOCK_MAX, Math.floor(STOCK_BYTES / bytes)) : 1 };
}

/** The table for a page size. */
export function sizeClasses(pageBytes: number, most: number = SMALL_BYTES_MAX): SizeClass[] {
  return classSizes(most).map(bytes => sizeClass(bytes, pageBytes));
}

/**
 * For every count of 16-byte granules up to SMALL_BYTES_MAX the class that a request of that many needs, or the number of
 * classes when it is too large for all.
 */
export function classOfGranules(sizes: readonly { readonly bytes: number }[]): Uint8Array {
  const table = new Uint8Array((SMALL_BYTES_MAX >>> 4) + 1);
  for (let granules = 0, index = 0; granules < table.length; granules++) {
    while (index < sizes.length && sizes[index]!.bytes < granules * 16) index++;
    table[granules] = index;
  }
  return table;
}
