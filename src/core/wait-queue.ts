import { checkOptions, RingwellError, show } from './errors.js';

/** How an asynchronous call waits. */
export interface Waiting {
  /** Aborting it rejects the call with the signal's reason. */
  signal?: AbortSignal;
}

interface Waiter {
  /** Looks once. Answers whether the wait is over, one way or the other. */
  attempt(): boolean;
  fail(reason: unknown): void;
}

const NOTHING = (): void => {};

/** The signal of a caller's options. @throws {RingwellError} ERR_USAGE */
function signalOf(options: unknown): AbortSignal | undefined {
  checkOptions(options, 'options');
  const { signal } = options as Waiting;
  if (signal === undefined) return undefined;
  // Not by its class: a signal of another realm is as good.
  const listens = typeof signal?.addEventListener === 'function' && typeof signal.removeEventListener === 'function';
  if (typeof signal === 'object' && listens) return signal;
  throw new RingwellError('ERR_USAGE', `options.signal must be an AbortSignal, got ${show(signal)}`);
}

/** Those of one thread who wait, without blocking, for the same thing: served in the order they came. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();
  #serving = false;

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits until `look` answers something else than undefined; `leave` runs once at the end, however it comes. The first look
   * is at the next `serve`. An abort rejects with the signal's reason, and serves the others: what was set up to wake this one
   * may have been for them too.
   */
  wait<T>(look: () => T | undefined, options: unknown, leave: () => void = NOTHING): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const signal = signalOf(options);
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        if (!this.#waiters.has(waiter)) return;
        waiter.fail(signal?.reason);
        this.serve();
      };
      const end = (): void => {
        this.#waiters.delete(waiter);
        leave();
        try {
          signal?.removeEventListener('abort', onAbort);
        } catch {
          // A signal that throws must not take from this wait what it has found, nor keep the others from looking.
        }
      };
      const waiter: Waiter = {
        attempt: () => {
          try {
            const found = look();
            if (found === undefined) return false;
            end();
            resolve(found);
          } catch (error) {
            waiter.fail(error);
          }
          return true;
        },
        fail: reason => {
          end();
          reject(reason);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /**
   * Lets everyone look, in order, until one finds nothing: the later ones would not either. What one found may make room for
   * another queue, and that one's find lead back here: the waiter whose look is still running must not look again.
   */
  serve(): void {
    if (this.#serving) return;
    this.#serving = true;
    for (const waiter of this.#waiters) {
      if (!waiter.attempt()) break;
    }
    this.#serving = false;
  }

  /** Ends every wait with an error. */
  failAll(error: RingwellError): void {
    for (const waiter of this.#waiters) waiter.fail(error);
  }
}
