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
 * Adds a block to the totals: `length` bytes at a byte offset that is a multiple of 4. Four words at a time, because a loop
 * over bytes would take longer than everything else here; and in JavaScript, because the bytes may be shared, where calls
 * into Node are slower.
 */
export function addBlock(totals: Totals, words: Int32Array, offset: number, length: number): void {
  let first = 0;
  let second = 0;
  let lines = 0;
  const end = (offset + length) >> 2;
  let i = offset >> 2;
  for (; i + 4 <= end; i += 4) {
    const a = words[i]!;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    // What four steps of the loop below come to.
    second = (second + Math.imul(first + a, 4) + Math.imul(b, 3) + (c << 1) + d) | 0;
    first = (first + a + b + c + d) | 0;
    const marks =
      zeroMarks(a ^ LINE_FEEDS) | zeroMarks(b ^ LINE_FEEDS) | zeroMarks(c ^ LINE_FEEDS) | zeroMarks(d ^ LINE_FEEDS);
    // Few words have a line feed in them.
    if ((marks & 0x80808080) !== 0) {
      lines += countZeroBytes(a ^ LINE_FEEDS) + countZeroBytes(b ^ LINE_FEEDS);
      lines += countZeroBytes(c ^ LINE_FEEDS) + countZeroBytes(d ^ LINE_FEEDS);
    }
  }
  for (; i < end; i++) {
    const word = words[i]!;
    first = (first + word) | 0;
    second = (second + first) | 0;
    lines += countZeroBytes(word ^ LINE_FEEDS);
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

/** If one of the word's bytes is zero, so is not the highest bit of that byte here: subtracting 1 borrows into it. */
function zeroMarks(word: number): number {
  return (word - 0x01010101) & ~word;
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
