/** The job that every way of relaying does: count the lines of a file, and digest it block by block. */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export interface Totals {
  blocks: number;
  bytes: number;
  lines: number;
  /** The sum of the CRC-32 of every block, modulo 2^32: the same in whatever order they are added. */
  digest: number;
}

export function emptyTotals(): Totals {
  return { blocks: 0, bytes: 0, lines: 0, digest: 0 };
}

const LINE_FEED = 10;
/** Node's search for a byte, which works on any array of bytes and is quicker than a loop in JavaScript. */
const indexOf: (this: Uint8Array, byte: number, from: number) => number = Buffer.prototype.indexOf;

/** Adds a block to the totals. The bytes may be shared: neither call copies them. */
export function addBlock(totals: Totals, block: Uint8Array): void {
  totals.blocks += 1;
  totals.bytes += block.length;
  totals.digest = (totals.digest + crc32(block)) >>> 0;
  for (let at = indexOf.call(block, LINE_FEED, 0); at !== -1; at = indexOf.call(block, LINE_FEED, at + 1)) totals.lines += 1;
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
  for (let position = 0; position < bytes; ) {
    const length = readBlock(fd, block, position, bytes);
    addBlock(totals, block.subarray(0, length));
    position += length;
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
