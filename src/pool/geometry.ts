import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { CANARY_BYTES, TREAT_GUARD, TREAT_ZERO_ON_ACQUIRE, TREAT_ZERO_ON_RELEASE } from '../core/guard.core.js';
import { handleMax } from '../core/store.js';
import { CAPACITY_MAX, type PoolOptions } from './pool-base.js';

/** A pool's sizes, checked. Bytes from one block to the next are a multiple of the alignment. */
export interface PoolGeometry {
  readonly blockBytes: number;
  readonly strideBytes: number;
  readonly capacity: number;
  readonly capacityMax: number;
  /** Bytes before the first block: its canary, rounded up to the alignment. */
  readonly leadBytes: number;
  /** Bits, see core/guard.core.ts. */
  readonly treatment: number;
  readonly alignment: number;
  /** Whether recovery leaves the blocks of a dead thread live. */
  readonly keep: boolean;
  /** Bits of a handle that are the block's index. */
  readonly indexBits: number;
}

const BLOCK_BYTES_MAX = 2 ** 31 - 65536;

/** @throws {RingwellError} ERR_GEOMETRY */
export function poolGeometry(options: PoolOptions): PoolGeometry {
  const what = 'Cannot create pool';
  checkOptions(options, `${what}: options`);
  const blockBytes = checkInteger(options.blockBytes, 1, BLOCK_BYTES_MAX, `${what}: blockBytes`);
  const capacity = checkInteger(options.capacity, 1, CAPACITY_MAX, `${what}: capacity`);
  const capacityMax = checkInteger(options.capacityMax ?? capacity, capacity, CAPACITY_MAX, `${what}: capacityMax`);
  const alignment = checkInteger(options.alignment ?? 16, 1, 65536, `${what}: alignment`);
  if ((alignment & (alignment - 1)) !== 0) {
    throw new RingwellError('ERR_GEOMETRY', `${what}: alignment must be a power of two, got ${show(alignment)}`);
  }
  const { keep = false } = options;
  if (typeof keep !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: keep must be a boolean, got ${show(keep)}`);
  const treatment = treatmentOf(options, what);
  const guarded = (treatment & TREAT_GUARD) !== 0;
  // Canaries are words: they stand at whole ones.
  const step = guarded ? Math.max(alignment, 4) : alignment;
  const strideBytes = guarded
    ? Math.ceil((Math.ceil(blockBytes / 4) * 4 + 2 * CANARY_BYTES) / step) * step
    : Math.ceil(blockBytes / step) * step;
  const leadBytes = guarded ? Math.ceil(CANARY_BYTES / step) * step : 0;
  if (leadBytes + strideBytes * capacityMax > BLOCK_BYTES_MAX) {
    throw new RingwellError(
      'ERR_GEOMETRY',
      `${what}: ${capacityMax} blocks of ${strideBytes} bytes are more than 2^31 - 64 KiB`,
    );
  }
  return {
    blockBytes,
    strideBytes,
    capacity,
    capacityMax,
    leadBytes,
    treatment,
    alignment: step,
    keep,
    indexBits: indexBitsFor(capacityMax),
  };
}

/** The options that say how blocks are treated, as bits. @throws {RingwellError} ERR_USAGE */
function treatmentOf({ zero = 'never', guard = false }: PoolOptions, what: string): number {
  if (zero !== 'never' && zero !== 'acquire' && zero !== 'release') {
    throw new RingwellError('ERR_USAGE', `${what}: zero must be 'never', 'acquire' or 'release', got ${show(zero)}`);
  }
  if (typeof guard !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: guard must be a boolean, got ${show(guard)}`);
  const zeroes = zero === 'acquire' ? TREAT_ZERO_ON_ACQUIRE : zero === 'release' ? TREAT_ZERO_ON_RELEASE : 0;
  return zeroes | (guard ? TREAT_GUARD : 0);
}

/** Bits of a handle that are an index, for so many blocks. */
function indexBitsFor(capacity: number): number {
  return capacity === 1 ? 0 : 32 - Math.clz32(capacity - 1);
}

/** A generation to begin with: another one for each pool, so that a handle of one is hardly ever good in another. */
export function firstGeneration(indexBits: number): number {
  // Never the last one: a block's laps are counted as its last generation ends, and none may begin there.
  return 1 + Math.floor(Math.random() * ((handleMax(indexBits) >>> indexBits) - 1));
}
