/** How a heap is made. */
export interface HeapOptions {
  /** Bytes for blocks, rounded up to whole pages of 4 KiB. Default: all that is left of the region; 64 MiB without a region. */
  byteLength?: number;
  /** Whether every seat keeps blocks and spans of its own. Without, all is central, under one lock; default true. */
  caches?: boolean;
  /** Canaries, poison, quarantine, allocation sites and a leak report, for finding bugs; default false. */
  guard?: boolean;
  /** Reserved bytes above which `onSoftLimit` is called, once each time they are crossed. */
  softLimitBytes?: number;
  /**
   * Called after an allocation in this thread has crossed `softLimitBytes`; it may use the heap. What it throws comes out of the call that
   * allocated, and the new block is freed; a block that `realloc` made larger where it is stays larger.
   */
  onSoftLimit?: (reservedBytes: number) => void;
}

/** What is in a heap, at a moment. */
export interface HeapStats {
  /** Bytes of live blocks, rounded up to their size classes or pages. */
  readonly liveBytes: number;
  /** Live blocks. */
  readonly liveBlocks: number;
  /** Bytes of pages that hold blocks, or are kept to hold them. */
  readonly reservedBytes: number;
  /** The most that `reservedBytes` has been. */
  readonly reservedBytesMax: number;
  /** For each size class its block bytes, live blocks, and blocks that were cut off and are free. */
  readonly classes: readonly { readonly bytes: number; readonly live: number; readonly free: number }[];
}

/**
 * Blocks of any size. A pointer is a byte offset in the heap's memory, a multiple of 16, never 0. Local when made without a region:
 * one thread, private memory. In a region: every attached thread allocates, and frees any block.
 *
 * *Caught, always*: freeing twice, and pointers that are none (inside a block, outside, of another heap where that has no
 * live block at the same place): ERR_HANDLE, and nothing has changed. A pointer that was freed and then handed out again is a good
 * pointer: nothing tells it from the new one. When two threads free one block at the same instant, one of them, both or none
 * may be told, and the block comes back once.
 *
 * Nothing on the hot path (`malloc`, `free`) allocates JavaScript objects.
 */
export abstract class HeapBase {
  /** The memory, as 32-bit integers: index `pointer >>> 2`. Made once. */
  abstract readonly i32: Int32Array;
  /** The memory, as bytes. */
  abstract readonly u8: Uint8Array;
  /** The memory, as 64-bit floats: index `pointer >>> 3`. */
  abstract readonly f64: Float64Array;

  /**
   * Takes a block of at least that many bytes, their content whatever was left in them. 0 bytes: a smallest block of 16.
   * @returns its pointer, or 0 when there is no room
   * @throws {RingwellError} ERR_GEOMETRY for a size that is not an integer from 0 to 2^31; ERR_EVICTED, ERR_CORRUPTION
   */
  abstract malloc(bytes: number): number;
  /** As `malloc` of count times bytes, zeroed. A product beyond 2^31 answers 0. @throws {RingwellError} ERR_GEOMETRY */
  abstract calloc(count: number, bytes: number): number;
  /**
   * Makes a block larger or smaller, moving it when it must; its content, as far as there is room, comes with it.
   * Of 0: as `malloc`. To 0 bytes: frees it and answers 0. Answers 0 when there is no room: the old block is intact then.
   * @throws {RingwellError} ERR_HANDLE, ERR_GEOMETRY
   */
  abstract realloc(pointer: number, bytes: number): number;
  /** As `malloc`, at a multiple of `alignment`, a power of two up to 2^30. @throws {RingwellError} ERR_GEOMETRY */
  abstract alignedAlloc(alignment: number, bytes: number): number;
  /** Gives a block back; 0 is ignored. *Threads*: any. @throws {RingwellError} ERR_HANDLE: nothing has changed then */
  abstract free(pointer: number): void;
  /** How many bytes a live block has room for, at least what was asked for. @throws {RingwellError} ERR_HANDLE */
  abstract usableSize(pointer: number): number;
  /** This seat now holds the block: recovery of another one leaves it. @throws {RingwellError} ERR_HANDLE */
  abstract adopt(pointer: number): void;
  /** Nobody holds the block any more: no recovery frees it. @throws {RingwellError} ERR_HANDLE */
  abstract disown(pointer: number): void;
  /**
   * Visits every block: live ones, and free ones that were used before. Others may move meanwhile. What `visit` does to the heap may
   * show or not.
   */
  abstract walk(visit: (pointer: number, bytes: number, live: boolean) => void): void;
  /**
   * Gives whole free spans back to the page heap, where every seat and size finds them: those this seat keeps, and those nobody has.
   * JavaScript can't give memory back to the system. Answers how many bytes that were.
   */
  abstract trim(): number;
  /** Walks every law. @throws {RingwellError} ERR_CORRUPTION, and the region is poisoned */
  abstract check(): void;
  /** Counts, by walking all spans. Allocates. */
  abstract stats(): HeapStats;
  /** Ends this thread's use of what it keeps in the heap: as `trim`. The heap stays in its region. */
  abstract [Symbol.dispose](): void;
}
