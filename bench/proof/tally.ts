/**
 * How a receiver of messages tells the sender that all have come.
 *
 * ```
 * word 0  messages of the round
 * word 1  sum of the first and the last byte of each
 * word 2  rounds that are done
 * ```
 */
export const MESSAGE_BYTES = 64;
const WANTED = 0;
const SUM = 1;
const DONE = 2;

export function newTally(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(12));
}

/** The sender's side: what to send, and what must come out. */
export class Sending {
  readonly #tally: Int32Array;
  readonly payloads: readonly Uint8Array[];

  constructor(tally: Int32Array) {
    this.#tally = tally;
    // Printable, for those that carry text.
    this.payloads = Array.from({ length: 64 }, (_, i) => new Uint8Array(MESSAGE_BYTES).fill(32 + i));
  }

  begin(messages: number): void {
    Atomics.store(this.#tally, WANTED, messages);
  }

  /** Resolves when all have come. Throws when one came out other than it went in. */
  async end(messages: number): Promise<number> {
    const done = Atomics.load(this.#tally, DONE);
    if (Atomics.load(this.#tally, WANTED) !== 0) await Atomics.waitAsync(this.#tally, DONE, done).value;
    let expected = 0;
    for (let i = 0; i < messages; i++) expected = (expected + 2 * (32 + (i & 63))) | 0;
    const sum = Atomics.exchange(this.#tally, SUM, 0);
    if (sum !== expected) throw new Error(`${messages} messages came out as ${sum}, not ${expected}`);
    return sum;
  }
}

/** The receiver's side: counts each message. */
export class Receiving {
  readonly #tally: Int32Array;
  #count = 0;
  #sum = 0;

  constructor(tally: Int32Array) {
    this.#tally = tally;
  }

  /** True when it was the last one of its round. */
  message(first: number, last: number): boolean {
    this.#sum = (this.#sum + first + last) | 0;
    this.#count++;
    if (this.#count !== Atomics.load(this.#tally, WANTED)) return false;
    Atomics.store(this.#tally, SUM, this.#sum);
    this.#count = 0;
    this.#sum = 0;
    Atomics.store(this.#tally, WANTED, 0);
    Atomics.add(this.#tally, DONE, 1);
    Atomics.notify(this.#tally, DONE);
    return true;
  }
}
