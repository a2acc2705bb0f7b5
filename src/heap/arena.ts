import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { Region } from '../region/region.js';
import { findWritten, poisonWords } from './guarded.core.js';
import { Heap } from './heap.js';
import { checkAlignment } from './misuse.js';
import { SMALL_BYTES_MAX } from './size-classes.js';

/** How an arena is made. */
export interface ArenaOptions {
  /** Its size in bytes, 16 at least. */
  byteLength: number;
  /** Takes its bytes out of the region, for good. */
  region?: Region;
  /** Takes its bytes out of the heap, until it is disposed; what is too large for it goes there too, until it is rewound. */
  heap?: Heap;
  /** Poisons what was rewound, and finds writes into it; default false. */
  guard?: boolean;
}

/** What is larger than this part of an arena goes to its heap, so that it does not fill the arena. */
const LARGE_SHARE = 4;
/** What a large allocation takes in the arena itself, so that its place in the order is known. */
const TOMBSTONE_BYTES = 16;
/** Only `create`, which checks the options, knows it. */
const MAKER = Symbol('maker');

/**
 * Bump allocation: what is allocated is freed all at once, back to a mark, or by `reset`. One thread. An offset is in bytes, never 0,
 * in `u8`: its own bytes, or those of its heap or region, where other threads read what is written there.
 *
 * `allocate` costs a compare and an addition, and allocates no JavaScript objects.
 */
export class Arena {
  /** The memory that offsets count in. */
  readonly u8: Uint8Array;
  /** Its size in bytes. */
  readonly byteLength: number;
  private readonly heap: Heap | undefined;
  private readonly block: number;
  private readonly words: Int32Array | undefined;
  private readonly base: number;
  private readonly end: number;
  private top: number;
  /** Pairs: the place in the order, and the pointer, of each large allocation. */
  private readonly large: number[] = [];
  private disposed = false;

  private constructor(options: ArenaOptions, heap: Heap | undefined, key: symbol) {
    const what = 'Cannot create arena';
    if (key !== MAKER) throw new RingwellError('ERR_USAGE', `${what} by new: use Arena.create`);
    this.byteLength = options.byteLength;
    this.heap = heap;
    // No offset is 0, so a memory of its own begins with 16 bytes that are nobody's.
    // Over a region: too large for a class, so that a heap of just its size has room for it.
    const wanted =
      options.region === undefined ? options.byteLength : Math.max(options.byteLength, SMALL_BYTES_MAX + 1);
    const pointer = heap === undefined ? 16 : heap.malloc(wanted);
    if (pointer === 0) {
      const where = options.heap === undefined ? 'region' : 'heap';
      throw new RingwellError('ERR_GEOMETRY', `${what}: no room for ${options.byteLength} bytes in the ${where}`);
    }
    const own = heap === undefined ? new ArrayBuffer((16 + options.byteLength + 7) & ~7) : undefined;
    this.u8 = own === undefined ? heap!.u8 : new Uint8Array(own);
    this.block = pointer;
    this.base = pointer;
    this.top = pointer;
    this.end = pointer + options.byteLength;
    if (options.guard === true) {
      this.words = own === undefined ? heap!.i32 : new Int32Array(own);
      poisonWords(this.words, this.base, this.end);
    }
  }

  /** @throws {RingwellError} ERR_GEOMETRY for a size that can't be, or that there is no room for; ERR_USAGE */
  static create(options: ArenaOptions): Arena {
    const what = 'Cannot create arena';
    checkOptions(options, `${what}: options`);
    const { heap, region, guard = false } = options;
    const byteLength = checkInteger(options.byteLength, 16, 2 ** 31 - 65536, `${what}: byteLength`);
    if (typeof guard !== 'boolean')
      throw new RingwellError('ERR_USAGE', `${what}: guard must be a boolean, got ${show(guard)}`);
    if (heap !== undefined && region !== undefined)
      throw new RingwellError('ERR_USAGE', `${what}: expected a heap or a region, got both`);
    if (heap !== undefined && !(heap instanceof Heap))
      throw new RingwellError('ERR_USAGE', `${what}: heap must be a Heap, got ${show(heap)}`);
    if (region === undefined) return new Arena({ ...options, byteLength }, heap, MAKER);
    if (!(region instanceof Region))
      throw new RingwellError('ERR_USAGE', `${what}: region must be a Region, got ${show(region)}`);
    // A heap of just its size, so that the region knows whose the bytes are, and gives them back should this thread die.
    const name = `arena ${region.seat}.${region.usedBytes}`;
    return new Arena(
      { ...options, byteLength },
      Heap.create({ region, name, byteLength: Math.max(byteLength, SMALL_BYTES_MAX + 1) }),
      MAKER,
    );
  }

  /** Bytes from its beginning to the next that is free, with what alignment left out. */
  get usedBytes(): number {
    return this.top - this.base;
  }

  /**
   * Takes so many bytes at a multiple of `alignment`, a power of two up to 65,536; their content is whatever was left in them.
   * Answers an offset, or 0 when there is no room, as there is none after dispose.
   * @throws {RingwellError} ERR_GEOMETRY; ERR_CORRUPTION with `guard`, when they were written after they were rewound
   */
  allocate(bytes: number, alignment: number = 16): number {
    checkInteger(bytes, 0, 2 ** 31, 'arena.allocate: bytes');
    checkAlignment(alignment, 65536, 'arena.allocate');
    if (this.heap !== undefined && bytes > this.byteLength / LARGE_SHARE) {
      const pointer = this.allocateLarge(bytes, alignment);
      if (pointer !== 0) return pointer;
    }
    const offset = Math.ceil(this.top / alignment) * alignment;
    if (offset + bytes > this.end || this.disposed) return 0;
    // What alignment leaves out is looked at too.
    if (this.words !== undefined) this.look(this.top, offset + bytes);
    this.top = offset + bytes;
    return offset;
  }

  private allocateLarge(bytes: number, alignment: number): number {
    if (this.disposed || this.top + TOMBSTONE_BYTES > this.end) return 0;
    const pointer = this.heap!.alignedAlloc(alignment, bytes);
    if (pointer === 0) return 0;
    this.large.push(this.top, pointer);
    this.top += TOMBSTONE_BYTES;
    return pointer;
  }

  /** A mark: what is allocated from now on goes with `rewind(mark)`. */
  mark(): number {
    return this.top - this.base;
  }

  /** Frees all that was allocated since the mark. @throws {RingwellError} ERR_USAGE for what is no mark, or lies ahead */
  rewind(mark: number): void {
    checkInteger(mark, 0, this.usedBytes, 'arena.rewind: mark', 'ERR_USAGE');
    const to = this.base + mark;
    while (this.large.length > 0 && this.large.at(-2)! >= to) {
      const pointer = this.large.pop()!;
      this.large.pop();
      this.heap!.free(pointer);
    }
    if (this.words !== undefined) poisonWords(this.words, (to + 3) & ~3, (this.top + 3) & ~3);
    this.top = to;
  }

  /** Frees everything. */
  reset(): void {
    this.rewind(0);
  }

  /** @throws {RingwellError} ERR_CORRUPTION when somebody has written into what nobody has */
  private look(from: number, to: number): void {
    const start = (from + 3) & ~3;
    const written = findWritten(this.words!, start, Math.max(0, Math.min(to, this.end & ~3) - start));
    if (written < 0) return;
    poisonWords(this.words!, start, to);
    throw new RingwellError(
      'ERR_CORRUPTION',
      `arena.allocate: byte ${start + written} was written after it was rewound, or beyond what was allocated`,
    );
  }

  /** Gives everything back; an arena over a region leaves the region as large as it is. */
  [Symbol.dispose](): void {
    if (this.disposed) return;
    this.reset();
    this.disposed = true;
    this.heap?.free(this.block);
  }
}
