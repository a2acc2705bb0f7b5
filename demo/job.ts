/** The job that every way of relaying does: count the lines of a file, and digest it block by block. */
import { readSync } from 'node:fs';

export interface Totals {
  blocks: number;
  bytes: number;
  lines: number;
  /** The sum of Fletcher's checksum of every block, modulo 2^32: the same in whatever order they are added. */
  digest: number;
}

export function emptyTotals(): Totals {
  return { blocks: 0, bytes: 0, lines: 0, digest: 0 };
}

/** The byte of a line feed, in each of the four places of a word. */
const LINE_FEEDS = 0x0a0a0a0a;

/**
 * Adds a block to the totals: `length` bytes at a byte offset that is a multiple of 4. A word at a time, because a loop over
 * bytes would take longer than everything else here; and in JavaScript, because the bytes may be shared, where calls into
 * Node are slower.
 */
export function addBlock(totals: Totals, words: Int32Array, offset: number, length: number): void {
  let first = 0;
  let second = 0;
  let lines = 0;
  const end = (offset + length) >> 2;
  for (let i = offset >> 2; i < end; i++) {
    const word = words[i]!;
    first = (first + word) | 0;
    second = (second + first) | 0;
    const difference = word ^ LINE_FEEDS;
    if (hasZeroByte(difference)) lines += countZeroBytes(difference);
  }
  const rest = length & 3;
  if (rest !== 0) {
    // What follows the last byte is not ours; as zeros it changes nothing.
    const word = words[end]! & ((1 << (rest * 8)) - 1);
    first = (first + word) | 0;
    second = (second + first) | 0;
    lines += countZeroBytes(word ^ LINE_FEEDS);
  }
  totals.blocks += 1;
  totals.bytes += length;
  totals.lines += lines;
  totals.digest = (totals.digest + second) >>> 0;
}

/** Whether one of the word's bytes is zero: subtracting 1 from it, and from no other, borrows into its highest bit. */
function hasZeroByte(word: number): boolean {
  return ((word - 0x01010101) & ~word & 0x80808080) !== 0;
}

/** Leaves a 1 in every byte that was zero, and adds those up. */
function countZeroBytes(word: number): number {
  const zeros = ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f) >>> 7;
  return Math.imul(zeros, 0x01010101) >>> 24;
}

export function sumTotals(parts: readonly Totals[]): Totals {
  const sum = emptyTotals();
  for (const { blocks, bytes, lines, digest } of parts) {
    sum.blocks += blocks;
    sum.bytes += bytes;
    sum.lines += lines;
    sum.digest = (sum.digest + digest) >>> 0;
  }
  return sum;
}

/** The job done by one thread and nothing else: what every relay has to find. */
export function doPlainly(fd: number, bytes: number, blockBytes: number): Totals {
  const totals = emptyTotals();
  const block = new Uint8Array(blockBytes);
  const words = new Int32Array(block.buffer);
  for (let position = 0; position < bytes; position += blockBytes) {
    addBlock(totals, words, 0, readBlock(fd, block, position, bytes));
  }
  return totals;
}

/** Reads the block at a position, whole unless the file ends in it. Answers its length. */
export function readBlock(fd: number, block: Uint8Array, position: number, bytes: number): number {
  const wanted = Math.min(block.length, bytes - position);
  const length = readSync(fd, block, 0, wanted, position);
  if (length !== wanted) throw new Error('the file changed while it was read');
  return length;
}
