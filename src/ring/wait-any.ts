import { now } from '../core/clock.js';
import { listen, readBell } from '../core/doorbell.core.js';
import { checkTimeout, RingwellError, show } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import type { ByteRingBase } from './byte-ring-base.js';
import type { MessageRing } from './message-ring.js';
import type { RingBase } from './ring-base.js';
import type { Subscriber } from './subscriber.js';
import type { Waitable } from './waitable.js';

/** What can be waited for, in a region. */
type Source = RingBase | ByteRingBase | MessageRing | Subscriber;

/** Where the next search begins: behind the ring that was found last, so that none starves. */
let turn = 0;

/** The region that all of them are in. @throws {RingwellError} ERR_USAGE */
function attachmentOf(rings: readonly unknown[], call: string): Attachment {
  const refuse = (what: string): RingwellError => new RingwellError('ERR_USAGE', `${call}: ${what}`);
  if (!Array.isArray(rings) || rings.length === 0)
    throw refuse(`expected an array of one or more rings, got ${show(rings)}`);
  for (const ring of rings as readonly (Partial<Waitable> | null | undefined)[]) {
    if (typeof ring?.armReadable !== 'function' || ring.attachment === undefined)
      throw refuse(`expected rings in a region, got ${show(ring)}; nobody else can put into a ring of one thread`);
    if (ring.attachment !== (rings as readonly Waitable[])[0]!.attachment)
      throw refuse('expected rings of one region: a thread has one bell in each');
  }
  return (rings as readonly Waitable[])[0]!.attachment;
}

/** The index of the first ring, from the one whose turn it is on, that has something; or -1. */
function findReadable(rings: readonly Waitable[]): number {
  for (let step = 0; step < rings.length; step++) {
    const index = (turn + step) % rings.length;
    if (rings[index]!.readable()) {
      turn = index + 1;
      return index;
    }
  }
  return -1;
}

/**
 * Waits until one of several rings of a region has something to take, or is closed and drained: its index, or -1 when time ran
 * out. Takes nothing: another consumer of that ring may be quicker. Fair: the search begins behind the ring found last.
 * Blocks the thread, once for all of them. Default: for ever.
 * @throws {RingwellError} ERR_USAGE for what is not rings of one region, for a ring whose consumer is another seat, and where the
 * thread may not block
 */
export function waitAny(rings: readonly Source[], timeoutMs: number = Number.POSITIVE_INFINITY): number {
  const attachment = attachmentOf(rings, 'waitAny');
  checkTimeout(timeoutMs);
  const several = rings as readonly object[] as readonly Waitable[];
  let found = findReadable(several);
  if (found >= 0 || timeoutMs === 0 || !attachment.memory.shared) return found;
  if (!mayBlock()) throw new RingwellError('ERR_USAGE', 'waitAny: this thread may not block; use waitAnyAsync');
  const deadline = now() + timeoutMs;
  for (let tries = 0; tries < SPINS; tries++) {
    pause(tries);
    found = findReadable(several);
    if (found >= 0) return found;
  }
  const { words, seat } = attachment;
  try {
    for (;;) {
      // The bell before any bit, every bit before the second look: a ring in between ends the wait at once.
      const bell = readBell(words, seat);
      for (const ring of several) ring.armReadable();
      found = findReadable(several);
      const left = deadline - now();
      if (found >= 0 || left <= 0) return found;
      listen(words, seat, bell, left);
      attachment.ensureSeated();
    }
  } finally {
    for (const ring of several) ring.leaveReadable();
  }
}

/**
 * As `waitAny`, without blocking the thread. Aborting rejects with the signal's reason. Allocates.
 * @throws {RingwellError} ERR_USAGE at once; the promise rejects with what looking at a ring throws
 */
export function waitAnyAsync(rings: readonly Source[], options: Waiting = {}): Promise<number> {
  const attachment = attachmentOf(rings, 'waitAnyAsync');
  const several = [...rings] as readonly Waitable[];
  const look = (): number | undefined => {
    attachment.ensureSeated();
    for (const ring of several) ring.armReadable();
    const found = findReadable(several);
    return found < 0 ? undefined : found;
  };
  const leave = (): void => {
    for (const ring of several) ring.leaveReadable();
  };
  return attachment.waiting.wait(new WaitQueue(), look, options, leave);
}
