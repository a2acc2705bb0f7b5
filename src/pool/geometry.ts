import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { handleMax } from '../core/store.js';
import { CAPACITY_MAX, type PoolOptions } from './pool-base.js';

/** A pool's sizes, checked. Bytes from one block to the next are a multiple of the alignment. */
export interface PoolGeometry {
  readonly blockBytes: number;
  readonly strideBytes: number;
  readonly capacity: number;
  readonly alignment: number;
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
  const alignment = checkInteger(options.alignment ?? 16, 1, 65536, `${what}: alignment`);
  if ((alignment & (alignment - 1)) !== 0) {
    throw new RingwellError('ERR_GEOMETRY', `${what}: alignment must be a power of two, got ${show(alignment)}`);
  }
  const strideBytes = Math.ceil(blockBytes / alignment) * alignment;
  if (strideBytes * capacity > BLOCK_BYTES_MAX) {
    throw new RingwellError(
      'ERR_GEOMETRY',
      `${what}: ${capacity} blocks of ${strideBytes} bytes are more than 2^31 - 64 KiB`,
    );
  }
  return { blockBytes, strideBytes, capacity, alignment, indexBits: indexBitsFor(capacity) };
}

/** Bits of a handle that are an index, for so many blocks. */
function indexBitsFor(capacity: number): number {
  return capacity === 1 ? 0 : 32 - Math.clz32(capacity - 1);
}

/** A generation to begin with: another one for each pool, so that a handle of one is hardly ever good in another. */
export function firstGeneration(indexBits: number): number {
  return 1 + Math.floor(Math.random() * (handleMax(indexBits) >>> indexBits));
}
