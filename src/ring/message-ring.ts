import { now } from '../core/clock.js';
import type { Closable } from '../core/closable.js';
import { arm } from '../core/doorbell.core.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { FRAMES_MESSAGE_WAITERS, UNIT_SHIFT } from '../core/frame.core.js';
import { pause, SPINS } from '../core/pause.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Region } from '../region/region.js';
import { attachStructure, createStructure, type Named, openStructure } from '../region/structures.js';
import * as core from './message-receiver.core.js';
import { closeFrames, isClosed } from './message-ring.core.js';
import {
  type MessageRingOptions,
  messageRingCapacity,
  messageRingKindOf,
  privateRegion,
} from './message-ring-layout.js';
import { MessageSender } from './message-sender.js';

/** What is given a message: the offset of its first byte in `bytes`, its length in bytes, its type. */
export type MessageHandler = (offset: number, bytes: number, type: number) => void;

/**
 * Messages of any length up to a quarter of the capacity, each with a type, from many producers to one consumer, in the order in
 * which they were claimed. A message is written and read in place: claim, write through `bytes`, `i32` or `f64`, commit.
 * Messages begin at multiples of 64 bytes, and take a multiple of 64 bytes of the capacity.
 *
 * *Threads*: any attached thread may produce. The first that receives is the consumer; another that tries gets ERR_USAGE, until the
 * consumer detaches or is recovered. Then the next one goes on where it was: the message that the consumer died in, if
 * its handler had not come back, is received again, no other.
 *
 * *Ordering*: what a producer wrote before `commit` is seen by the consumer when its handler is called with that message.
 *
 * Without a region the ring is local: for one thread, in memory of its own. Nothing but the asynchronous form allocates.
 */
export class MessageRing extends MessageSender implements Closable {
  private readonly receivers = new WaitQueue();

  /**
   * Makes a message ring: with a region and a name one for every attached thread, without them a local one for this thread.
   * `capacity`: bytes, 256 to 2^28, rounded up to a power of two.
   * @throws {RingwellError} ERR_GEOMETRY for a capacity that can't be, or that the region has no room for; ERR_ATTACH when the
   * name is taken; ERR_USAGE
   */
  static create(options: MessageRingOptions & Partial<Named>): MessageRing {
    const capacity = messageRingCapacity(options);
    const kind = messageRingKindOf(MessageRing, capacity, 0);
    if (options.region !== undefined || options.name !== undefined) {
      return createStructure(options.region, options.name, kind);
    }
    return createStructure(privateRegion(capacity), 'local', kind);
  }

  /** This thread's object for a message ring of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  static attach(region: Region, name: string): MessageRing {
    return attachStructure(region, name, messageRingKindOf(MessageRing, 0, 0));
  }

  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists with another capacity */
  static open(options: MessageRingOptions & Named): MessageRing {
    const capacity = messageRingCapacity(options);
    return openStructure(options.region, options.name, messageRingKindOf(MessageRing, capacity, 0), ring => {
      if (ring.capacity === capacity) return;
      throw new RingwellError(
        'ERR_GEOMETRY',
        `Cannot open message ring: expected a capacity of ${capacity}, found ${ring.capacity}`,
      );
    });
  }

  get closed(): boolean {
    return isClosed(this.words, this.frames) !== 0;
  }

  /**
   * Calls the handler with every message that is there, up to `limit` (by default as many as the ring can hold). Answers how many,
   * or -1 (CLOSED) when the ring is closed and drained. 0 may also mean that the next message is still being written, by a
   * thread that was interrupted: later ones wait behind it.
   *
   * The bytes are the message's while the handler runs. When it throws, that message counts as received, those behind it stay, and
   * the error comes through. From within a handler `send` and `tryClaim` are allowed; receiving from the same ring is ERR_USAGE.
   * @throws {RingwellError} ERR_USAGE when another thread is the consumer
   */
  receive(handler: MessageHandler, limit: number = this.capacity >>> UNIT_SHIFT): number {
    checkInteger(limit, 0, Number.MAX_SAFE_INTEGER, 'messageRing.receive: limit', 'ERR_USAGE');
    this.begin('receive', handler);
    return this.drain(handler, limit);
  }

  /**
   * As `receive`, but waits up to that many milliseconds for the first message: default for ever. Blocks the thread. 0 is a
   * time-out.
   */
  receiveWait(handler: MessageHandler, timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    this.begin('receiveWait', handler);
    const lap = this.capacity >>> UNIT_SHIFT;
    let count = this.drain(handler, lap);
    if (count !== 0 || !this.mayWait(timeoutMs, 'receiveWait')) return count;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      count = this.drain(handler, lap);
      if (count !== 0) return count;
    }
    const found = core.nextMessageWait(this.words, this.own, now() + timeoutMs);
    this.attachment.waiting.poke();
    return found > 0 ? this.drain(handler, lap) : this.notReceived(found);
  }

  /**
   * As `receiveWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was received; so does
   * what the handler throws. Allocates.
   */
  receiveAsync(handler: MessageHandler, options: Waiting = {}): Promise<number> {
    const { attachment, words, own } = this;
    const look = (): number | undefined => {
      this.begin('receiveAsync', handler);
      arm(words, this.frames + FRAMES_MESSAGE_WAITERS, attachment.seat);
      return this.drain(handler, this.capacity >>> UNIT_SHIFT) || undefined;
    };
    return attachment.waiting.wait(this.receivers, look, options, () => core.leaveMessages(words, own));
  }

  /** @internal */
  readable(): boolean {
    this.begin('waitAny', this.begin);
    const found = core.nextMessage(this.words, this.own);
    return found > 0 || this.notReceived(found) !== NONE;
  }

  /** @internal */
  armReadable(): void {
    arm(this.words, this.frames + FRAMES_MESSAGE_WAITERS, this.attachment.seat);
  }

  /** @internal */
  leaveReadable(): void {
    if (!this.left) core.leaveMessages(this.words, this.own);
    this.attachment.waiting.poke();
  }

  /**
   * Nothing more is claimed, by anyone; what is in the ring can still be received, and claims that are open can still be
   * committed: the ring counts as drained when they have ended.
   */
  close(): void {
    this.attachment.ensureSeated();
    closeFrames(this.words, this.own);
  }

  /** Closes the ring, unless this thread has left the region. */
  [Symbol.dispose](): void {
    if (!this.left) this.close();
  }

  /** @internal Another thread may be the consumer now. */
  leave(): void {
    if (this.receiving) core.passMessage(this.words, this.own);
    this.left = true;
    core.resignConsumer(this.words, this.own);
  }

  /** Makes sure that this thread may receive. @throws {RingwellError} */
  private begin(call: string, handler: unknown): void {
    if (typeof handler !== 'function') {
      throw new RingwellError('ERR_USAGE', `messageRing.${call}: handler must be a function, got ${show(handler)}`);
    }
    if (this.left) throw this.attachment.unseated();
    if (this.receiving) {
      throw new RingwellError('ERR_USAGE', `messageRing.${call}: a handler may not receive from its own ring`);
    }
    const status = core.becomeConsumer(this.words, this.own);
    if (status === DONE) return;
    if (status === UNSEATED) throw this.attachment.unseated();
    throw new RingwellError(
      'ERR_USAGE',
      `messageRing.${call}: another thread receives from this ring; it has one consumer until that detaches or is recovered`,
    );
  }

  private drain(handler: MessageHandler, limit: number): number {
    const { words, own, payload } = this;
    let count = 0;
    while (count < limit) {
      const found = core.nextMessage(words, own);
      if (found <= 0) return count > 0 && found >= CLOSED ? count : this.notReceived(found);
      const unit = found - 1;
      const bytes = core.messageBytes(words, own, unit);
      if (bytes < 0) throw this.damaged('a message is longer than its frame');
      this.receiving = true;
      let passed = DONE;
      try {
        handler(payload + (unit << UNIT_SHIFT), bytes, core.messageType(words, own, unit));
      } finally {
        this.receiving = false;
        if (!this.left) passed = core.passMessage(words, own);
      }
      if (passed !== DONE) throw this.broken(passed);
      count++;
      if (this.left) break;
    }
    return count;
  }

  private notReceived(status: number): number {
    if (status === NONE || status === CLOSED) return status;
    throw this.broken(status);
  }
}
