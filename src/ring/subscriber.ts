import { now } from '../core/clock.js';
import { checkTimeout, RingwellError, show } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { GRAIN_SHIFT } from '../core/tape.core.js';
import { isBytes } from '../core/typed-array.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import { OWN_MISSED, OWN_PLACE, OWN_TYPE } from './broadcast-own.js';
import { Circle } from './circle.js';
import { OWN_INDEX_MASK } from './own.js';
import * as core from './subscriber.core.js';
import type { Waitable } from './waitable.js';

// As in pool/shared-pool.ts: engines look up what is imported at each call.
const next = core.nextMessage;
const pass = core.passMessage;

/** What a subscription needs of its broadcast. */
interface Source {
  readonly attachment: Attachment;
  readonly tape: number;
  readonly circle: Circle;
}

/** One thread's subscription to a broadcast. Made by `broadcast.subscribe()`; for the thread that made it. */
export class Subscriber implements Waitable {
  /** @internal */
  readonly attachment: Attachment;
  private readonly tape: number;
  private readonly circle: Circle;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly onEnd: (subscriber: Subscriber) => void;
  private readonly receivers = new WaitQueue();
  private ended = false;
  private lostCount = 0;

  /** @internal */
  constructor({ attachment, tape, circle }: Source, own: Int32Array, onEnd: (subscriber: Subscriber) => void) {
    this.attachment = attachment;
    this.tape = tape;
    // Of its own: other subscriptions have other targets.
    this.circle = new Circle(circle.bytes);
    this.words = attachment.words;
    this.own = own;
    this.onEnd = onEnd;
    const status = core.subscribe(this.words, own);
    if (status === DONE) return;
    if (status === UNSEATED) throw attachment.unseated();
    throw new RingwellError('ERR_USAGE', 'broadcast.subscribe: it has all the subscribers that it was made for');
  }

  /** The type of the message received last; 0 before the first. */
  get type(): number {
    return this.own[OWN_TYPE]!;
  }

  /**
   * How many messages this subscription has missed, up to the one received last. Once it is closed and drained that is all.
   * Gated it is 0.
   */
  get lost(): number {
    return this.lostCount;
  }

  /**
   * Copies the next message into the target. Answers its length in bytes: 0 (NONE) when there is none, -1 (CLOSED) when the broadcast is
   * closed and everything is received; then the target may hold anything. Its type is in `type`; where some were missed before
   * it, `lost` has grown.
   * @throws {RingwellError} ERR_USAGE for a target that is too short for the message, which stays
   */
  receive(target: Uint8Array): number {
    const { words, own, circle } = this;
    if (!circle.target.is(target)) this.check('receive', target);
    for (;;) {
      const length = next(words, own);
      if (length <= NONE) return this.notReceived(length);
      if (length > target.length) {
        this.ensureWhole(length, target);
        continue;
      }
      circle.copyOut(((own[OWN_PLACE]! + 1) & own[OWN_INDEX_MASK]!) << GRAIN_SHIFT, target, length);
      const status = pass(words, own);
      if (status !== DONE) {
        if (status === UNSEATED) throw this.attachment.unseated();
        continue;
      }
      if (own[OWN_MISSED] !== 0) this.countMissed();
      return length;
    }
  }

  private countMissed(): void {
    this.lostCount += this.own[OWN_MISSED]!;
    this.own[OWN_MISSED] = 0;
  }

  /** A target is too short for the message: unless that was not whole, which is no reason to throw. */
  private ensureWhole(length: number, target: Uint8Array): void {
    const whole = core.isWhole(this.words, this.own);
    if (whole === UNSEATED) throw this.attachment.unseated();
    if (whole === NONE) return;
    throw new RingwellError(
      'ERR_USAGE',
      `subscriber.receive: the next message has ${length} bytes, the target ${target.length}`,
    );
  }

  /** As `receive`, but waits up to that many milliseconds for a message: default for ever. Blocks the thread. 0 is a time-out. */
  receiveWait(target: Uint8Array, timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    let length = this.receive(target);
    if (length !== NONE || timeoutMs === 0 || !this.attachment.memory.shared) return length;
    if (!mayBlock())
      throw new RingwellError('ERR_USAGE', 'subscriber.receiveWait: this thread may not block; use receiveAsync');
    const deadline = now() + timeoutMs;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      length = this.receive(target);
      if (length !== NONE) return length;
    }
    do {
      const found = core.nextMessageWait(this.words, this.own, deadline);
      this.attachment.waiting.poke();
      if (found <= NONE) return this.notReceived(found);
      length = this.receive(target);
      // Overrun while it was copied, and nothing new since.
    } while (length === NONE && now() < deadline);
    return length;
  }

  /** As `receiveWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was received. Allocates. */
  receiveAsync(target: Uint8Array, options: Waiting = {}): Promise<number> {
    const look = (): number | undefined => {
      this.check('receiveAsync', target);
      this.attachment.ensureSeated();
      this.armReadable();
      return this.receive(target) || undefined;
    };
    return this.attachment.waiting.wait(this.receivers, look, options, () =>
      core.leaveSubscriber(this.words, this.own),
    );
  }

  /** Unsubscribes. What it has not received it never will. Waits of it end with ERR_USAGE. */
  [Symbol.dispose](): void {
    if (this.ended) return;
    this.ended = true;
    this.circle.forget();
    this.receivers.failAll(new RingwellError('ERR_USAGE', 'subscriber.receiveAsync: unsubscribed while waiting'));
    core.unsubscribe(this.words, this.own);
    this.onEnd(this);
  }

  /** @internal */
  readable(): boolean {
    this.check('waitAny', this.circle.bytes);
    const length = core.nextMessage(this.words, this.own);
    return length > NONE || this.notReceived(length) !== NONE;
  }

  /** @internal */
  armReadable(): void {
    core.armSubscriber(this.words, this.own);
  }

  /** @internal */
  leaveReadable(): void {
    if (!this.ended) core.leaveSubscriber(this.words, this.own);
    this.attachment.waiting.poke();
  }

  private check(call: string, target: unknown): void {
    if (!(target instanceof Uint8Array || isBytes(target)))
      throw new RingwellError('ERR_USAGE', `subscriber.${call}: target must be a Uint8Array, got ${show(target)}`);
    if (!this.ended) return;
    if (this.attachment.left) throw this.attachment.unseated();
    throw new RingwellError('ERR_USAGE', `subscriber.${call}: it is unsubscribed`);
  }

  /** NONE or CLOSED; throws for what is wrong. */
  private notReceived(status: number): number {
    if (status === NONE || status === CLOSED) return status;
    if (status === UNSEATED) throw this.attachment.unseated();
    throw this.attachment.poison(this.tape, 'a message of a broadcast is damaged');
  }
}
