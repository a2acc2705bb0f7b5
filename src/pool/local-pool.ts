import { HANDLE_MASK } from '../core/block.core.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { handleMax } from '../core/store.js';
import { WaitQueue } from '../core/wait-queue.js';
import { firstGeneration, poolGeometry } from './geometry.js';
import { type Handle, PoolBase, type PoolOptions } from './pool-base.js';

/**
 * A pool for one thread. One word a block, an intrusive list:
 *
 * ```
 * links[index]   free: the handle under which the next free block will be acquired, or 0 at the end of the list
 *                live: ~handle (negative), so that one compare tells a live handle from any other
 *                untouched: 0, and index >= fresh
 * ```
 * Law: the list from `head` holds every touched block that is not live, once.
 */
export class LocalPool extends PoolBase {
  readonly blockBytes: number;
  readonly capacity: number;
  readonly buffer: ArrayBuffer;
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

  /** `generation`: where generations begin, for tests. */
  constructor(options: PoolOptions, generation?: number) {
    super();
    const geometry = poolGeometry(options);
    this.blockBytes = geometry.blockBytes;
    this.capacity = geometry.capacity;
    this.strideBytes = geometry.strideBytes;
    this.indexBits = geometry.indexBits;
    this.indexMask = (1 << geometry.indexBits) - 1;
    this.handleMax = handleMax(geometry.indexBits);
    this.firstGeneration = generation ?? firstGeneration(geometry.indexBits);
    try {
      // An ArrayBuffer begins at an address of 8 or 16 at best; alignment is of offsets, as in a region.
      this.buffer = new ArrayBuffer(geometry.strideBytes * geometry.capacity);
    } catch (cause) {
      const error = new RingwellError(
        'ERR_GEOMETRY',
        `Cannot create pool: no room for ${geometry.capacity} blocks of ${geometry.strideBytes} bytes`,
      );
      error.cause = cause;
      throw error;
    }
    // As many links as a handle's index bits can name: an index needs no check of its own.
    this.links = new Int32Array(1 << geometry.indexBits);
    this.lengths = new Int32Array(geometry.capacity);
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
    if (index === this.capacity) return 0;
    this.fresh = index + 1;
    const handle = (this.firstGeneration << this.indexBits) | index;
    this.links[index] = ~handle;
    return handle as Handle;
  }

  acquireWait(timeoutMs: number = Number.POSITIVE_INFINITY): Handle | 0 {
    checkTimeout(timeoutMs);
    return this.acquire();
  }

  acquireAsync(options: { signal?: AbortSignal } = {}): Promise<Handle> {
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
    if (next > this.handleMax) next = (this.indexMask + 1) | index;
    this.head = next;
    if (this.waiters !== undefined) this.waiters.serve();
  }

  isLive(handle: number): boolean {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) return false;
    return this.links[handle & this.indexMask] === ~handle;
  }

  view(handle: number): Uint8Array {
    const index = this.indexOf(handle, 'view');
    const view = this.views[index];
    if (view !== undefined) return view;
    const made = new Uint8Array(this.buffer, index * this.strideBytes, this.blockBytes);
    if (this.views.length === 0) this.views = new Array<Uint8Array | undefined>(this.capacity);
    this.views[index] = made;
    return made;
  }

  offsetOf(handle: number): number {
    return Math.imul(this.indexOf(handle, 'offsetOf'), this.strideBytes);
  }

  lengthOf(handle: number): number {
    return this.lengths[this.indexOf(handle, 'lengthOf')]!;
  }

  setLength(handle: number, bytes: number): void {
    const index = this.indexOf(handle, 'setLength');
    this.lengths[index] = checkInteger(bytes, 0, this.blockBytes, 'Cannot set length: bytes');
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
