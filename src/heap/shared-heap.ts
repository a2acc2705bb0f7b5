import { checkInteger } from '../core/errors.js';
import { openSpans } from '../core/heap.js';
import { lockHeap, unlockHeap } from '../core/page-heap.core.js';
import { SEAT_ATTACHED, SEAT_GENERATION_SHIFT, seatIndex } from '../core/seat.core.js';
import {
  CLASS_BYTES,
  classIndex,
  HEAP_DATA_OFFSET,
  HEAP_GUARD,
  HEAP_LOCK,
  HEAP_RESERVED,
  HEAP_RESERVED_MAX,
  HOLDER_NOBODY,
  LOCK_HELD,
  OWN_CLASSES,
  OWN_MAP,
  OWN_OWNER,
  OWN_PAGE_SHIFT,
  OWN_PAGES,
  OWN_STATES,
  OWN_STOCK,
  PAGE_SMALL,
  PAGE_STATE_SHIFT,
  STOCK_MOST,
  STOCK_SHIFT,
} from '../core/span.core.js';
import { checkPages } from '../core/span-recovery.core.js';
import { BAD_HANDLE, DONE } from '../core/status.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import * as core from './heap.core.js';
import { HeapBase, type HeapOptions, type HeapStats } from './heap-base.js';
import { leaveHeap, trimHeap } from './heap-keep.core.js';
import { badPointer, checkAlignment, lockHeld } from './misuse.js';
import { classOfGranules } from './size-classes.js';
import { type SoftLimit, softLimitOf } from './soft-limit.js';
import { countBlocks, walkBlocks } from './walk-blocks.js';

// Engines inline a module's own constants without a check; what is imported is looked up at each call.
const mallocFast = core.mallocStocked;
const freeFast = core.freeStocked;

/** The largest request: beyond it a size is an error, not a lack of room. */
const REQUEST_MAX = 2 ** 31;
/** A request has no bit outside of these when it may be small. */
const SMALL_MASK = 0x7fff;
/** Up to so many eights of bytes a loop zeroes a block sooner than a call. */
const LOOP_EIGHTS = 32;
/** A pointer has no bit outside of these. */
const POINTER_MASK = 0x7ffffff0;

/**
 * A heap in a region. Malloc and free of own blocks go through this seat's stock, plainly (heap.core.ts); the rest is there too.
 * A heap without a region is the same, in a region of its own that only this thread has.
 */
export class SharedHeap extends HeapBase implements Attached {
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  private readonly attachment: Attachment;
  /** The part, for arenas and tests. */
  readonly heap: number;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly classOf: Uint8Array;
  private readonly sizes: readonly number[];
  private readonly smallMax: number;
  private readonly pageShift: number;
  private readonly dataOffset: number;
  private readonly dataBytes: number;
  private readonly map: number;
  private readonly tag: number;
  /** Where the states stand in `u8`. */
  private readonly states: number;
  /** Where this seat's word stands, and what it says while the seat is ours. */
  private readonly seatAt: number;
  private readonly seatWord: number;
  private readonly softLimit: SoftLimit | undefined;

  constructor(attachment: Attachment, heap: number, options: HeapOptions = {}) {
    super();
    const { words, memory } = attachment;
    this.attachment = attachment;
    this.heap = heap;
    this.words = words;
    this.i32 = words;
    this.u8 = new Uint8Array(memory.buffer, 0, words.length * 4);
    this.f64 = new Float64Array(memory.buffer, 0, words.length >>> 1);
    const own = openSpans(attachment, heap, memory.shared && mayBlock());
    this.own = own;
    this.sizes = Array.from({ length: own[OWN_CLASSES]! }, (_, i) => own[classIndex(own, i) + CLASS_BYTES]!);
    this.classOf = classOfGranules(this.sizes.map(bytes => ({ bytes })));
    this.smallMax = this.sizes.at(-1)!;
    this.pageShift = own[OWN_PAGE_SHIFT]!;
    this.dataOffset = words[heap + HEAP_DATA_OFFSET]!;
    this.dataBytes = own[OWN_PAGES]! << this.pageShift;
    this.map = own[OWN_MAP]!;
    this.tag = own[OWN_OWNER] === 0 ? -1 : (PAGE_SMALL << PAGE_STATE_SHIFT) | own[OWN_OWNER]!;
    this.states = own[OWN_STATES]! * 4;
    this.seatAt = seatIndex(attachment.seat);
    this.seatWord = (attachment.generation << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED;
    this.softLimit = softLimitOf(options);
  }

  /** Bytes for blocks. */
  get byteLength(): number {
    return this.dataBytes;
  }

  /** Whether its blocks have canaries around them. */
  get guard(): boolean {
    return this.words[this.heap + HEAP_GUARD] !== 0;
  }

  /** Whether every seat keeps blocks and spans of its own. */
  get caches(): boolean {
    return this.own[OWN_OWNER] !== 0;
  }

  malloc(bytes: number): number {
    const { words } = this;
    // What is negative, or not an integer, or too large, is not equal to this. The seat's word is a hint: once recovered, the stock is
    // others', and the slow path says so.
    if (typeof bytes === 'number' && (bytes & SMALL_MASK) === bytes && words[this.seatAt] === this.seatWord) {
      const stock = OWN_STOCK + (this.classOf[(bytes + 15) >>> 4]! << STOCK_SHIFT);
      const pointer = mallocFast(this.own, this.u8, this.states, stock);
      if (pointer !== 0) return pointer;
    }
    return this.mallocSlow(bytes, 1);
  }

  private mallocSlow(bytes: number, alignPages: number): number {
    const size = checkInteger(bytes, 0, REQUEST_MAX, 'heap.malloc: bytes');
    if (this.attachment.left) throw this.attachment.unseated();
    const { words, own, pageShift } = this;
    const small = size <= this.smallMax && alignPages === 1;
    if (!small && size > this.dataBytes) return 0;
    const pointer = small
      ? core.mallocSmall(words, own, this.classOf[(size + 15) >>> 4]!)
      : core.mallocLarge(words, own, Math.max(1, Math.ceil(size / 2 ** pageShift)), alignPages);
    this.checkStatus(pointer);
    if (this.softLimit !== undefined) this.lookAtSoftLimit(pointer);
    return pointer;
  }

  calloc(count: number, bytes: number): number {
    const blocks = checkInteger(count, 0, REQUEST_MAX, 'heap.calloc: count');
    const total = blocks * checkInteger(bytes, 0, REQUEST_MAX, 'heap.calloc: bytes');
    if (total > REQUEST_MAX) return 0;
    const pointer = this.malloc(total);
    if (pointer !== 0) this.zero(pointer >>> 3, (pointer + total + 7) >>> 3);
    return pointer;
  }

  /** Zeroes so many eights of a block. `fill` of shared bytes goes byte by byte, and is a call: a loop is quicker for a small block. */
  private zero(from: number, until: number): void {
    const { f64 } = this;
    if (until - from > LOOP_EIGHTS) f64.fill(0, from, until);
    else for (let i = from; i < until; i++) f64[i] = 0;
  }

  realloc(pointer: number, bytes: number): number {
    const size = checkInteger(bytes, 0, REQUEST_MAX, 'heap.realloc: bytes');
    if (pointer === 0) return this.malloc(size);
    const usable = this.usableOf(pointer, 'realloc');
    if (size === 0) {
      this.free(pointer);
      return 0;
    }
    if (size <= usable && size > usable >>> 1) return pointer;
    if (usable > this.smallMax && size > this.smallMax && size <= this.dataBytes) {
      const status = core.resizeLarge(this.words, this.own, pointer, Math.ceil(size / 2 ** this.pageShift));
      this.checkStatus(status);
      if (status === DONE) {
        if (this.softLimit !== undefined) this.lookAtSoftLimit(0);
        return pointer;
      }
    }
    const moved = this.malloc(size);
    // Smaller, and no room for a copy: it can stay where it is.
    if (moved === 0) return size <= usable ? pointer : 0;
    this.u8.copyWithin(moved, pointer, pointer + Math.min(usable, size));
    this.free(pointer);
    return moved;
  }

  alignedAlloc(alignment: number, bytes: number): number {
    const align = checkAlignment(alignment, 2 ** 30, 'heap.alignedAlloc');
    const size = checkInteger(bytes, 0, REQUEST_MAX, 'heap.alignedAlloc: bytes');
    if (align <= 16) return this.malloc(size);
    const pageBytes = 2 ** this.pageShift;
    if (align <= pageBytes && size <= this.smallMax) {
      // A span begins at a page, so blocks of a multiple of the alignment are aligned.
      const fitting = this.sizes.find(most => most >= size && most % align === 0);
      if (fitting !== undefined) return this.malloc(fitting);
    }
    return this.mallocSlow(Math.max(size, 1), Math.max(1, align / pageBytes));
  }

  free(pointer: number): void {
    // The first line refuses what is negative, not an integer or not aligned, the second what is outside: both sides unsigned, or
    // the engine compares floats. The third: once recovered, the blocks are others'.
    const { words } = this;
    if (
      typeof pointer === 'number' &&
      (pointer & POINTER_MASK) === pointer &&
      (pointer - this.dataOffset) >>> 0 < this.dataBytes >>> 0 &&
      words[this.seatAt] === this.seatWord &&
      freeFast(words, this.own, this.u8, this.map, this.pageShift, this.tag, this.states, pointer) === 1
    )
      return;
    // Looked at here: a loop that begins with many of them would make the engine inline the rare path, and perhaps not the fast one.
    if (pointer !== 0) this.freeSlow(pointer);
  }

  private freeSlow(pointer: number): void {
    if (this.words[this.seatAt] !== this.seatWord) throw this.attachment.unseated();
    if (!this.isPointer(pointer)) throw badPointer(pointer, 'free');
    if (core.freeOthers(this.words, this.own, this.u8, pointer) === 1) return;
    const status = core.freeBlock(this.words, this.own, pointer);
    if (status === BAD_HANDLE) throw badPointer(pointer, 'free');
    this.checkStatus(status);
  }

  usableSize(pointer: number): number {
    return this.usableOf(pointer, 'usableSize');
  }

  private usableOf(pointer: number, call: string): number {
    const bytes = this.isPointer(pointer) ? core.usableBytes(this.words, this.own, pointer) : 0;
    if (bytes === 0) throw badPointer(pointer, call);
    return bytes;
  }

  /** Whether a value could be a pointer of this heap, as far as arithmetic tells. */
  isPointer(pointer: unknown): pointer is number {
    return (
      typeof pointer === 'number' &&
      (pointer & POINTER_MASK) === pointer &&
      (pointer - this.dataOffset) >>> 0 < this.dataBytes
    );
  }

  /** Whether this thread still has its seat: if not, its blocks are others'. */
  get isSeated(): boolean {
    return this.words[this.seatAt] === this.seatWord;
  }

  /** @throws {RingwellError} when this thread is no longer seated: its blocks are others' */
  ensureSeated(): void {
    this.attachment.ensureSeated();
  }

  /** Whether a pointer names a live block. *Stale*: another thread may be freeing it at this moment. */
  isLive(pointer: number): boolean {
    return this.isPointer(pointer) && core.usableBytes(this.words, this.own, pointer) !== 0;
  }

  adopt(pointer: number): void {
    this.changeHolder(pointer, this.attachment.seat, 'adopt');
  }

  /** As `adopt`, of a block that may be this thread's already: then it costs a look. */
  adoptOthers(pointer: number): void {
    if (core.isHeld(this.words, this.own, pointer) === 0) this.adopt(pointer);
  }

  disown(pointer: number): void {
    this.changeHolder(pointer, HOLDER_NOBODY, 'disown');
  }

  private changeHolder(pointer: number, holder: number, call: string): void {
    if (this.attachment.left) throw this.attachment.unseated();
    if (!this.isPointer(pointer)) throw badPointer(pointer, call);
    const status = core.changeHolder(this.words, this.own, pointer, holder);
    if (status === BAD_HANDLE) throw badPointer(pointer, call);
    this.checkStatus(status);
  }

  walk(visit: (pointer: number, bytes: number, live: boolean) => void): void {
    this.attachment.ensureSeated();
    walkBlocks(this.words, this.own, this.sizes, visit);
  }

  trim(): number {
    if (this.attachment.left) throw this.attachment.unseated();
    const pages = trimHeap(this.words, this.own);
    this.checkStatus(pages);
    return pages << this.pageShift;
  }

  check(): void {
    this.attachment.ensureSeated();
    const { words, own } = this;
    this.checkStatus(lockHeap(words, own));
    const broken = checkPages(words, own);
    unlockHeap(words, own);
    if (broken !== 0) throw this.attachment.poison(broken, 'a law of the heap is broken');
  }

  stats(): HeapStats {
    this.attachment.ensureSeated();
    return {
      ...countBlocks(this.words, this.own, this.sizes),
      reservedBytes: this.reservedBytes,
      reservedBytesMax: Atomics.load(this.words, this.heap + HEAP_RESERVED_MAX) * 2 ** this.pageShift,
    };
  }

  /** Bytes of pages that hold blocks, or are kept to hold them. *Stale*: others may move meanwhile. */
  get reservedBytes(): number {
    return Atomics.load(this.words, this.heap + HEAP_RESERVED) * 2 ** this.pageShift;
  }

  /**
   * After the allocation, outside of anything that could be cut short: the callback may use the heap, or throw. Then nobody learns of
   * the new block, so it is freed (0: there is none).
   */
  private lookAtSoftLimit(pointer: number): void {
    try {
      this.softLimit?.look(this.reservedBytes);
    } catch (error) {
      this.free(pointer);
      throw error;
    }
  }

  /** Gives a block back while this thread leaves, for the guard. */
  freeLeaving(pointer: number): void {
    core.giveBack(this.words, this.own, pointer);
  }

  leave(): void {
    for (let i = 0; i < this.sizes.length; i++) this.own[OWN_STOCK + (i << STOCK_SHIFT) + STOCK_MOST] = 0;
    const status = leaveHeap(this.words, this.own);
    if (status === LOCK_HELD) this.checkStatus(status);
  }

  [Symbol.dispose](): void {
    // Without the seat what we kept is no longer ours.
    if (!this.attachment.left) trimHeap(this.words, this.own);
  }

  /** Throws for what a shared function answered when it had to do with the seat, or the lock. */
  private checkStatus(status: number): void {
    if (status >= 0) return;
    if (status !== LOCK_HELD) throw this.attachment.unseated();
    throw lockHeld(Atomics.load(this.words, this.heap + HEAP_LOCK) & 0xff);
  }
}
