/**
 * The guard of a pool's bytes: canaries around every block, poison in released ones.
 *
 * ```
 * ... | canary 2 | block: poison 4 ... poison 4 | (to a whole word) | canary 2 | ... | canary 2 | the next block
 *
 * canary   two words before the block and two after it; where the block ends within a word, the rest of that word is canary too
 * poison   while the block is released: its first four and its last four whole words, fewer where it is smaller
 * ```
 *
 * Who writes: the block's holder only, and only while it holds it; another seat that releases the block reads the canaries.
 * All of it is read and written plainly, like the user's bytes beside it: it finds mistakes, it decides nothing.
 */

/** Bits of a store's treatment word: what happens to a block as it comes and goes. */
export const TREAT_ZERO_ON_ACQUIRE = 1;
export const TREAT_ZERO_ON_RELEASE = 2;
export const TREAT_GUARD = 4;
/** Bytes of canary before and after each block. */
export const CANARY_BYTES = 8;
/** Words of poison at either end of a released block. */
const POISON_WORDS = 4;

const CANARY_BEFORE = 0x0badb10c;
const CANARY_AFTER = 0x0ddba115;
const POISON = 0x0deadb0c;

/** Where no canary and no poison is hurt. */
export const UNHURT = 0;
export const HURT_BEFORE = 1;
const HURT_AFTER = 2;

/** Takes the mark of a block away, and answers 1 when it was there: its last holder has treated it. The holder's alone. */
export function takeMark(words: Int32Array, at: number): number {
  const mark = words[at]!;
  words[at] = mark & ~1;
  return mark & 1;
}

/** Marks a block as treated, before it is released. The holder's alone. */
export function setMark(words: Int32Array, at: number): void {
  words[at] = words[at]! | 1;
}

/** Sets both canaries of the block at a word index. */
export function writeCanaries(words: Int32Array, block: number, blockBytes: number): void {
  const rest = blockBytes & 3;
  let after = block + (blockBytes >>> 2);
  words[block - 2] = CANARY_BEFORE;
  words[block - 1] = CANARY_BEFORE;
  if (rest !== 0) {
    const mask = -1 << (rest * 8);
    words[after] = (words[after]! & ~mask) | (CANARY_AFTER & mask);
    after++;
  }
  words[after] = CANARY_AFTER;
  words[after + 1] = CANARY_AFTER;
}

/** Whether a block was written beyond its ends. Answers UNHURT, HURT_BEFORE or HURT_AFTER. */
export function checkCanaries(words: Int32Array, block: number, blockBytes: number): number {
  const after = block + (blockBytes >>> 2);
  // All differences in one word, so that there is one branch.
  const before = (words[block - 2]! ^ CANARY_BEFORE) | (words[block - 1]! ^ CANARY_BEFORE);
  if ((blockBytes & 3) === 0) {
    if ((before | (words[after]! ^ CANARY_AFTER) | (words[after + 1]! ^ CANARY_AFTER)) === 0) return UNHURT;
    return before !== 0 ? HURT_BEFORE : HURT_AFTER;
  }
  const rest = (words[after]! ^ CANARY_AFTER) & (-1 << ((blockBytes & 3) * 8));
  if ((before | rest | (words[after + 1]! ^ CANARY_AFTER) | (words[after + 2]! ^ CANARY_AFTER)) === 0) return UNHURT;
  return before !== 0 ? HURT_BEFORE : HURT_AFTER;
}

/** Fills the ends of a released block with a pattern: poison, or 0 to take it away. */
function fillEnds(words: Int32Array, block: number, blockBytes: number, pattern: number): void {
  const end = block + (blockBytes >>> 2);
  const head = Math.min(block + POISON_WORDS, end);
  for (let i = block; i < head; i++) words[i] = pattern;
  for (let i = Math.max(end - POISON_WORDS, head); i < end; i++) words[i] = pattern;
}

/** Poisons a block that is about to be released. */
export function writePoison(words: Int32Array, block: number, blockBytes: number): void {
  if (blockBytes < 8 * POISON_WORDS) {
    fillEnds(words, block, blockBytes, POISON);
    return;
  }
  // The usual case without loops: it is a third of a guarded pair's time.
  const end = block + (blockBytes >>> 2);
  words[block] = POISON;
  words[block + 1] = POISON;
  words[block + 2] = POISON;
  words[block + 3] = POISON;
  words[end - 4] = POISON;
  words[end - 3] = POISON;
  words[end - 2] = POISON;
  words[end - 1] = POISON;
}

/** Whether somebody has written into the poison of a released block. Answers 1 or 0. */
export function isHurt(words: Int32Array, block: number, blockBytes: number): number {
  if (blockBytes < 8 * POISON_WORDS) return findHurt(words, block, blockBytes) < 0 ? 0 : 1;
  const end = block + (blockBytes >>> 2);
  const head =
    (words[block]! ^ POISON) |
    (words[block + 1]! ^ POISON) |
    (words[block + 2]! ^ POISON) |
    (words[block + 3]! ^ POISON);
  const tail =
    (words[end - 4]! ^ POISON) | (words[end - 3]! ^ POISON) | (words[end - 2]! ^ POISON) | (words[end - 1]! ^ POISON);
  return (head | tail) === 0 ? 0 : 1;
}

/** Takes the poison out of a block again, so that it is zero where the rest is. */
export function clearPoison(words: Int32Array, block: number, blockBytes: number): void {
  fillEnds(words, block, blockBytes, 0);
}

/** Where in a released block somebody has written: the byte, or -1. */
export function findHurt(words: Int32Array, block: number, blockBytes: number): number {
  const end = block + (blockBytes >>> 2);
  const head = Math.min(block + POISON_WORDS, end);
  for (let i = block; i < head; i++) {
    if (words[i] !== POISON) return (i - block) * 4;
  }
  for (let i = Math.max(end - POISON_WORDS, head); i < end; i++) {
    if (words[i] !== POISON) return (i - block) * 4;
  }
  return -1;
}
