import { acquireStocked, releaseHeld } from '../core/block.core.js';
import { now } from '../core/clock.js';
import { arm } from '../core/doorbell.core.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { resizeStore } from '../core/resize.core.js';
import { isSeated, SEAT_ATTACHED, SEAT_GENERATION_SHIFT, seatIndex } from '../core/seat.core.js';
import { BAD_HANDLE, UNSEATED } from '../core/status.js';
import {
  acquireArmed,
  acquireBlock,
  acquireWait,
  adoptBlock,
  collectReturned,
  disownBlock,
  leaveBlocks,
  leaveStore,
  releaseBlock,
  spill,
} from '../core/stock.core.js';
import {
  acquiresIn,
  OWN_COUNT,
  OWN_HANDLE_MAX,
  OWN_STOCK,
  OWN_STOCK_MAX,
  STORE_ATTENTION,
  STORE_CAPACITY,
  STORE_CAPACITY_MAX,
  STORE_FRESH,
  STORE_WAITERS,
} from '../core/store.core.js';
import { openStore, type Store } from '../core/store.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { mayBlock, withRegionLocked } from '../region/lock.js';
import { checkBatch, type Handle, inBatch, type PoolStats } from './pool-base.js';
import { SharedBlocks } from './shared-blocks.js';

// Engines inline a module's own constants without a check; what is imported is looked up at each call (1.2 times slower here).
const acquireFast = acquireStocked;
const releaseFast = releaseHeld;

/**
 * A pool that every attached thread sees. Acquire and release go through this seat's stock, plainly; only when it is empty or
 * full do blocks move to or from the centre (core/stock.core.ts).
 */
export class SharedPool extends SharedBlocks implements Attached {
  private readonly own: Int32Array;
  private readonly handleMax: number;
  private readonly attention: number;
  /** Where this seat's word stands, and what it says while the seat is ours. */
  private readonly seatAt: number;
  private readonly seatWord: number;
  private batch: number;
  private readonly waiters = new WaitQueue();
  /** How many handles the stock holds, kept here for the fast paths; `own` has it while a slow one runs. */
  private count = 0;
  private stockMax: number;
  /** The stock at capacityMax; where the capacity is less, so is the stock. */
  private readonly stockLimit: number;
  private tunedTo: number;
  private refills = 0;
  private returns = 0;
  private exhausted = 0;

  /** */
  constructor(attachment: Attachment, store: Store) {
    super(attachment, store);
    const own = openStore(attachment, store);
    this.own = own;
    this.handleMax = own[OWN_HANDLE_MAX]!;
    this.attention = store.index + STORE_ATTENTION;
    this.seatAt = seatIndex(attachment.seat);
    this.seatWord = (attachment.generation << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED;
    this.stockLimit = store.stockMax;
    this.stockMax = store.stockMax;
    this.batch = Math.max(1, store.stockMax >>> 1);
    this.tunedTo = store.capacityMax;
    this.tune();
  }

  acquire(): Handle | 0 {
    const count = this.count - 1;
    // The seat's word is a hint: once recovered, the stock is others', and the slow path says so.
    if (count < 0 || this.words[this.seatAt] !== this.seatWord) return this.acquireSlow();
    this.count = count;
    const handle = this.own[OWN_STOCK + count]!;
    return acquireFast(this.words, this.records, this.indexBits, this.indexMask, this.liveTag, handle) as Handle;
  }

  private acquireSlow(): Handle | 0 {
    if (this.attachment.left) throw this.attachment.unseated();
    return this.refill(this.batch);
  }

  /** Acquires the first of up to `want` blocks that the stock now gets. */
  private refill(want: number): Handle | 0 {
    this.own[OWN_COUNT] = this.count;
    const handle = this.settle(acquireBlock(this.words, this.own, want));
    if (handle === 0) this.exhausted++;
    else this.refills++;
    return handle;
  }

  acquireBurst(handles: Int32Array, count: number): number {
    const wanted = checkBatch(handles, count, 'acquireBurst');
    let got = 0;
    for (;;) {
      let stocked = this.count;
      const { words, own, records, indexBits, indexMask, liveTag } = this;
      if (words[this.seatAt] !== this.seatWord) stocked = 0;
      while (got < wanted && stocked > 0) {
        this.count = --stocked;
        handles[got++] = acquireFast(words, records, indexBits, indexMask, liveTag, own[OWN_STOCK + stocked]!);
      }
      if (got === wanted) return got;
      if (this.attachment.left) throw this.attachment.unseated();
      // As many as are wanted, in one go, as far as the stock has room.
      const want = Math.min(Math.max(this.stockMax, 1), Math.max(this.batch, wanted - got));
      const handle = this.refill(want);
      if (handle === 0) return got;
      handles[got++] = handle;
    }
  }

  acquireWait(timeoutMs: number = Number.POSITIVE_INFINITY): Handle | 0 {
    checkTimeout(timeoutMs);
    const handle = this.acquire();
    if (handle !== 0 || timeoutMs === 0 || !this.attachment.memory.shared) return handle;
    if (!mayBlock())
      throw new RingwellError('ERR_USAGE', 'pool.acquireWait: this thread may not block; use acquireAsync');
    const deadline = now() + timeoutMs;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      const spun = this.acquire();
      if (spun !== 0) return spun;
    }
    this.own[OWN_COUNT] = this.count;
    const found = this.settle(acquireWait(this.words, this.own, deadline));
    this.attachment.waiting.poke();
    return found;
  }

  acquireAsync(options: Waiting = {}): Promise<Handle> {
    const { attachment, words, own } = this;
    const look = (): Handle | undefined => {
      attachment.ensureSeated();
      arm(words, this.store + STORE_WAITERS, attachment.seat);
      own[OWN_COUNT] = this.count;
      return this.settle(acquireArmed(words, own)) || undefined;
    };
    const leave = (): void => leaveStore(words, own);
    return attachment.waiting.wait(this.waiters, look, options, leave);
  }

  release(handle: number): void {
    // The mask is this pool's own: a generation that is too long would lose its upper bits in a block word.
    if (typeof handle !== 'number' || (handle & this.handleMax) !== handle) throw this.badHandle(handle, 'release');
    const { words, count } = this;
    // The attention word is a hint: missed, the block waits in the stock, which is bounded. So is the seat's word: once recovered, a
    // block that names this seat may be the next thread's.
    if (count < this.stockMax && words[this.attention] === 0 && words[this.seatAt] === this.seatWord) {
      const next = releaseFast(
        words,
        this.records,
        this.indexBits,
        this.indexMask,
        this.handleMax,
        this.liveTag,
        handle,
      );
      if (next !== 0) {
        this.own[OWN_STOCK + count] = next;
        this.count = count + 1;
        return;
      }
    }
    this.releaseSlow(handle);
  }

  private releaseSlow(handle: number): void {
    if (this.attachment.left) throw this.attachment.unseated();
    this.own[OWN_COUNT] = this.count;
    const status = releaseBlock(this.words, this.own, handle);
    this.count = this.own[OWN_COUNT]!;
    if (status === BAD_HANDLE) throw this.badHandle(handle, 'release');
    this.attachment.checkStatus(status);
    this.returns++;
    this.tune();
  }

  /** Fits the stock to the capacity, which another thread may have changed. */
  private tune(): void {
    if (this.stockLimit === 0 || this.capacity === this.tunedTo) return;
    this.tunedTo = this.capacity;
    this.stockMax = Math.floor((this.stockLimit * this.tunedTo) / this.capacityMax);
    this.batch = Math.max(1, this.stockMax >>> 1);
    this.own[OWN_STOCK_MAX] = this.stockMax;
  }

  releaseBulk(handles: Int32Array, count: number): void {
    const wanted = checkBatch(handles, count, 'releaseBulk');
    let i = 0;
    try {
      for (; i < wanted; i++) this.release(handles[i]!);
    } catch (error) {
      throw inBatch(error, i);
    }
  }

  adopt(handle: number): void {
    this.indexOf(handle, 'adopt');
    this.attachment.ensureSeated();
    if (adoptBlock(this.words, this.own, handle) !== BAD_HANDLE) return;
    throw new RingwellError('ERR_HANDLE', `pool.adopt: another thread holds ${show(handle)}, or has just released it`);
  }

  disown(handle: number): void {
    this.indexOf(handle, 'disown');
    this.attachment.ensureSeated();
    if (disownBlock(this.words, this.own, handle) !== BAD_HANDLE) return;
    throw new RingwellError('ERR_HANDLE', `pool.disown: this thread does not hold ${show(handle)}`);
  }

  resize(capacity: number): number {
    const wanted = checkInteger(capacity, 1, this.capacityMax, 'Cannot resize pool: capacity');
    const { attachment, words, store } = this;
    const reached = withRegionLocked(attachment, 'Cannot resize pool', () => {
      this.giveBack();
      this.checkGeometry();
      const now = Atomics.load(words, store + STORE_CAPACITY);
      if (now < 1 || now > this.capacityMax || words[store + STORE_CAPACITY_MAX] !== this.capacityMax)
        throw attachment.poison(store + STORE_CAPACITY, 'the capacity of a pool is more than was reserved');
      return resizeStore(words, store, attachment.seats, wanted);
    });
    this.tune();
    return reached;
  }

  /** Reads the geometry anew: what is damaged there must not be walked. So for a pool that the directory does not lead to any more. */
  private checkGeometry(): void {
    if (this.attachment.entries().some(({ part }) => part === this.store)) return;
    throw this.attachment.poison(this.store, 'a pool is missing from the directory');
  }

  stats(): PoolStats {
    const { words, store, refills, returns, exhausted, capacity } = this;
    this.checkGeometry();
    const live = this.liveCount;
    const acquired = acquiresIn(words, store);
    const liveMax = Math.min(Atomics.load(words, store + STORE_FRESH), this.capacityMax);
    return { capacity, live, liveMax, acquired, released: acquired - live, refills, returns, exhausted };
  }

  /** Takes the count back from `own`; throws for a lost seat. */
  private settle(result: number): Handle | 0 {
    this.count = this.own[OWN_COUNT]!;
    if (result === UNSEATED) throw this.attachment.unseated();
    this.tune();
    return result as Handle | 0;
  }

  /** */
  leave(): void {
    this.waiters.failAll(new RingwellError('ERR_SEAT', 'The pool was disposed while waiting'));
    this.own[OWN_COUNT] = this.count;
    leaveBlocks(this.words, this.own);
    this.count = 0;
    this.stockMax = 0;
  }

  /** Gives this thread's stock back to the centre. The pool itself stays in the region; using it again is allowed. */
  [Symbol.dispose](): void {
    const { left, words, seat, generation } = this.attachment;
    // Without the seat the stock is no longer ours: recovery has given it to others.
    if (left || isSeated(words, seat, generation) === 0) return;
    this.giveBack();
  }

  /** Gives the stock, and what others have released of ours, back to the centre. */
  private giveBack(): void {
    this.own[OWN_COUNT] = this.count;
    collectReturned(this.words, this.own);
    spill(this.words, this.own, 0);
    this.count = 0;
  }
}
