import { RingwellError } from '../core/errors.js';
import {
  checkCanaries,
  clearPoison,
  findHurt,
  HURT_BEFORE,
  isHurt,
  setMark,
  TREAT_GUARD,
  TREAT_ZERO_ON_ACQUIRE,
  TREAT_ZERO_ON_RELEASE,
  takeMark,
  UNHURT,
  writeCanaries,
  writePoison,
} from '../core/guard.core.js';
import type { Waiting } from '../core/wait-queue.js';
import type { Attached } from '../region/attachment.js';
import { checkBatch, type Handle, inBatch, PoolBase, type PoolStats } from './pool-base.js';
import { Sites } from './sites.js';

/** Where a word a block stands, of which the last bit is the treatment's own: 1 while the block is as `retire` left it. */
export interface Marks {
  readonly words: Int32Array;
  readonly first: number;
  readonly step: number;
  readonly indexMask: number;
  /** Where in `buffer` the blocks are. */
  readonly dataOffset: number;
  readonly strideBytes: number;
}

/** A pool whose blocks can be treated. */
export interface Treatable extends PoolBase {
  /** Whether this thread holds that block, live: then nobody else frees it, whatever they do. */
  holds(handle: number): boolean;
  readonly marks: Marks;
}

/**
 * A pool that does something to its blocks as they come and go: it clears them. A class of its own around the plain one, so that
 * plain pools pay nothing.
 *
 * A block is written only by its holder, before its release or after its acquire: so nothing that happens here, doubled releases
 * by other threads included, touches a block that another has. One that another thread than its holder releases is left as it
 * is, and its mark says that its next holder has to treat it.
 */
export class TreatedPool extends PoolBase implements Attached {
  protected readonly inner: Treatable;
  readonly blockBytes: number;
  readonly capacityMax: number;
  /** @internal */
  readonly treatment: number;
  protected readonly marks: Marks;
  /** Zeros to copy from: three times as fast as filling shared memory. */
  private readonly zeros: Uint8Array;

  constructor(inner: Treatable, treatment: number) {
    super();
    this.inner = inner;
    this.blockBytes = inner.blockBytes;
    this.capacityMax = inner.capacityMax;
    this.treatment = treatment;
    this.marks = inner.marks;
    this.zeros = new Uint8Array(inner.blockBytes <= ZEROS_MAX ? inner.blockBytes : 0);
  }

  /** Takes the mark away. Answers whether the block was as `retire` left it. */
  protected unmark(handle: number): boolean {
    const { words, first, step, indexMask } = this.marks;
    return takeMark(words, first + (handle & indexMask) * step) !== 0;
  }

  protected mark(handle: number): void {
    const { words, first, step, indexMask } = this.marks;
    setMark(words, first + (handle & indexMask) * step);
  }

  protected clear(handle: number): void {
    const view = this.inner.view(handle);
    if (this.zeros.length === view.length) view.set(this.zeros);
    else view.fill(0);
  }

  /** This thread has just acquired the block. May throw: then the block has been released again. */
  protected prepare(handle: number): void {
    if (!this.unmark(handle) || (this.treatment & TREAT_ZERO_ON_ACQUIRE) !== 0) this.clear(handle);
  }

  /** This thread is about to release a block that it holds. May throw: then it is not released. */
  protected retire(handle: number): void {
    if ((this.treatment & TREAT_ZERO_ON_RELEASE) === 0) return;
    this.clear(handle);
    this.mark(handle);
  }

  /** This thread is about to release a block that another holds, or nobody. */
  protected retireOther(_handle: number): void {}

  get store(): number | undefined {
    return (this.inner as { store?: number }).store;
  }

  get buffer(): ArrayBufferLike {
    return this.inner.buffer;
  }

  get capacity(): number {
    return this.inner.capacity;
  }

  get liveCount(): number {
    return this.inner.liveCount;
  }

  acquire(): Handle | 0 {
    const handle = this.inner.acquire();
    if (handle !== 0) this.prepare(handle);
    return handle;
  }

  acquireBurst(handles: Int32Array, count: number): number {
    const got = this.inner.acquireBurst(handles, count);
    for (let i = 0; i < got; i++) this.prepareIn(handles, i, got);
    return got;
  }

  /** Prepares one of a batch; where that fails, nothing of the batch stays acquired. */
  private prepareIn(handles: Int32Array, index: number, got: number): void {
    try {
      this.prepare(handles[index]!);
    } catch (error) {
      for (let i = 0; i < got; i++) if (i !== index) this.inner.release(handles[i]!);
      handles.fill(0, 0, got);
      throw error;
    }
  }

  acquireWait(timeoutMs?: number): Handle | 0 {
    const handle = this.inner.acquireWait(timeoutMs);
    if (handle !== 0) this.prepare(handle);
    return handle;
  }

  async acquireAsync(options: Waiting = {}): Promise<Handle> {
    const handle = await this.inner.acquireAsync(options);
    this.prepare(handle);
    return handle;
  }

  release(handle: number): void {
    if (this.inner.holds(handle)) this.retire(handle);
    else if (this.inner.isLive(handle)) this.retireOther(handle);
    this.inner.release(handle);
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

  isLive(handle: number): boolean {
    return this.inner.isLive(handle);
  }

  view(handle: number): Uint8Array {
    return this.inner.view(handle);
  }

  offsetOf(handle: number): number {
    return this.inner.offsetOf(handle);
  }

  lengthOf(handle: number): number {
    return this.inner.lengthOf(handle);
  }

  setLength(handle: number, bytes: number): void {
    this.inner.setLength(handle, bytes);
  }

  adopt(handle: number): void {
    this.inner.adopt(handle);
  }

  disown(handle: number): void {
    this.inner.disown(handle);
  }

  resize(capacity: number): number {
    return this.inner.resize(capacity);
  }

  stats(): PoolStats {
    return this.inner.stats();
  }

  /** */
  leave(): void {
    (this.inner as Partial<Attached>).leave?.();
  }

  [Symbol.dispose](): void {
    this.inner[Symbol.dispose]();
  }
}

/** The largest block that is cleared by a copy of as many zeros. */
const ZEROS_MAX = 65536;

// As in shared-pool.ts: a module's own constants are inlined without a check.
const isHurtFast = isHurt;
const checkFast = checkCanaries;
const poisonFast = writePoison;
const takeMarkFast = takeMark;
const setMarkFast = setMark;

/** As its base, with canaries, poison and sites (core/guard.core.ts). */
export class GuardedPool extends TreatedPool {
  private readonly bytes: Int32Array;
  private readonly sites: Sites;
  /** In words of `bytes`. */
  private readonly data: number;
  private readonly stride: number;
  private readonly indexMask: number;

  constructor(inner: Treatable, treatment: number) {
    super(inner, treatment);
    const { dataOffset, strideBytes, indexMask } = this.marks;
    this.bytes = new Int32Array(inner.buffer, 0, inner.buffer.byteLength >>> 2);
    this.data = dataOffset >>> 2;
    this.stride = strideBytes >>> 2;
    this.indexMask = indexMask;
    this.sites = new Sites(indexMask);
  }

  protected override prepare(handle: number): void {
    const { bytes, blockBytes, indexMask, treatment } = this;
    const block = (this.data + Math.imul(handle & indexMask, this.stride)) | 0;
    const { words, first, step } = this.marks;
    if (takeMarkFast(words, first + (handle & indexMask) * step) === 0) {
      writeCanaries(bytes, block, blockBytes);
      if (treatment !== TREAT_GUARD) this.clear(handle);
    } else {
      if (isHurtFast(bytes, block, blockBytes) !== 0) throw this.hurt(handle, block);
      if (treatment !== TREAT_GUARD) this.clearAgain(handle, block);
    }
    this.sites.note(handle);
  }

  /** Makes a block zero that was released by its holder, as the treatment says. */
  private clearAgain(handle: number, block: number): void {
    if ((this.treatment & TREAT_ZERO_ON_ACQUIRE) !== 0) this.clear(handle);
    else clearPoison(this.bytes, block, this.blockBytes);
  }

  /** A block that was just acquired is hurt: releases it again, and answers what to throw. */
  private hurt(handle: number, block: number): RingwellError {
    const byte = findHurt(this.bytes, block, this.blockBytes);
    const site = this.sites.of(handle, false);
    this.inner.release(handle);
    return new RingwellError(
      'ERR_CORRUPTION',
      `pool.acquire: block ${handle & this.indexMask} was written after its release, at byte ${byte}; it was last ${site}`,
    );
  }

  protected override retire(handle: number): void {
    const { bytes, blockBytes, indexMask } = this;
    const block = (this.data + Math.imul(handle & indexMask, this.stride)) | 0;
    if (checkFast(bytes, block, blockBytes) !== UNHURT) throw this.overrun(handle, block);
    if ((this.treatment & TREAT_ZERO_ON_RELEASE) !== 0) this.clear(handle);
    poisonFast(bytes, block, blockBytes);
    const { words, first, step } = this.marks;
    setMarkFast(words, first + (handle & indexMask) * step);
  }

  /** Another holds the block: it is only looked at. */
  protected override retireOther(handle: number): void {
    const block = (this.data + Math.imul(handle & this.indexMask, this.stride)) | 0;
    if (checkCanaries(this.bytes, block, this.blockBytes) !== UNHURT) throw this.overrun(handle, block);
  }

  private overrun(handle: number, block: number): RingwellError {
    const before = checkCanaries(this.bytes, block, this.blockBytes) === HURT_BEFORE;
    const where = before ? 'before its beginning' : 'beyond its end';
    const site = this.sites.of(handle, true);
    return new RingwellError(
      'ERR_CORRUPTION',
      `pool.release: block ${handle & this.indexMask} was written ${where}, and stays live; it was ${site}`,
    );
  }

  override [Symbol.dispose](): void {
    const report = this.sites.report(handle => this.inner.holds(handle));
    if (report !== undefined) console.warn(`ringwell: ${report}`);
    super[Symbol.dispose]();
  }
}
