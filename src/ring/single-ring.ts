import { disarm } from '../core/doorbell.core.js';
import { laneLength, parityShift } from '../core/lane.core.js';
import { QUEUE_CAPACITY, QUEUE_ITEM_WAITERS, QUEUE_ROOM_WAITERS } from '../core/slot.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE } from '../core/status.js';
import type { Seated } from '../core/store.js';
import type { Attachment } from '../region/attachment.js';
import { load, receive } from './cargo.core.js';
import { openOwn } from './open-own.js';
import {
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_MASK,
  OWN_LAP_SHIFT,
  OWN_RUN,
  OWN_SLOTS,
  OWN_STAGED,
  OWN_TAIL,
} from './own.js';
import { badItem, checkBatch, checkItems, ITEM_MAX } from './ring-base.js';
import { SharedRingBase } from './shared-ring-base.js';
import * as core from './single-ring.core.js';

// As in pool/shared-pool.ts: engines look up what is imported at each call.
const writeFast = core.writeSlot;
const readFast = core.readSlot;

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
    return laneLength(this.words, this.queue);
  }

  enqueue(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    const status = core.put(this.words, this.own, item);
    return status === DONE ? true : this.notPut(status, item);
  }

  enqueueBulk(items: Int32Array, count: number): boolean {
    return this.putMany(items, count, count, 'enqueueBulk') === count;
  }

  enqueueBurst(items: Int32Array, count: number): number {
    return this.putMany(items, count, Math.min(1, count), 'enqueueBurst');
  }

  private putMany(items: Int32Array, count: number, least: number, call: string): number {
    checkBatch(items, count, call);
    if (this.left) throw this.attachment.unseated();
    const { words, own, slots, indexMask, shift } = this;
    const room = core.roomFor(words, own, count);
    if (room < 0) this.notPut(room, items[0]!);
    const fits = room >= least ? room : 0;
    if (this.carried !== 0) this.loadAll(items, fits);
    if (fits !== 0) {
      const before = own[OWN_STAGED]!;
      const from = own[OWN_TAIL]! + before;
      core.stageMany(words, own, fits, items[0]!);
      for (let i = before === 0 ? 1 : 0; i < fits; i++) writeFast(words, slots, indexMask, shift, from + i, items[i]!);
    }
    const status = core.flush(words, own);
    if (status !== DONE) this.notPut(status, items[0]!);
    return fits;
  }

  /** Marks the blocks of handles as on their way, or none of them. @throws {RingwellError} ERR_HANDLE */
  private loadAll(items: Int32Array, count: number): void {
    const { words, own } = this;
    for (let i = 0; i < count; i++) {
      if (load(words, own, items[i]!) !== 0) continue;
      for (let k = 0; k < i; k++) receive(words, own, items[k]!);
      this.notPut(BAD_HANDLE, items[i]!);
    }
  }

  stage(item: number): boolean {
    if (typeof item !== 'number' || (item & ITEM_MAX) !== item || item === 0) throw badItem(item);
    if (this.left) throw this.attachment.unseated();
    const status = core.stage(this.words, this.own, item);
    if (status === DONE) return true;
    if (status === NONE || status === CLOSED) this.flush();
    return this.notPut(status, item);
  }

  flush(): void {
    const status = core.flush(this.words, this.own);
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
    core.lookAhead(words, own);
    const head = own[OWN_HEAD]!;
    const shown = Math.min(count, own[OWN_RUN]!);
    let found = 0;
    for (; found < shown; found++) items[found] = readFast(words, slots, indexMask, head + found);
    while (found < count) {
      const item = core.look(words, own, found);
      if (item === NONE) break;
      items[found] = item;
      found++;
    }
    if (found < least || found === 0) return 0;
    core.takeMany(words, own, found);
    return found;
  }

  peek(): number {
    this.ensureConsumer('peek');
    this.own[OWN_RUN] = 0;
    const item = core.look(this.words, this.own, 0);
    return item === NONE && this.closed ? core.look(this.words, this.own, 0) || CLOSED : item;
  }

  /** Makes sure that this seat is the consumer. @throws {RingwellError} ERR_USAGE when another is */
  private ensureConsumer(call: string): void {
    if (this.left) throw this.attachment.unseated();
    const status = core.asConsumer(this.words, this.own);
    if (status !== DONE) this.notTaken(status, call);
  }

  /** @internal */
  readable(): boolean {
    return this.peek() !== NONE;
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
    if (this.own[OWN_STAGED] !== 0) core.flush(this.words, this.own);
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
  const own = openOwn(seated, queue);
  const capacity = seated.words[queue + QUEUE_CAPACITY]!;
  own[OWN_LAP_SHIFT] = parityShift(capacity);
  own[OWN_LAP_MASK] = 4 * capacity - 1;
  return own;
}
