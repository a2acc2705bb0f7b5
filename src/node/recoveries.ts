import { RingwellError } from '../core/errors.js';
import { evictSeat } from '../core/seat.core.js';
import type { Attachment } from '../region/attachment.js';
import { type RecoveryReport, recoverSeat } from '../region/recovery.js';
import type { RegionToken } from '../region/region.js';

/** How long one try may wait for a lock in milliseconds: the thread turns its event loop meanwhile, to hear of other deaths. */
const PATIENCE_MS = 5;
/** The pauses between tries in milliseconds: doubled from the first to the last. */
const PAUSE_MS = 1;
const PAUSE_MS_MAX = 64;

/**
 * The seats of one region whose threads are known to have ended, until they are recovered. Of several that die at once, the one
 * whose end is told last may hold the region's lock, or a heap's: then the recovery of the others has to wait for that news. So
 * whoever has ended is evicted first, and what could not be done is tried again, after the next news and after a pause.
 */
export class Recoveries {
  readonly #attachment: Attachment;
  readonly #pending = new Map<RegionToken, (report: RecoveryReport) => void>();
  #pauseMs = PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(attachment: Attachment) {
    this.#attachment = attachment;
  }

  /** The thread of that seat has ended. `done` is called once, when it is recovered, at once or later. */
  add(token: RegionToken, done: (report: RecoveryReport) => void): void {
    const { words } = this.#attachment;
    this.#pending.set(token, done);
    this.#pauseMs = PAUSE_MS;
    // Not by a thread that is no longer seated itself: what it says of others counts no more.
    if (!this.#attachment.left) evictSeat(words, token.seat, token.generation);
    this.#recover();
  }

  #recover(): void {
    clearTimeout(this.#timer);
    try {
      for (const [token, done] of this.#pending) {
        const report = recoverSeat(this.#attachment, token, PATIENCE_MS);
        this.#pending.delete(token);
        done(report);
      }
    } catch (error) {
      if (!(error instanceof RingwellError)) throw error;
      if (error.code === 'ERR_ATTACH') this.#recoverLater();
      // This thread has left the region, was evicted, or the region is poisoned: it can do nothing here any more.
      else this.#pending.clear();
    }
  }

  /** Does not hold the event loop open: should this thread end, whoever recovers next finds the seats evicted and finishes them. */
  #recoverLater(): void {
    this.#timer = setTimeout(() => this.#recover(), this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }
}
