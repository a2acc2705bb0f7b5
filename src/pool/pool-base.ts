import { RingwellError, show } from '../core/errors.js';
import { isIntegers } from '../core/typed-array.js';
import type { Waiting } from '../core/wait-queue.js';

/** A block: `generation << indexBits | index`, at most 30 bits, never 0. A plain integer that survives structured clone. */
export type Handle = number & { readonly __handle: unique symbol };

/** How a pool is made. */
export interface PoolOptions {
  /** Bytes a block, at least 1. */
  blockBytes: number;
  /** Blocks; at most 2^20. */
  capacity: number;
  /**
   * Blocks it may be resized to, at least `capacity`, at most 2^20; default `capacity`. Their memory is reserved now, and touched
   * when they are used; handles have index bits for so many.
   */
  capacityMax?: number;
  /**
   * When a block's bytes are cleared; default `'never'`. `'acquire'`: before `acquire` answers. `'release'`: as its holder releases
   * it; one that another thread than its holder released is cleared when it is next acquired. Either way an acquired block is zero.
   */
  zero?: 'never' | 'acquire' | 'release';
  /**
   * Watches over the bytes: canaries before and after every block, looked at on release; poison in released blocks, looked at when
   * they are used again; sites of acquires in errors, and in a report of what is still live at dispose. Default false. docs/safety.md
   * says what it finds and costs.
   */
  guard?: boolean;
  /** Where blocks begin: a power of two, 1 to 65,536; default 16. */
  alignment?: number;
  /**
   * What recovery does with a block that a dead thread held: with `keep` it stays live, held by nobody, for who knows its handle;
   * default false: it is made free. Whoever creates the pool decides.
   */
  keep?: boolean;
}

/** What a pool has seen. `PoolBase.stats` says what is exact. */
export interface PoolStats {
  readonly capacity: number;
  /** Blocks in somebody's hands or on their way. */
  readonly live: number;
  /** The most blocks that were live at once; in a region those that lay in stocks are counted too. */
  readonly liveMax: number;
  /** Blocks acquired, and released, since the pool was made. */
  readonly acquired: number;
  readonly released: number;
  /** How often this thread's stock was filled from the centre. Local: 0. */
  readonly refills: number;
  /** How often a release of this thread went past its stock: that was full, somebody waited, or another held the block. Local: 0. */
  readonly returns: number;
  /** How often this thread looked and found nothing to acquire; a wait looks many times. */
  readonly exhausted: number;
}

/** A caller's array of handles and how many of them are meant. @throws {RingwellError} ERR_USAGE */
export function checkBatch(handles: unknown, count: unknown, call: string): number {
  // isView first: a proxy would be asked for its prototype. One of another realm is as good.
  if (!ArrayBuffer.isView(handles) || !(handles instanceof Int32Array || isIntegers(handles))) {
    throw new RingwellError('ERR_USAGE', `pool.${call}: handles must be an Int32Array, got ${show(handles)}`);
  }
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= handles.length) return count + 0;
  throw new RingwellError(
    'ERR_USAGE',
    `pool.${call}: count must be an integer from 0 to ${handles.length}, the length of handles, got ${show(count)}`,
  );
}

/** What to throw when a release within a batch is refused. */
export function inBatch(error: unknown, index: number): unknown {
  if (!(error instanceof RingwellError)) return error;
  return new RingwellError(error.code, `handles[${index}], after ${index} were released: ${error.message}`);
}

/** The most blocks of a pool. */
export const CAPACITY_MAX: number = 2 ** 20;

/**
 * Blocks of one size. Local when made without a region: one thread, its own memory, no Atomics. In a region: every attached
 * thread acquires and releases the same blocks.
 *
 * Nothing on the hot path (`acquire`, `release`, `offsetOf`, `view` of a block seen before) allocates.
 */
export abstract class PoolBase {
  /** Bytes a block. */
  abstract readonly blockBytes: number;
  /** Blocks in the pool. */
  abstract readonly capacity: number;
  /** The most blocks `resize` can give it. */
  abstract readonly capacityMax: number;
  /** The bytes that `offsetOf` counts in: the region's buffer, or a local pool's own. */
  abstract readonly buffer: ArrayBufferLike;

  /**
   * Blocks in somebody's hands or on their way through a ring. Local: exact. In a region: momentary. Counted when asked, one word
   * for every block ever touched.
   */
  abstract get liveCount(): number;
  /** Blocks that are not live: in the centre, in some thread's stock, or untouched. As `liveCount`. */
  get freeCount(): number {
    return this.capacity - this.liveCount;
  }

  /**
   * Takes a block. Its bytes are whatever was left in them.
   *
   * *Exhausted*: answers 0. In a region a few free blocks may be in other threads' stocks, at most capacity / (2 x seats) each.
   * @throws {RingwellError} ERR_SEAT, ERR_EVICTED, ERR_CORRUPTION, where the stock is empty or the seat is lost
   */
  abstract acquire(): Handle | 0;
  /**
   * Acquires `count` blocks, or none: then it answers false, and the first `count` handles are 0. As `acquire` it doesn't see what
   * is in other threads' stocks; of two threads that want more than there is for both, both may get none.
   * @throws {RingwellError} ERR_USAGE for an array or a count that is not one
   */
  acquireBulk(handles: Int32Array, count: number): boolean {
    const wanted = checkBatch(handles, count, 'acquireBulk');
    const got = this.acquireBurst(handles, wanted);
    if (got === wanted) return true;
    this.releaseBulk(handles, got);
    handles.fill(0, 0, wanted);
    return false;
  }
  /** Acquires up to `count` blocks: answers how many, and puts their handles first. @throws {RingwellError} ERR_USAGE */
  abstract acquireBurst(handles: Int32Array, count: number): number;
  /**
   * As `acquire`, but waits up to that many milliseconds for a block: default for ever. Blocks the thread. A local pool answers
   * at once: nobody else could release.
   * @throws {RingwellError} ERR_USAGE where the thread may not block, or for a time-out that is not one
   */
  abstract acquireWait(timeoutMs?: number): Handle | 0;
  /** As `acquireWait`, without blocking the thread. Aborting rejects with the signal's reason. Allocates. */
  abstract acquireAsync(options?: Waiting): Promise<Handle>;
  /**
   * Gives a block back: by any thread, not only the one that acquired it.
   * @throws {RingwellError} ERR_HANDLE for a stale, doubled, foreign or garbage handle; nothing has changed then
   */
  abstract release(handle: number): void;
  /**
   * Gives `count` blocks back, in order. One that is refused ends it: those before it are released, it and those behind it are not.
   * The same block twice in a batch is refused the second time.
   * @throws {RingwellError} ERR_HANDLE, which says where; ERR_USAGE for an array or a count that is not one
   */
  abstract releaseBulk(handles: Int32Array, count: number): void;
  /**
   * Makes this thread the holder of a live block that nobody holds: it came by another way than a ring that carries the pool, and
   * was `disown`ed. One that this thread holds already stays so. Local: only looks at the handle.
   * @throws {RingwellError} ERR_HANDLE for a block that is not live, or that another thread holds
   */
  abstract adopt(handle: number): void;
  /**
   * Lets go of a live block: nobody holds it, and recovery leaves it alone when this thread dies. Anybody may release or adopt it.
   * Local: only looks at the handle. @throws {RingwellError} ERR_HANDLE for a block that this thread doesn't hold
   */
  abstract disown(handle: number): void;
  /**
   * Changes the capacity: up to `capacityMax`, or down as far as the blocks at the end are free. Answers the capacity reached. No
   * live block moves, and no handle changes. Memory is not given back, only used again when the pool grows again.
   *
   * *Threads*: while others acquire and release; in a region one thread at a time resizes, another waits for it: then the later
   * one decides. *Shared*: blocks in other threads' stocks count as taken; this thread's own go back to the centre first.
   * @throws {RingwellError} ERR_GEOMETRY for a capacity that is not one from 1 to capacityMax
   */
  abstract resize(capacity: number): number;
  /**
   * What the pool has seen. Costs a look at every block ever touched; the hot path counts nothing: acquires are read off the
   * blocks' generations, and refills, returns and exhausted are counted where it is slow anyway.
   *
   * A bulk that came to nothing counts what it acquired and gave back.
   * Local: all exact; liveMax too, if the pool was never resized (else it may be less than it was). Shared: `acquired`, `released`
   * and `live` are exact when nobody else is at work (but for a thread that died in the instant in which a block's last generation
   * ended: that counts once too often, or not), and momentary otherwise; `liveMax` is an upper bound, by at most what lies in
   * stocks; the last three are of this thread.
   */
  abstract stats(): PoolStats;
  /**
   * Whether the handle names a live block. Never throws. *Stale*: another thread may be releasing it at this moment.
   */
  abstract isLive(handle: number): boolean;
  /** The whole block as bytes. Made once a block and thread, at first use, and kept. @throws {RingwellError} ERR_HANDLE */
  abstract view(handle: number): Uint8Array;
  /** Where the block begins in `buffer`, in bytes. @throws {RingwellError} ERR_HANDLE */
  abstract offsetOf(handle: number): number;
  /**
   * The payload length in bytes that was last set for this block: one word a block, the user's own. Acquiring leaves it as it
   * was. @throws {RingwellError} ERR_HANDLE
   */
  abstract lengthOf(handle: number): number;
  /** Sets the payload length, 0 to blockBytes. @throws {RingwellError} ERR_HANDLE, ERR_GEOMETRY */
  abstract setLength(handle: number, bytes: number): void;

  /**
   * Ends this thread's use of the pool; in a region, its private stock goes back to the centre. With `guard`, what is still live
   * (in a region: held by this thread) is reported by `console.warn`, with the sites where it was acquired.
   */
  abstract [Symbol.dispose](): void;
}
