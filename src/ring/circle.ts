/**
 * The bytes of a byte ring or a broadcast, copied in and out around its end.
 *
 * `set` copies into the circle without a view, except where a piece is cut. Out of it, it needs a view of just those bytes:
 * they are kept for pieces that come round at the same places, as pieces of one size do that divides the circle. Small pieces are
 * copied by a loop, word by word where they come from one array, or go to one, again and again (partner.ts).
 */
import { Partner } from './partner.js';

/** Views kept at most: a tenth of a megabyte. */
const VIEWS_MAX = 1024;
/** Up to this many bytes a loop is faster than making a view: byte by byte, or word by word. */
const LOOP_BYTES_MAX = 64;
const LOOP_WORDS_BYTES_MAX = 128;
/** Up to this many a loop is faster than `set`. */
const LOOP_IN_BYTES_MAX = 16;

export class Circle {
  readonly bytes: Uint8Array;
  /** Where small pieces come from, and where they go. */
  readonly source: Partner = new Partner();
  readonly target: Partner = new Partner();
  private readonly words: Int32Array;
  private readonly size: number;
  private readonly views: (Uint8Array | undefined)[] = [];
  /** The length of the views that are kept: 2^viewBits. */
  private viewBits = -1;

  /** @param bytes the whole circle; its length is a power of two, at least 4, and it begins at a word */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    this.size = bytes.length;
  }

  /** Lets go of the arrays of the caller's that it holds on to. */
  forget(): void {
    this.source.forget();
    this.target.forget();
  }

  /** Copies the first `count` bytes of a source to an offset below the size. */
  copyIn(offset: number, source: Uint8Array, count: number): void {
    const whole = offset + count <= this.size;
    if (whole && count > LOOP_IN_BYTES_MAX && count === source.length) this.bytes.set(source, offset);
    else if (!whole || count > LOOP_IN_BYTES_MAX || !this.copyWordsIn(offset, source, count))
      this.copyInPieces(offset, source, count);
  }

  /** Copies a small piece that lies together word by word. Answers false where that can't be, or the source is new. */
  private copyWordsIn(offset: number, source: Uint8Array, count: number): boolean {
    const from = this.source.wordsOf(source);
    // The length: a source may have shrunk with its buffer.
    if (((offset | count) & 3) !== 0 || count >>> 2 > from.length) return false;
    copyWords(from, 0, this.words, offset >>> 2, count >>> 2);
    return true;
  }

  private copyInPieces(offset: number, source: Uint8Array, count: number): void {
    const { bytes, size } = this;
    const first = Math.min(count, size - offset);
    if (count <= LOOP_IN_BYTES_MAX || (first < count && count <= LOOP_BYTES_MAX)) {
      copyFew(source, 0, bytes, offset, first);
      copyFew(source, first, bytes, 0, count - first);
      return;
    }
    bytes.set(source.subarray(0, first), offset);
    if (first < count) bytes.set(source.subarray(first, count), 0);
  }

  /** Copies `count` bytes from an offset below the size to the beginning of a target. */
  copyOut(offset: number, target: Uint8Array, count: number): void {
    const whole = offset + count <= this.size;
    if (!whole || count > LOOP_WORDS_BYTES_MAX || !this.copyWordsOut(offset, target, count))
      this.copyOutPieces(offset, target, count);
  }

  /** As `copyWordsIn`. */
  private copyWordsOut(offset: number, target: Uint8Array, count: number): boolean {
    const to = this.target.wordsOf(target);
    if (((offset | count) & 3) !== 0 || count >>> 2 > to.length) return false;
    copyWords(this.words, offset >>> 2, to, 0, count >>> 2);
    return true;
  }

  private copyOutPieces(offset: number, target: Uint8Array, count: number): void {
    const { bytes, size } = this;
    const first = Math.min(count, size - offset);
    if (count <= LOOP_BYTES_MAX) {
      copyFew(bytes, offset, target, 0, first);
      copyFew(bytes, 0, target, first, count - first);
    } else if (first === count) {
      target.set(this.view(offset, count), 0);
    } else {
      target.set(bytes.subarray(offset, size), 0);
      target.set(bytes.subarray(0, count - first), first);
    }
  }

  /** A view of bytes that lie together: a kept one where they may come round at the same place. */
  view(offset: number, count: number): Uint8Array {
    // Only whole powers of two at whole multiples: others would come round at ever new places.
    if (count === 0 || (count & (count - 1)) !== 0 || (offset & (count - 1)) !== 0)
      return this.bytes.subarray(offset, offset + count);
    const bits = 31 - Math.clz32(count);
    if (bits !== this.viewBits) {
      if (this.size >>> bits > VIEWS_MAX) return this.bytes.subarray(offset, offset + count);
      this.views.length = 0;
      for (let i = this.size >>> bits; i > 0; i--) this.views.push(undefined);
      this.viewBits = bits;
    }
    const index = offset >>> bits;
    const kept = this.views[index];
    if (kept !== undefined) return kept;
    const made = this.bytes.subarray(offset, offset + count);
    this.views[index] = made;
    return made;
  }
}

function copyFew(from: Uint8Array, at: number, to: Uint8Array, start: number, count: number): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    to[start + i] = from[at + i]!;
    to[start + i + 1] = from[at + i + 1]!;
    to[start + i + 2] = from[at + i + 2]!;
    to[start + i + 3] = from[at + i + 3]!;
  }
  for (; i < count; i++) to[start + i] = from[at + i]!;
}

function copyWords(from: Int32Array, at: number, to: Int32Array, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[start + i] = from[at + i]!;
}
