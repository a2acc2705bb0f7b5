import { checkTimeout, RingwellError, show } from '../core/errors.js';
import { CLOSED, NONE } from '../core/status.js';
import { WaitQueue } from '../core/wait-queue.js';
import {
  badCargo,
  badItem,
  type Carried,
  closedRing,
  ITEM_MAX,
  RingBase,
  type RingOptions,
  ringCapacity,
} from './ring-base.js';

/** A ring for one thread. Law: 0 <= tail - head <= capacity; both run freely over 32 bits. */
export class LocalRing extends RingBase {
  readonly capacity: number;
  private readonly items: Int32Array;
  private readonly mask: number;
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
    if (((tail - this.head) | 0) === this.capacity) return false;
    this.items[tail & this.mask] = item;
    this.tail = (tail + 1) | 0;
    if (this.takers.size !== 0) this.takers.serve();
    return true;
  }

  enqueueWait(item: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    return this.enqueue(item);
  }

  enqueueAsync(item: number, options: { signal?: AbortSignal } = {}): Promise<void> {
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

  dequeueWait(timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    return this.dequeue();
  }

  dequeueAsync(options: { signal?: AbortSignal } = {}): Promise<number> {
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
