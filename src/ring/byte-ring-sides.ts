import { checkInteger, RingwellError } from '../core/errors.js';
import { streamCapacity } from '../core/stream.core.js';
import { checkBytes, misuse, underWay } from './byte-ring-usage.js';
import { Circle } from './circle.js';

/** A side is free, or an asynchronous write has put in a part of its bytes and goes on; above 0: bytes reserved. */
export const FREE = 0;
export const UNDER_WAY = -1;

/** The two sides of a byte ring: whose they are, how far they have come, and what each may do now. */
export abstract class ByteRingSides {
  /** Bytes it holds: the capacity asked for, rounded up to a power of two, as much of it as whole elements fill. */
  readonly capacity: number;
  /** Bytes an element. */
  readonly elementBytes: number;
  /** Whether every write is one record. */
  readonly records: boolean;
  /** The circle itself: segments are offsets into it. Nothing else of it is anyone's to touch. */
  readonly bytes: Uint8Array;
  /** @internal */ protected readonly circle: Circle;
  /** @internal */ protected readonly size: number;
  /** @internal */ protected writing: number;
  /** @internal */ protected reading: number;

  constructor(bytes: Uint8Array, elementBytes: number, records: boolean) {
    this.bytes = bytes;
    this.circle = new Circle(bytes);
    this.size = bytes.length;
    this.capacity = streamCapacity(bytes.length, elementBytes, records ? 1 : 0);
    this.elementBytes = elementBytes;
    this.records = records;
    this.writing = FREE;
    this.reading = FREE;
  }

  // What the two kinds of ring do differently. Statuses below 0 that are not CLOSED end in an error there.

  /** @internal The caller is the writer from here on. @throws {RingwellError} ERR_USAGE when another is */
  protected abstract beWriter(call: string): void;
  /** @internal The caller is the reader from here on. @throws {RingwellError} ERR_USAGE when another is */
  protected abstract beReader(call: string): void;
  /** @internal Bytes free; exact only when fewer than `want`. */
  protected abstract roomFor(want: number): number;
  /** @internal Bytes there; exact only when fewer than `want`. CLOSED when there are none and none will come. */
  protected abstract bytesFor(want: number): number;
  /** @internal @throws {RingwellError} ERR_CLOSED: then they are not written */
  protected abstract publishWrite(bytes: number, call: string): void;
  /** @internal */
  protected abstract publishRead(bytes: number): void;
  /** @internal */
  protected abstract tailOffset(): number;
  /** @internal */
  protected abstract headOffset(): number;
  /** @internal */
  protected abstract startRecord(length: number): void;
  /** @internal 0: there is none */
  protected abstract recordLength(): number;

  // What a call may do now.

  // Engines inline no more than so many bytecodes into one function: what is rare stands apart from what every call does.

  /** @internal */ protected checkSource(source: Uint8Array, call: string): void {
    if (!(source instanceof Uint8Array) || this.elementBytes !== 1 || this.writing !== FREE || !(source.length >= 0))
      this.checkSourceFully(source, call);
  }

  private checkSourceFully(source: Uint8Array, call: string): void {
    checkBytes(source, call);
    if (this.elementBytes !== 1) this.checkWhole(source.length, `${call}: the source's length`);
    if (this.writing === FREE) return;
    throw this.writing === UNDER_WAY
      ? underWay(call)
      : misuse(call, `${this.writing} bytes are reserved; commit first`);
  }

  /** @internal */ protected checkTarget(target: Uint8Array, call: string): void {
    if (!(target instanceof Uint8Array) || !(target.length >= 0)) checkBytes(target, call);
    if (this.reading !== FREE) this.checkIdleReader(call);
  }

  /** @internal */ protected checkIdleReader(call: string): void {
    if (this.reading !== FREE) throw misuse(call, `${this.reading} bytes are reserved; commit first`);
  }

  /** @internal */ protected checkCount(bytes: number, most: number, what: string): void {
    checkInteger(bytes, 0, most, `byteRing.${what}`, 'ERR_USAGE');
    this.checkWhole(bytes, what);
  }

  /** @internal */ protected checkWhole(bytes: number, what: string): void {
    if (bytes % this.elementBytes === 0) return;
    throw new RingwellError(
      'ERR_USAGE',
      `byteRing.${what} must be whole elements of ${this.elementBytes} bytes, got ${bytes}`,
    );
  }

  /** @internal */ protected wholeElements(bytes: number): number {
    return this.elementBytes === 1 ? bytes : bytes - (bytes % this.elementBytes);
  }

  /** @internal */ protected cut(offset: number, count: number, segments: Int32Array): number {
    const first = Math.min(count, this.size - offset);
    segments[0] = offset;
    segments[1] = first;
    segments[2] = 0;
    segments[3] = count - first;
    return count;
  }
}
