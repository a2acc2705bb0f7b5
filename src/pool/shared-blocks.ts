import {
  BLOCK_LAPS,
  BLOCK_LENGTH,
  BLOCK_LIVE,
  BLOCK_WORDS,
  blockTag,
  HANDLE_MASK,
  isHeldBlock,
  isLiveBlock,
} from '../core/block.core.js';
import { checkInteger, RingwellError, show } from '../core/errors.js';
import { isSeated } from '../core/seat.core.js';
import { countLive, STORE_CAPACITY } from '../core/store.core.js';
import type { Store } from '../core/store.js';
import type { Attachment } from '../region/attachment.js';
import { PoolBase } from './pool-base.js';
import type { Marks, Treatable } from './treated-pool.js';

// A name of this module's own, as in shared-pool.ts: what is imported is looked up at each call.
const isLiveFast = isLiveBlock;

/** The blocks of a pool in a region, as every thread sees them: which are live, where they are, how much of each is used. */
export abstract class SharedBlocks extends PoolBase implements Treatable {
  readonly blockBytes: number;
  readonly capacityMax: number;
  protected readonly attachment: Attachment;
  /** The block store, for a ring that carries this pool. */
  readonly store: number;
  private readonly strideBytes: number;
  private readonly dataOffset: number;
  protected readonly words: Int32Array;
  protected readonly records: number;
  protected readonly indexBits: number;
  protected readonly indexMask: number;
  protected readonly liveTag: number;
  private views: (Uint8Array | undefined)[] = [];

  /** */
  constructor(attachment: Attachment, store: Store) {
    super();
    this.attachment = attachment;
    this.store = store.index;
    this.blockBytes = store.blockBytes;
    this.capacityMax = store.capacityMax;
    this.strideBytes = store.strideBytes;
    this.dataOffset = store.dataOffset;
    this.words = attachment.words;
    this.records = store.records;
    this.indexBits = store.indexBits;
    this.indexMask = (1 << store.indexBits) - 1;
    this.liveTag = blockTag(BLOCK_LIVE, attachment.seat);
  }

  get buffer(): ArrayBufferLike {
    return this.attachment.memory.buffer;
  }

  get capacity(): number {
    return Atomics.load(this.words, this.store + STORE_CAPACITY);
  }

  get liveCount(): number {
    return countLive(this.words, this.store, this.records, this.capacityMax);
  }

  isLive(handle: number): boolean {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) return false;
    return isLiveFast(this.words, this.records, this.indexBits, this.indexMask, handle) === 1;
  }

  view(handle: number): Uint8Array {
    const index = this.indexOf(handle, 'view');
    const view = this.views[index];
    if (view !== undefined) return view;
    const made = new Uint8Array(this.buffer, this.dataOffset + index * this.strideBytes, this.blockBytes);
    if (this.views.length === 0) this.views = new Array<Uint8Array | undefined>(this.indexMask + 1);
    this.views[index] = made;
    return made;
  }

  offsetOf(handle: number): number {
    return (this.dataOffset + Math.imul(this.indexOf(handle, 'offsetOf'), this.strideBytes)) | 0;
  }

  lengthOf(handle: number): number {
    return this.words[this.records + this.indexOf(handle, 'lengthOf') * BLOCK_WORDS + BLOCK_LENGTH]!;
  }

  setLength(handle: number, bytes: number): void {
    const index = this.indexOf(handle, 'setLength');
    const length = checkInteger(bytes, 0, this.blockBytes, 'Cannot set length: bytes');
    this.words[this.records + index * BLOCK_WORDS + BLOCK_LENGTH] = length;
  }

  /** */
  holds(handle: number): boolean {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) return false;
    const { words, records, indexBits, indexMask, liveTag } = this;
    const { seat, generation } = this.attachment;
    // Once recovered, what names this seat may be the next thread's.
    if (isSeated(words, seat, generation) === 0) return false;
    return isHeldBlock(words, records, indexBits, indexMask, liveTag, handle) === 1;
  }

  /** */
  get marks(): Marks {
    const { words, records, indexMask, dataOffset, strideBytes } = this;
    return { words, first: records + BLOCK_LAPS, step: BLOCK_WORDS, indexMask, dataOffset, strideBytes };
  }

  /** The index of a live block. @throws {RingwellError} ERR_HANDLE */
  protected indexOf(handle: number, call: string): number {
    if (typeof handle !== 'number' || (handle & HANDLE_MASK) !== handle) throw this.badHandle(handle, call);
    if (isLiveFast(this.words, this.records, this.indexBits, this.indexMask, handle) === 0)
      throw this.badHandle(handle, call);
    return handle & this.indexMask;
  }

  /** @throws {RingwellError} ERR_HANDLE */
  protected badHandle(handle: unknown, call: string): RingwellError {
    return new RingwellError('ERR_HANDLE', `pool.${call}: expected a live handle of this pool, got ${show(handle)}`);
  }
}
