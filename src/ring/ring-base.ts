import type { Closable } from '../core/closable.js';
import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { OVERWRITE, SINGLE_CONSUMER, SINGLE_PRODUCER } from '../core/slot.core.js';
import { CLOSED } from '../core/status.js';
import { elementsIn, isIntegers } from '../core/typed-array.js';
import type { Waiting } from '../core/wait-queue.js';

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
  /** `'single'`: only one thread puts, the first that does, until it detaches or is recovered. Default `'multi'`. */
  producers?: 'single' | 'multi';
  /** `'single'`: only one thread takes. As `producers`. With both single a ring needs fewer atomic operations. */
  consumers?: 'single' | 'multi';
  /**
   * A full ring drops its oldest item for a new one, instead of refusing it. With one producer and one consumer, and without
   * `carries`: a block must not be dropped. Default false.
   */
  overwrite?: boolean;
}

/** How many may put and take, as a ring's `modes` word says it (core/slot.core.ts). @throws {RingwellError} ERR_USAGE */
export function ringModes(options: RingOptions): number {
  const what = 'Cannot create ring';
  const { producers = 'multi', consumers = 'multi', overwrite = false } = options;
  for (const [name, value] of [
    ['producers', producers],
    ['consumers', consumers],
  ]) {
    if (value !== 'single' && value !== 'multi')
      throw new RingwellError('ERR_USAGE', `${what}: ${name} must be 'single' or 'multi', got ${show(value)}`);
  }
  if (typeof overwrite !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: overwrite must be a boolean, got ${show(overwrite)}`);
  const modes =
    (producers === 'single' ? SINGLE_PRODUCER : 0) |
    (consumers === 'single' ? SINGLE_CONSUMER : 0) |
    (overwrite ? OVERWRITE : 0);
  if (overwrite && (modes !== (SINGLE_PRODUCER | SINGLE_CONSUMER | OVERWRITE) || options.carries !== undefined)) {
    throw new RingwellError(
      'ERR_USAGE',
      `${what}: overwrite needs a single producer, a single consumer, and no pool to carry`,
    );
  }
  return modes;
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

/** @throws {RingwellError} ERR_USAGE: the call needs a ring of another mode */
export function wrongMode(call: string, needs: string): RingwellError {
  return new RingwellError('ERR_USAGE', `ring.${call}: needs a ring with ${needs}`);
}

/** An array of the caller's and how much of it is meant. @throws {RingwellError} ERR_USAGE */
export function checkItems(items: unknown, count: unknown, call: string): void {
  if (!isIntegers(items))
    throw new RingwellError('ERR_USAGE', `ring.${call}: items must be an Int32Array, got ${show(items)}`);
  const most = elementsIn(items);
  if (typeof count !== 'number' || (count >>> 0) - count !== 0 || count > most)
    checkInteger(count, 0, most, `ring.${call}: count`, 'ERR_USAGE');
}

/** That all of them are items: nothing is put otherwise. @throws {RingwellError} ERR_USAGE */
export function checkBatch(items: Int32Array, count: number, call: string): void {
  checkItems(items, count, call);
  for (let i = 0; i < count; i++) {
    if (items[i]! <= 0) throw badItem(items[i]);
  }
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
   * Puts an item in. Answers false when the ring is full: the item stays the caller's. One that overwrites drops its oldest item
   * for it, and answers false only while that is being taken at this moment, or its taker died over it and was not recovered; where
   * another closes it in the middle of that, the oldest is dropped and the new one refused.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for what is not an item; ERR_HANDLE where the ring carries a pool and this
   * seat doesn't hold that block; then nothing has changed
   */
  abstract enqueue(item: number): boolean;
  /**
   * Puts the first `count` items in, all or none: answers false when there is no room for all. In order; with several producers,
   * next to each other too. At most 256 at once, unless the ring has a single producer and a single consumer and does not
   * overwrite. A ring that does drops as many of the oldest as it takes. While one of those is being taken it answers false, and
   * the older ones are dropped all the same: a place for each of the new ones is free then, or soon will be.
   * @throws {RingwellError} as `enqueue`; ERR_USAGE for what is not an Int32Array of items, or too many for one go
   */
  abstract enqueueBulk(items: Int32Array, count: number): boolean;
  /**
   * As `enqueueBulk`, but as many as there is room for. Answers how many: what is wrong with a later one is thrown when it is the
   * first, or nothing at all is put.
   */
  abstract enqueueBurst(items: Int32Array, count: number): number;
  /**
   * As `enqueue`, but shows the item to the consumers later, together with others: at `flush`, when the ring runs full, when this
   * thread waits for room, closes the ring or detaches. One publication for many items. Until then nothing is acknowledged:
   * items that are staged when the ring is closed by another, or when this thread dies, are not delivered.
   * @throws {RingwellError} as `enqueue`; ERR_USAGE where several may put
   */
  abstract stage(item: number): boolean;
  /**
   * Publishes what was staged. @throws {RingwellError} ERR_CLOSED when the ring was closed meanwhile: nothing was published,
   * and carried blocks are this seat's again; ERR_USAGE where several may put
   */
  abstract flush(): void;
  /**
   * As `enqueue`, but waits up to that many milliseconds for room: default for ever. Blocks the thread. A local ring answers
   * at once.
   */
  abstract enqueueWait(item: number, timeoutMs?: number): boolean;
  /** As `enqueueWait`, without blocking the thread. Aborting rejects with the signal's reason, and the item was not put in. Allocates. */
  abstract enqueueAsync(item: number, options?: Waiting): Promise<void>;
  /**
   * Takes the oldest item: 0 (NONE) when there is none, -1 (CLOSED) when the ring is closed and drained. NONE may also mean
   * that the oldest is still being put in by a thread that was interrupted: later ones wait behind it.
   */
  abstract dequeue(): number;
  /**
   * Takes `count` items, all or none: answers false when fewer are there, also when the ring is closed. At most 256 at once, as
   * `enqueueBulk`. Where a producer was recovered in the middle of a put, its slots count, too, until those before them are taken: then
   * a ring holds so many items fewer, and a batch that would reach over them answers false though its items are there. `dequeue`
   * and `dequeueBurst` get past them. @throws {RingwellError} ERR_USAGE
   */
  abstract dequeueBulk(items: Int32Array, count: number): boolean;
  /** Takes up to `count` items. Answers how many: 0 also when the ring is closed and drained, `dequeue` tells which. */
  abstract dequeueBurst(items: Int32Array, count: number): number;
  /**
   * The item that `dequeue` would take, which stays: in a ring that overwrites, until it is dropped.
   * @throws {RingwellError} ERR_USAGE where several may take
   */
  abstract peek(): number;
  /** As `dequeue`, but waits up to that many milliseconds: default for ever. Blocks the thread. 0 is a time-out. */
  abstract dequeueWait(timeoutMs?: number): number;
  /** As `dequeueWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was taken. Allocates. */
  abstract dequeueAsync(options?: Waiting): Promise<number>;
  /**
   * Nothing more goes in, what is in it can still be taken; who waits is woken. What this thread has staged goes in before.
   * @throws {RingwellError} ERR_CLOSED when another had closed the ring before what this thread had staged was published: it was
   * not put in, and carried blocks are this seat's again
   */
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

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close();
  }
}
