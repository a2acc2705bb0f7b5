import { now } from '../core/clock.js';
import { arm } from '../core/doorbell.core.js';
import { checkTimeout, RingwellError } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import {
  lapMask,
  lapShift,
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_CLOSED,
  QUEUE_HEAD,
  QUEUE_ITEM_WAITERS,
  QUEUE_ROOM_WAITERS,
  QUEUE_SLOTS,
  QUEUE_TAIL,
  queueLength,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { STORE_INDEX_BITS, STORE_RECORDS } from '../core/store.core.js';
import type { Seated } from '../core/store.js';
import { WaitQueue } from '../core/wait-queue.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import * as core from './ring.core.js';
import { badCargo, badItem, closedRing, ITEM_MAX, RingBase } from './ring-base.js';

/** A ring that every attached thread puts into and takes from (ring.core.ts). */
export class SharedRing extends RingBase implements Attached {
  readonly capacity: number;
  private readonly attachment: Attachment;
  private readonly queue: number;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly takers = new WaitQueue();
  private readonly putters = new WaitQueue();
  private left = false;

  /** */
  constructor(attachment: Attachment, queue: number) {
    super();
    const { words } = attachment;
    this.attachment = attachment;
    this.queue = queue;
    this.words = words;
    this.capacity = words[queue + QUEUE_CAPACITY]!;
    this.own = openQueue(attachment, queue);
  }

  /** The block store it carries, or 0. */
  get carried(): number {
    return this.words[this.queue + QUEUE_CARRIED]!;
  }

  get length(): number {
    return queueLength(this.words, this.queue, this.own[core.OWN_SLOTS]!, this.capacity);
  }

  get closed(): boolean {
    return Atomics.load(this.words, this.queue + QUEUE_CLOSED) !== 0;
  }

  enqueue(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    const status = core.enqueue(this.words, this.own, item);
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueWait(item: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    if (this.enqueue(item)) return true;
    if (!this.mayWait(timeoutMs, 'enqueue')) return false;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      if (this.enqueue(item)) return true;
    }
    const status = core.enqueueWait(this.words, this.own, item, now() + timeoutMs);
    if (this.putters.size !== 0) this.attachment.waiting.poke();
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueAsync(item: number, options: { signal?: AbortSignal } = {}): Promise<void> {
    const { attachment, words, own } = this;
    const look = (): true | undefined => {
      attachment.ensureSeated();
      arm(words, this.queue + QUEUE_ROOM_WAITERS, attachment.seat);
      return this.enqueue(item) || undefined;
    };
    const leave = (): void => core.leaveRoom(words, own);
    return attachment.waiting.wait(this.putters, look, options, leave).then(() => {});
  }

  dequeue(): number {
    if (this.left) throw this.attachment.unseated();
    const item = core.dequeue(this.words, this.own);
    return item > NONE ? item : this.notTaken(item);
  }

  dequeueWait(timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    let item = this.dequeue();
    if (item !== NONE || !this.mayWait(timeoutMs, 'dequeue')) return item;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      item = this.dequeue();
      if (item !== NONE) return item;
    }
    const found = core.dequeueWait(this.words, this.own, now() + timeoutMs);
    if (this.takers.size !== 0) this.attachment.waiting.poke();
    return found > NONE ? found : this.notTaken(found);
  }

  dequeueAsync(options: { signal?: AbortSignal } = {}): Promise<number> {
    const { attachment, words, own } = this;
    const look = (): number | undefined => {
      attachment.ensureSeated();
      arm(words, this.queue + QUEUE_ITEM_WAITERS, attachment.seat);
      return this.dequeue() || undefined;
    };
    const leave = (): void => core.leaveItems(words, own);
    return attachment.waiting.wait(this.takers, look, options, leave);
  }

  close(): void {
    this.attachment.ensureSeated();
    core.closeQueue(this.words, this.own);
  }

  /** Closes the ring, unless this thread has left the region. */
  override [Symbol.dispose](): void {
    if (!this.left) this.close();
  }

  /** Nothing of a ring is private to a seat. */
  leave(): void {
    this.left = true;
  }

  /** Whether waiting makes sense: not for a poll, nor where no other thread can come. @throws {RingwellError} ERR_USAGE */
  private mayWait(timeoutMs: number, call: string): boolean {
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock())
      throw new RingwellError('ERR_USAGE', `ring.${call}Wait: this thread may not block; use ${call}Async`);
    return true;
  }

  private notPut(status: number, item: number): boolean {
    if (status === UNSEATED) throw this.attachment.unseated();
    if (status === CLOSED) throw closedRing();
    if (status === BAD_HANDLE) throw badCargo(item);
    return false;
  }

  private notTaken(status: number): number {
    if (status === UNSEATED) throw this.attachment.unseated();
    return status;
  }
}

/** How often a position is shown to all, in items: a thread that comes late walks this far at most. */
const HINT_PERIOD = 64;

/** A seat's private array for a queue. */
export function openQueue(seated: Seated, queue: number): Int32Array {
  const { words, seat, seats, generation } = seated;
  const capacity = words[queue + QUEUE_CAPACITY]!;
  const store = words[queue + QUEUE_CARRIED]!;
  const own = new Int32Array(core.OWN_WORDS);
  own[core.OWN_QUEUE] = queue;
  own[core.OWN_SLOTS] = words[queue + QUEUE_SLOTS]!;
  own[core.OWN_INDEX_MASK] = capacity - 1;
  own[core.OWN_LAP_SHIFT] = lapShift(capacity);
  own[core.OWN_LAP_MASK] = lapMask(capacity);
  own[core.OWN_HEAD] = Atomics.load(words, queue + QUEUE_HEAD);
  own[core.OWN_TAIL] = Atomics.load(words, queue + QUEUE_TAIL);
  own[core.OWN_HINT_MASK] = Math.min(capacity, HINT_PERIOD) - 1;
  own[core.OWN_SEAT] = seat;
  own[core.OWN_SEATS] = seats;
  own[core.OWN_SEAT_GENERATION] = generation;
  own[core.OWN_RECORDS] = store === 0 ? 0 : words[store + STORE_RECORDS]!;
  own[core.OWN_INDEX_BITS] = store === 0 ? 0 : words[store + STORE_INDEX_BITS]!;
  return own;
}
