import type { Region } from '../region/region.js';

/** A block: `generation << indexBits | index`, at most 30 bits, never 0. A plain integer that survives structured clone. */
export type Handle = number & { readonly __handle: unique symbol };

/** How a pool is made. */
export interface PoolOptions {
  /** Bytes a block, at least 1. */
  blockBytes: number;
  /** Blocks; at most 2^20. */
  capacity: number;
  /** Where blocks begin: a power of two, 1 to 65,536; default 16. */
  alignment?: number;
}

/** Where a shared structure lives. */
export interface Named {
  region: Region;
  /** 1 to 64 bytes of UTF-8, its own within the region. */
  name: string;
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
   * @throws {RingwellError} ERR_EVICTED, ERR_CORRUPTION (not on the fast path)
   */
  abstract acquire(): Handle | 0;
  /**
   * As `acquire`, but waits up to that many milliseconds for a block: default for ever. Blocks the thread. A local pool answers
   * at once: nobody else could release.
   * @throws {RingwellError} ERR_USAGE where the thread may not block, or for a time-out that is not one
   */
  abstract acquireWait(timeoutMs?: number): Handle | 0;
  /** As `acquireWait`, without blocking the thread. Aborting rejects with the signal's reason. Allocates. */
  abstract acquireAsync(options?: { signal?: AbortSignal }): Promise<Handle>;
  /**
   * Gives a block back: by any thread, not only the one that acquired it.
   * @throws {RingwellError} ERR_HANDLE for a stale, doubled, foreign or garbage handle; nothing has changed then
   */
  abstract release(handle: number): void;
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

  /** Ends this thread's use of the pool; in a region, its private stock goes back to the centre. */
  abstract [Symbol.dispose](): void;
}
