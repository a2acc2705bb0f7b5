import { now } from '../core/clock.js';
import type { Closable } from '../core/closable.js';
import { arm } from '../core/doorbell.core.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { FRAME_FULL, FRAME_SKIP, FRAMES_CLOSED, FRAMES_MESSAGE_WAITERS, UNIT_SHIFT } from '../core/frame.core.js';
import { pause, SPINS } from '../core/pause.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { isBytes } from '../core/typed-array.js';
import { WaitQueue } from '../core/wait-queue.js';
import type { Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import type { Region } from '../region/region.js';
import { attachStructure, createStructure, openStructure } from '../region/structures.js';
import * as core from './message-ring.core.js';
import {
  type MessageRingOptions,
  messageRingCapacity,
  messageRingKindOf,
  openFrames,
  privateRegion,
} from './message-ring-layout.js';

/** What is given a message: the offset of its first byte in `bytes`, its length in bytes, its type. */
export type MessageHandler = (offset: number, bytes: number, type: number) => void;

/** The largest type: types are the integers from 0 to this. */
const TYPE_MAX = 2 ** 31 - 1;

interface Named {
  region: Region;
  name: string;
}

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
export class MessageRing implements Closable {
  /** Bytes of payload that the ring holds: the capacity asked for, rounded up to a power of two. */
  readonly capacity: number;
  /** The longest message in bytes: a quarter of the capacity. */
  readonly messageBytesMax: number;
  /** The region's bytes, in which messages have their offsets; and the same as words and as doubles, by offset / 4 and offset / 8. */
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** @internal */
  readonly attachment: Attachment;
  private readonly frames: number;
  private readonly payload: number;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly receivers = new WaitQueue();
  private receiving = false;
  private left = false;

  /** @internal */
  constructor(attachment: Attachment, frames: number) {
    const { words } = attachment;
    const { own, units, payload } = openFrames(attachment, frames);
    this.attachment = attachment;
    this.frames = frames;
    this.payload = payload;
    this.words = words;
    this.own = own;
    this.capacity = units << UNIT_SHIFT;
    this.messageBytesMax = this.capacity >>> 2;
    this.i32 = words;
    this.bytes = new Uint8Array(words.buffer, 0, words.byteLength);
    this.f64 = new Float64Array(words.buffer, 0, words.byteLength >>> 3);
  }

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
    return Atomics.load(this.words, this.frames + FRAMES_CLOSED) !== 0;
  }

  /**
   * Claims room for a message of that many bytes. Answers the offset at which to write it, or 0 when there is no room: no more
   * than what is left before the end of the ring plus the message itself must be free. Everything committed behind an open claim
   * waits for it, so commit or abort soon.
   * @param bytes 0 to `messageBytesMax`
   * @param type any integer from 0 to 2^31 - 1, for the receiver
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for a length or type that can't be; then nothing has changed
   */
  tryClaim(bytes: number, type: number): number {
    this.checkMessage('tryClaim', bytes, type);
    const found = core.claim(this.words, this.own, bytes, type);
    return found > 0 ? this.payload + ((found - 1) << UNIT_SHIFT) : this.notClaimed(found);
  }

  /**
   * Hands a claimed message to the consumer, also after the ring was closed.
   * @throws {RingwellError} ERR_HANDLE when this thread has no open claim at that offset: never claimed, or already committed or
   * aborted; then nothing has changed
   */
  commit(offset: number): void {
    this.settle(offset, FRAME_FULL, 'commit');
  }

  /** Gives a claim up: nothing is received for it. @throws {RingwellError} as `commit` */
  abort(offset: number): void {
    this.settle(offset, FRAME_SKIP, 'abort');
  }

  /**
   * Copies a message into the ring. Answers false when there is no room.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for a message longer than `messageBytesMax`, or a type that can't be
   */
  send(source: Uint8Array, type: number): boolean {
    this.checkSource('send', source, type);
    const { length } = source;
    const found = core.claim(this.words, this.own, length, type);
    if (found <= 0) return this.notClaimed(found) !== 0;
    return this.fill(found - 1, source, length);
  }

  /**
   * As `send`, but waits up to that many milliseconds for room: default for ever. Blocks the thread. Who waits is woken when
   * half of the ring is free. A local ring answers at once, and so does a call from within a handler of the same ring, since
   * nobody else could make room.
   */
  sendWait(source: Uint8Array, type: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    if (this.send(source, type)) return true;
    if (this.receiving || !this.mayWait(timeoutMs, 'sendWait')) return false;
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      if (this.send(source, type)) return true;
    }
    const { length } = source;
    const found = core.claimWait(this.words, this.own, length, type, now() + timeoutMs);
    this.attachment.waiting.poke();
    if (found <= 0) return this.notClaimed(found) !== 0;
    return this.fill(found - 1, source, length);
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
    checkInteger(limit, 0, Number.MAX_SAFE_INTEGER, 'ring.receive: limit', 'ERR_USAGE');
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
  receiveAsync(handler: MessageHandler, options: { signal?: AbortSignal } = {}): Promise<number> {
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
    core.closeFrames(this.words, this.own);
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

  private checkMessage(call: string, bytes: unknown, type: unknown): void {
    checkInteger(bytes, 0, this.messageBytesMax, `ring.${call}: the message's length in bytes`, 'ERR_USAGE');
    checkInteger(type, 0, TYPE_MAX, `ring.${call}: type`, 'ERR_USAGE');
    if (this.left) throw this.attachment.unseated();
  }

  private checkSource(call: string, source: unknown, type: unknown): void {
    if (!(source instanceof Uint8Array || isBytes(source))) {
      throw new RingwellError('ERR_USAGE', `ring.${call}: source must be a Uint8Array, got ${show(source)}`);
    }
    this.checkMessage(call, source.length, type);
  }

  /** Copies a message into its claim and commits it. Answers true. */
  private fill(unit: number, source: Uint8Array, length: number): boolean {
    const offset = this.payload + (unit << UNIT_SHIFT);
    try {
      // Longer than a moment ago: a view of memory that another thread grows. It would run over the frame's end.
      if (source.length !== length) throw new RingwellError('ERR_USAGE', 'ring.send: source changed its length');
      this.bytes.set(source, offset);
    } catch (error) {
      this.settle(offset, FRAME_SKIP, 'send');
      throw error;
    }
    this.settle(offset, FRAME_FULL, 'send');
    return true;
  }

  private settle(offset: number, state: number, call: string): void {
    if (this.left) throw this.attachment.unseated();
    // No arithmetic with what is no number: a BigInt throws, an object runs its own code.
    const from = typeof offset === 'number' ? offset - this.payload : -1;
    const isUnit = from >= 0 && from < this.capacity && (from & 63) === 0;
    const isWhole = isUnit && Number.isInteger(from);
    const status = isWhole ? core.settle(this.words, this.own, from >>> UNIT_SHIFT, state) : BAD_HANDLE;
    if (status === DONE) return;
    if (status === UNSEATED) throw this.attachment.unseated();
    throw new RingwellError(
      'ERR_HANDLE',
      `ring.${call}: expected the offset of an open claim of this thread, got ${show(offset)}`,
    );
  }

  /** Makes sure that this thread may receive. @throws {RingwellError} */
  private begin(call: string, handler: unknown): void {
    if (typeof handler !== 'function') {
      throw new RingwellError('ERR_USAGE', `ring.${call}: handler must be a function, got ${show(handler)}`);
    }
    if (this.left) throw this.attachment.unseated();
    if (this.receiving) {
      throw new RingwellError('ERR_USAGE', `ring.${call}: a handler may not receive from its own ring`);
    }
    const status = core.becomeConsumer(this.words, this.own);
    if (status === DONE) return;
    if (status === UNSEATED) throw this.attachment.unseated();
    throw new RingwellError(
      'ERR_USAGE',
      `ring.${call}: another thread receives from this ring; it has one consumer until that detaches or is recovered`,
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
      if (bytes < 0) throw this.attachment.poison(this.frames, 'a message is longer than its frame');
      this.receiving = true;
      try {
        handler(payload + (unit << UNIT_SHIFT), bytes, core.messageType(words, own, unit));
      } finally {
        this.receiving = false;
        if (!this.left) core.passMessage(words, own);
      }
      count++;
      if (this.left) break;
    }
    return count;
  }

  /** Whether waiting makes sense: not for a poll, nor where no other thread can come. @throws {RingwellError} ERR_USAGE */
  private mayWait(timeoutMs: number, call: string): boolean {
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock()) throw new RingwellError('ERR_USAGE', `ring.${call}: this thread may not block`);
    return true;
  }

  private notClaimed(status: number): 0 {
    if (status === NONE) return 0;
    if (status === CLOSED) throw new RingwellError('ERR_CLOSED', 'ring.send: the ring is closed');
    throw this.broken(status);
  }

  private notReceived(status: number): number {
    if (status === NONE || status === CLOSED) return status;
    throw this.broken(status);
  }

  private broken(status: number): RingwellError {
    if (status === UNSEATED) return this.attachment.unseated();
    return this.attachment.poison(this.frames, 'a frame of a message ring is damaged');
  }
}
