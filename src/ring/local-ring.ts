import { checkTimeout, RingwellError, show } from '../core/errors.js';
import { OVERWRITE, SINGLE_CONSUMER, SINGLE_PRODUCER } from '../core/slot.core.js';
import { CLOSED, NONE } from '../core/status.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import {
  badCargo,
  badItem,
  type Carried,
  checkBatch,
  checkItems,
  closedRing,
  ITEM_MAX,
  RingBase,
  type RingOptions,
  ringCapacity,
  ringModes,
  wrongMode,
} from './ring-base.js';

/** A ring for one thread. Law: 0 <= tail - head <= capacity; both run freely over 32 bits. */
export class LocalRing extends RingBase {
  readonly capacity: number;
  private readonly items: Int32Array;
  private readonly mask: number;
  private readonly modes: number;
  private readonly carried: Carried | undefined;
  private readonly takers = new WaitQueue();
  private readonly putters = new WaitQueue();
  private head: number;
  private tail: number;
  private ended = false;

  /** `start`: where the counters begin, for tests. */
  constructor(options: RingOptions, start: number = 0) {
    super();
    this.capacity = ringCapacity(options);
    this.mask = this.capacity - 1;
    this.modes = ringModes(options);
    this.items = new Int32Array(this.capacity);
    if (options.carries !== undefined && typeof options.carries?.isLive !== 'function') {
      throw new RingwellError('ERR_USAGE', `Cannot create ring: carries must be a pool, got ${show(options.carries)}`);
    }
    this.carried = options.carries;
    this.head = start;
    this.tail = start;
  }

  get length(): number {
    return (this.tail - this.head) | 0;
  }

  get closed(): boolean {
    return this.ended;
  }

  enqueue(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.carried !== undefined && !this.carried.isLive(item)) throw badCargo(item);
    if (this.ended) throw closedRing();
    const tail = this.tail;
    if (((tail - this.head) | 0) === this.capacity) {
      if ((this.modes & OVERWRITE) === 0) return false;
      this.head = (this.head + 1) | 0; // the oldest is dropped
    }
    this.items[tail & this.mask] = item;
    this.tail = (tail + 1) | 0;
    if (this.takers.size !== 0) this.takers.serve();
    return true;
  }

  enqueueBulk(items: Int32Array, count: number): boolean {
    checkBatch(items, count, 'enqueueBulk');
    if (count === 0) return true;
    if (count > this.capacity) return false;
    if ((this.modes & OVERWRITE) === 0 && count > this.freeSpace) {
      if (this.ended) throw closedRing();
      return false;
    }
    return this.putMany(items, count) === count;
  }

  enqueueBurst(items: Int32Array, count: number): number {
    checkBatch(items, count, 'enqueueBurst');
    if (count === 0) return 0;
    return this.putMany(items, (this.modes & OVERWRITE) === 0 ? Math.min(count, this.freeSpace) : count);
  }

  private putMany(items: Int32Array, count: number): number {
    if (this.ended) throw closedRing();
    for (let i = 0; this.carried !== undefined && i < count; i++) {
      if (!this.carried.isLive(items[i]!)) throw badCargo(items[i]);
    }
    for (let i = 0; i < count; i++) this.enqueue(items[i]!);
    return count;
  }

  /** Nobody else looks: as `enqueue`. */
  stage(item: number): boolean {
    if ((this.modes & SINGLE_PRODUCER) === 0) throw wrongMode('stage', 'a single producer');
    return this.enqueue(item);
  }

  flush(): void {
    if ((this.modes & SINGLE_PRODUCER) === 0) throw wrongMode('flush', 'a single producer');
  }

  enqueueWait(item: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    return this.enqueue(item);
  }

  enqueueAsync(item: number, options: Waiting = {}): Promise<void> {
    const promise = this.putters.wait(() => this.enqueue(item) || undefined, options);
    this.putters.serve();
    return promise.then(() => {});
  }

  dequeue(): number {
    const head = this.head;
    if (head === this.tail) return this.ended ? CLOSED : NONE;
    const item = this.items[head & this.mask]!;
    this.head = (head + 1) | 0;
    if (this.putters.size !== 0) this.putters.serve();
    return item;
  }

  dequeueBulk(items: Int32Array, count: number): boolean {
    checkItems(items, count, 'dequeueBulk');
    return count <= this.length && this.takeMany(items, count) === count;
  }

  dequeueBurst(items: Int32Array, count: number): number {
    checkItems(items, count, 'dequeueBurst');
    return this.takeMany(items, Math.min(count, this.length));
  }

  private takeMany(items: Int32Array, count: number): number {
    for (let i = 0; i < count; i++) items[i] = this.dequeue();
    return count;
  }

  peek(): number {
    if ((this.modes & SINGLE_CONSUMER) === 0) throw wrongMode('peek', 'a single consumer');
    if (this.head === this.tail) return this.ended ? CLOSED : NONE;
    return this.items[this.head & this.mask]!;
  }

  dequeueWait(timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    return this.dequeue();
  }

  dequeueAsync(options: Waiting = {}): Promise<number> {
    const promise = this.takers.wait(() => this.dequeue() || undefined, options);
    this.takers.serve();
    return promise;
  }

  close(): void {
    this.ended = true;
    this.takers.serve();
    this.putters.serve();
  }
}
