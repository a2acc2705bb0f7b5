/** An array gets a view of its words when so many small pieces in a row were copied from there, or to there. */
const STEADY = 64;
const NO_WORDS: Int32Array = new Int32Array(0);

/**
 * The array that small pieces are copied from, or to, again and again, seen as words. It is held on to until another takes its
 * place, or `forget`: one that is asked for its words at every piece would cost a view at every piece.
 */
export class Partner {
  private bytes: Uint8Array | undefined = undefined;
  private words: Int32Array = NO_WORDS;
  /** How many pieces in a row. */
  private count = 0;

  /** Whether that was the array of the piece before. */
  is(bytes: Uint8Array): boolean {
    return bytes === this.bytes;
  }

  /** The words of an array; none while it is new, or where it does not begin at a word. They may have shrunk with their buffer. */
  wordsOf(bytes: Uint8Array): Int32Array {
    return bytes === this.bytes && this.count === STEADY ? this.words : this.meet(bytes);
  }

  forget(): void {
    this.bytes = undefined;
    this.words = NO_WORDS;
    this.count = 0;
  }

  private meet(bytes: Uint8Array): Int32Array {
    if (bytes !== this.bytes) {
      this.forget();
      this.bytes = bytes;
    } else if (++this.count === STEADY && (bytes.byteOffset & 3) === 0) {
      this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    }
    return this.words;
  }
}
