import type { Closable } from '../core/closable.js';
import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { CLOSED } from '../core/status.js';

/**
 * A pool that a ring can carry: its handles then change hands with the items. Only what the ring needs to know of it, so that
 * rings and pools stand beside each other.
 */
export interface Carried {
  readonly blockBytes: number;
  isLive(handle: number): boolean;
}

/** How a ring is made. */
export interface RingOptions {
  /** Items it holds, 1 to 2^26, rounded up to a power of two. */
  capacity: number;
  /**
   * The pool whose handles the ring carries, in the same region. Its blocks then have a holder at every moment: `enqueue` takes
   * a handle that this seat holds, and whoever dequeues it holds it afterwards.
   */
  carries?: Carried;
}

/** The largest item: any integer from 1 to this, so that 0 and -1 can say "none" and "closed". */
export const ITEM_MAX: number = 2 ** 31 - 1;
const CAPACITY_MAX = 2 ** 26;

/** The capacity a ring really gets. @throws {RingwellError} ERR_GEOMETRY */
export function ringCapacity(options: RingOptions): number {
  checkOptions(options, 'Cannot create ring: options');
  const capacity = checkInteger(options.capacity, 1, CAPACITY_MAX, 'Cannot create ring: capacity');
  return capacity === 1 ? 1 : 1 << (32 - Math.clz32(capacity - 1));
}

/** @throws {RingwellError} ERR_USAGE for what is not an item */
export function badItem(item: unknown): RingwellError {
  return new RingwellError(
    'ERR_USAGE',
    `ring.enqueue: an item must be an integer from 1 to ${ITEM_MAX}, got ${show(item)}`,
  );
}

/** @throws {RingwellError} ERR_HANDLE for a handle that the ring can't carry */
export function badCargo(item: unknown): RingwellError {
  return new RingwellError(
    'ERR_HANDLE',
    `ring.enqueue: expected a live handle of the carried pool that this seat holds, got ${show(item)}`,
  );
}

/** @throws {RingwellError} ERR_CLOSED */
export function closedRing(): RingwellError {
  return new RingwellError('ERR_CLOSED', 'ring.enqueue: the ring is closed');
}

/**
 * Handles, or any integers from 1 to 2^31 - 1, in order, from many producers to many consumers: the multiple ring. Local when
 * made without a region: one thread, no Atomics.
 *
 * *Ordering*: what a producer wrote to memory before `enqueue` is seen by the consumer after it has dequeued that item.
 * Nothing on the hot path (`enqueue`, `dequeue`) allocates.
 */
export abstract class RingBase implements Closable {
  /** Items the ring holds: the one asked for, rounded up to a power of two. */
  abstract readonly capacity: number;
  /** Items in it. Momentary where other threads put and take. */
  abstract get length(): number;
  /** How many more fit. As `length`. */
  get freeSpace(): number {
    return this.capacity - this.length;
  }

  /**
   * Puts an item in. Answers false when the ring is full: the item stays the caller's.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for what is not an item; ERR_HANDLE where the ring carries a pool and this
   * seat doesn't hold that block; then nothing has changed
   */
  abstract enqueue(item: number): boolean;
  /**
   * As `enqueue`, but waits up to that many milliseconds for room: default for ever. Blocks the thread. A local ring answers
   * at once.
   */
  abstract enqueueWait(item: number, timeoutMs?: number): boolean;
  /** As `enqueueWait`, without blocking the thread. Aborting rejects with the signal's reason, and the item was not put in. Allocates. */
  abstract enqueueAsync(item: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Takes the oldest item: 0 (NONE) when there is none, -1 (CLOSED) when the ring is closed and drained. NONE may also mean
   * that the oldest is still being put in by a thread that was interrupted: later ones wait behind it.
   */
  abstract dequeue(): number;
  /** As `dequeue`, but waits up to that many milliseconds: default for ever. Blocks the thread. 0 is a time-out. */
  abstract dequeueWait(timeoutMs?: number): number;
  /** As `dequeueWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was taken. Allocates. */
  abstract dequeueAsync(options?: { signal?: AbortSignal }): Promise<number>;
  abstract close(): void;
  abstract readonly closed: boolean;

  /** Takes items as they come, until the ring is closed and drained. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<number> {
    for (;;) {
      const item = await this.dequeueAsync();
      if (item === CLOSED) return;
      yield item;
    }
  }

  /** Closes the ring. */
  [Symbol.dispose](): void {
    this.close();
  }
}
