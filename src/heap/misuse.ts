/** What heaps check alike, and what they say to who misuses them. */
import { checkInteger, RingwellError, show } from '../core/errors.js';

/** An alignment, a power of two of at most `most`. @throws {RingwellError} ERR_GEOMETRY */
export function checkAlignment(alignment: unknown, most: number, call: string): number {
  const align = checkInteger(alignment, 1, most, `${call}: alignment`);
  if ((align & (align - 1)) === 0) return align;
  throw new RingwellError('ERR_GEOMETRY', `${call}: alignment must be a power of two, got ${show(alignment)}`);
}

/** What is said to a pointer that names no live block. */
export function badPointer(pointer: unknown, call: string): RingwellError {
  return new RingwellError('ERR_HANDLE', `heap.${call}: expected a live pointer of this heap, got ${show(pointer)}`);
}

/** What is said when the heap's lock can't be had. */
export function lockHeld(seat: number): RingwellError {
  return new RingwellError(
    'ERR_ATTACH',
    `Seat ${seat} has held the heap's lock for a second; if its thread has ended, recover it`,
  );
}
