/** Waiting as shipped: a counter of items, takers that wait for them, and nobody asleep while there is one. */
import * as real from '../../dist/core/doorbell.core.js';
import { layOutRegion, namer, wordsOf } from './layout.js';
import { core, coreFromText } from './loader.js';
import { type Me, type Op, op, type Program } from './program.js';
import type { Walk } from './recorder.js';

const bell = await core<typeof real>('core/doorbell.core.js');

/** A structure as small as can be: a word of items, and a word that says whether it is closed. */
const counter = await coreFromText<{
  add(words: Int32Array, own: Int32Array): void;
  grab(words: Int32Array, own: Int32Array): number;
  left(words: Int32Array, own: Int32Array): number;
  close(words: Int32Array, own: Int32Array): void;
}>(
  'counter',
  `
export function add(words, own) { Atomics.add(words, own[1], 1); }
export function close(words, own) { Atomics.store(words, own[1] + 1, 1); }
export function left(words, own) { return Atomics.load(words, own[1]); }
export function grab(words, own) {
  for (;;) {
    const closed = Atomics.load(words, own[1] + 1);
    const items = Atomics.load(words, own[1]);
    if (items === 0) return closed === 0 ? 0 : -1;
    if (Atomics.compareExchange(words, own[1], items, items - 1) === items) return 1;
  }
}`,
);

function* wake({ words, own }: Me): Walk<void> {
  if ((yield* bell.someoneWaits(words, own[2]!, own[3]!)) !== 0) yield* bell.ringOne(words, own[2]!, own[3]!);
}

const put = op('put', [], function* (me) {
  yield* counter.add(me.words, me.own);
  yield* wake(me);
});
const end = op('end', [], function* ({ words, own }) {
  yield* counter.close(words, own);
  yield* bell.ringAll(words, own[2]!, own[3]!);
});
/** `patient` ones wait for ever; the others leave when a wait timed out. */
const taker = (patient: boolean): Op =>
  op('take', [], function* (me) {
    const { words, own, again } = me;
    for (let round = 0; ; round = 1) {
      again(round);
      const rung = yield* bell.arm(words, own[2]!, own[0]!);
      const got = yield* counter.grab(words, own);
      if (got !== 0 || (!patient && round === 1)) {
        yield* bell.disarm(words, own[2]!, own[0]!);
        if ((yield* counter.left(words, own)) !== 0) yield* wake(me);
        return got;
      }
      yield* bell.listen(words, own[0]!, rung, patient ? Number.POSITIVE_INFINITY : 10);
    }
  });
/** As one who waits in several places: it reads its bell before it arms in any. */
const takeAnywhere = op('take', [], function* (me) {
  const { words, own, again } = me;
  for (;;) {
    again();
    const rung = yield* bell.readBell(words, own[0]!);
    yield* bell.arm(words, own[2]!, own[0]!);
    const got = yield* counter.grab(words, own);
    if (got !== 0) {
      yield* bell.disarm(words, own[2]!, own[0]!);
      if ((yield* counter.left(words, own)) !== 0) yield* wake(me);
      return got;
    }
    yield* bell.listen(words, own[0]!, rung, Number.POSITIVE_INFINITY);
  }
});
const take = taker(true);
const takeFor = taker(false);

/** `seats` may be many, so that the waiter set has several words, and the threads sit at the ends of them. */
function program(
  name: string,
  threads: readonly (readonly Op[])[],
  seatOf: (thread: number) => number,
  more: Partial<Program> = {},
): Program {
  const seats = Math.max(...threads.map((_, i) => seatOf(i)));
  const region = layOutRegion(seats);
  const used = wordsOf(region);
  const words = new Int32Array(used.length + 32);
  words.set(used);
  const items = used.length;
  const waiters = used.length + 16;
  return {
    name: `doorbell: ${name}`,
    words,
    threads: threads.map((ops, i) => ({ own: [seatOf(i), items, waiters, seats], ops })),
    audit: view => {
      for (let i = 0; i < 8; i++) if (view.words[waiters + i] !== 0) return 'a waiter bit was left behind';
      return undefined;
    },
    nameOf: namer([
      ['items', items],
      ['waiters', waiters],
      ...threads.map((_, i) => [`bell of ${i}`, real.bellIndex(seatOf(i))] as const),
    ]),
    ...more,
  };
}

const near = (thread: number): number => thread + 1;
const far = (thread: number): number => [31, 32, 64, 1][thread]!;

export const programs: readonly Program[] = [
  program('two takers, two puts', [[take], [take], [put, put]], near),
  program('bell read before', [[takeAnywhere], [takeAnywhere], [put, put]], near),
  program('two takers, two putters', [[take], [take], [put], [put]], near, { preemptions: 3 }),
  program('three takers', [[take], [take], [take], [put, put, put]], near, { preemptions: 2 }),
  program('seats in three words', [[take], [take], [put, put]], far),
  program('three takers in three words', [[take], [take], [take], [put, put, put]], far, { preemptions: 1 }),
  program('timing out', [[takeFor], [take], [put, put]], near, { timeouts: true }),
  program('ending', [[take, take], [take], [put, end]], near),
];
