/**
 * How a block comes back that another than its owner freed: that one stamps it, and tells the owner, who collects it. The words are
 * those of span.core.ts.
 *
 * ```
 * freer: stamp -> count, and note the page -> so many: an atomic access -> hints: page, group of pages, attention
 * owner: attention -> groups -> pages -> where their blocks begin: life == stamp -> its stock, or its span
 * ```
 *
 * A plain stamp may be seen before anything else says that it is there. Where the machine does not show stores in their order, it could be
 * seen even before what its freer last wrote into the block, which would then come after what its next holder writes: there stamps are
 * exchanged, and told one by one.
 */
import {
  byteShift,
  CLASS_BYTES,
  CONTROL_ATTENTION,
  CONTROL_STAMPED,
  classIndex,
  classOf,
  endLives,
  isPage,
  OWN_CONTROL,
  OWN_CONTROL_WORDS,
  OWN_CONTROLS,
  OWN_COUNTED,
  OWN_FIRST_PAGE,
  OWN_HINT_GROUPS,
  OWN_HINT_PAGES,
  OWN_MAP,
  OWN_NOTED,
  OWN_NOTED_MOST,
  OWN_NOTES,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_SEAT,
  OWN_SEATS,
  PAGE_HELD,
  PAGE_OFFSET_SHIFT,
  PAGE_SMALL,
  returnedIn,
  STAMPS,
  STOCK_MOST,
  STOCK_POINTERS,
  setHolder,
  stateIndex,
  stateOf,
} from './span.core.js';
import { dropSpan, returnBlock, stockIndex } from './span-owner.core.js';
import { DONE } from './status.js';

/**
 * Leaves hints that a page may have returned blocks: the bits first, then what makes the owner look at them. For who is behind an atomic
 * load that is behind the stamps: what it sees set the owner takes back later, and then sees the stamps. So plain looks are enough where all
 * is set. Behind an exchange of ours they could overtake that, on some ARM: then they are atomic.
 */
export function hintReturned(words: Int32Array, own: Int32Array, owner: number, page: number): void {
  if (owner > own[OWN_SEATS]!) return; // damaged: it names nobody
  const control = own[OWN_CONTROLS]! + owner * own[OWN_CONTROL_WORDS]!;
  const relative = page - own[OWN_FIRST_PAGE]!;
  const pages = control + own[OWN_HINT_PAGES]! + (relative >>> 5);
  const bit = 1 << (relative & 31);
  const groups = control + own[OWN_HINT_GROUPS]! + (relative >>> 10);
  const part = 1 << ((relative >>> 5) & 31);
  // Each for itself: who set the one may have died before the others.
  if ((words[pages]! & bit) === 0) Atomics.or(words, pages, bit);
  else if ((words[groups]! & part) !== 0 && words[control + CONTROL_ATTENTION] !== 0) return;
  if ((Atomics.load(words, groups) & part) === 0) Atomics.or(words, groups, part);
  if (Atomics.load(words, control + CONTROL_ATTENTION) === 0) Atomics.store(words, control + CONTROL_ATTENTION, 1);
}

/**
 * Tells the owner of a page that blocks of it were stamped. Behind an atomic load that is behind the stamps: an owner that we do not see
 * takes the page over later, and looks at all of it.
 */
function hintOwner(words: Int32Array, own: Int32Array, page: number): void {
  const owner = words[own[OWN_MAP]! + page]! & 0xff;
  if (owner !== 0) hintReturned(words, own, owner, page);
}

/** Gives a block of another's span back, and tells its owner at once. Answers 1, or 0 when it is not live. */
export function stampReturned(words: Int32Array, own: Int32Array, pointer: number): number {
  const lives = stateIndex(own, pointer);
  const at = lives + STAMPS;
  const shift = byteShift(pointer);
  for (;;) {
    const stamps = Atomics.load(words, at);
    const life = (Atomics.load(words, lives) >>> shift) & 255;
    if ((life & 1) === 0 || ((stamps >>> shift) & 255) === life) return 0;
    const next = (stamps & ~(255 << shift)) | (life << shift);
    if (Atomics.compareExchange(words, at, stamps, next) !== stamps) continue;
    Atomics.load(words, at); // as in tellReturned
    hintOwner(words, own, pointer >>> own[OWN_PAGE_SHIFT]!);
    return 1;
  }
}

/** Counts a block that was just stamped plainly, and notes its page; when there are enough, their owners are told. */
export function noteReturned(words: Int32Array, own: Int32Array, page: number): void {
  const stamped = own[OWN_CONTROL]! + CONTROL_STAMPED;
  words[stamped] = words[stamped]! + 1;
  const noted = own[OWN_NOTED]!;
  own[OWN_NOTES + noted] = page;
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
    const page = own[OWN_NOTES + i]!;
    if (page !== told) hintOwner(words, own, page);
    told = page;
  }
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
    const bit = 1 << byteShift(pointer);
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
        if (status !== DONE) {
          own[OWN_COUNTED]! -= 1; // hints were taken that nobody has looked at: so look everywhere
          return status;
        }
      }
    }
  }
  return DONE;
}

/**
 * Takes back all that others returned, hinted at or not: who stamped may not have told yet. Goes through all pages, unless others have
 * counted no stamps since it last did: who has no room may ask again and again. Answers DONE or UNSEATED.
 */
export function collectAll(words: Int32Array, own: Int32Array): number {
  tellReturned(words, own);
  if (own[OWN_OWNER] === 0) return DONE; // nobody stamps what is the centre's
  const counted = countStamped(words, own);
  if (counted === own[OWN_COUNTED]) return collectReturned(words, own);
  const end = own[OWN_FIRST_PAGE]! + own[OWN_PAGES]!;
  for (let page = own[OWN_FIRST_PAGE]!; page < end; page++) {
    const word = words[own[OWN_MAP]! + page]!;
    if ((word & 0xff) !== own[OWN_OWNER] || (stateOf(word) & PAGE_SMALL) === 0) continue;
    const status = collectPage(words, own, page);
    if (status !== DONE) return status;
  }
  own[OWN_COUNTED] = counted;
  return DONE;
}

/** How many blocks the other seats have stamped plainly. Each counts behind its stamp: who sees the one sees the other. */
function countStamped(words: Int32Array, own: Int32Array): number {
  let count = 0;
  for (let seat = 1; seat <= own[OWN_SEATS]!; seat++) {
    if (seat === own[OWN_SEAT]) continue;
    count += Atomics.load(words, own[OWN_CONTROLS]! + seat * own[OWN_CONTROL_WORDS]! + CONTROL_STAMPED);
  }
  return count | 0;
}
