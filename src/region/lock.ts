import { now } from '../core/clock.js';
import { RingwellError } from '../core/errors.js';
import { DONE, NONE } from '../core/status.js';
import type { Attachment } from './attachment.js';
import { HEADER_LOCK, lockRegion, unlockRegion } from './header.core.js';

/**
 * How long to wait for the lock in milliseconds, unless the caller says. Others hold it for microseconds, or milliseconds to
 * recover, unless they died.
 */
export const LOCK_PATIENCE_MS = 5000;

/**
 * Runs `work` under the region's one lock: for adding structures and for recovery.
 * @throws {RingwellError} ERR_ATTACH when another seat has held the lock too long; ERR_EVICTED
 */
export function withRegionLocked<T>(
  attachment: Attachment,
  what: string,
  work: () => T,
  patienceMs: number = LOCK_PATIENCE_MS,
): T {
  const { words, seat, generation } = attachment;
  attachment.ensureSeated();
  const blocks = attachment.memory.shared && mayBlock() ? 1 : 0;
  const status = lockRegion(words, seat, generation, now() + patienceMs, blocks);
  if (status === NONE) {
    const holder = Atomics.load(words, HEADER_LOCK) & 0xff;
    throw new RingwellError(
      'ERR_ATTACH',
      `${what}: seat ${holder} has held the region's lock for ${patienceMs} ms; if its thread has ended, recover it`,
    );
  }
  if (status !== DONE) throw attachment.unseated();
  try {
    return work();
  } finally {
    unlockRegion(words, seat, generation);
  }
}

let blockable: boolean | undefined;

/** Whether this thread may block: a browser's main thread may not. */
export function mayBlock(): boolean {
  if (blockable === undefined) {
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
      blockable = true;
    } catch {
      blockable = false;
    }
  }
  return blockable;
}
