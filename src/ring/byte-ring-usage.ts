import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import { RECORD_HEADER, STREAM_SIZE_MAX } from '../core/stream.core.js';
import { elementsIn, isBytes, isIntegers } from '../core/typed-array.js';

/** How a byte ring is made. */
export interface ByteRingOptions {
  /** Bytes it holds, 1 to 2^29, whole elements; rounded up to a power of two, at least 4 (records: 8). */
  capacity: number;
  /** Bytes an element, 1 to the capacity; default 1. Everything that goes in or out is whole elements. */
  elementBytes?: number;
  /** Every write is one record, and every read takes one; default false. */
  records?: boolean;
}

/** What options come to. */
export interface ByteRingGeometry {
  /** Bytes of the circle, a power of two. */
  readonly size: number;
  readonly elementBytes: number;
  readonly records: boolean;
}

/** The geometry that options ask for. @throws {RingwellError} ERR_GEOMETRY, ERR_USAGE */
export function byteRingGeometry(options: ByteRingOptions, what: string): ByteRingGeometry {
  checkOptions(options, `${what}: options`);
  const { records = false } = options;
  if (typeof records !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: records must be a boolean, got ${show(records)}`);
  const capacity = checkInteger(options.capacity, 1, STREAM_SIZE_MAX, `${what}: capacity`);
  const elementBytes = checkInteger(options.elementBytes ?? 1, 1, capacity, `${what}: elementBytes`);
  if (capacity % elementBytes !== 0) {
    throw new RingwellError(
      'ERR_GEOMETRY',
      `${what}: capacity must be whole elements of ${elementBytes} bytes, got ${capacity}`,
    );
  }
  const size = Math.max(records ? 2 * RECORD_HEADER : 4, 2 ** (32 - Math.clz32(capacity - 1)));
  return { size, elementBytes, records };
}

/** @throws {RingwellError} ERR_USAGE for what is not a Uint8Array, or says another length than it has; one of another realm is as good */
export function checkBytes(value: unknown, call: string): void {
  if (isBytes(value) && value.length === elementsIn(value)) return;
  throw new RingwellError('ERR_USAGE', `byteRing.${call}: expected a Uint8Array, got ${show(value)}`);
}

/** @throws {RingwellError} ERR_USAGE */
export function misuse(call: string, why: string): RingwellError {
  return new RingwellError('ERR_USAGE', `byteRing.${call}: ${why}`);
}

/** @throws {RingwellError} ERR_CLOSED */
export function closedByteRing(call: string): RingwellError {
  return new RingwellError('ERR_CLOSED', `byteRing.${call}: the ring is closed`);
}

/** @throws {RingwellError} ERR_USAGE */
export function checkSegments(segments: unknown, call: string): void {
  if (isIntegers(segments) && elementsIn(segments) >= 4) return;
  throw misuse(call, `segments must be an Int32Array of at least 4, got ${show(segments)}`);
}

/** The next record is longer than what it was to go into. */
export function tooLong(call: string, length: number, most: number): RingwellError {
  return misuse(call, `the next record has ${length} bytes, and there is room for ${most}; it stays`);
}

/** An asynchronous write has the writer's side. */
export function underWay(call: string): RingwellError {
  return misuse(call, 'a writeAsync has written a part of its bytes; wait for it');
}
