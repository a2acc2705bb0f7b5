/**
 * The heap's memory: pages, spans, and the state of every block, all out of line.
 *
 * ```
 * heap, 160 words
 * word   0  page shift | 1 pages | 2 data offset in bytes | 3 classes | 4 caches: 1, or 0 when all is central
 * word   5  page map | 6 spans | 7 states | 9 free mask | 10 holders | 11 used mask | 12 controls | 13 class table
 * word  14  words a control | 15 bytes of empty spans that a seat may keep         (once, at create; 5-13 are word indices)
 * word  16  lock: 0, or who works on the pages: generation 24 | seat 8 | 17 how many wait for it
 * word  20  guard: 1 when every block has canaries around it          (once, at create)
 * word  32  pages reserved | 33 the most so far | 34 lowest: the first used-mask word that may have a free page | 35 dirty: the
 *          centre is to be put in order  (under the lock)
 * word  48  spans of nobody, a count for each class                                (under the lock, read as a hint)
 *
 * page map, a word a page: 0 free, or offset in its span 8 | class 8 | state 8 | owner 8
 * span record, 8 words a page, those of a span's first page are used
 *   0 pages | 1 fresh: blocks ever cut off | 2 free: bits in the free mask | 3 next | 4 previous | 5 listed | 6 counted as empty
 * states  a life word and a stamp word for every 64 bytes, side by side: whoever needs one needs the other
 *   lives   a byte a granule (16 bytes), at a block's first granule: it counts lives begun and ended, so it is odd while the block is live
 *   stamps  a byte a granule: the life under which another seat than the owner gave the block back
 * free mask  a bit a granule: a free block of the span that is in nobody's stock
 * holders    a byte a granule: 0 the span's owner, 255 nobody, or a seat
 * control, one a seat, and one (0) for the centre
 *   0 attention: some span may have returned blocks | 16 bytes of empty spans kept | 17 stamped: how many of others' blocks this seat
 *   has stamped plainly, in all its lives | 32 the first span with room, a class each;
 *   then two levels of hint bits: for each of 32 pages, and for each page, that it may have returned blocks
 * class table, 4 words a class: block bytes | pages a span | blocks a span | stock
 * ```
 *
 * Laws
 * - A span's first page word is the truth about it: it appears and disappears by one store of that word, under the lock. The
 *   used mask, the other page words, counts and lists can be rebuilt from those words (`repairPages`).
 * - Only a span's owner writes its life words, free mask and record, plainly. Owner 0: whoever holds the lock does.
 * - A block is live when its life is odd and its stamp is another. Only a block's first granule is ever live.
 * - Others give a block back by making its stamp its life: by compare-and-exchange, or, where a machine shows stores in their order, by
 *   a plain store of a byte. They count it, note its page, and leave hints for so many pages at once, behind an atomic access. Before
 *   its owner answers NONE it goes through all its pages, hinted at or not, if others have counted more than when it last did.
 * - The next life is another number, so a stamp that comes late does not match it. Only a thread that frees what another is freeing,
 *   and is stopped between two instructions while the block is freed, handed out and freed again, undoes that last free: it stays live.
 * - Each time a life has gone on by 128, that is after 64 lives, the stamp is cleared. So an old stamp does not meet its own number
 *   again, unless such a thread was stopped for 64 lives of the block.
 * - A large block is a span of its own, class 0 in its word; all that happens to it happens under the lock.
 * - The owner may write a life as a byte, for the other bytes of the word are its own, too. A word of stamps is written by bytes, or
 *   whole by an atomic access, which loses no byte that another writes meanwhile.
 *
 * Hints: page words, and life and stamp words, read plainly while another may be writing them, where a compare-and-exchange, the owner's
 * word or the lock decides; and counts of stamps, which are only told from each other. Lives wrap after 128; everything else is bounded
 * by the number of pages.
 */

export const HEAP_PAGE_SHIFT = 0;
export const HEAP_PAGES = 1;
export const HEAP_DATA_OFFSET = 2;
export const HEAP_CLASSES = 3;
export const HEAP_CACHES = 4;
export const HEAP_MAP = 5;
export const HEAP_SPANS = 6;
export const HEAP_STATES = 7;
export const HEAP_FREE_MASK = 9;
export const HEAP_HOLDERS = 10;
export const HEAP_USED_MASK = 11;
export const HEAP_CONTROLS = 12;
export const HEAP_CLASS_TABLE = 13;
export const HEAP_CONTROL_WORDS = 14;
export const HEAP_EMPTY_MAX = 15;
export const HEAP_LOCK = 16;
export const HEAP_LOCK_AWAITED = 17;
export const HEAP_GUARD = 20;
export const HEAP_RESERVED = 32;
export const HEAP_RESERVED_MAX = 33;
export const HEAP_LOWEST = 34;
export const HEAP_DIRTY = 35;
export const HEAP_ABANDONED = 48;
export const HEAP_WORDS = 160;
/** The most classes that have a count of spans of nobody. */
export const CLASSES_MAX = 112;

export const PAGE_SMALL = 1;
/** Beside PAGE_SMALL: some block's holder is written down. */
export const PAGE_HELD = 2;
export const PAGE_LARGE = 4;
export const PAGE_STATE_SHIFT = 8;
export const PAGE_CLASS_SHIFT = 16;
export const PAGE_OFFSET_SHIFT = 24;

export const SPAN_WORDS = 8;
export const SPAN_PAGES = 0;
export const SPAN_FRESH = 1;
export const SPAN_FREE = 2;
export const SPAN_NEXT = 3;
export const SPAN_PREVIOUS = 4;
export const SPAN_LISTED = 5;
export const SPAN_EMPTY = 6;

export const CONTROL_ATTENTION = 0;
export const CONTROL_EMPTY_BYTES = 16;
export const CONTROL_STAMPED = 17;
export const CONTROL_HEADS = 32;

export const CLASS_WORDS = 4;
export const CLASS_BYTES = 0;
export const CLASS_PAGES = 1;
export const CLASS_BLOCKS = 2;
export const CLASS_STOCK = 3;

export const HOLDER_NOBODY = 255;

/** What an operation answers that could not get the lock: its holder is slow, or dead and not recovered. */
export const LOCK_HELD = -4;

/** A seat's private array. Tables are addressed by what a pointer is shifted to, so their bases lie before their beginnings. */
export const OWN_HEAP = 0;
export const OWN_SEAT = 1;
export const OWN_GENERATION = 2;
export const OWN_SEATS = 3;
/** Whose spans this thread works on: its seat, or 0 in a heap without caches. */
export const OWN_OWNER = 4;
export const OWN_CONTROL = 5;
export const OWN_PAGE_SHIFT = 6;
export const OWN_PAGES = 7;
export const OWN_FIRST_PAGE = 8;
export const OWN_MAP = 9;
export const OWN_SPANS = 10;
/** Of this the life words are the even ones, and a word's stamps stand `STAMPS` behind it. */
export const OWN_STATES = 11;
export const STAMPS = 1;
/** As bytes, a block's stamp stands so far behind its life. */
export const STAMP_BYTES = 4;
/** A life that has all of these bits is the last before the stamp is cleared. */
export const LIFE_TURN = 127;
export const OWN_FREE_MASK = 13;
export const OWN_HOLDERS = 14;
export const OWN_USED_MASK = 15;
export const OWN_CLASSES = 17;
export const OWN_MAY_BLOCK = 18;
/** How long to wait for the lock in milliseconds. */
export const OWN_PATIENCE_MS = 19;
/** Where the two levels of hint bits stand in a control. */
export const OWN_HINT_GROUPS = 20;
export const OWN_HINT_PAGES = 21;
/** What the last recovery took back. */
export const OWN_BLOCKS = 22;
export const OWN_BYTES = 23;
/** How many pages are reserved when this seat next gives up what it keeps. */
export const OWN_RELEASE_AT = 24;
/** Where the controls stand, and how many words one has. */
export const OWN_CONTROLS = 25;
export const OWN_CONTROL_WORDS = 26;
/** How many blocks were stamped whose owner was not told, and how many there may be. */
export const OWN_NOTED = 27;
export const OWN_NOTED_MOST = 28;
/** Whether this machine shows a thread's stores to others in their order, see `storesInOrder`. */
export const OWN_IN_ORDER = 29;
/** How many stamps others had counted when this seat last went through all its pages. */
export const OWN_COUNTED = 30;
/** The pages of the blocks that are noted. */
export const OWN_NOTES = 32;
export const NOTES_MAX = 32;
/** For each class a stock of 128 words: count | most | pointers; and its row of the class table, read once. */
export const OWN_STOCK = 64;
export const STOCK_SHIFT = 7;
export const STOCK_MOST = 1;
export const STOCK_POINTERS = 2;
const STOCK_CLASS = 124;

/** Of each byte of a word the lowest bit, all bits but the highest, and the highest. */
const LOW_BITS = 0x01010101;
const ALL_BUT_HIGH = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080;

/** The record of the span whose first page this is. Pages are counted from the beginning of the memory. */
export function spanIndex(own: Int32Array, page: number): number {
  return own[OWN_SPANS]! + page * SPAN_WORDS;
}

/** The row of a class, in the private array: an empty one for a class that can't be. */
export function classIndex(own: Int32Array, sizeClass: number): number {
  return OWN_STOCK + (Math.min(sizeClass, own[OWN_CLASSES]!) << STOCK_SHIFT) + STOCK_CLASS;
}

/** Whether there is such a page. What comes out of shared words need not be one, where they were damaged. Answers 1 or 0. */
export function isPage(own: Int32Array, page: number): number {
  return (page - own[OWN_FIRST_PAGE]!) >>> 0 < own[OWN_PAGES]! ? 1 : 0;
}

/** How many pages the span that begins at a page has by its record, within the heap. */
export function spanLength(words: Int32Array, own: Int32Array, page: number): number {
  const most = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]! - page;
  return Math.max(1, Math.min(most, words[spanIndex(own, page) + SPAN_PAGES]!));
}

/** How many blocks were ever cut off a small span, by its record, as far as there can be. For its owner. */
export function spanFresh(words: Int32Array, own: Int32Array, page: number, sizeClass: number): number {
  const most = own[classIndex(own, sizeClass) + CLASS_BLOCKS]!;
  return Math.max(0, Math.min(most, words[spanIndex(own, page) + SPAN_FRESH]!));
}

/** A page word's first page. */
export function firstPageOf(page: number, word: number): number {
  return page - (word >>> PAGE_OFFSET_SHIFT);
}

/** The state in a page word. */
export function stateOf(word: number): number {
  return (word >>> PAGE_STATE_SHIFT) & 0xff;
}

/** The class in a page word. */
export function classOf(word: number): number {
  return (word >>> PAGE_CLASS_SHIFT) & 0xff;
}

/** The life word of a granule; its stamps stand STAMPS behind. */
export function stateIndex(own: Int32Array, pointer: number): number {
  return own[OWN_STATES]! + ((pointer >>> 5) & -2);
}

/** Where a block's byte stands in its word. */
export function byteShift(pointer: number): number {
  return (pointer >>> 1) & 24;
}

/** The life of a granule, read by its owner or as a hint: odd for a live block, or one that was given back. */
export function lifeOf(words: Int32Array, own: Int32Array, pointer: number): number {
  return (words[stateIndex(own, pointer)]! >>> byteShift(pointer)) & 255;
}

/** The stamp of a granule, with what came before it. */
export function stampOf(words: Int32Array, own: Int32Array, pointer: number): number {
  return (Atomics.load(words, stateIndex(own, pointer) + STAMPS) >>> byteShift(pointer)) & 255;
}

/** Whether a block is live. Answers 1 or 0. Others may move meanwhile. */
export function isLivePointer(words: Int32Array, own: Int32Array, pointer: number): number {
  const stamp = stampOf(words, own, pointer);
  const life = (Atomics.load(words, stateIndex(own, pointer)) >>> byteShift(pointer)) & 255;
  return (life & 1) !== 0 && life !== stamp ? 1 : 0;
}

/** Makes a free block live. Only its owner. */
export function setLive(words: Int32Array, own: Int32Array, pointer: number): void {
  const at = stateIndex(own, pointer);
  words[at] = words[at]! | (1 << byteShift(pointer));
}

/** Ends a live block's life; after so many of them the stamp is cleared. Only its owner. */
export function endLife(words: Int32Array, own: Int32Array, pointer: number): void {
  endLives(words, stateIndex(own, pointer), 1 << byteShift(pointer));
}

/** Ends the lives of several live blocks of one word, each given by the lowest bit of its byte. Only their owner. */
export function endLives(words: Int32Array, at: number, bits: number): void {
  const lives = words[at]!;
  // One is added to each byte without a carry into the next.
  const next = ((lives & ALL_BUT_HIGH) + bits) ^ (lives & HIGH_BITS);
  const turned = Math.imul(zeroBytes(next & ALL_BUT_HIGH) & bits, 255);
  // Most blocks never had a stamp: then there is nothing to clear, and a plain look costs nothing.
  if ((words[at + STAMPS]! & turned) !== 0) Atomics.and(words, at + STAMPS, ~turned);
  words[at] = next;
}

/** Which bytes of a word are 0: the lowest bit of each. */
function zeroBytes(word: number): number {
  return (~(((word & ALL_BUT_HIGH) + ALL_BUT_HIGH) | word) >>> 7) & LOW_BITS;
}

/** Which blocks of a life word are live but for their stamps, which say that they were given back: the lowest bit of each byte. */
export function returnedIn(lives: number, stamps: number): number {
  return zeroBytes(lives ^ stamps) & lives;
}

/** Who holds a block: 0 is the span's owner. */
export function holderOf(words: Int32Array, own: Int32Array, pointer: number): number {
  return (Atomics.load(words, own[OWN_HOLDERS]! + (pointer >>> 6)) >>> ((pointer >>> 1) & 24)) & 0xff;
}

/** Writes down who holds a block. */
export function setHolder(words: Int32Array, own: Int32Array, pointer: number, holder: number): void {
  const at = own[OWN_HOLDERS]! + (pointer >>> 6);
  const shift = (pointer >>> 1) & 24;
  for (;;) {
    const word = Atomics.load(words, at);
    const next = (word & ~(0xff << shift)) | (holder << shift);
    if (next === word || Atomics.compareExchange(words, at, word, next) === word) return;
  }
}
