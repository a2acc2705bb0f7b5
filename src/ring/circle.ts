/**
 * The bytes of a byte ring, copied in and out around its end.
 *
 * `set` copies into the circle without a view, except where a piece is cut. Out of it, it needs a view of just those bytes:
 * they are kept for pieces that come round at the same places, as pieces of one size do that divides the circle. Small pieces are
 * copied out by a loop, word by word where they go to one target again and again: that one is then held on to.
 */

/** Views kept at most: a tenth of a megabyte. */
const VIEWS_MAX = 1024;
/** Up to this many bytes a loop is faster than making a view: byte by byte, or word by word. */
const LOOP_BYTES_MAX = 64;
const LOOP_WORDS_BYTES_MAX = 128;
/** Up to this many a loop is faster than `set`. */
const LOOP_IN_BYTES_MAX = 16;
/** A target gets a view of its words when so many small pieces in a row have gone there. */
const STEADY = 64;

export class Circle {
  readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly size: number;
  private readonly views: (Uint8Array | undefined)[] = [];
  /** The length of the views that are kept: 2^viewBits. */
  private viewBits = -1;
  /** Where the last small piece went, how many have gone there in a row, and its words once they are many. */
  private target: Uint8Array | undefined = undefined;
  private targetWords: Int32Array | undefined = undefined;
  private targetCount = 0;

  /** @param bytes the whole circle; its length is a power of two, at least 4, and it begins at a word */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    this.size = bytes.length;
  }

  /** Copies the first `count` bytes of a source to an offset below the size. */
  copyIn(offset: number, source: Uint8Array, count: number): void {
    if (count === source.length && count > LOOP_IN_BYTES_MAX && offset + count <= this.size)
      this.bytes.set(source, offset);
    else this.copyInPieces(offset, source, count);
  }

  private copyInPieces(offset: number, source: Uint8Array, count: number): void {
    const { bytes, size } = this;
    if (count <= LOOP_IN_BYTES_MAX && offset + count <= size) {
      copyFew(source, 0, bytes, offset, count);
      return;
    }
    const first = Math.min(count, size - offset);
    bytes.set(source.subarray(0, first), offset);
    if (first < count) bytes.set(source.subarray(first, count), 0);
  }

  /** Copies `count` bytes from an offset below the size to the beginning of a target. */
  copyOut(offset: number, target: Uint8Array, count: number): void {
    const whole = offset + count <= this.size;
    if (!whole || count > LOOP_WORDS_BYTES_MAX || !this.copyWords(offset, target, count))
      this.copyOutPieces(offset, target, count);
  }

  private copyOutPieces(offset: number, target: Uint8Array, count: number): void {
    const { bytes, size } = this;
    if (offset + count <= size) {
      if (count <= LOOP_BYTES_MAX) copyFew(bytes, offset, target, 0, count);
      else target.set(this.view(offset, count), 0);
      return;
    }
    const first = size - offset;
    target.set(bytes.subarray(offset, size), 0);
    target.set(bytes.subarray(0, count - first), first);
  }

  /** Copies a small piece that lies together word by word. Answers false where that can't be, or the target is new. */
  private copyWords(offset: number, target: Uint8Array, count: number): boolean {
    const words = target === this.target && this.targetWords !== undefined ? this.targetWords : this.meet(target);
    // The length: a target may have shrunk with its buffer.
    if (words === undefined || ((offset | count) & 3) !== 0 || count >>> 2 > words.length) return false;
    const from = this.words;
    const first = offset >>> 2;
    for (let i = 0; i < count >>> 2; i++) words[i] = from[first + i]!;
    return true;
  }

  /** The words of a target, which are made when it has been the same for a while: those that take turns would cost a view each time. */
  private meet(target: Uint8Array): Int32Array | undefined {
    if (target !== this.target) {
      this.target = target;
      this.targetWords = undefined;
      this.targetCount = 0;
    } else if (this.targetCount < STEADY && ++this.targetCount === STEADY && (target.byteOffset & 3) === 0) {
      this.targetWords = new Int32Array(target.buffer, target.byteOffset, target.length >>> 2);
    }
    return this.targetWords;
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
