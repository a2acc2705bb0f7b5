import { checkInteger, RingwellError } from '../core/errors.js';
import type { Attached } from '../region/attachment.js';
import * as guard from './guarded.core.js';
import { HeapBase, type HeapStats } from './heap-base.js';
import { badPointer, checkAlignment } from './misuse.js';
import type { SharedHeap } from './shared-heap.js';

/** Freed blocks that a thread keeps back, and the part of the heap that they may take. */
const QUARANTINE_BLOCKS = 256;
const QUARANTINE_SHARE = 16;
/** So many allocations of a thread are all noted; then one in SITE_EVERY. */
const SITES_FIRST = 4096;
const SITE_EVERY = 64;
const SHOWN_SITES = 20;

/**
 * A heap for finding bugs: canaries around every block, looked at when it is freed; freed blocks are poisoned and kept in
 * quarantine, so that a write after free is found when they leave it; sites of allocations, and a report of leaks at dispose.
 * Blocks take 24 bytes more. Everything else is the heap beneath.
 */
export class GuardedHeap extends HeapBase implements Attached {
  readonly inner: SharedHeap;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly f64: Float64Array;
  private readonly quarantine: number[] = [];
  private quarantineBytes = 0;
  private readonly sites = new Map<number, Error | undefined>();
  private count = 0;

  constructor(inner: SharedHeap) {
    super();
    this.inner = inner;
    this.i32 = inner.i32;
    this.u8 = inner.u8;
    this.f64 = inner.f64;
  }

  malloc(bytes: number): number {
    return this.allocate(checkInteger(bytes, 0, 2 ** 31, 'heap.malloc: bytes'), 16);
  }

  private allocate(size: number, alignment: number): number {
    const lead = Math.max(guard.GUARD_LEAD, alignment);
    const total = lead + size + guard.GUARD_TAIL;
    if (total > 2 ** 31) return 0;
    let block = this.inner.alignedAlloc(alignment, total);
    if (block === 0 && this.quarantine.length > 0) {
      while (this.quarantine.length > 0) this.dismiss();
      block = this.inner.alignedAlloc(alignment, total);
    }
    if (block === 0) return 0;
    const pointer = block + lead;
    guard.writeGuard(this.i32, pointer, lead, size);
    for (let i = 0; i < guard.GUARD_TAIL; i++) this.u8[pointer + size + i] = guard.canaryByte(i);
    this.count++;
    const noted = this.count <= SITES_FIRST || this.count % SITE_EVERY === 0;
    this.sites.set(pointer, noted ? new Error('allocated') : undefined);
    return pointer;
  }

  calloc(count: number, bytes: number): number {
    const total =
      checkInteger(count, 0, 2 ** 31, 'heap.calloc: count') * checkInteger(bytes, 0, 2 ** 31, 'heap.calloc: bytes');
    const pointer = total > 2 ** 31 ? 0 : this.malloc(total);
    if (pointer !== 0) this.u8.fill(0, pointer, pointer + total);
    return pointer;
  }

  /** Always moves, so that what still points to the old block is found. */
  realloc(pointer: number, bytes: number): number {
    const size = checkInteger(bytes, 0, 2 ** 31, 'heap.realloc: bytes');
    if (pointer === 0) return this.malloc(size);
    const before = this.look(pointer, 'realloc');
    const moved = size === 0 ? 0 : this.malloc(size);
    if (moved !== 0) this.u8.copyWithin(moved, pointer, pointer + Math.min(before, size));
    if (moved !== 0 || size === 0) this.free(pointer);
    return moved;
  }

  alignedAlloc(alignment: number, bytes: number): number {
    const what = 'heap.alignedAlloc';
    const align = checkAlignment(alignment, 2 ** 30, what);
    return this.allocate(checkInteger(bytes, 0, 2 ** 31, `${what}: bytes`), Math.max(16, align));
  }

  free(pointer: number): void {
    if (pointer === 0) return;
    this.inner.ensureSeated(); // before the poison: once recovered, the bytes are others'
    const size = this.look(pointer, 'free');
    // Else it would come back with its holder, should that die, and leave our quarantine under whoever has it then.
    this.inner.adoptOthers(pointer - guard.guardLead(this.i32, pointer));
    this.sites.delete(pointer);
    guard.poisonBlock(this.i32, pointer, size);
    this.quarantine.push(pointer);
    this.quarantineBytes += size;
    while (
      this.quarantine.length > QUARANTINE_BLOCKS ||
      this.quarantineBytes > this.inner.byteLength / QUARANTINE_SHARE
    )
      this.dismiss();
  }

  /** Lets the oldest block out of quarantine. @throws {RingwellError} ERR_CORRUPTION when somebody has written into it */
  private dismiss(): void {
    const pointer = this.quarantine.shift()!;
    const size = guard.guardSize(this.i32, pointer);
    this.quarantineBytes -= size;
    const written = guard.findWritten(this.i32, pointer, size);
    const lead = guard.guardLead(this.i32, pointer);
    guard.forgetBlock(this.i32, pointer);
    this.inner.free(pointer - lead);
    if (written < 0) return;
    throw new RingwellError(
      'ERR_CORRUPTION',
      `heap.free: block ${pointer} of ${size} bytes was written after its free, at byte ${written}`,
    );
  }

  /** The size of a live block whose canaries are whole. @throws {RingwellError} ERR_HANDLE, ERR_CORRUPTION */
  private look(pointer: number, call: string): number {
    const block = this.blockOf(pointer);
    if (block < 0) throw badPointer(pointer, call);
    const size = guard.guardSize(this.i32, pointer);
    if (block === 0 || size < 0 || size + guard.GUARD_TAIL > this.inner.usableSize(block)) {
      throw this.hurt(pointer, call, 'before its beginning');
    }
    for (let i = 0; i < guard.GUARD_TAIL; i++) {
      if (this.u8[pointer + size + i] !== guard.canaryByte(i)) throw this.hurt(pointer, call, 'beyond its end');
    }
    return size;
  }

  /** Where the heap's block begins: -1 for what is no live pointer, 0 when what stands before it was overwritten. */
  private blockOf(pointer: number): number {
    if (typeof pointer !== 'number' || !this.inner.isPointer(pointer - guard.GUARD_LEAD)) return -1;
    const state = guard.guardState(this.i32, pointer);
    if (state === guard.GUARD_NONE) return this.inner.isLive(pointer - guard.GUARD_LEAD) ? 0 : -1;
    if (state === guard.GUARD_FREED) return -1;
    const lead = guard.guardLead(this.i32, pointer);
    if (lead < guard.GUARD_LEAD || !this.inner.isPointer(pointer - lead) || !this.inner.isLive(pointer - lead)) {
      return this.inner.isLive(pointer - guard.GUARD_LEAD) ? 0 : -1;
    }
    return state === guard.GUARD_HURT_BEFORE ? 0 : pointer - lead;
  }

  usableSize(pointer: number): number {
    return this.look(pointer, 'usableSize');
  }

  adopt(pointer: number): void {
    this.look(pointer, 'adopt');
    this.inner.adopt(this.blockOf(pointer));
  }

  disown(pointer: number): void {
    this.look(pointer, 'disown');
    this.inner.disown(this.blockOf(pointer));
  }

  walk(visit: (pointer: number, bytes: number, live: boolean) => void): void {
    this.inner.walk((block, bytes, live) => {
      // Where the alignment is larger than a header, the header stands further in.
      for (let lead = guard.GUARD_LEAD; live && lead < bytes; lead *= 2) {
        const pointer = block + lead;
        const state = guard.guardState(this.i32, pointer);
        if (state !== guard.GUARD_LIVE && state !== guard.GUARD_HURT_BEFORE) continue;
        if (guard.guardLead(this.i32, pointer) !== lead) continue;
        visit(pointer, guard.guardSize(this.i32, pointer), true);
        return;
      }
      visit(block + guard.GUARD_LEAD, bytes - guard.GUARD_LEAD - guard.GUARD_TAIL, false);
    });
  }

  trim(): number {
    this.inner.ensureSeated();
    while (this.quarantine.length > 0) this.dismiss();
    return this.inner.trim();
  }

  check(): void {
    this.inner.check();
    this.walk((pointer, _bytes, live) => {
      if (live) this.look(pointer, 'check');
    });
  }

  stats(): HeapStats {
    const stats = this.inner.stats();
    let liveBlocks = 0;
    let liveBytes = 0;
    this.walk((_pointer, bytes, live) => {
      if (!live) return;
      liveBlocks++;
      liveBytes += bytes;
    });
    return { ...stats, liveBlocks, liveBytes };
  }

  /** */
  leave(): void {
    for (const pointer of this.quarantine.splice(0)) {
      const block = pointer - guard.guardLead(this.i32, pointer);
      guard.forgetBlock(this.i32, pointer);
      this.inner.freeLeaving(block);
    }
    this.inner.leave();
  }

  /** What this thread allocated and nobody freed, by site; undefined when there is nothing. */
  leaks(): string | undefined {
    const counts = new Map<string, number>();
    let live = 0;
    for (const [pointer, error] of this.sites) {
      if (guard.guardState(this.i32, pointer) !== guard.GUARD_LIVE) continue;
      live++;
      const site = siteOf(error) ?? 'at a site that was not noted';
      counts.set(site, (counts.get(site) ?? 0) + 1);
    }
    if (live === 0) return undefined;
    const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, SHOWN_SITES);
    const lines = rows.map(([site, count]) => `  ${count} allocated ${site}`);
    return [`${live} ${live === 1 ? 'block was' : 'blocks were'} never freed`, ...lines].join('\n');
  }

  [Symbol.dispose](): void {
    const report = this.leaks();
    if (report !== undefined) console.warn(`ringwell: ${report}`);
    if (!this.inner.isSeated) return; // what is in quarantine is others' by now
    while (this.quarantine.length > 0) this.dismiss();
    this.inner[Symbol.dispose]();
  }

  private hurt(pointer: number, call: string, where: string): RingwellError {
    const site = siteOf(this.sites.get(pointer)) ?? 'at a site that was not noted';
    return new RingwellError(
      'ERR_CORRUPTION',
      `heap.${call}: block ${pointer} was written ${where}, and stays live; it was allocated ${site}`,
    );
  }
}

/** The first lines of a stack that are not the heap's own. */
function siteOf(error: Error | undefined): string | undefined {
  const lines = error?.stack?.split('\n').filter(line => /\d/.test(line) && !/[/\\]guarded-heap\.[jt]s/.test(line));
  return lines
    ?.slice(0, 3)
    .map(line => line.trim())
    .join(' < ');
}
