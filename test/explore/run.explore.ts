/** Several items at once through a ring of many: runs are put and taken as one, and a death leaves nothing of them behind. */
import * as slot from '../../dist/core/slot.core.js';
import { CLOSED, DONE, NONE } from '../../dist/core/status.js';
import type * as realRing from '../../dist/ring/ring.core.js';
import type * as realWait from '../../dist/ring/ring-wait.core.js';
import type * as realRun from '../../dist/ring/run.core.js';
import type * as realSide from '../../dist/ring/side.core.js';
import { attachmentIn, layOutRegion, layOutRing, namer, queueHints, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import type { Walk } from './recorder.js';
import { evict, recovering, seatAudit, seatsFor } from './recovery.js';

const ring = await core<typeof realRing>('ring/ring.core.js');
const run = await core<typeof realRun>('ring/run.core.js');
const side = await core<typeof realSide>('ring/side.core.js');
const wait = await core<typeof realWait>('ring/ring-wait.core.js');

/** First in, first out; the items of a put stand together; a try may fail behind somebody who has claimed and not finished. */
function fifo(capacity: number): Spec<{ items: number[]; closed: boolean }> {
  return {
    start: { items: [], closed: false },
    step(state, name, args) {
      const { items, closed } = state;
      if (name === 'close') return [[{ items, closed: true }, closed ? 0 : 1]];
      const nothing = [[state, NONE] as const];
      if (name === 'overwrite') {
        const kept = items.length < capacity ? items : items.slice(1);
        // A close in the middle finds the oldest dropped already.
        if (closed)
          return [
            [state, CLOSED],
            [{ items: kept, closed }, CLOSED],
          ];
        const put: [typeof state, number] = [{ items: [...kept, args[0] as number], closed }, DONE];
        // Full, while its oldest is being taken.
        return items.length < capacity - 1 ? [put] : [put, ...nothing];
      }
      if (name === 'put') {
        const more = args as number[];
        if (closed) return [[state, CLOSED]];
        const fits = items.length + more.length <= capacity;
        return fits ? [...nothing, [{ items: [...items, ...more], closed }, DONE]] : nothing;
      }
      if (name === 'peek') return [...nothing, ...(items.length > 0 ? [[state, items[0]!] as const] : [])];
      const least = args[0] as number;
      const most = args[1] as number;
      const taken: [typeof state, number][] = [];
      for (let count = least; count <= Math.min(most, items.length); count++) {
        const digits = items.slice(0, count).reduce((sum, item) => sum * 10 + item, 0);
        taken.push([{ items: items.slice(count), closed }, digits]);
      }
      return [...nothing, ...taken, ...(closed && items.length === 0 ? [[state, CLOSED] as const] : [])];
    },
  };
}

/** As `fifo`, but with one producer a take fails only where fewer are there. */
function exact(capacity: number): ReturnType<typeof fifo> {
  const { start, step } = fifo(capacity);
  return {
    start,
    step(state, name, args) {
      const enough = name === 'take' && state.items.length >= (args[0] as number);
      return [...step(state, name, args)].filter(([, answer]) => !(enough && answer === NONE));
    },
  };
}

/** As `SharedRing.enqueueBulk`. */
function* putAll({ words, own }: Me, items: readonly number[]): Walk<number> {
  const claimed = yield* run.claimRun(words, own, items.length, items.length);
  if (claimed <= 0) return claimed;
  yield* run.fillFirst(words, own, items[0]!);
  for (let i = 1; i < items.length; i++)
    yield* run.fillSlot(words, yield* run.runSlot(own, i), yield* run.fullWord(own, i), items[i]!);
  return yield* run.publishRun(words, own);
}

/** As `SharedRing.dequeueBurst`; the answer is the items' digits. */
function* takeUpTo({ words, own }: Me, least: number, most: number): Walk<number> {
  const extent = yield* run.takeRun(words, own, most, least);
  if (extent <= 0) return extent;
  let digits = yield* run.takeFirst(words, own);
  for (let i = 1; i < extent; i++) {
    const item = yield* run.takeSlot(words, own, yield* run.runSlot(own, i), yield* run.emptyWord(own, i));
    if (item !== NONE) digits = digits * 10 + item;
  }
  yield* run.releaseRun(words, own);
  return digits;
}

const put = (...items: number[]): Op => op('put', items, me => putAll(me, items));
const putOne = (item: number): Op => op('put', [item], ({ words, own }) => ring.enqueue(words, own, item));
const take = (least: number, most = least): Op => op('take', [least, most], me => takeUpTo(me, least, most));
const takeOne = op('take', [1, 1], ({ words, own }) => ring.dequeue(words, own));
const peek = op('peek', [], ({ words, own }) => run.front(words, own));
const takeInTime = op('take', [1, 1], ({ words, own }) => wait.dequeueWait(words, own, 1000));
/** As who asks again and again. */
const takeSoon = (count: number): Op =>
  op('take', [count, count], function* (me) {
    for (;;) {
      me.again();
      const digits = yield* takeUpTo(me, count, count);
      if (digits !== NONE) return digits;
    }
  });
const putWait = (item: number): Op =>
  op('put', [item], ({ words, own }) => wait.enqueueWait(words, own, item, Number.POSITIVE_INFINITY));
/** As `SharedRing.enqueue` of a ring that overwrites. */
function* putOver({ words, own }: Me, item: number): Walk<number> {
  const status = yield* ring.enqueue(words, own, item);
  if (status !== NONE) return status;
  yield* run.makeRoom(words, own, 1);
  return yield* ring.enqueue(words, own, item);
}
const overwrite = (item: number): Op => op('overwrite', [item], me => putOver(me, item));
const close = op('close', [], ({ words, own }) => ring.closeQueue(words, own));

function program(
  name: string,
  threads: readonly (readonly Op[])[],
  more: Partial<Program> & { start?: number; capacity?: number } = {},
): Program {
  const { start = 0, capacity = 2, ...rest } = more;
  const region = layOutRegion(threads.length);
  const { queue, slots, own } = layOutRing(region, capacity, start);
  return {
    name: `run: ${name}`,
    words: wordsOf(region),
    threads: threads.map((ops, i) => ({ own: own(i + 1), ops })),
    spec: fifo(capacity),
    hints: queueHints(queue, slots, capacity),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...rest,
  };
}

/** Three items were put, and who put the second died: as recovery leaves it. */
function overSkipped(name: string, threads: readonly (readonly Op[])[]): Program {
  const region = layOutRegion(threads.length);
  const { queue, slots, own } = layOutRing(region, 4, 0);
  const words = wordsOf(region);
  for (let i = 0; i < 3; i++) {
    words[slots + i * slot.SLOT_WORDS] = i === 1 ? slot.SLOT_SKIP : slot.SLOT_FULL;
    words[slots + i * slot.SLOT_WORDS + 1] = i + 1;
  }
  const spec = exact(4);
  return {
    name: `run: ${name}`,
    words,
    threads: threads.map((ops, i) => ({ own: own(i + 1), ops })),
    spec: { ...spec, start: { ...spec.start, items: [1, 3] } },
    hints: queueHints(queue, slots, 4),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

const notedPut = (...items: number[]): Op =>
  op('put', items, function* (me) {
    const status = yield* putAll(me, items);
    if (status === DONE) me.kept.push(...items);
    return status;
  });
const notedTake = (least: number, most = least): Op =>
  op('take', [least, most], function* (me) {
    const digits = yield* takeUpTo(me, least, most);
    if (digits > 0) me.kept.push(...String(digits).split('').map(Number));
    return digits;
  });

const notedPutWait = (item: number): Op =>
  op('put', [item], function* (me) {
    const status = yield* wait.enqueueWait(me.words, me.own, item, Number.POSITIVE_INFINITY);
    if (status === DONE) me.kept.push(item);
    return status;
  });
const notedTakeWait = op('take', [1, 1], function* (me) {
  const item = yield* wait.dequeueWait(me.words, me.own, Number.POSITIVE_INFINITY);
  if (item > 0) me.kept.push(item);
  return item;
});

const notedPutFor = (item: number): Op =>
  op('put', [item], function* (me) {
    const status = yield* wait.enqueueWait(me.words, me.own, item, 10);
    if (status === DONE) me.kept.push(item);
    return status;
  });
const notedTakeFor = op('take', [1, 1], function* (me) {
  const item = yield* wait.dequeueWait(me.words, me.own, 10);
  if (item > 0) me.kept.push(item);
  return item;
});
/** What a ring of one producer does, or of one consumer, before anything else. */
const become = (which: number): Op => op('become', [], ({ words, own }) => side.takeSide(words, own, which));
const notedOverwrite = (item: number): Op =>
  op('overwrite', [item], function* (me) {
    const status = yield* putOver(me, item);
    if (status === DONE) me.kept.push(item);
    return status;
  });

/** Whether a ring of which somebody has begun the closing takes nothing more, now or as soon as a slot is given back. */
function isShut(view: View, queue: number, slots: number, capacity: number): boolean {
  if (view.words[queue + slot.QUEUE_CLOSED] === 0) return true;
  const ring = Array.from({ length: capacity }, (_, i) => view.words[slots + i * slot.SLOT_WORDS]!);
  if (ring.some(word => (word & slot.SLOT_STATE_MASK) === slot.SLOT_SEALED)) return true;
  return ring.every(word => (word & slot.SLOT_STATE_MASK) !== 0) && ring.some(word => (word & slot.SLOT_MARK) !== 0);
}

/** Whether a slot behind this one has been given back: takers have gone past both. */
function isBehindHead(view: View, slots: number, capacity: number, index: number): boolean {
  const lap = (i: number): number => view.words[slots + i * slot.SLOT_WORDS]! & slot.lapMask(capacity);
  return Array.from({ length: capacity }, (_, i) => i).some(i => i > index && ((lap(i) - lap(index)) | 0) > 0);
}

/** What was acknowledged is there once, was taken once, or was delivered to a consumer inside its last call. */
function audit(
  view: View,
  slots: number,
  capacity: number,
  producers: number,
  threads: number,
  drops: boolean,
): string | undefined {
  const found: number[] = [];
  for (let thread = producers; thread < threads; thread++) found.push(...view.kept(thread));
  for (let i = 0; i < capacity; i++) {
    const word = view.words[slots + i * slot.SLOT_WORDS]!;
    const state = word & slot.SLOT_STATE_MASK;
    if (state === slot.SLOT_CLAIMED || state === slot.SLOT_TAKEN) return `slot ${i} is still claimed`;
    if (state === slot.SLOT_SKIP && view.deaths.length > 0 && isBehindHead(view, slots, capacity, i))
      return `slot ${i} is skipped, and nobody will come by to give it back`;
    if (state === slot.SLOT_FULL) found.push(view.words[slots + i * slot.SLOT_WORDS + 1]!);
  }
  const lost: number[] = [];
  for (let thread = 0; thread < producers; thread++) {
    for (const item of view.kept(thread)) {
      const times = found.filter(one => one === item).length;
      if (times > 1) return `item ${item} is there ${times} times`;
      if (times === 0) lost.push(item);
    }
  }
  if (drops) {
    // An item may be dropped for one that came a whole lap later, or was coming when its thread died.
    const last = view.kept(0).length + (view.cutShort(0) === undefined ? 0 : 1);
    for (const item of lost.splice(0)) if (item > last - capacity) lost.push(item);
  }
  const consumerDied = view.deaths.some(dead => dead >= producers && view.cutShort(dead) !== undefined);
  for (let thread = 0; thread < producers && !drops && !consumerDied; thread++) {
    const { name = '', args = [] } = view.cutShort(thread) ?? {};
    const there = args.filter(item => found.includes(item as number));
    if (name === 'put' && there.length !== 0 && there.length !== args.length)
      return `of ${args} only ${there} were put`;
  }
  if (lost.length > (consumerDied ? 2 : 0)) return `acknowledged and lost: ${lost}`;
  return seatAudit(view);
}

function sideAudit(view: View, queue: number): string | undefined {
  const named = [slot.QUEUE_PRODUCER, slot.QUEUE_CONSUMER].map(at => (view.words[queue + at]! & 0xff) - 1);
  return named.some(thread => view.deaths.includes(thread)) ? 'a side still names the dead' : undefined;
}

function dying(
  name: string,
  producers: readonly (readonly Op[])[],
  consumers: readonly (readonly Op[])[],
  victim: number,
  more: Partial<Program> & { start?: number; capacity?: number; skipped?: boolean; drops?: boolean } = {},
): Program {
  const { start = 0, capacity = 2, skipped = false, drops = false, ...rest } = more;
  const threads = [...producers, ...consumers];
  const region = layOutRegion(seatsFor(threads.length));
  const { queue, slots, own } = layOutRing(region, capacity, start);
  // As recovery leaves it where the first producer died.
  if (skipped) attachmentIn(region).words[slots] = slot.SLOT_SKIP;
  return {
    name: `run, killed anywhere: ${name}`,
    words: wordsOf(region),
    threads: threads.map((ops, i) => ({ own: own(i + 1), ops })),
    ...recovering({ threads: threads.length, victim, queue }),
    hints: queueHints(queue, slots, capacity),
    audit: view =>
      isShut(view, queue, slots, capacity)
        ? (audit(view, slots, capacity, producers.length, threads.length, drops) ?? sideAudit(view, queue))
        : 'the ring was closed, and something can still be put',
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...rest,
  };
}

/** A thread is recovered while it lives, between two of its calls, by one who then takes what is there. */
function evicted(
  name: string,
  producers: readonly (readonly Op[])[],
  consumers: readonly (readonly Op[])[],
  victim: number,
  heir: readonly Op[],
): Program {
  const count = producers.length + consumers.length + 1;
  const region = layOutRegion(seatsFor(count));
  const { queue, slots, own } = layOutRing(region, 2, 0);
  return {
    name: `run, evicted: ${name}`,
    words: wordsOf(region),
    threads: [...producers, ...consumers, [evict({ threads: count, victim, queue }), ...heir]].map((ops, i) => ({
      own: own(i + 1),
      ops,
    })),
    // In the middle of a call it may still write what it was about to.
    preemptions: 0,
    hints: queueHints(queue, slots, 2),
    audit: view => audit(view, slots, 2, producers.length, count, false),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
  };
}

export const programs: readonly Program[] = [
  program('two at once', [
    [put(1, 2), put(3, 4)],
    [take(2), take(2)],
  ]),
  program('two at once, one by one out', [
    [put(1, 2), put(3, 4)],
    [takeOne, takeOne, takeOne],
  ]),
  program('one by one, as many as there are out', [
    [putOne(1), putOne(2), putOne(3)],
    [take(1, 2), take(1, 2)],
  ]),
  program('two producers', [[put(1, 2)], [put(3, 4), putOne(5)], [take(1, 4), takeOne]], { capacity: 4 }),
  program('two producers at a wrap', [[put(1, 2)], [putOne(3), put(4, 5)], [take(2), take(1, 2)]], { start: 1 }),
  program('two consumers', [[put(1, 2), put(3, 4)], [take(1, 2)], [takeOne, take(2)]], { capacity: 4 }),
  program('two producers, two consumers', [[put(1, 2)], [putOne(3)], [take(1, 2)], [takeOne]], {
    capacity: 4,
    preemptions: 3,
  }),
  // What was put or given back together is taken and put in parts.
  program('in parts', [[put(1, 2, 3), put(4, 5)], [take(1, 2), take(1, 3)], [takeOne]], { capacity: 4 }),
  program(
    'in parts, one side',
    [
      [put(1, 2, 3, 4), put(5), put(6, 7, 8)],
      [take(1), take(3), take(1, 4)],
    ],
    { capacity: 4, start: -2 },
  ),
  overSkipped('over what was skipped', [[take(2)], [putOne(5)]]),
  // Who waits marks slots that others fill, and that stand behind the first of a run when it is taken.
  program('over marks that were left there', [[putOne(1), putOne(2)], [takeInTime], [takeInTime], [take(2)]], {
    spec: exact(4),
    capacity: 4,
    preemptions: 2,
    timeouts: true,
  }),
  program(
    'over marks that were left for room',
    [[putOne(1), putWait(2), putWait(3)], [putWait(4)], [takeSoon(2), takeSoon(2)]],
    {
      preemptions: 3,
    },
  ),
  program(
    'below 2^32',
    [
      [put(1, 2), put(3, 4)],
      [take(2), takeOne],
    ],
    { start: -3, capacity: 4 },
  ),
  program('closing between a claim and its publication', [[put(1, 2)], [close], [take(1, 2), takeOne]]),
  program('closing behind a run', [[put(1, 2), close], [putOne(3)], [take(1, 2), take(1, 2)]], { capacity: 4 }),
  program(
    'overwriting',
    [
      [overwrite(1), overwrite(2), overwrite(3), overwrite(4)],
      [takeOne, takeOne, takeOne],
    ],
    { solo: 'all' },
  ),
  program(
    'overwriting one',
    [
      [overwrite(1), overwrite(2), overwrite(3)],
      [takeOne, takeOne],
    ],
    { capacity: 1, solo: 'all' },
  ),
  program(
    'overwriting against two at once',
    [
      [overwrite(1), overwrite(2), overwrite(3)],
      [take(1, 2), take(1, 2)],
    ],
    { solo: 'all' },
  ),
  // The item that is looked at may be overwritten meanwhile: then it is looked for again.
  program(
    'overwriting what is looked at',
    [
      [overwrite(1), overwrite(2), overwrite(3), overwrite(4)],
      [peek, peek, takeOne],
    ],
    { races: false, solo: 'all' },
  ),
  program('overwriting against a close', [[overwrite(1), overwrite(2)], [takeOne], [close]], { capacity: 1 }),
  dying('a producer', [[notedPut(1, 2), notedPut(3, 4)]], [[notedTake(1, 2), notedTake(1)]], 0),
  dying('a producer at a wrap', [[notedPut(1), notedPut(2, 3)]], [[notedTake(1), notedTake(1, 2)]], 0, { start: 1 }),
  dying('a consumer', [[notedPut(1, 2), notedPut(3, 4)]], [[notedTake(2), notedTake(1, 2)]], 1),
  dying('a consumer at a wrap', [[notedPut(1), notedPut(2, 3)]], [[notedTake(1), notedTake(2)]], 1, { start: -2 }),
  dying('one of two producers', [[notedPut(1, 2)], [notedPut(3, 4)]], [[notedTake(1, 2)]], 0, {
    capacity: 4,
    preemptions: 2,
  }),
  dying('one of two consumers', [[notedPut(1, 2), notedPut(3)]], [[notedTake(1, 2)], [notedTake(1, 2)]], 1, {
    capacity: 4,
    preemptions: 2,
  }),
  dying(
    'who overwrites',
    [[notedOverwrite(1), notedOverwrite(2), notedOverwrite(3), notedOverwrite(4)]],
    [[notedTake(1), notedTake(1, 2)]],
    0,
    { drops: true },
  ),
  dying(
    'who overwrites one',
    [[notedOverwrite(1), notedOverwrite(2), notedOverwrite(3)]],
    [[notedTake(1), notedTake(1)]],
    0,
    {
      capacity: 1,
      drops: true,
    },
  ),
  dying(
    'a consumer of a ring that overwrites',
    [[notedOverwrite(1), notedOverwrite(2), notedOverwrite(3), notedOverwrite(4)]],
    [[notedTake(1), notedTake(1, 2)]],
    1,
    { drops: true },
  ),
  dying('who closes', [[notedPut(1), notedPut(2)], [close]], [[notedTake(1), notedTake(1)]], 1, {
    capacity: 1,
    preemptions: 2,
  }),
  dying('a producer of a full ring that is closed', [[notedPut(1), notedPut(2)], [close]], [[notedTake(1)]], 0, {
    capacity: 1,
    preemptions: 2,
  }),
  dying('a consumer of a full ring that is closed', [[notedPut(1), notedPut(2)], [close]], [[notedTake(1)]], 2, {
    capacity: 1,
    preemptions: 2,
    long: true,
  }),
  dying('one who waits for an item', [[notedPut(1), notedPut(2)]], [[notedTakeWait], [notedTakeWait]], 1, {
    preemptions: 1,
    long: true,
  }),
  dying('one who waits for room', [[notedPutWait(1)], [notedPutWait(2)]], [[notedTakeWait]], 0, {
    capacity: 1,
    preemptions: 1,
  }),
  dying('who woke one', [[notedPut(1)], [notedPut(2)]], [[notedTakeWait]], 0, { preemptions: 1 }),
  dying('who woke one of two', [[notedPut(1)]], [[notedTakeFor], [notedTakeFor]], 0, {
    timeouts: true,
    preemptions: 1,
    kills: 1,
  }),
  dying(
    'who made room for two',
    [[notedPutFor(1)], [notedPutFor(2), notedPutFor(3)]],
    [[notedTake(1), notedTake(1)]],
    2,
    {
      capacity: 1,
      timeouts: true,
      preemptions: 1,
      kills: 1,
    },
  ),
  dying('who takes the last of a closed ring', [[notedPut(1), notedPut(2)], [close]], [[notedTake(1)]], 2, {
    capacity: 1,
    preemptions: 1,
    kills: 1,
  }),
  dying('who gives back what was skipped', [[notedPut(1)], [close]], [[notedTake(1)]], 2, {
    capacity: 1,
    skipped: true,
    preemptions: 2,
    kills: 1,
  }),
  dying(
    'the only producer, overwriting',
    [[become(slot.QUEUE_PRODUCER), notedOverwrite(1), notedOverwrite(2), notedOverwrite(3)]],
    [[become(slot.QUEUE_CONSUMER), notedTake(1)]],
    0,
    { drops: true },
  ),
  dying(
    'the only consumer, looking',
    [[notedPut(1), notedPut(2)]],
    [[become(slot.QUEUE_CONSUMER), peek, notedTake(1)]],
    1,
  ),
  evicted('a producer', [[notedPut(1, 2), notedPut(3, 4)], [notedPut(5)]], [[notedTake(1, 2)]], 0, [
    notedTake(1),
    notedTake(1),
  ]),
  evicted('a consumer', [[notedPut(1, 2), notedPut(3, 4)]], [[notedTake(1), notedTake(1, 2)]], 1, [
    notedTake(1),
    notedTake(1),
  ]),
  evicted('who waits for an item', [[notedPut(1), notedPut(2)]], [[notedTakeWait, notedTakeWait]], 1, [notedTake(1)]),
  evicted('who waits for room', [[notedPutWait(1), notedPutWait(2), notedPutWait(3)]], [[notedTake(1)]], 0, [
    notedTake(1),
  ]),
];
