/** The ring with one producer and one consumer: linearizable, sealed at its end, its sides handed on after a death. */
import { BLOCK_FREE, BLOCK_LIVE, BLOCK_STATE_SHIFT, BLOCK_TRANSIT, BLOCK_WORDS } from '../../dist/core/block.core.js';
import { PARITY, parityShift } from '../../dist/core/lane.core.js';
import * as slot from '../../dist/core/slot.core.js';
import { CLOSED, DONE, NONE } from '../../dist/core/status.js';
import type * as realStock from '../../dist/core/stock.core.js';
import * as store from '../../dist/core/store.core.js';
import { Pool } from '../../dist/pool/pool.js';
import type { Region } from '../../dist/region/region.js';
import {
  OWN_HEAD,
  OWN_INDEX_MASK,
  OWN_LAP_SHIFT,
  OWN_RUN,
  OWN_SLOTS,
  OWN_STAGED,
  OWN_TAIL,
  OWN_WORDS,
} from '../../dist/ring/own.js';
import type * as realRing from '../../dist/ring/ring.core.js';
import { Ring } from '../../dist/ring/ring.js';
import type * as realSide from '../../dist/ring/side.core.js';
import * as realBatch from '../../dist/ring/single-batch.core.js';
import * as realLane from '../../dist/ring/single-ring.core.js';
import { attachmentIn, laneHints, layOutLane, layOutPool, layOutRegion, namer, sideBySide, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import { evict, recovering, seatAudit, seatsFor } from './recovery.js';

const batch = await core<typeof realBatch>('ring/single-batch.core.js');
const lane = await core<typeof realLane>('ring/single-ring.core.js');
const ring = await core<typeof realRing>('ring/ring.core.js');
const side = await core<typeof realSide>('ring/side.core.js');
const stock = await core<typeof realStock>('core/stock.core.js');

const { QUEUE_CLOSED, QUEUE_CONSUMER, QUEUE_PRODUCER } = slot;

/**
 * First in, first out. What is staged is put when it is flushed; a bulk is put and taken as one. The producer may see a close
 * late, as long as no taker has seen the end.
 */
function fifo(capacity: number): Spec<{ items: number[]; staged: number[]; closed: boolean; ended: boolean }> {
  return {
    start: { items: [], staged: [], closed: false, ended: false },
    step(state, name, args) {
      const { items, staged, closed, ended } = state;
      const free = capacity - items.length - staged.length;
      const refused: readonly [typeof state, number][] = closed ? [[state, CLOSED]] : [];
      if (name === 'close') return [[{ ...state, closed: true }, closed ? 0 : 1]];
      if (name === 'leave') return [[state, 0]];
      if (name === 'putAndNot') return [...refused, [state, NONE]];
      if (name === 'peek') {
        if (items.length > 0) return [[state, items[0]!]];
        return closed ? [[{ ...state, ended: true }, CLOSED]] : [[state, NONE]];
      }
      if (name === 'stage') {
        const done: [typeof state, number] = [{ ...state, staged: [...staged, args[0] as number] }, DONE];
        return free > 0 ? [...refused, done] : [...refused, [state, NONE]];
      }
      if (name === 'flush') {
        if (staged.length === 0) return [[state, DONE]];
        const put: [typeof state, number] = [{ ...state, items: [...items, ...staged], staged: [] }, DONE];
        // Refused as a whole when the end was seen.
        return ended ? [[{ ...state, staged: [] }, CLOSED]] : [put];
      }
      if (name.startsWith('put')) {
        const more = args as number[];
        if (ended) return [...refused, ...(free < more.length && name !== 'putWait' ? [[state, NONE] as const] : [])];
        if (free >= more.length)
          return [...refused, [{ ...state, items: [...items, ...staged, ...more], staged: [] }, DONE]];
        return name === 'putWait' ? refused : [...refused, [state, NONE]];
      }
      const count = (args[0] as number | undefined) ?? 1;
      if (items.length >= count) {
        const taken = items.slice(0, count).reduce((sum, item) => sum * 10 + item, 0);
        return [[{ ...state, items: items.slice(count) }, taken]];
      }
      if (closed && items.length === 0) return [[{ ...state, ended: true }, CLOSED]];
      return name === 'takeWait' ? [] : [[state, NONE]];
    },
  };
}

/** As `SingleRing.enqueue`. */
const put = (value: number): Op =>
  op('put', [value], function* ({ words, own }) {
    if (own[OWN_STAGED] !== 0) {
      const flushed = yield* batch.flush(words, own);
      if (flushed !== DONE) return flushed;
    }
    return yield* lane.put(words, own, value);
  });
const peek = op('peek', [], ({ words, own }) => lane.front(words, own));
const putWait = (value: number): Op =>
  op('putWait', [value], ({ words, own }) => lane.putWait(words, own, value, Number.POSITIVE_INFINITY));
const stage = (value: number): Op => op('stage', [value], ({ words, own }) => batch.stage(words, own, value));
const flush = op('flush', [], ({ words, own }) => batch.flush(words, own));
const take = op('take', [], ({ words, own }) => lane.take(words, own));
const takeWait = op('takeWait', [], ({ words, own }) => lane.takeWait(words, own, Number.POSITIVE_INFINITY));
const close = op('close', [], ({ words, own }) => ring.closeQueue(words, own));
const takeProducer = op('take the side', [], ({ words, own }) => lane.asProducer(words, own));
const leave = op('leave', [], function* ({ words, own }) {
  yield* side.leaveSide(words, own, QUEUE_PRODUCER);
  yield* side.leaveSide(words, own, QUEUE_CONSUMER);
  return 0;
});

/** As `SingleRing.enqueueBulk`. Where the second is no item all is taken back. */
const putTwo = (a: number, b: number): Op =>
  op(b > 0 ? 'putBulk' : 'putAndNot', [a, b], function* ({ words, own }) {
    const room = yield* batch.roomFor(words, own, 2);
    if (room < 2) return Math.min(room, NONE);
    if (b <= 0) {
      yield* batch.revert(words, own, a, 1);
      return NONE;
    }
    const next = own[OWN_TAIL]! + 1;
    const parity = (next << own[OWN_LAP_SHIFT]!) & PARITY;
    yield* batch.writeSlot(words, own[OWN_SLOTS]! + (next & own[OWN_INDEX_MASK]!), parity, b);
    return yield* batch.publishBatch(words, own, a, 2);
  });

/** As `putTwo`, of five into an empty lane: four of them are written in one go. */
const putFive = op('putBulk', [1, 2, 3, 4, 5], function* ({ words, own, kept }) {
  const room = yield* batch.roomFor(words, own, 5);
  if (room < 5) return Math.min(room, NONE);
  const parity = ((own[OWN_TAIL]! + 1) << own[OWN_LAP_SHIFT]!) & PARITY;
  yield* batch.writeFourSlots(words, own[OWN_SLOTS]! + 1, parity, 2, 3, 4, 5);
  const status = yield* batch.publishBatch(words, own, 1, 5);
  if (status === DONE) kept.push(1, 2, 3, 4, 5);
  return status;
});

/** As `SingleRing.dequeueBulk`, of two; the answer is both digits. */
function* takeBoth({ words, own }: Me): ReturnType<typeof lane.take> {
  const status = yield* lane.asConsumer(words, own);
  if (status !== DONE) return status;
  own[OWN_RUN] = 0;
  if ((yield* batch.look(words, own, 0)) === NONE) return NONE;
  yield* lane.lookAhead(words, own);
  const [shown, head, slots, mask] = [own[OWN_RUN]!, own[OWN_HEAD]!, own[OWN_SLOTS]!, own[OWN_INDEX_MASK]!];
  const first = shown > 0 ? yield* batch.readSlot(words, slots + (head & mask)) : yield* batch.look(words, own, 0);
  const second =
    shown > 1 ? yield* batch.readSlot(words, slots + ((head + 1) & mask)) : yield* batch.look(words, own, 1);
  if (second === NONE) return NONE;
  const moved = yield* batch.takeMany(words, own, 2);
  return moved === DONE ? first * 10 + second : moved;
}
const takeTwo = op('takeBulk', [2], takeBoth);

function program(
  name: string,
  threads: readonly (readonly Op[])[],
  more: Partial<Program> & { start?: number; capacity?: number } = {},
): Program {
  const { start = 0, capacity = 2, ...rest } = more;
  const region = layOutRegion(threads.length);
  const { queue, slots, own } = layOutLane(region, capacity, start);
  return {
    name: `lane: ${name}`,
    words: wordsOf(region),
    threads: threads.map((ops, i) => ({ own: own(i + 1), ops })),
    spec: fifo(capacity),
    hints: laneHints(queue, slots, capacity),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...rest,
  };
}

/** A producer that has died, or a consumer, while the other goes on; then another takes the side and finds every item. */
function dying(
  name: string,
  producer: readonly Op[],
  consumer: readonly Op[],
  victim: number,
  more: Partial<Program> & { capacity?: number; start?: number; heir?: readonly Op[] } = {},
): Program {
  const { capacity = 2, start = 0, heir = [], ...rest } = more;
  const region = layOutRegion(seatsFor(2));
  const { queue, slots, own } = layOutLane(region, capacity, start);
  return {
    name: `lane, killed anywhere: ${name}`,
    words: wordsOf(region),
    threads: [
      { own: own(1), ops: producer },
      { own: own(2), ops: consumer },
    ],
    ...recovering({ threads: 2, victim, lane: queue, heir: { own, ops: heir } }),
    hints: laneHints(queue, slots, capacity),
    audit: view => laneAudit(view, queue, slots, capacity),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...rest,
  };
}

/** A producer that has died, while another wants its side at every moment: it gets it when recovery is done, not before. */
function wanted(producer: readonly Op[], consumer: readonly Op[], other: readonly Op[]): Program {
  const capacity = 4;
  const region = layOutRegion(seatsFor(3));
  const { queue, slots, own } = layOutLane(region, capacity, 0);
  return {
    name: 'lane, killed anywhere: producer, whose side another wants',
    words: wordsOf(region),
    threads: [producer, consumer, other].map((ops, i) => ({ own: own(i + 1), ops })),
    ...recovering({ threads: 3, victim: 0, lane: queue }),
    kills: 1,
    preemptions: 2,
    hints: laneHints(queue, slots, capacity),
    audit: view => laneAudit(view, queue, slots, capacity, 0),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

/** The items of a lane at rest, oldest first; or what is wrong with its slots. */
function itemsOf(view: View, queue: number, slots: number, capacity: number): number[] | string {
  const words = Array.from({ length: capacity }, (_, i) => view.words[slots + i]!);
  const laps = words.map(word => word >>> 31);
  if (laps.filter((lap, i) => i > 0 && lap !== laps[i - 1]).length > 1) return `what was put has a gap: ${words}`;
  const head = view.words[queue + slot.QUEUE_HEAD]!;
  const found: number[] = [];
  for (let i = 0; i < capacity; i++) {
    const item = words[(head + i) & (capacity - 1)]! ^ (((head + i) << parityShift(capacity)) & PARITY);
    if (item <= 0) break;
    found.push(item);
  }
  return found;
}

/** In the middle of a bulk slots are written plainly, by the evicted still. */
const BETWEEN_CALLS = { preemptions: 0 };

/** A lane in which the first thread is about to publish a bulk, 1 and 2: it has the side, and the second is written. */
function layOutWritten(region: Region, capacity: number): ReturnType<typeof layOutLane> & { writer: Int32Array } {
  const laidOut = layOutLane(region, capacity, 0);
  const { words } = attachmentIn(region);
  const writer = laidOut.own(1);
  realLane.asProducer(words, writer);
  const next = writer[OWN_TAIL]! + 1;
  const parity = (next << writer[OWN_LAP_SHIFT]!) & PARITY;
  realBatch.writeSlot(words, laidOut.slots + (next & (capacity - 1)), parity, 2);
  return { ...laidOut, writer };
}

/** The rest of `putTwo(1, 2)`, where `layOutWritten` stops. */
const publishTwo = op('putBulk', [1, 2], function* ({ words, own, kept }) {
  const status = yield* batch.publishBatch(words, own, 1, 2);
  if (status === DONE) kept.push(1, 2);
  return status;
});

/** A thread is recovered while it lives, by one who then has its side. With `written` it has written a bulk, and publishes it first. */
function evicted(
  name: string,
  producer: readonly Op[],
  consumer: readonly Op[],
  victim: number,
  heir: readonly Op[],
  { capacity = 2, written = false, ...more }: Partial<Program> & { capacity?: number; written?: boolean } = {},
): Program {
  const region = layOutRegion(seatsFor(3));
  const { queue, slots, own, writer } = written
    ? layOutWritten(region, capacity)
    : { ...layOutLane(region, capacity, 0), writer: undefined };
  return {
    name: `lane, evicted: ${name}`,
    words: wordsOf(region),
    threads: [producer, consumer, [evict({ threads: 3, victim, lane: queue }), ...heir]].map((ops, i) => ({
      own: i === 0 && writer !== undefined ? writer : own(i + 1),
      ops: i === 0 && writer !== undefined ? [publishTwo, ...ops] : ops,
    })),
    // Who looks at its side between two calls sees what was written long before.
    hints: [
      [queue + QUEUE_CLOSED, queue + QUEUE_CLOSED + 1],
      [slots, slots + capacity],
    ],
    races: false,
    audit: view => laneAudit(view, queue, slots, capacity, victim),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...more,
  };
}

/** A thread and its heir are recovered one after the other, both alive, and both about to publish at the same slot. */
function evictedBoth(): Program {
  const capacity = 2;
  const region = layOutRegion(seatsFor(3));
  const { queue, slots, own, writer } = layOutWritten(region, capacity);
  const evicts = [0, 1].map(victim => evict({ threads: 3, victim, lane: queue }));
  return {
    name: 'lane, evicted: producer, that publishes a bulk, and its heir',
    words: wordsOf(region),
    threads: [
      { own: writer, ops: [publishTwo] },
      { own: own(2), ops: [notedPut(3)] },
      { own: own(3), ops: [...evicts, notedTake, notedTake, notedTake] },
    ],
    hints: [
      [queue + QUEUE_CLOSED, queue + QUEUE_CLOSED + 1],
      [slots, slots + capacity],
    ],
    races: false,
    audit: view => {
      const put = `${[...view.kept(0), ...view.kept(1)]}`;
      const there = itemsOf(view, queue, slots, capacity);
      const found = `${[...view.kept(2), ...there]}`;
      return put === found ? seatAudit(view) : `acknowledged ${put}, taken and there ${found}`;
    },
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

/** What was acknowledged was taken once, in order, or is there, or was delivered to the dead inside its last call. */
function laneAudit(
  view: View,
  queue: number,
  slots: number,
  capacity: number,
  evictedThread?: number,
): string | undefined {
  const there = itemsOf(view, queue, slots, capacity);
  if (typeof there === 'string') return there;
  const dead = evictedThread ?? view.deaths[0];
  // An heir goes on where the dead was.
  const heirs = evictedThread === undefined ? view.deaths.flatMap((_, i) => [...view.kept(2 + i)]) : [...view.kept(2)];
  const acknowledged = [...view.kept(0), ...(dead === 0 ? heirs : [])];
  const taken = [...view.kept(1), ...(dead === 1 ? heirs : [])];
  const together = [...taken, ...there];
  const cut = dead === undefined ? 0 : view.cutShort(dead) === undefined ? 0 : 5;
  // The producer's last call may have put its items and not lived to say so; the consumer's may have taken some.
  const own = dead === 0 ? view.kept(0).length : acknowledged.length;
  for (let unsaid = 0; unsaid <= (dead === 0 ? cut : 0); unsaid++) {
    const put = [...acknowledged.slice(0, own), ...together.slice(own, own + unsaid), ...acknowledged.slice(own)];
    if (`${put}` === `${together}`) return sidesAudit(view, queue);
  }
  const last = dead === 1 ? view.kept(1).length : 0;
  for (let swallowed = 1; swallowed <= (dead === 1 ? cut : 0); swallowed++) {
    const left = [...taken.slice(0, last), ...acknowledged.slice(last + swallowed)];
    if (`${left}` === `${together}`) return sidesAudit(view, queue);
  }
  return `acknowledged ${acknowledged}, taken ${taken}, there ${there}`;
}

function sidesAudit(view: View, queue: number): string | undefined {
  for (const at of [queue + QUEUE_PRODUCER, queue + QUEUE_CONSUMER]) {
    if (view.deaths.includes((view.words[at]! & 0xff) - 1)) return 'a side still names the dead';
  }
  return seatAudit(view);
}

/** The same operations, and the notebook knows what was acknowledged, or taken. */
const noted = (one: Op, items: (answer: number) => number[]): Op =>
  op(one.name, one.args, function* (me) {
    const answer = (yield* one.body(me)) as number;
    me.kept.push(...items(answer));
    return answer;
  });
const notedPut = (...values: number[]): Op =>
  noted(values.length === 1 ? put(values[0]!) : putTwo(values[0]!, values[1]!), answer =>
    answer === DONE ? values : [],
  );
const notedTake = noted(take, answer => (answer > 0 ? [answer] : []));
const notedTakeTwo = noted(takeTwo, answer => (answer > 0 ? [Math.floor(answer / 10), answer % 10] : []));

const notedPutWait = (value: number): Op => noted(putWait(value), answer => (answer === DONE ? [value] : []));
const notedTakeWait = noted(takeWait, answer => (answer > 0 ? [answer] : []));

/** Waits that may end by time: the other side may have died. */
const notedPutFor = (value: number): Op =>
  noted(
    op('putWait', [value], ({ words, own }) => lane.putWait(words, own, value, 10)),
    answer => (answer === DONE ? [value] : []),
  );
const notedTakeFor = noted(
  op('takeWait', [], ({ words, own }) => lane.takeWait(words, own, 10)),
  answer => (answer > 0 ? [answer] : []),
);

const notedFlush = op('flush', [], function* ({ words, own, kept }) {
  const staged = [...own.subarray(OWN_WORDS, OWN_WORDS + own[OWN_STAGED]!)];
  const status = yield* batch.flush(words, own);
  if (status === DONE) kept.push(...staged);
  return status;
});

/** A thread's `own` holds the pool's private array, then the lane's. */
const LANE_OWN = store.OWN_STOCK + 2;
const acquire = op('acquire', [], function* ({ words, own, kept }) {
  const handle = yield* stock.acquireBlock(words, own, 1);
  if (handle > 0) kept.push(handle);
  return handle;
});
const release = op(
  'release',
  ({ kept }) => [kept.at(-1)],
  ({ words, own, kept }) => stock.releaseBlock(words, own, kept.pop()!),
  ({ kept }) => kept.length > 0,
);
const send = op(
  'put',
  ({ kept }) => [kept.at(-1)],
  function* ({ words, own, kept }) {
    const status = yield* lane.put(words, own.subarray(LANE_OWN), kept.at(-1)!);
    if (status === DONE) kept.pop();
    return status;
  },
  ({ kept }) => kept.length > 0,
);
/** Sends both that it holds, with one publication. */
const sendBoth = op(
  'putBulk',
  ({ kept }) => [...kept],
  function* ({ words, own, kept }) {
    const mine = own.subarray(LANE_OWN);
    yield* batch.stage(words, mine, kept[0]!);
    yield* batch.stage(words, mine, kept[1]!);
    const status = yield* batch.flush(words, mine);
    if (status === DONE) kept.splice(0, 2);
    return status;
  },
  ({ kept }) => kept.length === 2,
);
/** As `sendBoth`, into a lane that may be closed meanwhile. */
const sendBothIfOpen = op(
  'putBulk',
  ({ kept }) => [...kept],
  function* ({ words, own, kept }) {
    const mine = own.subarray(LANE_OWN);
    let staged = 0;
    while (staged < 2 && (yield* batch.stage(words, mine, kept[staged]!)) === DONE) staged++;
    const status = yield* batch.flush(words, mine);
    if (status === DONE) kept.splice(0, staged);
    return status;
  },
  ({ kept }) => kept.length === 2,
);
const closeCarrying = op('close', [], ({ words, own }) => ring.closeQueue(words, own.subarray(LANE_OWN)));
const receive = op('take', [], function* ({ words, own, kept }) {
  const handle = yield* lane.take(words, own.subarray(LANE_OWN));
  if (handle > 0) kept.push(handle);
  return handle;
});
const receiveBoth = op('takeBulk', [2], function* ({ words, own, kept }) {
  const mine = own.subarray(LANE_OWN);
  if ((yield* lane.asConsumer(words, mine)) !== DONE) return NONE;
  mine[OWN_RUN] = 0;
  const first = yield* batch.look(words, mine, 0);
  if (first !== NONE) yield* lane.lookAhead(words, mine);
  const second = first === NONE ? NONE : yield* batch.look(words, mine, 1);
  if (second === NONE) return NONE;
  yield* batch.takeMany(words, mine, 2);
  kept.push(first, second);
  return DONE;
});

function carrying(name: string, sender: readonly Op[], receiver: readonly Op[], victim: number): Program {
  const blocks = 2;
  const capacity = 2;
  const region = layOutRegion(seatsFor(2));
  const pool = layOutPool(region, blocks, 0);
  const { queue, slots, own: laneOwn } = layOutLane(region, capacity, 0, true);
  const own = sideBySide(pool.own, laneOwn, LANE_OWN);
  const { records } = pool.store;
  return {
    name: `lane, carrying: ${name}`,
    words: wordsOf(region),
    threads: [
      { own: own(1), ops: sender },
      { own: own(2), ops: receiver },
    ],
    ...recovering({ threads: 2, victim, lane: queue, store: pool.store.index }),
    hints: [...laneHints(queue, slots, capacity), [records, records + blocks * BLOCK_WORDS]],
    audit: view => cargoAudit(view, queue, slots, capacity, records, blocks),
    nameOf: namer([
      ['store', pool.store.index],
      ['records', records],
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

/**
 * A thread has put two blocks and left the lane; while it dies, its successor goes on. Its name stands in what is still on its way: so it does
 * where a seat was left and taken again, by a thread that then dies.
 */
function left(): Program {
  const blocks = 4;
  const capacity = 2;
  const region = layOutRegion(seatsFor(3));
  const pool = layOutPool(region, blocks, 0);
  const { queue, slots, own: laneOwn } = layOutLane(region, capacity, 0, true);
  const before = Pool.attach(region, 'pool');
  Ring.attach(region, 'ring').enqueueBulk(Int32Array.of(before.acquire(), before.acquire()), 2);
  attachmentIn(region).opened.get('ring')!.leave();
  const own = sideBySide(pool.own, laneOwn, LANE_OWN);
  const { records } = pool.store;
  return {
    name: 'lane, carrying: sender that had left killed',
    words: wordsOf(region),
    threads: [[acquire], [acquire, send], [receive]].map((ops, i) => ({ own: own(i + 1), ops })),
    ...recovering({ threads: 3, victim: 0, lane: queue, store: pool.store.index }),
    kills: 1,
    preemptions: 2,
    hints: [...laneHints(queue, slots, capacity), [records, records + blocks * BLOCK_WORDS]],
    audit: view => cargoAudit(view, queue, slots, capacity, records, blocks, 3),
    nameOf: namer([
      ['store', pool.store.index],
      ['records', records],
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

/** Every block is free, or in one slot on its way, or held by one living thread that knows it. */
function cargoAudit(
  view: View,
  queue: number,
  slots: number,
  capacity: number,
  records: number,
  blocks: number,
  threads = 2,
): string | undefined {
  const there = itemsOf(view, queue, slots, capacity);
  if (typeof there === 'string') return there;
  const held = [0, 1, 2]
    .slice(0, threads)
    .filter(thread => !view.deaths.includes(thread))
    .flatMap(thread => [...view.kept(thread)]);
  for (let index = 0; index < blocks; index++) {
    const word = view.words[records + index * BLOCK_WORDS]!;
    const state = (word >>> BLOCK_STATE_SHIFT) & 15;
    if (view.deaths.includes((word & 0xff) - 1)) return `block ${index} names the dead`;
    const isIn = (handles: readonly number[]): number =>
      handles.filter(handle => (handle & (blocks - 1)) === index).length;
    const places = [isIn(there), isIn(held)];
    const right =
      state === BLOCK_TRANSIT ? [1, 0] : state === BLOCK_LIVE ? [0, 1] : state <= BLOCK_FREE ? [0, 0] : undefined;
    if (`${places}` !== `${right}`)
      return `block ${index} in state ${state} is in ${places[0]} slots and ${places[1]} hands`;
  }
  return sidesAudit(view, queue);
}

export const programs: readonly Program[] = [
  program('2 x 3, tries', [
    [put(1), put(2), put(3)],
    [take, take, take],
  ]),
  program(
    '2 x 3, tries, from a later lap on',
    [
      [put(1), put(2), put(3)],
      [take, take, take],
    ],
    { start: 3 },
  ),
  program('2 x 3, waiting', [
    [putWait(1), putWait(2), putWait(3)],
    [takeWait, takeWait, takeWait],
  ]),
  program(
    'one slot, waiting',
    [
      [putWait(1), putWait(2), putWait(3)],
      [takeWait, takeWait, takeWait],
    ],
    { capacity: 1 },
  ),
  program('staged and flushed, taken one by one', [
    [stage(1), stage(2), stage(3), flush, put(4)],
    [take, take, take],
  ]),
  program('staged and flushed, taken together', [
    [stage(1), stage(2), flush, put(3)],
    [takeTwo, take],
  ]),
  program(
    'in bulk, round and round',
    [
      [putTwo(1, 2), putTwo(3, 4), putTwo(5, 6)],
      [takeTwo, takeTwo],
    ],
    { capacity: 4 },
  ),
  program('a lap in bulk, taken one by one, then together', [
    [putTwo(1, 2), putTwo(3, 4)],
    [take, take, takeTwo],
  ]),
  program('taken together, where the tail is behind', [
    [1, 2, 3, 4, 5, 6, 7].map(put),
    [take, take, take, take, take, take, takeTwo],
  ]),
  program('in bulk into less room', [
    [put(1), putTwo(2, 3), putTwo(4, 5)],
    [take, takeTwo],
  ]),
  program('closing behind the last', [
    [put(1), put(2), close],
    [take, take, take],
  ]),
  program('two, of which the second is no item', [
    [put(1), putTwo(2, 0), putTwo(3, 4)],
    [take, take, take],
  ]),
  program('closing, seen by one who looks', [[put(1), put(2)], [peek, take, peek, take], [close]]),
  program('closing from elsewhere', [[put(1), put(2)], [take, take, take], [close]]),
  program('closing while staged', [[stage(1), stage(2), flush], [take, take, take], [close]]),
  program('closing wakes both', [[putWait(1), putWait(2)], [takeWait, takeWait, takeWait], [close]]),
  program('a side left and taken again', [
    [put(1), leave, put(2), leave],
    [take, leave, take],
  ]),
  dying('producer, one by one', [notedPut(1), notedPut(2), notedPut(3)], [notedTake, notedTake], 0),
  dying('producer, in bulk', [notedPut(1, 2), notedPut(3, 4)], [notedTake, notedTake], 0, { capacity: 4 }),
  dying('producer, in bulk, at a wrap', [notedPut(1), notedPut(2, 3), notedPut(4)], [notedTake, notedTakeTwo], 0, {
    start: 1,
  }),
  dying('producer, that takes two back', [notedPut(1), putTwo(2, 0), notedPut(3)], [notedTake, notedTake], 0, {
    capacity: 4,
  }),
  dying('consumer, one by one', [notedPut(1), notedPut(2), notedPut(3)], [notedTake, notedTake], 1),
  dying('consumer, in bulk', [notedPut(1, 2), notedPut(3, 4)], [notedTakeTwo, notedTake], 1, { capacity: 4 }),
  dying('consumer, in bulk, at a wrap', [notedPut(1), notedPut(2, 3)], [notedTake, notedTakeTwo], 1, { start: 1 }),
  dying('producer, waiting for room', [notedPutFor(1), notedPutFor(2)], [notedTake], 0, {
    capacity: 1,
    timeouts: true,
  }),
  dying('consumer, waiting for an item', [notedPut(1), notedPut(2)], [notedTakeFor, notedTakeFor], 1, {
    timeouts: true,
  }),
  dying('producer, leaving', [notedPut(1), leave], [notedTake], 0),
  dying('consumer, leaving', [notedPut(1), notedPut(2)], [notedTake, leave], 1),
  dying('consumer, looking', [notedPut(1), notedPut(2)], [peek, notedTake], 1),
  dying('consumer, that finds the end', [notedPut(1), close], [notedTake, notedTake], 1),
  dying('consumer, and the producer waits', [notedPutFor(1), notedPutFor(2)], [notedTake], 1, {
    capacity: 1,
    timeouts: true,
  }),
  dying('producer, and the consumer waits', [notedPut(1), notedPut(2)], [notedTakeFor], 0, { timeouts: true }),
  dying('consumer, waiting, and its heir waits', [notedPut(1), notedPut(2)], [notedTakeWait], 1, {
    heir: [notedTakeWait],
    kills: 1,
  }),
  dying('producer, waiting, and its heir waits', [notedPut(1), notedPutWait(2)], [notedTakeWait, notedTake], 0, {
    capacity: 1,
    heir: [notedPutFor(3)],
    timeouts: true,
    kills: 1,
  }),
  dying('producer, of five in bulk', [putFive], [notedTake, notedTakeTwo], 0, { capacity: 8 }),
  dying('producer of a full lane, and its heir puts', [notedPut(1), notedPut(2)], [notedTake], 0, {
    start: 6,
    heir: [notedPut(3)],
    kills: 1,
  }),
  dying('producer, staging more than fits', [stage(1), stage(2), stage(3), notedFlush], [notedTake], 0),
  carrying('sender killed, and the end found', [acquire, send], [closeCarrying, receive], 0),
  carrying('sender of two killed, and the end found', [acquire, acquire, sendBothIfOpen], [closeCarrying, receive], 0),
  carrying('sender killed', [acquire, send, acquire, send], [receive, release], 0),
  carrying('sender of two killed', [acquire, acquire, sendBoth], [receive, release], 0),
  carrying('receiver killed', [acquire, send, acquire, send], [receive, release], 1),
  carrying('receiver of two killed', [acquire, acquire, sendBoth], [receiveBoth, release], 1),
  left(),
  wanted([notedPut(1), notedPut(2, 3)], [notedTake, notedTake], [notedPut(4), notedPut(5)]),
  evicted(
    'producer',
    [notedPut(1), notedPut(2, 3), notedPut(4)],
    [notedTake, notedTake],
    0,
    [notedPut(5), notedPut(6, 7)],
    { capacity: 4, ...BETWEEN_CALLS },
  ),
  evicted('producer, anywhere', [notedPut(1), notedPut(2), notedPut(3)], [notedTake, notedTake, notedTake], 0, [
    notedPut(4),
    notedPut(5),
  ]),
  evicted('producer, and a lap goes by', [notedPut(1)], [notedTake, notedTake], 0, [notedPut(2), notedPut(3)], {
    capacity: 1,
  }),
  evicted(
    'producer, as it takes the side, and a lap goes by',
    [takeProducer],
    [notedTake],
    0,
    [notedPut(2), notedPut(3)],
    { capacity: 1, preemptions: 1 },
  ),
  evicted('producer, and its heir stages', [notedPut(1), notedPut(2)], [notedTake, notedTake], 0, [
    stage(3),
    notedFlush,
    notedPut(4),
  ]),
  evicted('producer, and its heir has no room then', [notedPut(1)], [notedTake], 0, [stage(3), notedFlush], {
    capacity: 1,
  }),
  evicted('producer, that publishes a bulk', [notedPut(3)], [notedTake, notedTake, notedTake], 0, [notedPut(4)], {
    capacity: 4,
    written: true,
  }),
  evicted('producer, that publishes a bulk, and its heir another', [], [notedTake, notedTakeTwo], 0, [notedPut(4, 5)], {
    capacity: 4,
    written: true,
  }),
  evicted('producer, that publishes a bulk of a lap', [], [notedTake, notedTake], 0, [notedPut(4, 5)], {
    written: true,
  }),
  evicted('producer, that publishes a bulk, while the consumer waits', [], [notedTakeWait], 0, [notedPut(4, 5)], {
    capacity: 4,
    written: true,
  }),
  evictedBoth(),
  evicted('producer, anywhere, and its heir puts in bulk', [notedPut(1), notedPut(2)], [notedTake, notedTake], 0, [
    notedPut(4, 5),
  ]),
  evicted(
    'consumer',
    [notedPut(1), notedPut(2, 3), notedPut(4)],
    [notedTake, notedTakeTwo],
    1,
    [notedTake, notedTake],
    { capacity: 4 },
  ),
  evicted('consumer, about to wait, while its heir finds the end', [], [notedTakeWait], 1, [close, notedTake], {
    preemptions: 3,
  }),
  evicted('consumer, waiting', [notedPut(1), notedPut(2)], [notedTakeWait, notedTakeWait], 1, [notedTake]),
  evicted('consumer, waiting, and a lap goes by', [notedPut(1), notedPutWait(2)], [notedTakeWait], 1, [notedTakeWait], {
    capacity: 1,
    preemptions: 2,
  }),
  evicted('producer, waiting for room', [notedPutWait(1), notedPutWait(2), notedPutWait(3)], [notedTake], 0, [
    notedPut(4),
  ]),
];
