import { now } from '../core/clock.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { FRAME_FULL, FRAME_SKIP, UNIT_SHIFT } from '../core/frame.core.js';
import { pause, SPINS } from '../core/pause.js';
import { isSeated } from '../core/seat.core.js';
import { BAD_HANDLE, CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { isBytes } from '../core/typed-array.js';
import type { Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import { openFrames } from './message-ring-layout.js';
import * as core from './message-sender.core.js';

/** The largest type: types are the integers from 0 to this. */
const TYPE_MAX = 2 ** 31 - 1;

function isCount(value: unknown, most: number): boolean {
  return typeof value === 'number' && (value >>> 0) - value === 0 && value <= most;
}

/** How messages get into a ring: any attached thread's side of it. */
export abstract class MessageSender {
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
  /** @internal */ protected readonly frames: number;
  /** @internal */ protected readonly payload: number;
  /** @internal */ protected readonly words: Int32Array;
  /** @internal */ protected readonly own: Int32Array;
  /** @internal A handler of this thread is running. */ protected receiving = false;
  /** @internal */ protected left = false;

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

  private checkMessage(call: string, bytes: unknown, type: unknown): void {
    if (!isCount(bytes, this.messageBytesMax) || !isCount(type, TYPE_MAX)) this.refuse(call, bytes, type);
    if (this.left) throw this.attachment.unseated();
  }

  /** Says what is wrong; the sentences are made when they are needed only. */
  private refuse(call: string, bytes: unknown, type: unknown): void {
    checkInteger(bytes, 0, this.messageBytesMax, `messageRing.${call}: the message's length in bytes`, 'ERR_USAGE');
    checkInteger(type, 0, TYPE_MAX, `messageRing.${call}: type`, 'ERR_USAGE');
  }

  private checkSource(call: string, source: unknown, type: unknown): void {
    if (!(source instanceof Uint8Array || isBytes(source))) {
      throw new RingwellError('ERR_USAGE', `messageRing.${call}: source must be a Uint8Array, got ${show(source)}`);
    }
    this.checkMessage(call, source.length, type);
  }

  /** Copies a message into its claim and commits it. Answers true. */
  private fill(unit: number, source: Uint8Array, length: number): boolean {
    const offset = this.payload + (unit << UNIT_SHIFT);
    try {
      // Longer than a moment ago: a view of memory that another thread grows. It would run over the frame's end.
      if (source.length !== length) throw new RingwellError('ERR_USAGE', 'messageRing.send: source changed its length');
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
    if (status === UNSEATED) throw this.broken(status);
    throw new RingwellError(
      'ERR_HANDLE',
      `messageRing.${call}: expected the offset of an open claim of this thread, got ${show(offset)}`,
    );
  }

  /** @internal Whether waiting makes sense: not for a poll, nor where no other thread can come. @throws {RingwellError} ERR_USAGE */
  protected mayWait(timeoutMs: number, call: string): boolean {
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock()) throw new RingwellError('ERR_USAGE', `messageRing.${call}: this thread may not block`);
    return true;
  }

  private notClaimed(status: number): 0 {
    if (status === NONE) return 0;
    if (status === CLOSED) throw new RingwellError('ERR_CLOSED', 'messageRing.send: the ring is closed');
    throw this.broken(status);
  }

  /** @internal What is wrong with the ring, or with this thread's seat. */
  protected broken(status: number): RingwellError {
    return this.damaged(
      status === UNSEATED ? 'a message ring has moved without its thread' : 'a frame of a message ring is damaged',
    );
  }

  /** @internal A law is broken, it seems. Who was recovered may have seen what others do now, and believes nothing. */
  protected damaged(law: string): RingwellError {
    const { attachment, frames, words } = this;
    if (isSeated(words, attachment.seat, attachment.generation) === 0) return attachment.unseated();
    return attachment.poison(frames, law);
  }
}
