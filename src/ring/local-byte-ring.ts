import { checkTimeout } from '../core/errors.js';
import { CLOSED } from '../core/status.js';
import { RECORD_HEADER } from '../core/stream.core.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import { ByteRingBase } from './byte-ring-base.js';
import { type ByteRingGeometry, closedByteRing } from './byte-ring-usage.js';

/** A byte ring for one thread. Law: 0 <= tail - head <= capacity; both run freely over 32 bits. */
export class LocalByteRing extends ByteRingBase {
  private readonly lengths: Int32Array;
  private readonly readers = new WaitQueue();
  private readonly writers = new WaitQueue();
  private head: number;
  private tail: number;
  private ended = false;

  /** `start`: where the counters begin, for tests. */
  constructor({ size, elementBytes, records }: ByteRingGeometry, start: number = 0) {
    const buffer = new ArrayBuffer(size);
    super(new Uint8Array(buffer), elementBytes, records);
    this.lengths = new Int32Array(buffer);
    this.head = start | 0;
    this.tail = start | 0;
  }

  get length(): number {
    return (this.tail - this.head) | 0;
  }

  get closed(): boolean {
    return this.ended;
  }

  close(): void {
    this.ended = true;
    this.readers.serve();
    this.writers.serve();
  }

  writeWait(source: Uint8Array, timeoutMs: number = Number.POSITIVE_INFINITY): number {
    checkTimeout(timeoutMs);
    return this.write(source);
  }

  readWait(
    target: Uint8Array,
    bytesMin: number = this.elementBytes,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ): number {
    checkTimeout(timeoutMs);
    this.checkBytesMin(target, bytesMin, 'readWait');
    return this.read(target);
  }

  writeAsync(source: Uint8Array, options: Waiting = {}): Promise<number> {
    return this.writeAll(source, (look, leave) => {
      const promise = this.writers.wait(look, options, leave);
      this.writers.serve();
      return promise;
    });
  }

  readAsync(target: Uint8Array, options: Waiting & { bytesMin?: number } = {}): Promise<number> {
    return this.readSome(target, options, (least, look) => {
      const enough = (): boolean => this.ended || this.bytesFor() >= least;
      const promise = this.readers.wait(() => (enough() ? look() : undefined), options);
      this.readers.serve();
      return promise;
    });
  }

  readable(): boolean {
    return this.bytesFor() !== 0;
  }

  armReadable(): void {}

  leaveReadable(): void {}

  roomWait(): void {}

  bytesWait(): void {}

  roomAsync(options: Waiting): Promise<unknown> {
    const promise = this.writers.wait(() => this.ended || this.roomFor() > 0 || undefined, options);
    this.writers.serve();
    return promise;
  }

  bytesAsync(options: Waiting): Promise<unknown> {
    const promise = this.readers.wait(() => this.bytesFor() || undefined, options);
    this.readers.serve();
    return promise;
  }

  protected beWriter(): void {}

  protected beReader(): void {}

  protected roomFor(): number {
    return this.capacity - ((this.tail - this.head) | 0);
  }

  protected bytesFor(): number {
    const bytes = (this.tail - this.head) | 0;
    return bytes === 0 && this.ended ? CLOSED : bytes;
  }

  protected publishWrite(bytes: number, call: string): void {
    if (this.ended) throw closedByteRing(call);
    this.tail = (this.tail + bytes) | 0;
    if (this.readers.size !== 0) this.readers.serve();
  }

  protected publishRead(bytes: number): void {
    this.head = (this.head + bytes) | 0;
    if (this.writers.size !== 0) this.writers.serve();
  }

  protected tailOffset(): number {
    return this.tail & (this.size - 1);
  }

  protected headOffset(): number {
    return this.head & (this.size - 1);
  }

  protected startRecord(length: number): void {
    this.lengths[this.tailOffset() / RECORD_HEADER] = length;
  }

  protected recordLength(): number {
    const bytes = this.bytesFor();
    return bytes > 0 ? this.lengths[this.headOffset() / RECORD_HEADER]! : bytes;
  }
}
