/**
 * Byte rings and file descriptors: what kfifo_from_user and kfifo_to_user do. The system reads straight into the ring, or writes
 * straight out of it, in one call for both parts of the circle; nothing is copied in between.
 */

import { readv, readvSync, writev, writevSync } from 'node:fs';
import { checkInteger, checkOptions, checkTimeout, RingwellError, show } from '../core/errors.js';
import { CLOSED } from '../core/status.js';
import type { Waiting } from '../core/wait-queue.js';
import { ByteRingBase } from '../ring/byte-ring-base.js';

/** Which bytes, at most how many. */
export interface TransferOptions {
  /** The most bytes of one call; default as many as there is room for, or as there are. */
  bytesMax?: number;
  /** Where in the file, in bytes; default where it stands, as for pipes and sockets. */
  position?: number;
}

interface Transfer {
  readonly bytesMax: number;
  readonly position: number | undefined;
}

/** @throws {RingwellError} ERR_USAGE */
function checkTransfer(ring: unknown, fd: unknown, options: TransferOptions, what: string): Transfer {
  if (!(ring instanceof ByteRingBase))
    throw new RingwellError('ERR_USAGE', `${what}: expected a ByteRing, got ${show(ring)}`);
  if (ring.records || ring.elementBytes !== 1) {
    // A read may end anywhere, also within an element.
    throw new RingwellError('ERR_USAGE', `${what}: the ring must have neither records nor elements of several bytes`);
  }
  checkInteger(fd, 0, 2 ** 31 - 1, `${what}: fd`, 'ERR_USAGE');
  checkOptions(options, `${what}: options`);
  const { bytesMax = ring.capacity, position } = options;
  checkInteger(bytesMax, 1, 2 ** 31 - 1, `${what}: bytesMax`, 'ERR_USAGE');
  if (position !== undefined) checkInteger(position, 0, Number.MAX_SAFE_INTEGER, `${what}: position`, 'ERR_USAGE');
  return { bytesMax, position };
}

/** Used between a reservation and the making of its views, which nothing comes between. */
const segments = new Int32Array(4);

/** Views of what was reserved. */
function partsOf(ring: ByteRingBase): Uint8Array[] {
  const first = ring.viewOf(segments[0]!, segments[1]!);
  return segments[3] === 0 ? [first] : [first, ring.viewOf(segments[2]!, segments[3]!)];
}

/** As the blocking forms take them. */
export interface BlockingTransferOptions extends TransferOptions {
  /** How long to wait for room, or for bytes, in milliseconds; default 0: not at all. */
  timeoutMs?: number;
}

/**
 * Reads from a file descriptor into a ring, once: answers the bytes, 0 when the ring is full, -1 at the end of the file. An error
 * of the system is thrown as it comes, and nothing is in the ring then. Blocks the thread as the read does. Allocates a little.
 * @throws {RingwellError} ERR_CLOSED; ERR_USAGE, also for rings with records or elements of several bytes
 */
export function fillFrom(ring: ByteRingBase, fd: number, options: BlockingTransferOptions = {}): number {
  const { bytesMax, position } = checkTransfer(ring, fd, options, 'Cannot fill byte ring');
  const timeoutMs = checkTimeout(options.timeoutMs ?? 0);
  if (ring.reserveWrite(bytesMax, segments) === 0) {
    if (timeoutMs === 0) return 0;
    ring.roomWait(timeoutMs);
    if (ring.reserveWrite(bytesMax, segments) === 0) return 0;
  }
  let count = 0;
  try {
    count = readvSync(fd, partsOf(ring), position);
  } finally {
    ring.commitWrite(count);
  }
  return count === 0 ? CLOSED : count;
}

/**
 * As `fillFrom`, but waits for room first, and blocks no thread. Until it has ended, other writes throw ERR_USAGE. An abort ends
 * the wait for room, not a read that has begun. When the ring is closed during the read, what was read is lost: ERR_CLOSED.
 */
export async function fillFromAsync(
  ring: ByteRingBase,
  fd: number,
  options: TransferOptions & Waiting = {},
): Promise<number> {
  const { bytesMax, position } = checkTransfer(ring, fd, options, 'Cannot fill byte ring');
  while (ring.reserveWrite(bytesMax, segments) === 0) await ring.roomAsync(options);
  let count = 0;
  try {
    count = await new Promise<number>((resolve, reject) => {
      readv(fd, partsOf(ring), position as number, (error, read) => (error ? reject(error) : resolve(read)));
    });
  } finally {
    ring.commitWrite(count);
  }
  return count === 0 ? CLOSED : count;
}

/**
 * Writes from a ring to a file descriptor, once: answers the bytes, which may be fewer than there are, 0 when the ring is empty, -1
 * when it is closed and drained. An error of the system is thrown as it comes, and everything stays in the ring then. Blocks the
 * thread as the write does.
 * Allocates a little.
 * @throws {RingwellError} ERR_USAGE, also for rings with records or elements of several bytes
 */
export function drainTo(ring: ByteRingBase, fd: number, options: BlockingTransferOptions = {}): number {
  const { bytesMax, position } = checkTransfer(ring, fd, options, 'Cannot drain byte ring');
  const timeoutMs = checkTimeout(options.timeoutMs ?? 0);
  let there = ring.reserveRead(bytesMax, segments);
  if (there === 0 && timeoutMs > 0) {
    ring.bytesWait(timeoutMs);
    there = ring.reserveRead(bytesMax, segments);
  }
  if (there <= 0) return there;
  let count = 0;
  try {
    count = writevSync(fd, partsOf(ring), position);
  } finally {
    ring.commitRead(count);
  }
  return count;
}

/**
 * As `drainTo`, but waits for bytes first, and blocks no thread. Until it has ended, other reads throw ERR_USAGE. An abort ends
 * the wait for bytes, not a write that has begun.
 */
export async function drainToAsync(
  ring: ByteRingBase,
  fd: number,
  options: TransferOptions & Waiting = {},
): Promise<number> {
  const { bytesMax, position } = checkTransfer(ring, fd, options, 'Cannot drain byte ring');
  let there = ring.reserveRead(bytesMax, segments);
  while (there === 0) {
    await ring.bytesAsync(options);
    there = ring.reserveRead(bytesMax, segments);
  }
  if (there < 0) return there;
  let count = 0;
  try {
    count = await new Promise<number>((resolve, reject) => {
      writev(fd, partsOf(ring), position as number, (error, written) => (error ? reject(error) : resolve(written)));
    });
  } finally {
    ring.commitRead(count);
  }
  return count;
}
