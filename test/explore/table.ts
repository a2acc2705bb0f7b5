/**
 * The states seen so far, numbered in the order in which they were found: a hash table with open addressing, 12 bytes an
 * entry, at most two thirds full.
 */
export class StateTable {
  /** The number of states. */
  size = 0;
  #mask: number;
  #entries: Int32Array;

  constructor(capacity: number = 1 << 14) {
    this.#mask = capacity - 1;
    this.#entries = new Int32Array(capacity * 3);
  }

  /** The number of the state with this hash: `size` as it was before the call when the state is new. */
  add(hashA: number, hashB: number): number {
    if (this.size * 3 > this.#mask * 2) this.#grow();
    const entries = this.#entries;
    let i = hashA & this.#mask;
    for (;;) {
      const entry = entries[i * 3 + 2]!;
      if (entry === 0) {
        entries[i * 3] = hashA;
        entries[i * 3 + 1] = hashB;
        entries[i * 3 + 2] = this.size + 1;
        return this.size++;
      }
      if (entries[i * 3] === hashA && entries[i * 3 + 1] === hashB) return entry - 1;
      i = (i + 1) & this.#mask;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#mask = this.#mask * 2 + 1;
    const entries = new Int32Array((this.#mask + 1) * 3);
    for (let from = 0; from < old.length; from += 3) {
      if (old[from + 2] === 0) continue;
      let i = old[from]! & this.#mask;
      while (entries[i * 3 + 2] !== 0) i = (i + 1) & this.#mask;
      entries[i * 3] = old[from]!;
      entries[i * 3 + 1] = old[from + 1]!;
      entries[i * 3 + 2] = old[from + 2]!;
    }
    this.#entries = entries;
  }
}
