/**
 * What the guard writes around and into the blocks of a heap.
 *
 * ```
 * block as the heap has it: ... | size | lead | state | canary | the user's bytes | canary 8 bytes
 *                           ^ lead bytes before the user's pointer
 * state    LIVE or FREED, exclusive-or the pointer: what looks like it elsewhere is none
 * canary   8 bytes behind the last byte, and the word before the first, exclusive-or the pointer
 * poison   all of the user's bytes while the block is in quarantine
 * ```
 *
 * Who writes: whoever has the block, plainly, like the user's bytes. It finds mistakes; the heap's own state decides.
 */

export const GUARD_LEAD = 16;
export const GUARD_TAIL = 8;

const STATE_LIVE = 0x11feb10c;
const STATE_FREED = 0x0ddba115;
const CANARY = 0x0badb10c;
const POISON = 0x0deadb0c;

export const GUARD_NONE = 0;
export const GUARD_LIVE = 1;
export const GUARD_FREED = 2;
export const GUARD_HURT_BEFORE = 3;

/** Writes header and canaries of a live block. */
export function writeGuard(words: Int32Array, pointer: number, lead: number, size: number): void {
  const at = pointer >>> 2;
  words[at - 4] = size;
  words[at - 3] = lead;
  words[at - 2] = STATE_LIVE ^ pointer;
  words[at - 1] = CANARY ^ pointer;
}

/** What the header before a pointer says: GUARD_NONE, GUARD_LIVE, GUARD_FREED or GUARD_HURT_BEFORE. */
export function guardState(words: Int32Array, pointer: number): number {
  const at = pointer >>> 2;
  const state = words[at - 2]! ^ pointer;
  const canary = words[at - 1]! ^ pointer;
  if (state === STATE_FREED && canary === CANARY) return GUARD_FREED;
  if (state === STATE_LIVE && canary === CANARY) return GUARD_LIVE;
  return state === STATE_LIVE || canary === CANARY ? GUARD_HURT_BEFORE : GUARD_NONE;
}

/** The size in a header. */
export function guardSize(words: Int32Array, pointer: number): number {
  return words[(pointer >>> 2) - 4]!;
}

/** How many bytes before the pointer the heap's block begins. */
export function guardLead(words: Int32Array, pointer: number): number {
  return words[(pointer >>> 2) - 3]!;
}

/** Poisons a block that goes into quarantine. */
export function poisonBlock(words: Int32Array, pointer: number, size: number): void {
  words[(pointer >>> 2) - 2] = STATE_FREED ^ pointer;
  words.fill(POISON, pointer >>> 2, (pointer + size) >>> 2);
}

/** Takes the state out of a header: the block leaves the guard. */
export function forgetBlock(words: Int32Array, pointer: number): void {
  words[(pointer >>> 2) - 2] = 0;
  words[(pointer >>> 2) - 1] = 0;
}

/** The first byte of a poisoned block that somebody has written, or -1. */
export function findWritten(words: Int32Array, pointer: number, size: number): number {
  for (let at = pointer >>> 2; at < (pointer + size) >>> 2; at++) {
    if (words[at] !== POISON) return at * 4 - pointer;
  }
  return -1;
}

/** Fills words with poison. */
export function poisonWords(words: Int32Array, from: number, to: number): void {
  words.fill(POISON, from >>> 2, to >>> 2);
}

/** The byte value of the canary behind a block. */
export function canaryByte(i: number): number {
  return 0xa5 ^ (i * 17);
}
