import { ringBells } from '../core/doorbell.core.js';
import { checkInteger, RingwellError, show } from '../core/errors.js';
import {
  evictSeat,
  evictSpawned,
  moveSeat,
  SEAT_EVICTED,
  SEAT_FREE,
  SEAT_GENERATION_MAX,
  seatGeneration,
  seatState,
} from '../core/seat.core.js';
import type { Attachment } from './attachment.js';
import { HEADER_ID } from './header.core.js';
import { LOCK_PATIENCE_MS, withRegionLocked } from './lock.js';
import { bufferOf } from './memory.js';

/** What a recovery took back. */
export interface RecoveryReport {
  /** The seat that was asked for. */
  readonly seat: number;
  /** Blocks that were made free: live, on their way, or in the dead thread's stocks. */
  readonly blocksReclaimed: number;
  /** Places in rings that the dead thread had claimed. */
  readonly slotsReleased: number;
  /** Sleeping threads that were woken to look again. */
  readonly waitersWoken: number;
  /** Bytes of the blocks that were made free, and of other space taken back. */
  readonly bytesReclaimed: number;
}

/** The seat and the life of it that a caller means. @throws {RingwellError} */
function lifeOf(attachment: Attachment, target: unknown, what: string): { seat: number; generation: number } {
  const { words, seats } = attachment;
  if (typeof target === 'number') {
    const seat = checkInteger(target, 1, seats, `${what}: seat`, 'ERR_SEAT');
    return { seat, generation: seatGeneration(words, seat) };
  }
  const token = target as UncheckedToken | null;
  if (typeof token !== 'object' || token === null || token.ringwell !== 1) {
    throw new RingwellError('ERR_SEAT', `${what}: expected a seat, or a token made by share(), got ${show(target)}`);
  }
  return lifeOfToken(words, seats, token, what);
}

interface UncheckedToken {
  ringwell?: unknown;
  seat?: unknown;
  generation?: unknown;
  memory?: unknown;
}

/** The life that a token of this region means. @throws {RingwellError} ERR_SEAT, also for a token of another region */
export function lifeOfToken(
  words: Int32Array,
  seats: number,
  token: UncheckedToken,
  what: string,
): { seat: number; generation: number } {
  const seat = checkInteger(token.seat, 1, seats, `${what}: the token's seat`, 'ERR_SEAT');
  const generation = checkInteger(
    token.generation,
    1,
    SEAT_GENERATION_MAX,
    `${what}: the token's generation`,
    'ERR_SEAT',
  );
  const buffer = bufferOf(token.memory);
  // By its number: sent to another thread, a buffer is another object of the same bytes.
  const isOurs =
    buffer !== undefined &&
    buffer.byteLength >= words.byteLength &&
    new Int32Array(buffer, 0, words.length)[HEADER_ID] === words[HEADER_ID];
  if (!isOurs) throw new RingwellError('ERR_SEAT', `${what}: the token is of another region`);
  return { seat, generation };
}

/** As `Region.recover`. `patienceMs`: how long to wait for the lock of the region, and of each heap, before ERR_ATTACH. */
export function recoverSeat(
  attachment: Attachment,
  target: unknown,
  patienceMs: number = LOCK_PATIENCE_MS,
): RecoveryReport {
  const what = 'Cannot recover seat';
  attachment.ensureSeated();
  const { words, seats } = attachment;
  const { seat, generation } = lifeOf(attachment, target, what);
  if (seat === attachment.seat && generation === attachment.generation)
    throw new RingwellError('ERR_USAGE', `${what}: ${seat} is this thread's own; detach() leaves a region`);
  const total = { seat, blocksReclaimed: 0, slotsReleased: 0, waitersWoken: 0, bytesReclaimed: 0 };
  if (evictSeat(words, seat, generation) === 0) return total;
  // Here already: one of those that it had started may hold the lock, and nobody else would say that it is dead.
  evictSpawned(words, seats);
  const work = (): void => {
    // Newest first: a ring comes before the pool whose handles it carries.
    const entries = attachment.entries();
    // Again: another recoverer may have died before it came to this.
    evictSpawned(words, seats);
    const dead: number[] = [];
    for (let other = 1; other <= seats; other++) {
      if (seatState(words, other) === SEAT_EVICTED) dead.push(other);
    }
    for (const gone of dead) {
      for (const { kind, part } of entries) {
        const { blocks = 0, slots = 0, bytes = 0 } = kind.recover?.(words, part, seats, gone, patienceMs) ?? {};
        total.blocksReclaimed += blocks;
        total.slotsReleased += slots;
        total.bytesReclaimed += bytes;
      }
    }
    // After the scan: whoever looks again must find what was taken back. Before the seats are free: if we die here, another
    // finds them EVICTED and rings.
    if (dead.length > 0) total.waitersWoken = ringBells(words, seats);
    for (const gone of dead) moveSeat(words, gone, seatGeneration(words, gone), SEAT_EVICTED, SEAT_FREE);
  };
  withRegionLocked(attachment, what, work, patienceMs);
  return total;
}
