import { now } from '../core/clock.js';
import { checkTimeout, RingwellError } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { isSeated } from '../core/seat.core.js';
import {
  QUEUE_CAPACITY,
  QUEUE_CARRIED,
  QUEUE_CLOSED,
  QUEUE_CONSUMER,
  QUEUE_HEAD,
  QUEUE_MODES,
  QUEUE_PRODUCER,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED, WRONG_SEAT } from '../core/status.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import { closeQueue } from './ring.core.js';
import { badCargo, badItem, closedRing, RingBase } from './ring-base.js';
import { leaveSide } from './side.core.js';
import type { Waitable } from './waitable.js';

/** What rings in a region have in common: waiting, closing, leaving. How items go in and out differs with the modes. */
export abstract class SharedRingBase extends RingBase implements Attached, Waitable {
  readonly capacity: number;
  /** The ring's modes and the block store it carries, or 0, as they stand in the region. */
  readonly modes: number;
  readonly carried: number;
  readonly attachment: Attachment;
  protected readonly queue: number;
  protected readonly words: Int32Array;
  protected readonly own: Int32Array;
  protected left = false;
  private readonly takers = new WaitQueue();
  private readonly putters = new WaitQueue();

  constructor(attachment: Attachment, queue: number, own: Int32Array) {
    super();
    const { words } = attachment;
    this.attachment = attachment;
    this.queue = queue;
    this.words = words;
    this.own = own;
    this.capacity = words[queue + QUEUE_CAPACITY]!;
    this.modes = words[queue + QUEUE_MODES]!;
    this.carried = words[queue + QUEUE_CARRIED]!;
  }

  /** As `enqueue`, blocking until the deadline. Answers a status. */
  protected abstract putWait(item: number, deadline: number): number;
  /** As `dequeue`, blocking until the deadline. Answers an item or a status. */
  protected abstract takeWait(deadline: number): number;
  protected abstract leaveRoom(): void;
  protected abstract leaveItems(): void;
  /** Announces that this thread is about to wait for room. Looks that find none from here on leave word of it. */
  protected abstract armRoom(): void;
  /** @internal */
  abstract armReadable(): void;
  /** @internal */
  abstract readable(): boolean;

  get closed(): boolean {
    return Atomics.load(this.words, this.queue + QUEUE_CLOSED) !== 0;
  }

  enqueueWait(item: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    if (this.enqueue(item)) return true;
    if (!this.mayWait(timeoutMs, 'enqueue')) return false;
    const deadline = now() + timeoutMs;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      if (this.enqueue(item)) return true;
    }
    const status = this.putWait(item, deadline);
    this.attachment.waiting.poke();
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueAsync(item: number, options: Waiting = {}): Promise<void> {
    const { attachment } = this;
    const look = (): true | undefined => {
      attachment.ensureSeated();
      this.armRoom();
      return this.enqueue(item) || undefined;
    };
    return attachment.waiting.wait(this.putters, look, options, () => this.leaveRoom()).then(() => {});
  }

  dequeueWait(timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    let item = this.dequeue();
    if (item !== NONE || !this.mayWait(timeoutMs, 'dequeue')) return item;
    const deadline = now() + timeoutMs;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      item = this.dequeue();
      if (item !== NONE) return item;
    }
    const found = this.takeWait(deadline);
    this.attachment.waiting.poke();
    return found > NONE ? found : this.notTaken(found, 'dequeueWait');
  }

  dequeueAsync(options: Waiting = {}): Promise<number> {
    const { attachment } = this;
    const look = (): number | undefined => {
      attachment.ensureSeated();
      this.armReadable();
      return this.dequeue() || undefined;
    };
    return attachment.waiting.wait(this.takers, look, options, () => this.leaveItems());
  }

  /** @internal */
  leaveReadable(): void {
    if (!this.left) this.leaveItems();
    // Those of this thread who wait without blocking have the same bit.
    this.attachment.waiting.poke();
  }

  close(): void {
    this.attachment.ensureSeated();
    closeQueue(this.words, this.own);
  }

  /** Closes the ring, unless this thread has left the region. */
  override [Symbol.dispose](): void {
    if (!this.left) this.close();
  }

  /** Gives up the sides that are this seat's. */
  leave(): void {
    leaveSide(this.words, this.own, QUEUE_PRODUCER);
    leaveSide(this.words, this.own, QUEUE_CONSUMER);
    this.left = true;
  }

  /** Whether waiting makes sense: not for a poll, nor where no other thread can come. @throws {RingwellError} ERR_USAGE */
  private mayWait(timeoutMs: number, call: string): boolean {
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock())
      throw new RingwellError('ERR_USAGE', `ring.${call}Wait: this thread may not block; use ${call}Async`);
    return true;
  }

  /** False for a full ring; throws for what is wrong. */
  protected notPut(status: number, item: number): false {
    if (status === UNSEATED) throw this.unseated();
    if (status === CLOSED) throw closedRing();
    if (status === BAD_HANDLE) throw badCargo(item);
    if (status === WRONG_SEAT) throw this.wrongSeat('enqueue', QUEUE_PRODUCER, 'producer');
    return false;
  }

  /** Why this thread may not go on; where it may, somebody has moved what only this thread moves. */
  private unseated(): RingwellError {
    const { attachment, queue, words } = this;
    if (isSeated(words, attachment.seat, attachment.generation) === 0) return attachment.unseated();
    return attachment.poison(queue + QUEUE_HEAD, 'a side has moved without its thread');
  }

  /** What is wrong with an item that was not put. */
  protected badItem(item: number): RingwellError {
    return this.carried !== 0 && item > 0 ? badCargo(item) : badItem(item);
  }

  /** NONE or CLOSED; throws for what is wrong. */
  protected notTaken(status: number, call: string): number {
    if (status === UNSEATED) throw this.unseated();
    if (status === WRONG_SEAT) throw this.wrongSeat(call, QUEUE_CONSUMER, 'consumer');
    return status;
  }

  private wrongSeat(call: string, side: number, name: string): RingwellError {
    const seat = Atomics.load(this.words, this.queue + side) & 0xff;
    if (seat === this.attachment.seat)
      return new RingwellError(
        'ERR_USAGE',
        `ring.${call}: the producer before was recovered while it still ran, and its last item took the room: what was staged was not put`,
      );
    return new RingwellError(
      'ERR_USAGE',
      `ring.${call}: the ring has a single ${name}, which is seat ${seat}; this is seat ${this.attachment.seat}`,
    );
  }
}
