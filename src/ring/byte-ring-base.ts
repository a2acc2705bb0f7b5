import type { Closable } from '../core/closable.js';
import { checkInteger, checkOptions } from '../core/errors.js';
import { RECORD_HEADER, recordBytes } from '../core/stream.core.js';
import type { Waiting } from '../core/wait-queue.js';
import { ByteRingSides, FREE, UNDER_WAY } from './byte-ring-sides.js';
import { checkBytes, checkSegments, closedByteRing, misuse, tooLong, underWay } from './byte-ring-usage.js';

/**
 * Bytes in order from one writer to one reader, in a circle that is used to the last byte: the kernel's kfifo. Local when made
 * without a region: one thread, no Atomics.
 *
 * - **Elements.** What is given (sources, counts to skip or commit) must be whole elements; of what is offered (targets, the
 *   most to reserve) as much is used as whole elements fill. They lie across the end of the circle where they don't divide it.
 * - **Records** take 4 bytes and their own length, rounded up to a multiple of 4; `length` and `freeSpace` count those. A
 *   record has at least one byte, because 0 says that it did not fit, and at most `capacity - 4`.
 * - **The end.** After `close` nothing goes in (ERR_CLOSED); what is in can be read; from then on every reading call answers
 *   -1 (CLOSED).
 *
 * *Threads*: one seat writes and one reads: whichever does first. Another's call throws ERR_USAGE, until that one has detached
 * or was recovered. *Ordering*: what the writer did before is seen by the reader once it has those bytes.
 *
 * *Allocates*: nothing, where a piece is a power of two in bytes that lies at multiples of itself and goes at most 1,024 times
 * into the capacity, has at most 64 bytes, or is reserved in place; but one view for an array that many small pieces in a row are
 * read into, or written from. The ring holds on to those two arrays until others take their place. Else a read makes one small
 * view, two where it is cut by the end of the circle, and a write as many where it is cut or partial.
 */
export abstract class ByteRingBase extends ByteRingSides implements Closable {
  /** Bytes in it, records with their lengths. Momentary where the other side is another thread's. */
  abstract get length(): number;
  /** Bytes free. As `length`. */
  get freeSpace(): number {
    return this.capacity - this.length;
  }
  abstract get closed(): boolean;
  /** Nothing more goes in, what is in it can still be read. Idempotent; wakes both sides. By any thread. */
  abstract close(): void;
  /** Closes the ring. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Writes as many bytes as fit, from the beginning of the source, and answers how many: records all or 0.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for what is not a Uint8Array or not whole elements, for an empty record or one
   * that can never fit, while bytes are reserved, and when another seat is the writer; nothing is written then
   */
  write(source: Uint8Array): number {
    this.beWriter('write');
    this.checkSource(source, 'write');
    if (this.records) return this.writeRecord(source);
    const room = this.roomFor(source.length);
    const count = Math.min(room, source.length);
    this.circle.copyIn(this.tailOffset(), source, count);
    this.publishWrite(count, 'write');
    return count;
  }

  /**
   * Reads as many bytes as there are, up to the length of the target, and answers how many; -1 when the ring is closed and
   * drained. Records: the next one, whole.
   * @throws {RingwellError} ERR_USAGE for what is not a Uint8Array, for a record longer than the target (it stays), while bytes
   * are reserved, and when another seat is the reader
   */
  read(target: Uint8Array): number {
    this.beReader('read');
    this.checkTarget(target, 'read');
    if (this.records) return this.readRecord(target);
    const most = this.wholeElements(target.length);
    const there = this.bytesFor(most || 1);
    if (there < 0) return there;
    const count = Math.min(there, most);
    this.circle.copyOut(this.headOffset(), target, count);
    this.publishRead(count);
    return count;
  }

  /**
   * As `read`, from so many bytes behind the head, and leaves everything where it is. Records: of the next one, as much as
   * the target takes.
   * @throws {RingwellError} as `read`; ERR_USAGE for an offset that is no count of whole elements
   */
  peek(target: Uint8Array, offset: number = 0): number {
    this.beReader('peek');
    this.checkTarget(target, 'peek');
    this.checkCount(offset, this.capacity, 'peek: offset');
    const most = this.wholeElements(target.length);
    const there = this.records ? this.recordLength() : this.bytesFor(offset + most === 0 ? 1 : offset + most);
    if (there < 0) return there;
    const count = Math.max(0, Math.min(most, there - offset));
    const from = this.records ? offset + RECORD_HEADER : offset;
    this.circle.copyOut((this.headOffset() + from) & (this.size - 1), target, count);
    return count;
  }

  /** Leaves out up to so many bytes, and answers how many. @throws {RingwellError} ERR_USAGE, also where there are records */
  skip(bytes: number): number {
    this.beReader('skip');
    this.checkIdleReader('skip');
    if (this.records) throw misuse('skip', 'the ring has records; use skipRecord');
    this.checkCount(bytes, this.capacity, 'skip: bytes');
    const there = this.bytesFor(bytes === 0 ? 1 : bytes);
    if (there < 0) return there;
    const count = Math.min(bytes, there);
    this.publishRead(count);
    return count;
  }

  /** The length of the next record, 0 when there is none. @throws {RingwellError} ERR_USAGE where there are no records */
  peekRecordLength(): number {
    this.beReader('peekRecordLength');
    if (!this.records) throw misuse('peekRecordLength', 'the ring has no records');
    return this.recordLength();
  }

  /** Leaves out the next record, and answers its length, 0 when there is none. @throws {RingwellError} ERR_USAGE */
  skipRecord(): number {
    this.beReader('skipRecord');
    this.checkIdleReader('skipRecord');
    if (!this.records) throw misuse('skipRecord', 'the ring has no records; use skip');
    const length = this.recordLength();
    if (length > 0) this.publishRead(recordBytes(length));
    return length;
  }

  /**
   * Makes up to `bytesMax` bytes of room this writer's, to be written in place: `segments` gets offset and length of the first
   * part, and of the part at the beginning of the circle. Answers the bytes, 0 when full. Records: room for one of `bytesMax`, or 0.
   * Reserving again takes the place of what was reserved.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE
   */
  reserveWrite(bytesMax: number, segments: Int32Array): number {
    this.beWriter('reserveWrite');
    checkSegments(segments, 'reserveWrite');
    if (this.writing === UNDER_WAY) throw underWay('reserveWrite');
    if (this.closed) throw closedByteRing('reserveWrite');
    let count: number;
    if (this.records) {
      count = checkInteger(bytesMax, 1, this.size - RECORD_HEADER, 'byteRing.reserveWrite: bytesMax', 'ERR_USAGE');
      this.checkWhole(count, 'reserveWrite: bytesMax');
      if (this.roomFor(recordBytes(count)) < recordBytes(count)) count = 0;
    } else {
      checkInteger(bytesMax, 0, 2 ** 31 - 1, 'byteRing.reserveWrite: bytesMax', 'ERR_USAGE');
      const most = Math.min(this.wholeElements(bytesMax), this.capacity);
      count = Math.min(most, this.roomFor(most));
    }
    this.writing = count;
    return this.cut((this.tailOffset() + (this.records ? RECORD_HEADER : 0)) & (this.size - 1), count, segments);
  }

  /**
   * Writes the first `bytes` of what was reserved. 0 gives it up. Records: the record has that many bytes.
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE without a reservation, for more than it, or for parts of elements: it stays then
   */
  commitWrite(bytes: number): void {
    this.beWriter('commitWrite');
    checkInteger(bytes, 0, Math.max(0, this.writing), 'byteRing.commitWrite: bytes, of those reserved,', 'ERR_USAGE');
    this.checkWhole(bytes, 'commitWrite: bytes');
    if (this.writing > 0) this.writing = FREE;
    if (bytes === 0) return;
    if (this.records) this.startRecord(bytes);
    this.publishWrite(this.records ? recordBytes(bytes) : bytes, 'commitWrite');
  }

  /**
   * Makes up to `bytesMax` bytes that are there this reader's, to be read in place, as `reserveWrite` does. Answers the bytes, 0
   * when empty, -1 when closed and drained. Records: the next one, whole.
   * @throws {RingwellError} ERR_USAGE, also for a record longer than `bytesMax`
   */
  reserveRead(bytesMax: number, segments: Int32Array): number {
    this.beReader('reserveRead');
    checkSegments(segments, 'reserveRead');
    checkInteger(bytesMax, 0, 2 ** 31 - 1, 'byteRing.reserveRead: bytesMax', 'ERR_USAGE');
    const most = Math.min(this.wholeElements(bytesMax), this.capacity);
    let count = this.records ? this.recordLength() : this.bytesFor(most === 0 ? 1 : most);
    if (this.records && count > bytesMax) throw tooLong('reserveRead', count, bytesMax);
    if (!this.records && count > most) count = most;
    this.reading = Math.max(0, count);
    this.cut((this.headOffset() + (this.records ? RECORD_HEADER : 0)) & (this.size - 1), this.reading, segments);
    return count;
  }

  /**
   * Gives the first `bytes` of what was reserved back to the writer. 0 gives up the reservation, and the bytes stay.
   * Records: only the whole record, or 0.
   * @throws {RingwellError} ERR_USAGE without a reservation, for more than it, or for parts of elements or records
   */
  commitRead(bytes: number): void {
    this.beReader('commitRead');
    checkInteger(bytes, 0, this.reading, 'byteRing.commitRead: bytes, of those reserved,', 'ERR_USAGE');
    this.checkWhole(bytes, 'commitRead: bytes');
    if (this.records && bytes !== 0 && bytes !== this.reading)
      throw misuse('commitRead', `the record has ${this.reading} bytes, got ${bytes}`);
    this.reading = FREE;
    if (bytes > 0) this.publishRead(this.records ? recordBytes(bytes) : bytes);
  }

  /**
   * Leaves out all that is in the ring. By the reader, at any time: the writer may go on meanwhile, and what it publishes later
   * stays. @throws {RingwellError} ERR_USAGE while bytes are reserved, and when another seat is the reader
   */
  reset(): void {
    this.beReader('reset');
    this.checkIdleReader('reset');
    const there = this.bytesFor(this.capacity + 1);
    if (there > 0) this.publishRead(there);
  }

  /**
   * As `write`, but waits for room until all of it is written: answers how much was when that many milliseconds had passed, or
   * the ring was closed meanwhile. Default for ever. Blocks the thread. A local ring answers at once.
   * @throws {RingwellError} as `write`
   */
  abstract writeWait(source: Uint8Array, timeoutMs?: number): number;
  /**
   * As `read`, but waits until there are `bytesMin` bytes (default an element; records: one), the ring is closed, or so many
   * milliseconds have passed (default for ever): then it reads what there is, up to the length of the target. 0 is a time-out,
   * -1 closed and drained. Blocks the thread. A local ring answers at once.
   * @throws {RingwellError} as `read`; ERR_USAGE for more than the target or the ring holds
   */
  abstract readWait(target: Uint8Array, bytesMin?: number, timeoutMs?: number): number;
  /**
   * As `writeWait`, without blocking the thread. An abort, or a close, rejects if nothing was written, and else answers how
   * much was. Other writes meanwhile throw ERR_USAGE once a part is written, except further `writeAsync`: they wait their
   * turn. Allocates.
   */
  abstract writeAsync(source: Uint8Array, options?: Waiting): Promise<number>;
  /** As `readWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was read. Allocates. */
  abstract readAsync(target: Uint8Array, options?: Waiting & { bytesMin?: number }): Promise<number>;

  /** @internal For who waits for several rings: whether a read would answer something else than 0. Makes this seat the reader. */
  abstract readable(): boolean;
  /** @internal Announces that this thread waits for a byte; look again before waiting. */
  abstract armReadable(): void;
  /** @internal Ends that wait, however it went. */
  abstract leaveReadable(): void;
  /** @internal A view of a segment; kept where `circle.ts` keeps them. */
  viewOf(offset: number, count: number): Uint8Array {
    return this.circle.view(offset, count);
  }
  /** @internal Waits until a byte or more fits, the ring is closed, or so many milliseconds have passed. A local ring does not. */
  abstract roomWait(timeoutMs: number): void;
  /** @internal Waits until a byte or more is there, the ring is closed, or so many milliseconds have passed. A local ring does not. */
  abstract bytesWait(timeoutMs: number): void;
  /** @internal Waits until a byte or more fits, or the ring is closed. */
  abstract roomAsync(options: Waiting): Promise<unknown>;
  /** @internal Waits until a byte or more is there, or the ring is closed. */
  abstract bytesAsync(options: Waiting): Promise<unknown>;

  // ---- shared by the waiting forms

  /**
   * @internal An asynchronous write: `wait` waits until `look` answers how much was written, and calls `leave` at the end. What
   * was written when it is cut short is the answer then.
   */
  protected writeAll(
    source: Uint8Array,
    wait: (look: () => number | undefined, leave: () => void) => Promise<number>,
  ): Promise<number> {
    let done = 0;
    const look = (): number | undefined => {
      if (done > 0) this.writing = FREE;
      try {
        done += this.write(done === 0 ? source : source.subarray(done));
      } finally {
        if (done > 0 && done < source.length) this.writing = UNDER_WAY;
      }
      return done === source.length ? done : undefined;
    };
    const leave = (): void => {
      if (done > 0 && this.writing === UNDER_WAY) this.writing = FREE;
    };
    return wait(look, leave).catch(reason => {
      if (done > 0) return done;
      throw reason;
    });
  }

  /** @internal An asynchronous read of at least so many bytes. */
  protected readSome(
    target: Uint8Array,
    options: { bytesMin?: number },
    wait: (least: number, look: () => number | undefined) => Promise<number>,
  ): Promise<number> {
    return new Promise(resolve => {
      checkOptions(options, 'options');
      const least = this.checkBytesMin(target, options.bytesMin ?? this.elementBytes, 'readAsync');
      resolve(wait(least, () => this.read(target) || undefined));
    });
  }

  /** @internal The bytes that a waiting reader waits for. @throws {RingwellError} ERR_USAGE */
  protected checkBytesMin(target: Uint8Array, bytesMin: number, call: string): number {
    checkBytes(target, call);
    if (this.records) return checkInteger(bytesMin, 1, this.capacity, `byteRing.${call}: bytesMin`, 'ERR_USAGE') && 1;
    const most = Math.min(this.capacity, this.wholeElements(target.length));
    checkInteger(bytesMin, 1, Math.max(1, most), `byteRing.${call}: bytesMin`, 'ERR_USAGE');
    this.checkWhole(bytesMin, `${call}: bytesMin`);
    if (most === 0) throw misuse(call, `the target must hold an element of ${this.elementBytes} bytes`);
    return bytesMin;
  }

  // ---- private

  private writeRecord(source: Uint8Array): number {
    const { length } = source;
    if (length === 0 || length > this.size - RECORD_HEADER)
      throw misuse('write', `a record must have 1 to ${this.size - RECORD_HEADER} bytes, got ${length}`);
    const bytes = recordBytes(length);
    if (this.roomFor(bytes) < bytes) {
      // Full and closed: the same answer as with room.
      this.publishWrite(0, 'write');
      return 0;
    }
    this.startRecord(length);
    this.circle.copyIn((this.tailOffset() + RECORD_HEADER) & (this.size - 1), source, length);
    this.publishWrite(bytes, 'write');
    return length;
  }

  private readRecord(target: Uint8Array): number {
    const length = this.recordLength();
    if (length <= 0) return length;
    if (length > target.length) throw tooLong('read', length, target.length);
    this.circle.copyOut((this.headOffset() + RECORD_HEADER) & (this.size - 1), target, length);
    this.publishRead(recordBytes(length));
    return length;
  }
}
