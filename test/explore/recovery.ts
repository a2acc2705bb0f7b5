/** Recovery as a program's supervisors run it: the first recovers the victim, the second the first, should that die too. */
import type * as realDoorbell from '../../dist/core/doorbell.core.js';
import type * as realFrame from '../../dist/core/frame.core.js';
import type * as realLane from '../../dist/core/lane.core.js';
import type * as realQueue from '../../dist/core/recover-queue.core.js';
import type * as realStore from '../../dist/core/recover-store.core.js';
import * as realSeat from '../../dist/core/seat.core.js';
import { DONE } from '../../dist/core/status.js';
import type * as realStream from '../../dist/core/stream.core.js';
import type * as realTape from '../../dist/core/tape.core.js';
import * as realHeader from '../../dist/region/header.core.js';
import { core } from './loader.js';
import { type Op, op, type Program, type View } from './program.js';
import type { Walk } from './recorder.js';

const doorbell = await core<typeof realDoorbell>('core/doorbell.core.js');
const frame = await core<typeof realFrame>('core/frame.core.js');
const header = await core<typeof realHeader>('region/header.core.js');
const lane = await core<typeof realLane>('core/lane.core.js');
const queue = await core<typeof realQueue>('core/recover-queue.core.js');
const seat = await core<typeof realSeat>('core/seat.core.js');
const stream = await core<typeof realStream>('core/stream.core.js');
const tape = await core<typeof realTape>('core/tape.core.js');
const store = await core<typeof realStore>('core/recover-store.core.js');

const { SEAT_ATTACHED, SEAT_EVICTED, SEAT_FREE, SEAT_RESERVED } = realSeat;

/** What is recovered: the threads, of which one may die, and the parts of the structures; 0 for none. */
export interface Recovered {
  /** Threads of the program itself; they sit on seats 1, 2, ..., the recoverers behind them. */
  readonly threads: number;
  /** The number of the thread that may die. */
  readonly victim: number;
  readonly queue?: number;
  readonly lane?: number;
  readonly store?: number;
  readonly stream?: number;
  readonly tape?: number;
  readonly frames?: number;
  /** What a recoverer does afterwards, on what it has to itself at that seat. */
  readonly heir?: { readonly own: (seat: number) => Int32Array; readonly ops: readonly Op[] };
}

/** Seats that a program with recovery needs. */
export function seatsFor(threads: number): number {
  return threads + 2;
}

/** As `recoverSeat` in region/recovery.ts, on one ring and one pool: takes back what `dead` held, and frees its seat. */
function* takeBack(words: Int32Array, what: Recovered, dead: number): Walk<void> {
  const { threads, queue: queuePart = 0, lane: lanePart = 0, store: storePart = 0 } = what;
  const { stream: streamPart = 0, tape: tapePart = 0, frames: framesPart = 0 } = what;
  const seats = seatsFor(threads);
  if ((yield* seat.seatState(words, dead)) !== SEAT_EVICTED) return;
  if (queuePart !== 0) yield* queue.recoverQueue(words, queuePart, seats, dead);
  if (lanePart !== 0) yield* lane.recoverLane(words, lanePart, seats, dead);
  if (storePart !== 0) yield* store.recoverStore(words, storePart, seats, dead);
  if (streamPart !== 0) yield* stream.recoverStream(words, streamPart, seats, dead);
  if (tapePart !== 0) yield* tape.recoverTape(words, tapePart, seats, dead);
  if (framesPart !== 0) yield* frame.recoverFrames(words, framesPart, seats, dead);
  yield* doorbell.ringBells(words, threads);
  yield* seat.moveSeat(words, dead, 1, SEAT_EVICTED, SEAT_FREE);
}

/** The victim dies, and so may the first who recovers it. */
export function recovering(what: Recovered): Pick<Program, 'victims' | 'supervisors' | 'kills'> {
  const { threads, victim, heir } = what;
  const dead = victim + 1;
  const recover = (me: number): Op =>
    op(
      'recover',
      ({ deaths }) => deaths.map(thread => thread + 1),
      function* ({ words, deaths }) {
        // Whoever comes second knows of both deaths: the first recoverer may have died before it did anything.
        yield* seat.evictSeat(words, dead, 1);
        if (deaths.length > 1) yield* seat.evictSeat(words, threads + 1, 1);
        const status = yield* header.lockRegion(words, me, 1, Number.POSITIVE_INFINITY, 1);
        if (status !== DONE) return status;
        yield* takeBack(words, what, dead);
        // A recoverer has nothing in any structure, so its seat needs no scan here. An heir may have died ringing.
        if (deaths.length > 1 && heir !== undefined) yield* doorbell.ringBells(words, threads);
        if (deaths.length > 1) yield* seat.moveSeat(words, threads + 1, 1, SEAT_EVICTED, SEAT_FREE);
        yield* header.unlockRegion(words, me, 1);
        return DONE;
      },
    );
  return {
    victims: [victim, threads],
    kills: 2,
    supervisors: [1, 2].map(i => ({
      name: `recovery ${i}`,
      own: heir?.own(threads + i) ?? [],
      ops: [recover(threads + i), ...(heir?.ops ?? [])],
    })),
  };
}

/**
 * Evicts a living thread: recovers the victim, which goes on. For a thread of the program, the last one, so that it comes at any moment;
 * what it does afterwards it does as the victim's heir.
 */
export function evict(what: Recovered): Op {
  const { threads, victim } = what;
  return op('evict', [victim + 1], function* ({ words }) {
    yield* seat.evictSeat(words, victim + 1, 1);
    const status = yield* header.lockRegion(words, threads, 1, Number.POSITIVE_INFINITY, 1);
    if (status !== DONE) return status;
    yield* takeBack(words, what, victim + 1);
    yield* header.unlockRegion(words, threads, 1);
    return DONE;
  });
}

/** Takes the seat of a thread that was evicted, in its second life: for an heir whose private array says so. */
export function sitDown(number: number, threads = 3): Op {
  return op('sit down', [number], function* ({ words }) {
    const free = yield* seat.reserveSeat(words, seatsFor(threads));
    return yield* seat.moveSeat(words, free, 2, SEAT_RESERVED, SEAT_ATTACHED);
  });
}

/** What recovery leaves behind at the end: no seat of the dead, no lock. */
export function seatAudit(view: View): string | undefined {
  for (const thread of view.deaths) {
    const state = view.words[realSeat.seatIndex(thread + 1)]! & realSeat.SEAT_STATE_MASK;
    if (state !== SEAT_FREE) return `the seat of thread ${thread}, which died, is in state ${state}`;
  }
  const lock = view.words[realHeader.HEADER_LOCK]!;
  return lock === 0 ? undefined : `the lock still names seat ${lock & 0xff}`;
}
