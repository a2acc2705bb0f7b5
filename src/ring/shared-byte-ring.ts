import { now } from '../core/clock.js';
import { checkTimeout } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import type { Seated } from '../core/store.js';
import {
  closeStream,
  POSITION_SHIFT,
  positionsOf,
  recordBytes,
  recoverStream,
  STREAM_CAPACITY,
  STREAM_CLOSED,
  STREAM_DATA,
  STREAM_ELEMENT,
  STREAM_RECORDS,
  STREAM_SIZE,
  STREAM_TAIL,
  streamLength,
} from '../core/stream.core.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import * as core from './byte-ring.core.js';
import { ByteRingBase } from './byte-ring-base.js';
import { closedByteRing, misuse } from './byte-ring-usage.js';

/** A byte ring in a region: one seat writes, one reads (byte-ring.core.ts). */
export class SharedByteRing extends ByteRingBase implements Attached {
  /** @internal */
  readonly attachment: Attachment;
  private readonly stream: number;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly readers = new WaitQueue();
  private readonly writers = new WaitQueue();
  private left = false;

  constructor(attachment: Attachment, stream: number) {
    const { words } = attachment;
    const size = words[stream + STREAM_SIZE]!;
    const bytes = new Uint8Array(words.buffer, words.byteOffset + words[stream + STREAM_DATA]! * 4, size);
    super(bytes, words[stream + STREAM_ELEMENT]!, words[stream + STREAM_RECORDS] !== 0);
    this.attachment = attachment;
    this.stream = stream;
    this.words = words;
    this.own = openStream(attachment, stream);
  }

  get length(): number {
    return streamLength(this.words, this.stream);
  }

  get closed(): boolean {
    return (Atomics.load(this.words, this.stream + STREAM_TAIL) & STREAM_CLOSED) !== 0;
  }

  close(): void {
    this.attachment.ensureSeated();
    closeStream(this.words, this.stream, this.attachment.seats);
  }

  /** Closes the ring, unless this thread has left the region. */
  override [Symbol.dispose](): void {
    if (!this.left) this.close();
  }

  /** Lets go of the sides: other seats may take them. */
  leave(): void {
    this.left = true;
    this.circle.forget();
    recoverStream(this.words, this.stream, this.attachment.seats, this.attachment.seat);
  }

  writeWait(source: Uint8Array, timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    let done = this.write(source);
    if (done === source.length || !this.mayWait(timeoutMs, 'write')) return done;
    const deadline = now() + timeoutMs;
    const wanted = this.records ? recordBytes(source.length) : this.elementBytes;
    while (done < source.length) {
      const room = this.awaitRoom(wanted, deadline);
      if (room === NONE || (room === CLOSED && done > 0)) break;
      if (room < CLOSED) throw this.failure(room);
      done += this.write(done === 0 ? source : source.subarray(done));
      if (done < source.length && deadline <= now()) break;
    }
    this.attachment.waiting.poke();
    return done;
  }

  readWait(
    target: Uint8Array,
    bytesMin: number = this.elementBytes,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ): number {
    checkTimeout(timeoutMs);
    const least = this.checkBytesMin(target, bytesMin, 'readWait');
    this.beReader('readWait');
    if (this.bytesFor(least) < least && this.mayWait(timeoutMs, 'read')) {
      const there = this.awaitBytes(least, now() + timeoutMs);
      if (there < CLOSED) throw this.failure(there);
    }
    const count = this.read(target);
    this.attachment.waiting.poke();
    return count;
  }

  writeAsync(source: Uint8Array, options: Waiting = {}): Promise<number> {
    const { attachment, words, own } = this;
    return this.writeAll(source, (look, end) => {
      const armed = (): number | undefined => {
        this.beWriter('writeAsync');
        core.armWriter(words, own);
        return look();
      };
      const leave = (): void => {
        end();
        core.leaveWriter(words, own);
      };
      return attachment.waiting.wait(this.writers, armed, options, leave);
    });
  }

  readAsync(target: Uint8Array, options: Waiting & { bytesMin?: number } = {}): Promise<number> {
    const { attachment, words, own } = this;
    return this.readSome(target, options, (least, look) => {
      const armed = (): number | undefined => {
        this.beReader('readAsync');
        core.armReader(words, own, least);
        return core.readable(words, own, least) === NONE ? undefined : look();
      };
      return attachment.waiting.wait(this.readers, armed, options, () => core.leaveReader(words, own));
    });
  }

  readable(): boolean {
    this.beReader('readable');
    return this.bytesFor(1) !== NONE;
  }

  armReadable(): void {
    this.beReader('armReadable');
    core.armReader(this.words, this.own, 1);
  }

  leaveReadable(): void {
    if (!this.left) core.leaveReader(this.words, this.own);
    this.attachment.waiting.poke();
  }

  roomWait(timeoutMs: number): void {
    this.beWriter('roomWait');
    if (!this.mayWait(timeoutMs, 'write')) return;
    const room = this.awaitRoom(1, now() + timeoutMs);
    if (room < CLOSED) throw this.failure(room);
    this.attachment.waiting.poke();
  }

  bytesWait(timeoutMs: number): void {
    this.beReader('bytesWait');
    if (!this.mayWait(timeoutMs, 'read')) return;
    const there = this.awaitBytes(1, now() + timeoutMs);
    if (there < CLOSED) throw this.failure(there);
    this.attachment.waiting.poke();
  }

  roomAsync(options: Waiting): Promise<unknown> {
    const { attachment, words, own } = this;
    const look = (): number | undefined => {
      this.beWriter('roomAsync');
      core.armWriter(words, own);
      return core.writable(words, own, 1) || undefined;
    };
    return attachment.waiting.wait(this.writers, look, options, () => core.leaveWriter(words, own));
  }

  bytesAsync(options: Waiting): Promise<unknown> {
    const { attachment, words, own } = this;
    const look = (): number | undefined => {
      this.beReader('bytesAsync');
      core.armReader(words, own, 1);
      return core.readable(words, own, 1) || undefined;
    };
    return attachment.waiting.wait(this.readers, look, options, () => core.leaveReader(words, own));
  }

  protected beWriter(call: string): void {
    const other = core.asWriter(this.words, this.own);
    if (other !== 0) throw this.refusal(call, other, 'writer');
  }

  protected beReader(call: string): void {
    const other = core.asReader(this.words, this.own);
    if (other !== 0) throw this.refusal(call, other, 'reader');
  }

  private refusal(call: string, other: number, side: string): Error {
    if (other === UNSEATED) return this.failure(other);
    return misuse(call, `seat ${other} is the ${side}; it can detach, or be recovered when it has ended`);
  }

  protected roomFor(want: number): number {
    const room = core.roomFor(this.words, this.own, want);
    return room > 0 ? room : this.noRoom(room, want);
  }

  private noRoom(room: number, want: number): number {
    if (room === 0 && want === 0) return 0;
    if (room === 0 && core.whyFull(this.words, this.own) !== UNSEATED) return 0;
    throw this.failure(room === 0 ? UNSEATED : room);
  }

  protected bytesFor(want: number): number {
    const bytes = core.bytesFor(this.words, this.own, want);
    if (bytes >= CLOSED) return bytes;
    throw this.failure(bytes);
  }

  protected publishWrite(bytes: number, call: string): void {
    const status = core.publishWrite(this.words, this.own, bytes);
    if (status !== DONE) throw this.notWritten(status, call);
  }

  private notWritten(status: number, call: string): Error {
    return status === CLOSED ? closedByteRing(call) : this.failure(status);
  }

  protected publishRead(bytes: number): void {
    const status = core.publishRead(this.words, this.own, bytes);
    if (status !== DONE) throw this.failure(status);
  }

  protected tailOffset(): number {
    return (this.own[core.OWN_TAIL]! >>> POSITION_SHIFT) & (this.size - 1);
  }

  protected headOffset(): number {
    return (this.own[core.OWN_HEAD]! >>> POSITION_SHIFT) & (this.size - 1);
  }

  protected startRecord(length: number): void {
    core.startRecord(this.words, this.own, length);
  }

  protected recordLength(): number {
    const length = core.recordLength(this.words, this.own);
    if (length >= CLOSED) return length;
    throw this.failure(length);
  }

  /** Looks for a while, then sleeps, until so much fits or nothing ever will. */
  private awaitRoom(wanted: number, deadline: number): number {
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      const room = core.writable(this.words, this.own, wanted);
      if (room !== NONE) return room;
    }
    return core.waitWritable(this.words, this.own, wanted, deadline);
  }

  /** Looks for a while, then sleeps, until so much is there or no more will come. */
  private awaitBytes(wanted: number, deadline: number): number {
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      const bytes = core.readable(this.words, this.own, wanted);
      if (bytes !== NONE) return bytes;
    }
    return core.waitReadable(this.words, this.own, wanted, deadline);
  }

  /** Whether waiting makes sense: not for a poll, nor where no other thread can come. @throws {RingwellError} ERR_USAGE */
  private mayWait(timeoutMs: number, call: string): boolean {
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock()) throw misuse(`${call}Wait`, `this thread may not block; use ${call}Async`);
    return true;
  }

  private failure(status: number): Error {
    if (status === UNSEATED) return this.attachment.unseated();
    return this.attachment.poison(this.stream, 'a byte ring has positions, or a record a length, that can not be');
  }
}

/** A seat's private array for a stream. It has neither side yet. */
export function openStream(seated: Seated, stream: number): Int32Array {
  const { words, seat, seats, generation } = seated;
  const own = new Int32Array(core.OWN_WORDS);
  own[core.OWN_STREAM] = stream;
  own[core.OWN_SIZE] = words[stream + STREAM_SIZE]!;
  own[core.OWN_CAPACITY] = words[stream + STREAM_CAPACITY]!;
  own[core.OWN_DATA] = words[stream + STREAM_DATA]!;
  own[core.OWN_RECORDS] = words[stream + STREAM_RECORDS]!;
  own[core.OWN_SEAT] = seat;
  own[core.OWN_SEATS] = seats;
  own[core.OWN_SEAT_GENERATION] = generation;
  own[core.OWN_LIFE] = (generation << 8) | seat;
  own[core.OWN_POSITIONS] = positionsOf(own[core.OWN_SIZE]!);
  return own;
}
