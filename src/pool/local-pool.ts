import { HANDLE_MASK } from '../core/block.core.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { handleMax } from '../core/store.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import { firstGeneration, poolGeometry } from './geometry.js';
import { checkBatch, type Handle, inBatch, PoolBase, type PoolOptions, type PoolStats } from './pool-base.js';
import type { Marks, Treatable } from './treated-pool.js';

/**
 * A pool for one thread. One word a block, an intrusive list:
 *
 * ```
 * links[index]   free: the handle under which the next free block will be acquired, or 0 at the end of the list
 *                live: ~handle (negative), so that one compare tells a live handle from any other
 *                untouched: 0, and index >= fresh
 *                retired: the handle under which it will next be acquired, and index >= capacity
 * ```
 * Law: the list from `head` holds every touched block below the capacity that is not live, once.
 */
export class LocalPool extends PoolBase implements Treatable {
  readonly blockBytes: number;
  capacity: number;
  readonly capacityMax: number;
  readonly buffer: ArrayBuffer;
  readonly dataOffset: number;
  private readonly strideBytes: number;
  private readonly indexBits: number;
  private readonly indexMask: number;
  private readonly handleMax: number;
  private readonly firstGeneration: number;
  private readonly links: Int32Array;
  private readonly lengths: Int32Array;
  private views: (Uint8Array | undefined)[] = [];
  /** Made when somebody first waits: until then the hot path looks at one field. */
  private waiters: WaitQueue | undefined;
  private head = 0;
  private fresh = 0;
  /** Blocks that were live when the list last ran empty; lives that ended with the last generation; empty answers. */
  private liveMax = 0;
  private laps = 0;
  private exhausted = 0;

  /** `generation`: where generations begin, for tests. */
  constructor(options: PoolOptions, generation?: number) {
    super();
    const geometry = poolGeometry(options);
    this.blockBytes = geometry.blockBytes;
    this.capacity = geometry.capacity;
    this.capacityMax = geometry.capacityMax;
    this.dataOffset = geometry.leadBytes;
    this.strideBytes = geometry.strideBytes;
    this.indexBits = geometry.indexBits;
    this.indexMask = (1 << geometry.indexBits) - 1;
    this.handleMax = handleMax(geometry.indexBits);
    this.firstGeneration = generation ?? firstGeneration(geometry.indexBits);
    try {
      // An ArrayBuffer begins at an address of 8 or 16 at best; alignment is of offsets, as in a region.
      this.buffer = new ArrayBuffer(geometry.leadBytes + geometry.strideBytes * geometry.capacityMax);
    } catch (cause) {
      const error = new RingwellError(
        'ERR_GEOMETRY',
        `Cannot create pool: no room for ${geometry.capacityMax} blocks of ${geometry.strideBytes} bytes`,
      );
      error.cause = cause;
      throw error;
    }
    // As many links as a handle's index bits can name: an index needs no check of its own.
    this.links = new Int32Array(1 << geometry.indexBits);
    this.lengths = new Int32Array(geometry.capacityMax);
  }

  get liveCount(): number {
    // Counted when asked: a counter would be the longest chain of dependent loads and stores on the hot path.
    let live = 0;
    for (let index = 0; index < this.fresh; index++) live += this.links[index]! >>> 31;
    return live;
  }

  acquire(): Handle | 0 {
    const handle = this.head;
    if (handle === 0) return this.acquireFresh();
    const index = handle & this.indexMask;
    this.head = this.links[index]!;
    this.links[index] = ~handle;
    return handle as Handle;
  }

  private acquireFresh(): Handle | 0 {
    const index = this.fresh;
    if (index >= this.capacity) {
      this.exhausted++;
      if (this.liveMax < this.capacity) this.liveMax = this.capacity;
      return 0;
    }
    this.fresh = index + 1;
    if (this.liveMax <= index) this.liveMax = index + 1;
    const handle = (this.firstGeneration << this.indexBits) | index;
    this.links[index] = ~handle;
    return handle as Handle;
  }

  acquireBurst(handles: Int32Array, count: number): number {
    const wanted = checkBatch(handles, count, 'acquireBurst');
    for (let i = 0; i < wanted; i++) {
      const handle = this.acquire();
      if (handle === 0) return i;
      handles[i] = handle;
    }
    return wanted;
  }

  acquireWait(timeoutMs: number = Number.POSITIVE_INFINITY): Handle | 0 {
    checkTimeout(timeoutMs);
    return this.acquire();
  }

  acquireAsync(options: Waiting = {}): Promise<Handle> {
    this.waiters ??= new WaitQueue();
    const promise = this.waiters.wait(() => this.acquire() || undefined, options);
    this.waiters.serve();
    return promise;
  }

  release(handle: number): void {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) throw this.badHandle(handle, 'release');
    const index = handle & this.indexMask;
    if (this.links[index] !== ~handle) throw this.badHandle(handle, 'release');
    this.links[index] = this.head;
    let next = handle + this.indexMask + 1;
    // Past the last generation: on with the first, which is 1.
    if (next > this.handleMax) {
      next = (this.indexMask + 1) | index;
      this.laps++;
    }
    this.head = next;
    if (this.waiters !== undefined) this.waiters.serve();
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
  }

  disown(handle: number): void {
    this.indexOf(handle, 'disown');
  }

  resize(capacity: number): number {
    const wanted = checkInteger(capacity, 1, this.capacityMax, 'Cannot resize pool: capacity');
    const { links, indexMask } = this;
    for (let index = this.capacity; index < Math.min(wanted, this.fresh); index++) {
      const handle = links[index]!;
      links[index] = this.head;
      this.head = handle;
    }
    let reached = Math.max(wanted, this.capacity);
    while (reached > wanted && links[reached - 1]! >= 0) reached--;
    if (reached < this.capacity) {
      // The list again, in its order, without what is beyond the end.
      let last = -1;
      for (let handle = this.head; handle !== 0; ) {
        const index = handle & indexMask;
        const next = links[index]!;
        if (index >= reached) links[index] = handle;
        else {
          if (last < 0) this.head = handle;
          else links[last] = handle;
          last = index;
        }
        handle = next;
      }
      if (last < 0) this.head = 0;
      else links[last] = 0;
    }
    this.capacity = reached;
    if (this.waiters !== undefined) this.waiters.serve();
    return reached;
  }

  stats(): PoolStats {
    const { links, indexMask, indexBits } = this;
    const before = this.firstGeneration - 1;
    let acquired = this.laps * (this.handleMax >>> indexBits);
    let live = 0;
    for (let index = 0; index < this.fresh; index++) {
      const link = links[index]!;
      if (link < 0) {
        live++;
        acquired += (~link >>> indexBits) - before;
      } else if (index >= this.capacity) acquired += (link >>> indexBits) - before - 1;
    }
    // A free block's next generation has not been acquired yet.
    for (let handle = this.head; handle !== 0; handle = links[handle & indexMask]!)
      acquired += (handle >>> indexBits) - before - 1;
    const { capacity, liveMax, exhausted } = this;
    return { capacity, live, liveMax, acquired, released: acquired - live, refills: 0, returns: 0, exhausted };
  }

  isLive(handle: number): boolean {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) return false;
    return this.links[handle & this.indexMask] === ~handle;
  }

  view(handle: number): Uint8Array {
    const index = this.indexOf(handle, 'view');
    const view = this.views[index];
    if (view !== undefined) return view;
    const made = new Uint8Array(this.buffer, this.dataOffset + index * this.strideBytes, this.blockBytes);
    if (this.views.length === 0) this.views = new Array<Uint8Array | undefined>(this.capacityMax);
    this.views[index] = made;
    return made;
  }

  offsetOf(handle: number): number {
    return (this.dataOffset + Math.imul(this.indexOf(handle, 'offsetOf'), this.strideBytes)) | 0;
  }

  lengthOf(handle: number): number {
    return this.lengths[this.indexOf(handle, 'lengthOf')]!;
  }

  setLength(handle: number, bytes: number): void {
    const index = this.indexOf(handle, 'setLength');
    this.lengths[index] = checkInteger(bytes, 0, this.blockBytes, 'Cannot set length: bytes');
  }

  /** */
  holds(handle: number): boolean {
    return this.isLive(handle);
  }

  /** */
  get marks(): Marks {
    // A word a block, made for a pool that is treated only.
    const words = new Int32Array(this.capacityMax);
    const { indexMask, dataOffset, strideBytes } = this;
    return { words, first: 0, step: 1, indexMask, dataOffset, strideBytes };
  }

  [Symbol.dispose](): void {}

  private indexOf(handle: number, call: string): number {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) throw this.badHandle(handle, call);
    const index = handle & this.indexMask;
    if (this.links[index] !== ~handle) throw this.badHandle(handle, call);
    return index;
  }

  private badHandle(handle: unknown, call: string): RingwellError {
    return new RingwellError('ERR_HANDLE', `pool.${call}: expected a live handle of this pool, got ${show(handle)}`);
  }
}
