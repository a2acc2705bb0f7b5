import type { Attachment } from '../region/attachment.js';

/** What `waitAny` needs of a ring in a region: to announce this thread at it, to look, and to leave. */
export interface Waitable {
  /** @internal Where this thread's bell is. */
  readonly attachment: Attachment;
  /** @internal Whether there is something to take, or the end. Takes nothing. @throws {RingwellError} as taking would */
  readable(): boolean;
  /** @internal Announces that this thread is about to wait for something to take; look again before waiting. */
  armReadable(): void;
  /** @internal Ends that wait, however it went; while there is something left to take, another waiter is rung. */
  leaveReadable(): void;
}
