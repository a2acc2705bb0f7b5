/** Seats and the directory's lock: one owner each, whoever comes when, and readable after a death. */

import * as realSeat from '../../dist/core/seat.core.js';
import { DONE } from '../../dist/core/status.js';
import * as realHeader from '../../dist/region/header.core.js';
import { attachmentIn, layOutRegion, namer, wordsOf } from './layout.js';
import { core, coreFromText } from './loader.js';
import { type Op, op, type Program, type View } from './program.js';

const seat = await core<typeof realSeat>('core/seat.core.js');
const header = await core<typeof realHeader>('region/header.core.js');
const critical = await coreFromText<{ bump(words: Int32Array, at: number): number }>(
  'critical section',
  'export function bump(words, at) { const seen = words[at]; words[at] = seen + 1; return seen + 1; }',
);

const { SEAT_ATTACHED, SEAT_FREE, SEAT_LEAVING, SEAT_RESERVED } = realSeat;
const SEATS = 2;

/** kept: [seat, generation] of the token this thread minted last. */
const share = op('share', [], function* ({ words, kept }) {
  const number = yield* seat.reserveSeat(words, SEATS);
  if (number !== 0) kept.push(number, yield* seat.seatGeneration(words, number));
  return number;
});
const move = (name: string, from: number, to: number): Op =>
  op(
    name,
    ({ kept }) => [kept[0], kept[1]],
    ({ words, kept }) => seat.moveSeat(words, kept[0]!, kept[1]!, from, to),
    ({ kept }) => kept.length > 0,
  );
const attach = move('attach', SEAT_RESERVED, SEAT_ATTACHED);
const cancel = move('cancel', SEAT_RESERVED, SEAT_FREE);
const leaving = move('leave', SEAT_ATTACHED, SEAT_LEAVING);
const free = op(
  'free',
  [],
  function* ({ words, kept }) {
    const freed = yield* seat.moveSeat(words, kept[0]!, kept[1]!, SEAT_LEAVING, SEAT_FREE);
    kept.length = 0;
    return freed;
  },
  ({ kept }) => kept.length > 0,
);

/** No two threads keep the same seat. */
function oneSeatEach(view: View): string | undefined {
  const [a, b, c] = [0, 1, 2].map(thread => view.kept(thread)[0]);
  if ((a !== undefined && (a === b || a === c)) || (b !== undefined && b === c))
    return `one seat for two threads: ${[a, b, c]}`;
  return undefined;
}

/** Only one seat is free: both others are wanted by two threads. */
function seatProgram(name: string, threads: readonly (readonly Op[])[], more: Partial<Program> = {}): Program {
  const region = layOutRegion(SEATS);
  const words = attachmentIn(region).words.slice(0, region.usedBytes >>> 2);
  words[realSeat.seatIndex(1)] = 0;
  words[realSeat.seatIndex(2)] = 0xffffff << realSeat.SEAT_GENERATION_SHIFT; // the generation is about to wrap
  return {
    name: `seat: ${name}`,
    words,
    threads: threads.map(ops => ({ ops })),
    law: oneSeatEach,
    nameOf: namer([1, 2].map(n => [`seat ${n}`, realSeat.seatIndex(n)] as const)),
    ...more,
  };
}

const add = (at: number, deadline = Number.POSITIVE_INFINITY): Op =>
  op('add a structure', [], function* ({ words, own }) {
    if ((yield* header.lockRegion(words, own[0]!, 1, deadline, 1)) !== DONE) return 0;
    const seen = yield* critical.bump(words, at);
    yield* header.unlockRegion(words, own[0]!, 1);
    return seen;
  });

function lockProgram(name: string, threads: number, more: Partial<Program> & { deadline?: number } = {}): Program {
  const region = layOutRegion(threads);
  const words = wordsOf(region);
  const counter = words.length - 1;
  return {
    name: `directory lock: ${name}`,
    words,
    threads: Array.from({ length: threads }, (_, i) => ({ own: [i + 1], ops: [add(counter, more.deadline)] })),
    audit: view => {
      if (view.deaths.length > 0 || view.words[counter] === threads) return undefined;
      return `${view.words[counter]} structures were added, expected ${threads}`;
    },
    nameOf: namer([
      ['lock', realHeader.HEADER_LOCK],
      ['counter', counter],
    ]),
    ...more,
  };
}

const SPAWNER = 1;
const evict = op('evict', [], ({ words }) => seat.evictSeat(words, SPAWNER, 1));
const evictSpawned = op('evict spawned', [], ({ words }) => seat.evictSpawned(words, 3));
const spawned = op('spawn', [], function* ({ words, own, kept }) {
  const number = yield* seat.reserveSeat(words, 3);
  if (number === 0) return 0;
  const generation = yield* seat.seatGeneration(words, number);
  yield* seat.setSpawner(words, number, generation, realHeader.lockWord(SPAWNER, own[0]!));
  kept.push(number, generation);
  return number;
});

/**
 * A spawner starts a thread on the one free seat and dies, or gives the seat back; another thread shares that seat as its own. Whoever
 * recovers the spawner takes the seat if it is the spawner's thread's, and never when it is the other's, whatever stands there.
 */
function spawnerProgram(name: string, ops: readonly Op[], more: Partial<Program> = {}): Program {
  const region = layOutRegion(3);
  const words = attachmentIn(region).words.slice(0, region.usedBytes >>> 2);
  words[realSeat.seatIndex(3)] = 0xffffff << realSeat.SEAT_GENERATION_SHIFT;
  return {
    name: `seat: ${name}`,
    words,
    threads: [
      { own: [1], ops },
      { name: 'another', ops: [share, attach, leaving, free, share] },
    ],
    victims: [0],
    supervisors: [{ name: 'recovery', ops: [evict, evictSpawned] }],
    audit: view => {
      const mine = view.kept(1);
      if (mine[0] !== undefined) {
        const word = view.words[realSeat.seatIndex(mine[0])]!;
        const expected = (mine[1]! << realSeat.SEAT_GENERATION_SHIFT) | SEAT_RESERVED;
        if (word !== expected) return `the other's seat ${mine[0]} was taken: ${word.toString(16)}`;
      }
      const [number, generation] = view.kept(0);
      if (view.deaths.length === 0 || number === undefined) return undefined;
      const word = view.words[realSeat.seatIndex(number)]!;
      if (word >>> realSeat.SEAT_GENERATION_SHIFT !== generation) return undefined;
      const state = word & realSeat.SEAT_STATE_MASK;
      return state === realSeat.SEAT_EVICTED || state === SEAT_FREE ? undefined : `seat ${number} outlived its spawner`;
    },
    nameOf: namer([1, 2, 3].map(n => [`seat ${n}`, realSeat.seatIndex(n)] as const)),
    ...more,
  };
}

/** Whoever attaches says so in the notebook. */
const attachAndSay = op(
  'attach',
  ({ kept }) => [kept[0], kept[1]],
  function* ({ words, kept }) {
    const moved = yield* seat.moveSeat(words, kept[0]!, kept[1]!, SEAT_RESERVED, SEAT_ATTACHED);
    kept.push(moved);
    return moved;
  },
);

/** One token is given to two: only one may attach with it. */
function tokenProgram(): Program {
  const region = layOutRegion(2);
  const words = wordsOf(region);
  words[realSeat.seatIndex(2)] = (7 << realSeat.SEAT_GENERATION_SHIFT) | SEAT_RESERVED;
  return {
    name: 'seat: one token given to two',
    words,
    threads: [0, 1].map(() => ({ kept: [2, 7], ops: [attachAndSay] })),
    audit: view => {
      const attached = [0, 1].filter(thread => view.kept(thread)[2] === 1).length;
      return attached === 1 ? undefined : `${attached} have attached with one token`;
    },
  };
}

/** Who holds the lock dies, and so may who takes it over. */
function takeOverProgram(): Program {
  const region = layOutRegion(3);
  const words = wordsOf(region);
  const counter = words.length - 1;
  const evictAll = op('evict', [], function* ({ words: shared, deaths }) {
    for (const dead of deaths) yield* seat.evictSeat(shared, dead + 1, 1);
  });
  return {
    name: 'directory lock: killed anywhere, and so is who takes it over',
    words,
    threads: [{ own: [1], ops: [add(counter)] }],
    victims: [0, 1],
    kills: 2,
    supervisors: [2, 3].map(i => ({ name: `recovery ${i - 1}`, own: [i], ops: [evictAll, add(counter)] })),
    audit: view => {
      if (view.deaths.length === 0) return undefined;
      const lock = view.words[realHeader.HEADER_LOCK]!;
      const last = view.deaths.length;
      if (lock !== 0 && !view.deaths.includes((lock & 0xff) - 1))
        return `the lock names seat ${lock & 0xff}, which is done`;
      return view.cutShort(last) === undefined && lock !== 0 ? 'the lock is still held' : undefined;
    },
    nameOf: namer([
      ['lock', realHeader.HEADER_LOCK],
      ['counter', counter],
    ]),
  };
}

export const programs: readonly Program[] = [
  spawnerProgram('a spawner dies with its thread', [spawned, attach]),
  spawnerProgram('a spawner takes a token back and dies', [spawned, cancel, spawned, attach, leaving]),
  spawnerProgram('a spawner dies with its thread, and so does who recovers it', [spawned, attach], {
    victims: [0, 2],
    kills: 2,
    supervisors: [1, 2].map(i => ({ name: `recovery ${i}`, ops: [evict, evictSpawned] })),
  }),
  tokenProgram(),
  takeOverProgram(),
  seatProgram(
    'sharing, attaching and leaving',
    [
      [share, attach, leaving, free, share],
      [share, attach, leaving, free, share],
      [share, cancel],
    ],
    {
      // Cancelled seats are forgotten by nobody here, so only the two that attach are compared.
      law: view =>
        view.kept(0)[0] !== undefined && view.kept(0)[0] === view.kept(1)[0] ? `one seat for two threads` : undefined,
    },
  ),
  seatProgram('three want two seats', [[share], [share], [share]]),
  lockProgram('two add', 2),
  lockProgram('three add', 3),
  lockProgram('killed anywhere', 2, {
    victims: [0],
    // The survivor waits for the lock of a dead seat: that its word names the seat is what recovery needs.
    timeouts: true,
    deadline: 10,
    audit: view => {
      const holder = view.words[realHeader.HEADER_LOCK]! & 0xff;
      return holder === 0 || view.deaths.includes(holder - 1)
        ? undefined
        : `the lock names seat ${holder}, which is alive and done`;
    },
  }),
];
