/**
 * The whole state of a program as one array of numbers, with a trail to undo changes and a hash that follows them.
 *
 * A cell's part of the hash depends on its index and its value, and the parts are combined by exclusive or: a change costs
 * the same however large the state is, and the initial state has hash 0. Two hashes with different multipliers make 64
 * bits; no two pairs of index and value agree in both inputs. Among n states the chance that two different ones are taken
 * for the same is about n^2 / 2^65: for 10^7 states 3 in a million.
 */
export class State {
  readonly cells: Int32Array;
  /** The first cells, which are the shared array. */
  readonly words: Int32Array;
  hashA = 0;
  hashB = 0;
  #trail = new Int32Array(1 << 12);
  #trailLength = 0;

  constructor(words: ArrayLike<number>, more: number) {
    this.cells = new Int32Array(words.length + more);
    this.cells.set(words);
    this.words = this.cells.subarray(0, words.length);
  }

  /** Where the trail stands: to be given to `undo`. */
  get mark(): number {
    return this.#trailLength;
  }

  get(cell: number): number {
    return this.cells[cell]!;
  }

  set(cell: number, value: number): void {
    const before = this.cells[cell]!;
    const after = value | 0;
    if (before === after) return;
    const length = this.#trailLength;
    if (length + 2 > this.#trail.length) this.#trail = enlarged(this.#trail);
    this.#trail[length] = cell;
    this.#trail[length + 1] = before;
    this.#trailLength = length + 2;
    this.#flip(cell, before, after);
    this.cells[cell] = after;
  }

  /** Takes back every change since the mark, where the hash was this. */
  undo(mark: number, hashA: number, hashB: number): void {
    const trail = this.#trail;
    let length = this.#trailLength;
    while (length > mark) {
      length -= 2;
      this.cells[trail[length]!] = trail[length + 1]!;
    }
    this.#trailLength = length;
    this.hashA = hashA;
    this.hashB = hashB;
  }

  #flip(cell: number, before: number, after: number): void {
    const a = Math.imul(cell + 1, 0x9e3779b1);
    const b = Math.imul(cell + 1, 0x165667b0);
    this.hashA ^= mixA((a + before) | 0) ^ mixA((a + after) | 0);
    this.hashB ^= mixB((b + Math.imul(before, 0x27d4eb2f)) | 0) ^ mixB((b + Math.imul(after, 0x27d4eb2f)) | 0);
  }
}

function mixA(k: number): number {
  let h = k;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function mixB(k: number): number {
  let h = k;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}

/** The same numbers in an array twice as long. */
export function enlarged(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
