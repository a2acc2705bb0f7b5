import type { Attachment } from '../region/attachment.js';

/** What `waitAny` needs of a ring: to announce this thread at it, to look, and to leave. */
export interface Waitable {
  /** Where its bell is; undefined for a ring of one thread. */
  readonly attachment: Attachment | undefined;
  /** Whether there is something to take, or the end. Takes nothing. @throws {RingwellError} as taking would */
  isReadable(): boolean;
  /** Announces that this thread is about to wait for something to take. Answers the bell (core/doorbell.core.ts). */
  armRead(): number;
  /** Stops waiting; while there is something left to take, another waiter is rung. */
  leaveRead(): void;
}
