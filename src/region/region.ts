import { ring } from '../core/doorbell.core.js';
import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import {
  moveSeat,
  reserveSeat,
  SEAT_ATTACHED,
  SEAT_FREE,
  SEAT_GENERATION_MAX,
  SEAT_LEAVING,
  SEAT_POISONED,
  SEAT_RESERVED,
  SEAT_STATE_MASK,
  SEATS_MAX,
  seatGeneration,
  seatIndex,
} from '../core/seat.core.js';
import { type Attached, Attachment } from './attachment.js';
import { readEntries } from './directory.js';
import {
  breakOffset,
  HEADER_BYTES,
  HEADER_DIRTY,
  HEADER_ID,
  HEADER_MAGIC,
  HEADER_SEATS,
  HEADER_STATE,
  HEADER_VERSION,
  MAGIC,
  structuresOffset,
  VERSION,
} from './header.core.js';
import { adoptMemory, BYTES_MAX, type Memory, reserveMemory } from './memory.js';
import { lifeOfToken, type RecoveryReport, recoverSeat } from './recovery.js';
import { type RegionReport, reportOf } from './report.js';

/** How a region is made. */
export interface RegionOptions {
  /** Bytes reserved now and touched when used; default 64 MiB; at most 2^31 - 64 KiB. */
  maxByteLength?: number;
  /** Whether other threads can attach; default true. With `buffer` it is what that allows. */
  shared?: boolean;
  /** What the bytes come from: default `'buffer'`; `'wasm'` lets WebAssembly modules import the memory too. */
  backing?: 'wasm' | 'buffer';
  /** Adopts the caller's memory instead of reserving some. It must not be resized afterwards. */
  buffer?: ArrayBufferLike | WebAssembly.Memory;
  /** The most threads attached at once, 1 to 255; default 16. */
  seats?: number;
}

/** A seat for one more thread. Survives structured clone: send it by `workerData` or `postMessage`. */
export interface RegionToken {
  readonly ringwell: 1;
  /** The seat, from 1, and which life of it the token is for. */
  readonly seat: number;
  readonly generation: number;
  readonly memory: SharedArrayBuffer | WebAssembly.Memory;
}

/**
 * One block of bytes that every attached thread sees, and the structures in it.
 *
 * *Threads*: a region object belongs to the thread that made it; other threads attach with a token of their own.
 */
export class Region {
  /** @internal */
  readonly attachment: Attachment;

  private constructor(attachment: Attachment) {
    if (!(attachment instanceof Attachment))
      throw new RingwellError('ERR_USAGE', 'Cannot make a region by new: use Region.create or Region.attach');
    this.attachment = attachment;
  }

  /**
   * Makes a region, and takes its first seat for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for sizes that can't be; ERR_ATTACH for memory that isn't, or holds a region already
   */
  static create(options: RegionOptions = {}): Region {
    const what = 'Cannot create region';
    checkOptions(options, `${what}: options`);
    const seats = checkInteger(options.seats ?? 16, 1, SEATS_MAX, `${what}: seats`);
    const memory =
      options.buffer === undefined ? reserve(options, what) : adoptMemory(options.buffer, options.maxByteLength, what);
    const least = structuresOffset(seats);
    if (memory.byteLength < least) {
      throw new RingwellError(
        'ERR_GEOMETRY',
        `${what}: ${seats} seats need at least ${least} bytes, got ${memory.byteLength}`,
      );
    }
    const words = new Int32Array(memory.buffer, 0, memory.byteLength >>> 2);
    if (words[HEADER_MAGIC] === MAGIC && words[HEADER_STATE] === 1) {
      throw new RingwellError(
        'ERR_ATTACH',
        `${what}: the buffer already holds a region; attach to it, or clear it first`,
      );
    }
    if (memory.dirty) words.fill(0, 0, least >>> 2);
    words[HEADER_MAGIC] = MAGIC;
    words[HEADER_VERSION] = VERSION;
    words[HEADER_SEATS] = seats;
    words[HEADER_BYTES] = memory.byteLength;
    words[HEADER_ID] = (Math.random() * 0x7fffffff) | 0;
    words[HEADER_DIRTY] = memory.dirty ? 1 : 0;
    const seat = reserveSeat(words, seats);
    const generation = seatGeneration(words, seat);
    moveSeat(words, seat, generation, SEAT_RESERVED, SEAT_ATTACHED);
    Atomics.store(words, HEADER_STATE, 1); // published: whole from here on
    return new Region(new Attachment(memory, words, seats, seat, generation));
  }

  /**
   * Takes the seat of a token, in the thread that the token was sent to.
   * @throws {RingwellError} ERR_ATTACH when there is no whole region of this version; ERR_SEAT when the token was used or cancelled
   */
  static attach(token: RegionToken): Region {
    const what = 'Cannot attach region';
    if (typeof token !== 'object' || token === null || token.ringwell !== 1) {
      throw new RingwellError('ERR_ATTACH', `${what}: expected a token made by region.share(), got ${show(token)}`);
    }
    const { seat, generation } = token;
    const adopted = adoptMemory(token.memory, undefined, what);
    const { words, seats } = readHeader(adopted, what);
    checkInteger(seat, 1, seats, `${what}: the token's seat`, 'ERR_SEAT');
    checkInteger(generation, 1, SEAT_GENERATION_MAX, `${what}: the token's generation`, 'ERR_SEAT');
    if (moveSeat(words, seat, generation, SEAT_RESERVED, SEAT_ATTACHED) === 0) {
      const poisoned = (Atomics.load(words, seatIndex(seat)) & SEAT_POISONED) !== 0;
      if (poisoned) throw new RingwellError('ERR_CORRUPTION', `${what}: the region is poisoned`);
      throw new RingwellError(
        'ERR_SEAT',
        `${what}: the token of seat ${seat} was already used, or cancelled; one token, one thread`,
      );
    }
    const memory: Memory = { ...adopted, byteLength: words.length * 4 };
    return new Region(new Attachment(memory, words, seats, seat, generation));
  }

  /** The bytes. Offsets of handles and structures are offsets into this. */
  get buffer(): ArrayBufferLike {
    return this.attachment.memory.buffer;
  }

  /** The WebAssembly memory behind the bytes, where there is one. */
  get memory(): WebAssembly.Memory | undefined {
    return this.attachment.memory.memory;
  }

  /** This thread's seat, from 1. */
  get seat(): number {
    return this.attachment.seat;
  }

  /** The break in bytes: what header, seats and structures have reserved. Touched pages are fewer. */
  get usedBytes(): number {
    return breakOffset(this.attachment.words);
  }

  /** The size of the region in bytes. */
  get maxByteLength(): number {
    return this.attachment.memory.byteLength;
  }

  /**
   * Mints a token with a seat of its own, for one other thread.
   * @throws {RingwellError} ERR_USAGE when the region is not shared; ERR_SEAT when no seat is left
   */
  share(): RegionToken {
    const { attachment } = this;
    attachment.ensureSeated();
    const { memory, words, seats } = attachment;
    if (!memory.shared) {
      throw new RingwellError(
        'ERR_USAGE',
        'Cannot share region: it was made with shared: false, or over an ArrayBuffer',
      );
    }
    const seat = reserveSeat(words, seats);
    if (seat === 0) throw new RingwellError('ERR_SEAT', `Cannot share region: all ${seats} seats are taken`);
    const shared = memory.memory ?? (memory.buffer as SharedArrayBuffer);
    return { ringwell: 1, seat, generation: seatGeneration(words, seat), memory: shared };
  }

  /** Takes a token back that was never used. @throws {RingwellError} ERR_SEAT when it was used or cancelled; ERR_ATTACH for what is none */
  cancel(token: RegionToken): void {
    const { words, seats } = this.attachment;
    const what = 'Cannot cancel token';
    this.attachment.ensureSeated();
    if (typeof token !== 'object' || token === null || token.ringwell !== 1) {
      throw new RingwellError('ERR_ATTACH', `${what}: expected a token made by region.share(), got ${show(token)}`);
    }
    const { seat, generation } = lifeOfToken(words, seats, token, what);
    if (moveSeat(words, seat, generation, SEAT_RESERVED, SEAT_FREE) === 0) {
      throw new RingwellError('ERR_SEAT', `${what}: seat ${seat} was already attached or cancelled`);
    }
  }

  /**
   * Takes back everything that a thread held which is known to have ended: its stocks, its blocks (or leaves them live, held by
   * nobody, where the pool was made with `keep`), the slots it had claimed, its place in waiter sets, the region's lock. Others
   * go on meanwhile. Then every bell is rung and the seat is free again.
   *
   * Given a token, that life of the seat only; given a number, whoever sits there now. A life that is already over: nothing
   * changes, and everything in the report is 0. Seats whose recovery another thread began and did not live to finish are
   * finished too, and counted with it; so are those of threads that the dead one had started by `spawn`. docs/recovery.md says
   * what is promised for each structure.
   *
   * *Proof*: the caller knows that the thread has ended (its `exit` event). A thread that still runs gets ERR_EVICTED.
   * *Threads*: any seat but the one to be recovered; one at a time, others wait. It may die too: recover its seat.
   * *Cost*: one look at every block word, mask word and slot of the region, under the lock that adding a structure needs.
   * @throws {RingwellError} ERR_SEAT for a seat that isn't one, or a token of another region; ERR_USAGE for this thread's own;
   * ERR_ATTACH when another seat has held the lock for too long: if its thread has ended, recover that one
   */
  recover(seat: number | RegionToken): RecoveryReport {
    return recoverSeat(this.attachment, seat);
  }

  /**
   * Leaves the region: gives everything private back, lets go of the blocks this thread still holds (they stay live, held by
   * nobody), ends its waits, and frees its seat. Idempotent; also after an eviction, when there is nothing left to give.
   * @throws {RingwellError} ERR_ATTACH when another seat has held a heap's lock for a second: if its thread has ended, recover it, and
   * call `detach` again; all else is done, and the seat stays taken until then, or until it is recovered itself
   */
  detach(): void {
    const { attachment } = this;
    const { words, seat, generation } = attachment;
    if (!attachment.left) {
      const seated = moveSeat(words, seat, generation, SEAT_ATTACHED, SEAT_LEAVING) === 1;
      attachment.left = true;
      attachment.waiting.failAll(new RingwellError('ERR_SEAT', `Seat ${seat}: this region was detached while waiting`));
      if (seated) attachment.toLeave = structuresOf(attachment);
    } else if (attachment.toLeave.length === 0) return;
    // Recovered meanwhile: then there is nothing left to give.
    if (moveSeat(words, seat, generation, SEAT_LEAVING, SEAT_LEAVING) === 0) return;
    let thrown: unknown;
    attachment.toLeave = attachment.toLeave.filter(structure => {
      try {
        structure.leave();
        return false;
      } catch (error) {
        thrown ??= error;
        return true;
      }
    });
    // Something names this seat still: nobody else may have it.
    if (attachment.toLeave.length > 0) throw thrown;
    ring(words, seat);
    moveSeat(words, seat, generation, SEAT_LEAVING, SEAT_FREE);
  }

  /** As `detach`. */
  [Symbol.dispose](): void {
    this.detach();
  }

  /**
   * Walks every structure's laws, while others run. A broken one poisons the region: every thread gets ERR_CORRUPTION.
   * Reads every block word and slot. @throws {RingwellError} ERR_CORRUPTION
   */
  check(): void {
    const { attachment } = this;
    attachment.ensureSeated();
    const { words } = attachment;
    for (let seat = 1; seat <= attachment.seats; seat++) {
      const state = Atomics.load(words, seatIndex(seat)) & SEAT_STATE_MASK;
      if (state > 4) throw attachment.poison(seatIndex(seat), `seat ${seat} is in no known state`);
    }
    for (const entry of attachment.entries()) {
      const index = entry.kind.check(words, entry.part, attachment.seats);
      if (index !== 0) throw attachment.poison(index, `a law of ${show(entry.name)} is broken`);
    }
  }

  /** What is in the region: seats and structures. Momentary where others run; safe from any seat; reads every block word. */
  inspect(): RegionReport {
    this.attachment.ensureSeated();
    return reportOf(this.attachment);
  }
}

/** What a thread has to leave. */
function structuresOf(attachment: Attachment): Attached[] {
  const entries = readEntries(attachment.words);
  if (typeof entries === 'number') return [...attachment.opened.values()];
  // Newest first: a ring comes before the pool whose blocks it carries, which may get some back from it. Pools that this thread
  // never opened have to be left too: a ring that carries them brought their blocks here.
  return entries.map(
    ({ name, kind, part }) => attachment.opened.get(name) ?? { leave: () => kind.leave?.(attachment, part) },
  );
}

function reserve(options: RegionOptions, what: string): Memory {
  const { shared = true, backing = 'buffer' } = options;
  if (typeof shared !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: shared must be a boolean, got ${show(shared)}`);
  if (backing !== 'wasm' && backing !== 'buffer') {
    throw new RingwellError('ERR_USAGE', `${what}: backing must be 'wasm' or 'buffer', got ${show(backing)}`);
  }
  const bytes = checkInteger(options.maxByteLength ?? 64 * 2 ** 20, 1, BYTES_MAX, `${what}: maxByteLength`);
  return reserveMemory((bytes + 63) & ~63, shared, backing);
}

/** Reads and checks a header, once; nothing of it is read again. @throws {RingwellError} ERR_ATTACH */
function readHeader(memory: Memory, what: string): { words: Int32Array; seats: number } {
  const refuse = (why: string): RingwellError => new RingwellError('ERR_ATTACH', `${what}: ${why}`);
  if (memory.byteLength < structuresOffset(1)) throw refuse(`${memory.byteLength} bytes are too few for a region`);
  const header = new Int32Array(memory.buffer, 0, structuresOffset(1) >>> 2);
  const magic = header[HEADER_MAGIC]!;
  if (magic !== MAGIC) {
    const swapped = ((magic & 0xff) << 24) | ((magic & 0xff00) << 8) | ((magic >>> 8) & 0xff00) | (magic >>> 24);
    throw refuse(
      swapped === MAGIC
        ? 'the region was made on a machine of another byte order'
        : 'there is no region in this memory',
    );
  }
  if (header[HEADER_VERSION] !== VERSION) throw refuse(`layout version ${header[HEADER_VERSION]}, expected ${VERSION}`);
  if (Atomics.load(header, HEADER_STATE) !== 1) throw refuse('the region is only half made');
  const seats = header[HEADER_SEATS]!;
  const bytes = header[HEADER_BYTES]!;
  if (seats < 1 || seats > SEATS_MAX) throw refuse(`its header says ${seats} seats, expected 1 to ${SEATS_MAX}`);
  if (bytes % 4 !== 0 || bytes < structuresOffset(seats) || bytes > memory.byteLength) {
    throw refuse(`its header says ${bytes} bytes, and the memory has ${memory.byteLength}`);
  }
  return { words: new Int32Array(memory.buffer, 0, bytes >>> 2), seats };
}
