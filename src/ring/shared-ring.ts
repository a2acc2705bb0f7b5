import {
  extentMax,
  OVERWRITE,
  QUEUE_CONSUMER,
  QUEUE_PRODUCER,
  queueLength,
  queueTail,
  SINGLE_CONSUMER,
  SINGLE_PRODUCER,
  SLOT_EXTENT_STEP,
  SLOT_WORDS,
} from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import type { Attachment } from '../region/attachment.js';
import { load, receive } from './cargo.core.js';
import { openOwn } from './open-own.js';
import { OWN_LIFE, OWN_RUN, OWN_SLOTS, OWN_TAIL } from './own.js';
import * as core from './ring.core.js';
import { badItem, checkItems, ITEM_MAX, wrongMode } from './ring-base.js';
import * as wait from './ring-wait.core.js';
import * as run from './run.core.js';
import { SharedRingBase } from './shared-ring-base.js';
import { takeSide } from './side.core.js';

// As in pool/shared-pool.ts: engines look up what is imported at each call.
const fillFast = run.fillSlot;
const takeFast = run.takeSlot;

/** A ring that every attached thread may put into or take from, unless a side is single (ring.core.ts, run.core.ts). */
export class SharedRing extends SharedRingBase {
  private readonly singleProducer: boolean;
  private readonly singleConsumer: boolean;
  private readonly overwrites: boolean;
  private readonly indexMask: number;
  /** The most items of one claim. */
  private readonly runMax: number;
  /** Items that are put together: those that a single producer has staged, or a batch of its own. */
  private readonly batch: Int32Array;
  private stagedCount = 0;

  /** */
  constructor(attachment: Attachment, queue: number) {
    super(attachment, queue, openOwn(attachment, queue));
    this.singleProducer = (this.modes & SINGLE_PRODUCER) !== 0;
    this.singleConsumer = (this.modes & SINGLE_CONSUMER) !== 0;
    this.overwrites = (this.modes & OVERWRITE) !== 0;
    this.indexMask = this.capacity - 1;
    this.runMax = extentMax(this.capacity);
    this.batch = new Int32Array(this.runMax);
  }

  get length(): number {
    return queueLength(this.words, this.queue, this.own[OWN_SLOTS]!, this.capacity);
  }

  enqueue(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    if (this.singleProducer) {
      this.ensureProducer(item);
      if (this.stagedCount !== 0) this.flush();
    }
    let status = core.enqueue(this.words, this.own, item);
    if (status === NONE && this.overwrites) {
      run.makeRoom(this.words, this.own, 1);
      status = core.enqueue(this.words, this.own, item);
    }
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueBulk(items: Int32Array, count: number): boolean {
    checkItems(items, count, 'enqueueBulk');
    if (count === 0) return true;
    if (count > this.capacity) return false;
    if (count > this.runMax)
      throw wrongMode('enqueueBulk', `a single producer and consumer to put more than ${this.runMax} items at once`);
    return this.putRun(items, 0, count, count) === count;
  }

  enqueueBurst(items: Int32Array, count: number): number {
    checkItems(items, count, 'enqueueBurst');
    let done = 0;
    while (done < count) {
      const part = Math.min(count - done, this.runMax);
      const put = this.putRest(items, done, part);
      done += put;
      if (put < part) break;
    }
    return done;
  }

  /** As `putRun`, of one at least; what is wrong behind those that are put already is for the next call to say. */
  private putRest(items: Int32Array, from: number, count: number): number {
    if (from === 0) return this.putRun(items, from, count, 1);
    try {
      return this.putRun(items, from, count, 1);
    } catch {
      return 0;
    }
  }

  /** Puts items from `from` on. Answers how many: 0 when there is no room for `least`. */
  private putRun(items: Int32Array, from: number, count: number, least: number): number {
    if (this.left) throw this.attachment.unseated();
    if (this.singleProducer) {
      this.ensureProducer(items[from]!);
      if (this.stagedCount !== 0) this.flush();
    }
    const { words, own, batch } = this;
    // Read once: where the array is shared, an item may be another one the next time.
    for (let i = 0; i < count; i++) {
      const item = items[from + i]!;
      if (item <= 0 || (this.carried !== 0 && load(words, own, item) === 0)) {
        if (this.carried !== 0) this.unload(0, i);
        throw this.badItem(item);
      }
      batch[i] = item;
    }
    if (this.overwrites) {
      if (this.closed) this.notPut(CLOSED, batch[0]!);
      run.makeRoom(words, own, count);
    }
    return this.putBatch(count, least);
  }

  /** Puts what stands in `batch`; carried blocks are on their way already. Answers how many: 0 when there is no room for `least`. */
  private putBatch(count: number, least: number): number {
    const { words, own, batch } = this;
    const claimed = run.claimRun(words, own, count, least);
    if (claimed === UNSEATED) throw this.attachment.unseated(); // what it held went with the seat
    if (claimed <= NONE) {
      if (this.carried !== 0) this.unload(0, count);
      this.notPut(claimed, batch[0]!);
      return 0;
    }
    this.fill(claimed);
    if (run.publishRun(words, own) !== DONE) throw this.attachment.unseated();
    if (this.carried !== 0) this.unload(claimed, count);
    return claimed;
  }

  /** Fills the claimed run from `batch`. */
  private fill(count: number): void {
    const { words, own, batch, indexMask } = this;
    run.fillFirst(words, own, batch[0]!);
    const first = own[OWN_RUN]!;
    for (let i = 1; i < count; ) {
      // Up to the last slot: from the first one on it is the other lap.
      const end = Math.min(count, i + indexMask + 1 - ((first + i) & indexMask));
      let slot = run.runSlot(own, i);
      let full = run.fullWord(own, i);
      for (; i < end; i++) {
        fillFast(words, slot, full, batch[i]!);
        slot += SLOT_WORDS;
        full -= SLOT_EXTENT_STEP;
      }
    }
  }

  /** Takes the blocks of `batch` back that were not put after all. */
  private unload(from: number, to: number): void {
    for (let i = from; i < to; i++) receive(this.words, this.own, this.batch[i]!);
  }

  stage(item: number): boolean {
    if (!this.singleProducer) throw wrongMode('stage', 'a single producer');
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    if (this.overwrites) return this.enqueue(item);
    this.ensureProducer(item);
    const { words, own, stagedCount } = this;
    if (this.closed) {
      this.flush();
      this.notPut(CLOSED, item);
    }
    if (stagedCount === this.runMax || run.isEmptyAt(words, own, stagedCount) === 0) {
      this.flush();
      return stagedCount === this.runMax && run.isEmptyAt(words, own, 0) === 1 ? this.stage(item) : false;
    }
    if (this.carried !== 0 && load(words, own, item) === 0) return this.notPut(BAD_HANDLE, item);
    this.batch[stagedCount] = item;
    this.stagedCount = stagedCount + 1;
    return true;
  }

  flush(): void {
    if (!this.singleProducer) throw wrongMode('flush', 'a single producer');
    const count = this.stagedCount;
    if (count === 0) return;
    this.stagedCount = 0;
    // Evicted: what was staged went with the seat.
    if (this.words[this.queue + QUEUE_PRODUCER] !== this.own[OWN_LIFE]) throw this.attachment.unseated();
    // There is room: it was looked for item by item, and nobody else puts.
    this.putBatch(count, count);
  }

  dequeue(): number {
    if (this.left) throw this.attachment.unseated();
    if (this.singleConsumer) this.ensureConsumer('dequeue');
    const item = core.dequeue(this.words, this.own);
    return item > NONE ? item : this.notTaken(item, 'dequeue');
  }

  dequeueBulk(items: Int32Array, count: number): boolean {
    checkItems(items, count, 'dequeueBulk');
    if (count === 0) return true;
    if (count > this.capacity) return false;
    if (count > this.runMax)
      throw wrongMode('dequeueBulk', `a single producer and consumer to take more than ${this.runMax} items at once`);
    return this.takeRun(items, 0, count, count, 'dequeueBulk') === count;
  }

  dequeueBurst(items: Int32Array, count: number): number {
    checkItems(items, count, 'dequeueBurst');
    let done = 0;
    while (done < count) {
      const taken = this.takeRun(items, done, Math.min(count - done, this.runMax), 1, 'dequeueBurst');
      if (taken === 0) break;
      done += taken;
    }
    return done;
  }

  private takeRun(items: Int32Array, from: number, count: number, least: number, call: string): number {
    if (this.left) throw this.attachment.unseated();
    if (this.singleConsumer) this.ensureConsumer(call);
    const { words, own, indexMask } = this;
    const extent = run.takeRun(words, own, count, least);
    if (extent <= NONE) {
      this.notTaken(extent, call);
      return 0;
    }
    items[from] = run.takeFirst(words, own);
    let taken = 1;
    const first = own[OWN_RUN]!;
    for (let i = 1; i < extent; ) {
      const end = Math.min(extent, i + indexMask + 1 - ((first + i) & indexMask));
      let slot = run.runSlot(own, i);
      let empty = run.emptyWord(own, i);
      for (; i < end; i++) {
        const item = takeFast(words, own, slot, empty);
        slot += SLOT_WORDS;
        empty -= SLOT_EXTENT_STEP;
        if (item === NONE) continue;
        items[from + taken] = item;
        taken++;
      }
    }
    if (run.releaseRun(words, own) !== DONE) throw this.attachment.unseated();
    return taken;
  }

  peek(): number {
    if (!this.singleConsumer) throw wrongMode('peek', 'a single consumer');
    if (this.left) throw this.attachment.unseated();
    this.ensureConsumer('peek');
    const item = run.front(this.words, this.own);
    return item > NONE ? item : this.notTaken(item, 'peek');
  }

  /** @internal */
  readable(): boolean {
    if (this.left) throw this.attachment.unseated();
    if (this.singleConsumer) this.ensureConsumer('waitAny');
    const status = core.findHead(this.words, this.own);
    return status === DONE || this.notTaken(status, 'waitAny') !== NONE;
  }

  /** Makes sure that this seat is the producer. @throws {RingwellError} ERR_USAGE when another is */
  private ensureProducer(item: number): void {
    if (this.words[this.queue + QUEUE_PRODUCER] === this.own[OWN_LIFE]) return;
    const status = takeSide(this.words, this.own, QUEUE_PRODUCER);
    if (status !== DONE) this.notPut(status, item);
    this.own[OWN_TAIL] = queueTail(this.words, this.queue, this.own[OWN_SLOTS]!, this.capacity);
    this.stagedCount = 0;
  }

  /** Makes sure that this seat is the consumer. @throws {RingwellError} ERR_USAGE when another is */
  private ensureConsumer(call: string): void {
    if (this.words[this.queue + QUEUE_CONSUMER] === this.own[OWN_LIFE]) return;
    const status = takeSide(this.words, this.own, QUEUE_CONSUMER);
    if (status !== DONE) this.notTaken(status, call);
  }

  override close(): void {
    if (this.stagedCount !== 0) this.flush();
    super.close();
  }

  override leave(): void {
    const count = this.stagedCount;
    this.stagedCount = 0;
    // Not by `flush`: this seat is leaving already. In a closed ring nothing more is put: then blocks are this seat's again.
    if (count !== 0 && run.claimRun(this.words, this.own, count, count) > NONE) {
      this.fill(count);
      run.publishRun(this.words, this.own);
    } else if (this.carried !== 0) {
      this.unload(0, count);
    }
    super.leave();
  }

  /** @internal */
  armReadable(): void {
    wait.armItems(this.words, this.own);
  }

  protected armRoom(): void {
    wait.armRoom(this.words, this.own);
  }

  protected putWait(item: number, deadline: number): number {
    return wait.enqueueWait(this.words, this.own, item, deadline);
  }

  protected takeWait(deadline: number): number {
    return wait.dequeueWait(this.words, this.own, deadline);
  }

  protected leaveRoom(): void {
    wait.leaveRoom(this.words, this.own);
  }

  protected leaveItems(): void {
    wait.leaveItems(this.words, this.own);
  }
}
