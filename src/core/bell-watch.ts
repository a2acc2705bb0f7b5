import { bellIndex, ring } from './doorbell.core.js';
import type { RingwellError } from './errors.js';
import { isSeated } from './seat.core.js';
import type { WaitQueue } from './wait-queue.js';

/** How often to look where a wait can't be announced: unshared memory, or a runtime without `Atomics.waitAsync`. */
const POLL_MS = 2;
/** A timer that only keeps the event loop open: its period means nothing. */
const HOLD_MS = 2 ** 30;

/** What TypeScript's own library does not know in every version: `Atomics.waitAsync`. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { async: false; value: string } | { async: true; value: Promise<string> };

/**
 * All the asynchronous waits of one thread in one region, behind its one bell: one `Atomics.waitAsync` at a time, whatever the
 * number of waiters, because one that is pending can't be taken back. While anybody waits, a timer keeps the event loop open:
 * a pending `waitAsync` alone would let Node end the program.
 */
export class BellWatch {
  readonly #words: Int32Array;
  readonly #seat: number;
  readonly #generation: number;
  readonly #bell: number;
  readonly #waitAsync: WaitAsync | undefined;
  /** Those that have waiters. All that wait for one thing share the seat's one bit in one waiter set: their look sets it. */
  readonly #queues = new Set<WaitQueue>();
  #listening = false;
  #serving = false;
  /** A wait has ended since the waiters began to look. */
  #disturbed = false;
  #hold: ReturnType<typeof setInterval> | undefined;
  #left = false;

  constructor(words: Int32Array, seat: number, generation: number, shared: boolean) {
    this.#words = words;
    this.#seat = seat;
    this.#generation = generation;
    this.#bell = bellIndex(seat);
    this.#waitAsync = shared ? (Atomics as unknown as { waitAsync?: WaitAsync }).waitAsync : undefined;
  }

  /** As `WaitQueue.wait`, with looks whenever this thread's bell is rung. `look` arms the seat first; `leave` disarms it. */
  wait<T>(queue: WaitQueue, look: () => T | undefined, options: unknown, leave: () => void): Promise<T> {
    const promise = queue.wait(look, options, () => {
      // Then the look has thrown before it armed, and the bit is the next thread's of this seat.
      if (this.#left) return;
      leave();
      // Once recovered, the bit that was taken away may have been the next thread's: that one looks again.
      if (isSeated(this.#words, this.#seat, this.#generation) === 0) ring(this.#words, this.#seat);
      this.poke();
      this.#rest();
    });
    this.#queues.add(queue);
    this.#hold ??= setInterval(() => {}, HOLD_MS);
    if (this.#listening) queue.serve();
    else this.#listen();
    this.#rest();
    return promise;
  }

  /**
   * Makes the waiters look again, which arms them: another wait of this thread has ended, and may have taken the seat's one bit in a
   * waiter set away from them.
   */
  poke(): void {
    this.#disturbed = true;
    if (this.#queues.size === 0 || this.#serving) return;
    Atomics.add(this.#words, this.#bell, 1);
    Atomics.notify(this.#words, this.#bell);
  }

  /** Ends every wait with an error: the thread leaves the region. */
  failAll(error: RingwellError): void {
    for (const queue of this.#queues) queue.failAll(error);
    this.#left = true;
    this.#queues.clear();
    this.#release();
  }

  /** Lets the program end when nobody waits any more: a wait may end without a bell, by an abort. */
  #rest(): void {
    for (const queue of this.#queues) {
      if (queue.size !== 0) return;
    }
    this.#release();
  }

  #release(): void {
    clearInterval(this.#hold);
    this.#hold = undefined;
  }

  /** Listens for the bell while anybody waits. */
  #listen(): void {
    // The bell first, then the looks: a ring between the two makes the wait return at once.
    const bell = Atomics.load(this.#words, this.#bell);
    this.#serving = true;
    do {
      this.#disturbed = false;
      for (const queue of this.#queues) {
        queue.serve();
        if (queue.size === 0) this.#queues.delete(queue);
      }
    } while (this.#disturbed && this.#queues.size !== 0);
    this.#serving = false;
    if (this.#queues.size === 0) {
      this.#release();
      return;
    }
    this.#hold ??= setInterval(() => {}, HOLD_MS);
    this.#listening = true;
    const heard = (): void => {
      this.#listening = false;
      this.#listen();
    };
    const outcome = this.#waitAsync?.call(Atomics, this.#words, this.#bell, bell);
    if (outcome === undefined) setTimeout(heard, POLL_MS);
    else if (outcome.async) outcome.value.then(heard);
    else setTimeout(heard, 0);
  }
}
