/**
 * What a plain read of a hint word may return.
 *
 * A hint word is read plainly while another thread writes it, so the language promises little: the reader may see the newest
 * value, or an older one that nothing has yet ruled out. Two things together rule an old value out: the thread that
 * overwrote it has since published (any atomic write of its own), and the reader has since synchronised (any Atomics call).
 * So each reader has a set of older values per word, which grows with every write and is cut back when the reader
 * synchronises, to those that were overwritten by a thread that has not published yet.
 *
 * Sets are numbered; 0 is the empty set. Everything here lives in cells of the state, so that it is hashed and undone.
 */
import { ExplorerError } from './access.js';
import type { State } from './state.js';

const VALUES_MAX = 48;

/** The hint words of one program. */
export class Hints {
  /** Cells needed for a number of hint words and threads. */
  static cells(words: number, threads: number): number {
    return words * (threads + 2);
  }

  readonly #state: State;
  readonly #base: number;
  readonly #threads: number;
  readonly #words: Int32Array;
  /** The place of a word among the hint words, or -1. */
  readonly #places: Int32Array;
  readonly #sets: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([['', 0]]);

  constructor(state: State, base: number, threads: number, words: readonly number[]) {
    this.#state = state;
    this.#base = base;
    this.#threads = threads;
    this.#words = Int32Array.from(words);
    this.#places = new Int32Array(state.words.length).fill(-1);
    words.forEach((word, place) => {
      if (word < 0 || word >= state.words.length)
        throw new ExplorerError(`Cannot take word ${word} as a hint: there is none`);
      this.#places[word] = place;
    });
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  isHint(word: number): boolean {
    return this.#places[word]! >= 0;
  }

  /** In how many ways a plain read may end. */
  choices(thread: number, word: number): number {
    return 1 + this.#sets[this.#state.get(this.#older(this.#places[word]!, thread))]!.length;
  }

  /** The value of a plain read: choice 0 is the newest. */
  value(thread: number, word: number, choice: number): number {
    if (choice === 0) return this.#state.get(word);
    return this.#sets[this.#state.get(this.#older(this.#places[word]!, thread))]![choice - 1]!;
  }

  /** A word is about to be written. */
  writes(thread: number, word: number, after: number, isAtomic: boolean): void {
    const place = this.#places[word]!;
    if (place < 0) return;
    const before = this.#state.get(word);
    const unpublished = this.#base + place * (this.#threads + 2);
    const kept = isAtomic ? 0 : this.#with(this.#state.get(unpublished), before, after);
    this.#state.set(unpublished, kept);
    this.#state.set(unpublished + 1, isAtomic || kept === 0 ? 0 : thread + 1);
    for (let t = 0; t < this.#threads; t++) {
      const cell = this.#older(place, t);
      this.#state.set(cell, t === thread ? 0 : this.#with(this.#state.get(cell), before, after));
    }
  }

  /** A thread's plain writes become visible to whoever synchronises from now on. */
  publish(thread: number): void {
    for (let place = 0; place < this.#words.length; place++) {
      const unpublished = this.#base + place * (this.#threads + 2);
      if (this.#state.get(unpublished + 1) !== thread + 1) continue;
      this.#state.set(unpublished, 0);
      this.#state.set(unpublished + 1, 0);
    }
  }

  /** A thread synchronises: it forgets the older values that were overwritten by threads which have published. */
  synchronise(thread: number): void {
    for (let place = 0; place < this.#words.length; place++) {
      const unpublished = this.#base + place * (this.#threads + 2);
      const isOwn = this.#state.get(unpublished + 1) === thread + 1;
      this.#state.set(this.#older(place, thread), isOwn ? 0 : this.#state.get(unpublished));
    }
  }

  #older(place: number, thread: number): number {
    return this.#base + place * (this.#threads + 2) + 2 + thread;
  }

  /** A set with one more older value, and without the value that is now the newest. */
  #with(set: number, before: number, after: number): number {
    const values = this.#sets[set]!.filter(value => value !== after && value !== before);
    if (before !== after) values.push(before);
    values.sort((a, b) => a - b);
    if (values.length > VALUES_MAX)
      throw new ExplorerError(`Cannot follow a hint word with more than ${VALUES_MAX} values`);
    const text = values.join();
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#sets.push(values) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}
