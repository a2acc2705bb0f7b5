import { disarm } from '../core/doorbell.core.js';
import { laneLength, PARITY, parityShift } from '../core/lane.core.js';
import { QUEUE_CAPACITY, QUEUE_ITEM_WAITERS, QUEUE_ROOM_WAITERS } from '../core/slot.core.js';
import { BAD_HANDLE, DONE, NONE } from '../core/status.js';
import type { Seated } from '../core/store.js';
import type { Attachment } from '../region/attachment.js';
import { load } from './cargo.core.js';
import { openOwn } from './open-own.js';
import {
  OWN_BATCH_MAX,
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_RUN,
  OWN_SLOTS,
  OWN_STAGED,
  OWN_TAIL,
  OWN_WORDS,
} from './own.js';
import { badItem, checkItems, ITEM_MAX } from './ring-base.js';
import { SharedRingBase } from './shared-ring-base.js';
import * as batch from './single-batch.core.js';
import * as core from './single-ring.core.js';

// As in pool/shared-pool.ts: engines look up what is imported at each call.
const writeFast = batch.writeSlot;
const writeFour = batch.writeFourSlots;
const readFast = batch.readSlot;

/** The most items that are staged before they are published. */
const STAGED_MAX = 256;

/** A ring with one producer and one consumer (single-ring.core.ts). */
export class SingleRing extends SharedRingBase {
  private readonly slots: number;
  private readonly indexMask: number;
  private readonly shift: number;

  /** */
  constructor(attachment: Attachment, queue: number) {
    super(attachment, queue, openLane(attachment, queue));
    this.slots = this.own[OWN_SLOTS]!;
    this.indexMask = this.own[OWN_INDEX_MASK]!;
    this.shift = this.own[OWN_LAP_SHIFT]!;
  }

  get length(): number {
    return laneLength(this.words, this.queue, this.own[OWN_SLOTS]!, this.capacity);
  }

  enqueue(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    // Full, too: who looks for room must not keep items back that would make some.
    if (this.own[OWN_STAGED] !== 0) this.flush();
    const status = core.put(this.words, this.own, item);
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueBulk(items: Int32Array, count: number): boolean {
    return this.putMany(items, count, count, 'enqueueBulk') === count;
  }

  enqueueBurst(items: Int32Array, count: number): number {
    return this.putMany(items, count, 1, 'enqueueBurst');
  }

  private putMany(items: Int32Array, count: number, least: number, call: string): number {
    checkItems(items, count, call);
    if (count === 0) return 0;
    if (this.left) throw this.attachment.unseated();
    if (least > this.capacity) return 0;
    const { words, own, slots, indexMask, shift } = this;
    if (own[OWN_STAGED] !== 0) this.flush();
    const room = batch.roomFor(words, own, count);
    if (room < 0) this.notPut(room, items[0]!);
    if (room < least || room === 0) return 0;
    const carries = this.carried !== 0;
    const tail = own[OWN_TAIL]!;
    // Each item is read once: where the array is shared, it may be another one the next time.
    const first = items[0]!;
    if (first <= 0 || (carries && load(words, own, first) === 0)) throw this.badItem(first);
    for (let i = 1; i < room; ) {
      // Up to the last slot: from the first one on it is the other lap.
      const index = (tail + i) & indexMask;
      const end = Math.min(room, i + indexMask + 1 - index);
      const parity = ((tail + i) << shift) & PARITY;
      const slot = slots + index - i;
      // Four in one go, a sixth faster. What is wrong among them is found below.
      for (; !carries && i + 3 < end; i += 4) {
        const a = items[i]!;
        const b = items[i + 1]!;
        const c = items[i + 2]!;
        const d = items[i + 3]!;
        if (a <= 0 || b <= 0 || c <= 0 || d <= 0) break;
        writeFour(words, slot + i, parity, a, b, c, d);
      }
      for (; i < end; i++) {
        const item = items[i]!;
        if (item <= 0 || (carries && load(words, own, item) === 0)) {
          batch.revert(words, own, first, i);
          throw this.badItem(item);
        }
        writeFast(words, slot + i, parity, item);
      }
    }
    const status = batch.publishBatch(words, own, first, room);
    if (status === DONE) return room;
    this.notPut(status, first);
    // A producer that was recovered in the middle of its last put came first after all.
    return this.putMany(items, count, least, call);
  }

  stage(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    const status = batch.stage(this.words, this.own, item);
    if (status === DONE) return true;
    if (status !== BAD_HANDLE) this.flush();
    return this.notPut(status, item);
  }

  flush(): void {
    const status = batch.flush(this.words, this.own);
    if (status !== DONE) this.notPut(status, 0);
  }

  dequeue(): number {
    if (this.left) throw this.attachment.unseated();
    const item = core.take(this.words, this.own);
    return item > NONE ? item : this.notTaken(item, 'dequeue');
  }

  dequeueBulk(items: Int32Array, count: number): boolean {
    return this.takeMany(items, count, count, 'dequeueBulk') === count;
  }

  dequeueBurst(items: Int32Array, count: number): number {
    return this.takeMany(items, count, 1, 'dequeueBurst');
  }

  private takeMany(items: Int32Array, count: number, least: number, call: string): number {
    checkItems(items, count, call);
    this.ensureConsumer(call);
    const { words, own, slots, indexMask } = this;
    if (count === 0) return 0;
    if (own[OWN_RUN]! < count) {
      // Polling an empty lane looks at one line only.
      own[OWN_RUN] = 0;
      if (batch.look(words, own, 0) === NONE) return 0;
      core.lookAhead(words, own);
    }
    const head = own[OWN_HEAD]!;
    const shown = Math.min(count, own[OWN_RUN]!);
    let found = 0;
    while (found < shown) {
      const index = (head + found) & indexMask;
      const end = Math.min(shown, found + indexMask + 1 - index);
      const slot = slots + index - found;
      for (; found < end; found++) items[found] = readFast(words, slot + found);
    }
    while (found < count) {
      const item = batch.look(words, own, found);
      if (item === NONE) break;
      items[found] = item;
      found++;
    }
    if (found < least) return 0;
    const status = batch.takeMany(words, own, found);
    if (status !== DONE) this.notTaken(status, call);
    return found;
  }

  peek(): number {
    if (this.left) throw this.attachment.unseated();
    const item = core.front(this.words, this.own);
    return item > NONE ? item : this.notTaken(item, 'peek');
  }

  /** Makes sure that this seat is the consumer. @throws {RingwellError} ERR_USAGE when another is */
  private ensureConsumer(call: string): void {
    if (this.left) throw this.attachment.unseated();
    const status = core.asConsumer(this.words, this.own);
    if (status !== DONE) this.notTaken(status, call);
  }

  /** @internal */
  readable(): boolean {
    if (this.left) throw this.attachment.unseated();
    const item = core.front(this.words, this.own);
    return item > NONE || this.notTaken(item, 'waitAny') !== NONE;
  }

  /** @internal */
  armReadable(): void {
    this.ensureConsumer('waitAny');
    core.armTake(this.words, this.own);
  }

  protected armRoom(): void {
    core.armPut(this.words, this.own);
  }

  override close(): void {
    if (this.own[OWN_STAGED] !== 0) this.flush();
    super.close();
  }

  override leave(): void {
    batch.flush(this.words, this.own);
    super.leave();
  }

  protected putWait(item: number, deadline: number): number {
    return core.putWait(this.words, this.own, item, deadline);
  }

  protected takeWait(deadline: number): number {
    return core.takeWait(this.words, this.own, deadline);
  }

  protected leaveRoom(): void {
    disarm(this.words, this.queue + QUEUE_ROOM_WAITERS, this.attachment.seat);
  }

  protected leaveItems(): void {
    disarm(this.words, this.queue + QUEUE_ITEM_WAITERS, this.attachment.seat);
  }
}

/** A seat's private array for a lane: it has neither side yet. */
export function openLane(seated: Seated, queue: number): Int32Array {
  const capacity = seated.words[queue + QUEUE_CAPACITY]!;
  const own = new Int32Array(OWN_WORDS + Math.min(capacity, STAGED_MAX));
  own.set(openOwn(seated, queue));
  own[OWN_BATCH_MAX] = Math.min(capacity, STAGED_MAX);
  own[OWN_LAP_SHIFT] = parityShift(capacity);
  own[OWN_LAP_MASK] = 4 * capacity - 1;
  return own;
}
