/**
 * The message ring as shipped: in order, at laps and counter wraps, full, closing, waiting; and with deaths at every access, of
 * producers, of the consumer, and of whoever recovers them. A message's type stands for its payload.
 */
import type * as realDoorbell from '../../dist/core/doorbell.core.js';
import type * as realFrame from '../../dist/core/frame.core.js';
import * as frame from '../../dist/core/frame.core.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../../dist/core/status.js';
import { createStructure } from '../../dist/region/structures.js';
import type * as realReceiver from '../../dist/ring/message-receiver.core.js';
import type * as realRing from '../../dist/ring/message-ring.core.js';
import { MessageRing } from '../../dist/ring/message-ring.js';
import { messageRingKindOf, openFrames } from '../../dist/ring/message-ring-layout.js';
import type * as realSender from '../../dist/ring/message-sender.core.js';
import * as lays from '../../dist/ring/message-sender.core.js';
import { attachmentIn, layOutRegion, namer, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Op, op, type Program, type Spec, type View } from './program.js';
import { evict, seatAudit, seatsFor, sitDown } from './recovery.js';

const sender = await core<typeof realSender>('ring/message-sender.core.js');
const receiver = await core<typeof realReceiver>('ring/message-receiver.core.js');
const ring = await core<typeof realRing>('ring/message-ring.core.js');
const frames = await core<typeof realFrame>('core/frame.core.js');
const doorbell = await core<typeof realDoorbell>('core/doorbell.core.js');

/** What the class is inside: its public type leaves that out. */
type RingType = Parameters<typeof messageRingKindOf>[0];

const FOREVER = Number.POSITIVE_INFINITY;
const unitBytes = (units: number): number => units * frame.UNIT_BYTES;

/** First in, first out. A try may fail: behind a claim that is open, or for want of room at the wrap. */
const fifo: Spec<{ items: number[]; closed: boolean }> = {
  start: { items: [], closed: false },
  step(state, name, [value]) {
    const { items, closed } = state;
    if (name === 'close') return [[{ items, closed: true }, closed ? 0 : 1]];
    const nothing = name.endsWith('Wait') ? [] : [[state, NONE] as const];
    if (name.startsWith('send')) {
      return closed ? [[state, CLOSED]] : [...nothing, [{ items: [...items, value as number], closed }, DONE]];
    }
    if (name === 'abort') return [[state, DONE], ...nothing, ...(closed ? [[state, CLOSED] as const] : [])];
    if (items.length > 0) return [...nothing, [{ items: items.slice(1), closed }, items[0]!]];
    return closed ? [...nothing, [state, CLOSED]] : nothing;
  },
};

/** Claims and settles in one operation; what was acknowledged is kept. */
function send(value: number, units = 1): Op {
  return op('send', [value], function* ({ words, own, kept }) {
    const found = yield* sender.claim(words, own, unitBytes(units), value);
    if (found <= 0) return found;
    const status = yield* sender.settle(words, own, found - 1, frame.FRAME_FULL);
    if (status === DONE) kept.push(value);
    return status;
  });
}
function sendWait(value: number, units = 1): Op {
  return op('sendWait', [value], function* ({ words, own, kept }) {
    const found = yield* sender.claimWait(words, own, unitBytes(units), value, FOREVER);
    if (found <= 0) return found;
    const status = yield* sender.settle(words, own, found - 1, frame.FRAME_FULL);
    if (status === DONE) kept.push(value);
    return status;
  });
}
/** Claims, and does not settle: a message that its sender writes for long. */
const open = op('open', [], ({ words, own }) => sender.claimWait(words, own, 1, 99, FOREVER));
const abort = op('abort', [], function* ({ words, own }) {
  const found = yield* sender.claim(words, own, 1, 99);
  return found <= 0 ? found : yield* sender.settle(words, own, found - 1, frame.FRAME_SKIP);
});
const close = op('close', [], ({ words, own }) => ring.closeFrames(words, own));

const receive = op('receive', [], function* ({ words, own, kept }) {
  const found = yield* receiver.nextMessage(words, own);
  if (found <= 0) return found;
  const type = yield* receiver.messageType(words, own, found - 1);
  yield* receiver.passMessage(words, own);
  kept.push(type);
  return type;
});
const receiveWait = op('receiveWait', [], function* ({ words, own, kept }) {
  const found = yield* receiver.nextMessageWait(words, own, FOREVER);
  if (found <= 0) return found;
  const type = yield* receiver.messageType(words, own, found - 1);
  yield* receiver.passMessage(words, own);
  kept.push(type);
  return type;
});
const resign = op('resign', [], ({ words, own }) => receiver.resignConsumer(words, own));
const become = op('become', [], ({ words, own }) => receiver.becomeConsumer(words, own));

interface Shape {
  /** Units of the ring. */
  units?: number;
  start?: number;
}

interface Layout {
  readonly words: Int32Array;
  readonly own: (seat: number, generation?: number) => Int32Array;
  readonly hints: (readonly [number, number])[];
  readonly nameOf: (word: number) => string;
  readonly part: number;
}

function layOut(seats: number, { units = 2, start = 0 }: Shape): Layout {
  const region = layOutRegion(seats);
  createStructure(
    region,
    'messages',
    messageRingKindOf(MessageRing as unknown as RingType, unitBytes(units), start | 0),
  );
  const { words } = attachmentIn(region);
  const part = attachmentIn(region).entries()[0]!.part;
  const records = part + frame.FRAMES_WORDS;
  const pairs = Array.from({ length: units }, (_, unit) => {
    const at = records + unit * frame.FRAME_WORDS;
    return [at, at + 2] as const;
  });
  return {
    words: wordsOf(region).slice(0, records + units * frame.FRAME_WORDS),
    own: (seat, generation = 1) => openFrames({ words, seat, seats, generation }, part).own,
    hints: [
      [part + frame.FRAMES_GATE, part + frame.FRAMES_GATE + 1],
      [part + frame.FRAMES_TAIL, part + frame.FRAMES_TAIL + 1],
      ...pairs,
    ],
    nameOf: namer([
      ['messages', part],
      ['records', records],
    ]),
    part,
  };
}

function program(
  name: string,
  threads: readonly (readonly Op[])[],
  { units, start, ...more }: Partial<Program> & Shape = {},
): Program {
  const layout = layOut(threads.length, { ...(units ? { units } : {}), ...(start ? { start } : {}) });
  return {
    name: `messages: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    spec: fifo,
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, threads.length),
    ...more,
  };
}

/** The laws of the structure hold in every state. */
function lawOf({ words }: View, { part, nameOf }: Layout, seats: number): string | undefined {
  const broken = frame.checkFrames(words, part, seats);
  return broken === 0 ? undefined : `law broken at ${nameOf(broken)}`;
}

/** Those who wait for room, at a ring that one message fills: what one does not need is for the next, also before that one has sent. */
function waitingAtFull(name: string, threads: readonly (readonly Op[])[]): Program {
  const layout = layOut(threads.length, {});
  const own = layout.own(threads.length);
  const unit = lays.claim(layout.words, own, unitBytes(2), 1);
  lays.settle(layout.words, own, unit - 1, frame.FRAME_FULL);
  return {
    name: `messages: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, threads.length),
  };
}

/** Receives until the ring is closed and drained. */
const receiveAll = op('receiveAll', [], function* ({ words, own, kept, again }) {
  for (;;) {
    again();
    const found = yield* receiver.nextMessageWait(words, own, FOREVER);
    if (found <= 0) return found;
    kept.push(yield* receiver.messageType(words, own, found - 1));
    yield* receiver.passMessage(words, own);
  }
});

/** What `region.recover` does: this structure's part, then every bell. */
function recover(part: number, seats: number): Op {
  return op(
    'recover',
    ({ deaths }) => [...deaths],
    function* ({ words, deaths }) {
      for (const dead of deaths) yield* frames.recoverFrames(words, part, seats, dead + 1);
      for (let seat = 1; seat <= seats; seat++) yield* doorbell.ring(words, seat);
      return DONE;
    },
  );
}

/** Everything acknowledged was received once and in its sender's order; where a consumer died, the message it had in hand twice. */
function deliveryAudit(producers: readonly number[], consumers: readonly number[]): (view: View) => string | undefined {
  return view => {
    const received = consumers.flatMap(thread => [...view.kept(thread)]);
    const mayRepeat = consumers.some(thread => view.deaths.includes(thread));
    // Its handler had come back, and the message was passed, when it died before it could note that down.
    const unnoted = consumers.some(thread => view.cutShort(thread)?.name === 'receiveWait') ? 1 : 0;
    for (const producer of producers) {
      const told = view.kept(producer);
      const places = told.map(value => received.indexOf(value)).filter(place => place >= 0);
      if (places.length < told.length - unnoted)
        return `thread ${producer} was told of ${told}, received were ${received}`;
      if (places.some((place, i) => i > 0 && place < places[i - 1]!)) return `out of order: ${received}`;
    }
    const doubled = received.filter((value, i) => received.indexOf(value) !== i);
    if (doubled.length > 0 && !mayRepeat) return `received twice: ${doubled}`;
    return undefined;
  };
}

/** A producer dies; another sends on and closes, and the consumer sees all of it. */
function producerDies(
  name: string,
  victim: readonly Op[],
  survivor: readonly Op[],
  more: Partial<Program> & Shape & { recoverers?: number } = {},
): Program {
  const { units, start, recoverers = 1, ...rest } = more;
  const seats = 3 + recoverers;
  const layout = layOut(seats, { ...(units ? { units } : {}), ...(start ? { start } : {}) });
  const supervisors = Array.from({ length: recoverers }, (_, i) => ({
    name: `recoverer ${i + 1}`,
    own: layout.own(4 + i),
    ops: [recover(layout.part, seats)],
  }));
  return {
    name: `messages, a producer dies: ${name}`,
    words: layout.words,
    threads: [
      { name: 'victim', own: layout.own(1), ops: victim },
      { name: 'survivor', own: layout.own(2), ops: survivor },
      { name: 'consumer', own: layout.own(3), ops: [receiveAll] },
    ],
    victims: recoverers > 1 ? [0, 3] : [0],
    supervisors,
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, seats),
    audit: deliveryAudit([0, 1], [2]),
    ...rest,
  };
}

/** The consumer dies; who recovers it goes on where it was. */
function consumerDies(
  name: string,
  producer: readonly Op[],
  more: Partial<Program> & Shape & { last?: readonly Op[] } = {},
): Program {
  const { units, start, last = [], ...rest } = more;
  const layout = layOut(3, { ...(units ? { units } : {}), ...(start ? { start } : {}) });
  return {
    name: `messages, the consumer dies: ${name}`,
    words: layout.words,
    threads: [
      {
        name: 'consumer',
        own: layout.own(1),
        ops: [become, ...producer.filter(o => o !== close).map(() => receiveWait), ...last],
      },
      { name: 'producer', own: layout.own(2), ops: producer },
    ],
    victims: [0],
    supervisors: [{ name: 'successor', own: layout.own(3), ops: [recover(layout.part, 3), become, receiveAll] }],
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, 3),
    audit: deliveryAudit([1], [0, 2]),
    ...rest,
  };
}

/** Receives as `MessageRing.receive`; only what it has passed is its own. */
const notedReceive = op('receive', [], function* ({ words, own, kept }) {
  const status = yield* receiver.becomeConsumer(words, own);
  if (status !== DONE) return status;
  const found = yield* receiver.nextMessage(words, own);
  if (found <= 0) return found;
  const type = yield* receiver.messageType(words, own, found - 1);
  const passed = yield* receiver.passMessage(words, own);
  kept.push(passed === DONE ? type : passed);
  return passed;
});
const notedReceiveWait = op('receiveWait', [], function* ({ words, own, kept }) {
  const status = yield* receiver.becomeConsumer(words, own);
  if (status !== DONE) return status;
  const found = yield* receiver.nextMessageWait(words, own, FOREVER);
  if (found <= 0) return found;
  const type = yield* receiver.messageType(words, own, found - 1);
  const passed = yield* receiver.passMessage(words, own);
  kept.push(passed === DONE ? type : passed);
  return passed;
});
/** Claims in one call and commits in another. Notes the unit + 1, and what came of the commit. */
const claimOne = (value: number): Op =>
  op('claim', [value], function* ({ words, own, kept }) {
    const found = yield* sender.claim(words, own, 1, value);
    kept.push(Math.max(found, 0));
    return found;
  });
const commitOne = (value: number): Op =>
  op(
    'commit',
    [value],
    function* ({ words, own, kept }) {
      const status = yield* sender.settle(words, own, kept.pop()! - 1, frame.FRAME_FULL);
      if (status === DONE) kept.push(value);
      return status;
    },
    ({ kept }) => kept.at(-1) !== 0,
  );

/** The messages that are in the ring at the end, or what is wrong there. */
function left({ words }: View, part: number): number[] | string {
  const units = words[part + frame.FRAMES_UNITS]!;
  const unitBits = 31 - Math.clz32(units);
  const found: number[] = [];
  for (let past = 0; past < units; ) {
    const position = words[part + frame.FRAMES_HEAD]! + past;
    const record = part + frame.FRAMES_WORDS + (position & (units - 1)) * frame.FRAME_WORDS;
    const word = words[frame.frameIndex(part + frame.FRAMES_WORDS, position, unitBits)]!;
    if (word === frame.emptyFrame(position, unitBits)) break;
    const state = word & frame.FRAME_STATE_MASK;
    if (state === frame.FRAME_CLAIMED) return 'a claim of a thread that is gone stays open';
    if (state === frame.FRAME_FULL) found.push(words[record + frame.FRAME_TYPE]!);
    past += word >>> frame.FRAME_LENGTH_SHIFT;
  }
  return found;
}

interface Eviction extends Shape {
  /** The heir sits where the evicted sat. */
  sameSeat?: boolean;
}

/**
 * A thread is recovered while it lives, by the last of the threads, who then is its heir. Every message that was acknowledged is passed once, by
 * one or the other, and in order.
 */
function evicted(
  name: string,
  threads: readonly (readonly Op[])[],
  victim: number,
  heir: readonly Op[],
  { units = 2, start = 0, sameSeat = false, ...more }: Partial<Program> & Eviction = {},
): Program {
  const count = threads.length + 1;
  const layout = layOut(seatsFor(count), { units, start });
  const what = { threads: count, victim, frames: layout.part };
  const last = sameSeat ? [evict(what), sitDown(what.victim + 1, what.threads), ...heir] : [evict(what), ...heir];
  const consumers = victim === 0 ? [0, count - 1] : [0];
  return {
    name: `messages, evicted: ${name}`,
    words: layout.words,
    threads: [
      ...threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
      { name: 'heir', own: sameSeat ? layout.own(victim + 1, 2) : layout.own(count), ops: last },
    ],
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, seatsFor(count)),
    audit: view => auditEvicted(view, layout, consumers, count, victim),
    // What the evicted reads is others' by then; it passes nothing of that.
    races: false,
    ...more,
  };
}

function auditEvicted(
  view: View,
  { part }: Layout,
  consumers: readonly number[],
  count: number,
  victim: number,
): string | undefined {
  const there = left(view, part);
  if (typeof there === 'string') return there;
  for (const thread of consumers) {
    const wrong = view.kept(thread).find(value => value < 0);
    if (wrong !== undefined && (thread !== victim || wrong !== UNSEATED)) return `thread ${thread} was told ${wrong}`;
  }
  const received = [...consumers.flatMap(thread => view.kept(thread).filter(value => value > 0)), ...there];
  for (let thread = 0; thread < count; thread++) {
    if (consumers.includes(thread)) continue;
    const told = view.kept(thread).filter(value => value > 0);
    const places = told.map(value => received.indexOf(value));
    const isInOrder = places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]!));
    if (!isInOrder) return `thread ${thread} was told of ${told}, received were ${received}`;
  }
  if (new Set(received).size !== received.length) return `received twice: ${received}`;
  return seatAudit(view);
}

export const programs: readonly Program[] = [
  program('2 x 3, tries', [[1, 2, 3].map(v => send(v)), [receive, receive, receive]]),
  program('2 x 3, tries, below 2^28', [[1, 2, 3].map(v => send(v)), [receive, receive, receive]], {
    start: 2 ** 28 - 2,
  }),
  program('2 x 3, tries, below 2^29', [[1, 2, 3].map(v => send(v)), [receive, receive, receive]], { start: -2 }),
  // Each finds its place behind the other's claim, at a position that has the highest bit.
  program('3 x 1, two producers, from 2^28 on', [[send(1)], [send(2)], [receive]], { start: 2 ** 28 }),
  program('two that would receive, of whom one does', [[become], [become]], {
    spec: { start: false, step: isTaken => [[true, isTaken ? NONE : DONE]] },
  }),
  program('3 x 2, two producers', [
    [send(1), send(2)],
    [send(3), send(4)],
    [receive, receive],
  ]),
  program(
    '3 x 2, two producers, one unit',
    [
      [send(1), send(2)],
      [send(3), send(4)],
      [receive, receive, receive],
    ],
    {
      units: 1,
    },
  ),
  program('long and short, padding at the wrap', [[send(1), send(2, 2), send(3)], [send(4, 2)], [receive, receive]], {
    units: 4,
    start: 1,
    preemptions: 3,
  }),
  program('aborts', [[abort, send(1)], [send(2)], [receive, receive]]),
  program('2 x 3, waiting', [[1, 2, 3].map(v => sendWait(v)), [receiveWait, receiveWait, receiveWait]]),
  program(
    'waiting for room, two producers',
    [
      [sendWait(1), sendWait(2)],
      [sendWait(3), sendWait(4)],
      [receiveWait, receiveWait, receiveWait, receiveWait],
    ],
    { preemptions: 1 },
  ),
  program('waiting for room, one unit', [[sendWait(1)], [sendWait(2)], [receiveWait, receiveWait]], { units: 1 }),
  waitingAtFull('room for two, and the first does not send', [[open], [open], [receive]]),
  program('waiting behind an abort', [[abort, sendWait(1)], [receiveWait]]),
  program('closing against a send and a receive', [[send(1), close], [send(2)], [receive, receive]]),
  program('closing between a claim and its commit', [[send(1)], [close], [receiveWait, receiveWait]]),
  program('closing wakes both sides', [[sendWait(1), sendWait(2)], [close], [receiveWait]], { units: 1 }),
  producerDies('one message', [send(1)], [send(2), close], { preemptions: 1 }),
  producerDies('on a full ring', [send(1)], [sendWait(2), close], { units: 1, preemptions: 1 }),
  producerDies('at the wrap', [send(1, 2)], [send(2), close], { units: 4, start: 3, preemptions: 1 }),
  producerDies('and so does who recovers it', [send(1)], [close], { units: 1, recoverers: 2, preemptions: 1 }),
  producerDies('aborting', [abort], [sendWait(2), close], { units: 1, preemptions: 1 }),
  producerDies('waiting for room', [sendWait(1), sendWait(3)], [sendWait(2), close], { units: 1, preemptions: 1 }),
  producerDies('closing', [close], [send(2), close], { preemptions: 1 }),
  consumerDies('two messages', [sendWait(1), sendWait(2), close]),
  consumerDies('resigning', [sendWait(1), close], { last: [resign] }),
  consumerDies('three messages, one unit', [sendWait(1), sendWait(2), sendWait(3), close], { units: 1 }),
  consumerDies('below 2^29', [sendWait(1), sendWait(2), sendWait(3), close], { start: -1, long: true }),
  evicted('consumer, waiting', [[notedReceiveWait], [send(1), send(2)]], 0, [notedReceiveWait]),
  ...[false, true].flatMap(sameSeat => {
    const where = sameSeat ? ', heir in the same seat' : '';
    const two = [notedReceive, notedReceive];
    const claims = [claimOne(1), commitOne(1), claimOne(2), commitOne(2)];
    const heirs = [claimOne(5), commitOne(5), claimOne(6), commitOne(6)];
    return [
      evicted(`consumer${where}`, [two, [1, 2, 3].map(v => send(v))], 0, two, { sameSeat }),
      evicted(`consumer, one unit${where}`, [two, [1, 2, 3].map(v => send(v))], 0, two, { units: 1, sameSeat }),
      evicted(
        `consumer, behind an abort and padding${where}`,
        [two, [abort, send(1, 2), send(2)]],
        0,
        [notedReceive, ...two],
        { units: 4, start: 2, sameSeat },
      ),
      evicted(`producer, room for all${where}`, [two, [send(1), send(2)]], 1, [send(5)], { units: 4, sameSeat }),
      // In the middle of a claim it may still write what it was about to.
      evicted(`producer, between two calls${where}`, [[notedReceive, ...two], claims], 1, heirs, {
        units: 1,
        sameSeat,
        preemptions: 0,
      }),
    ];
  }),
  program(
    '2 x 4 and 1, waiting, four units',
    [
      [sendWait(1), sendWait(2, 2), sendWait(3), sendWait(4, 2)],
      [sendWait(5)],
      [receiveWait, receiveWait, receiveWait, receiveWait, receiveWait],
    ],
    { units: 4, start: -3, long: true, preemptions: 3 },
  ),
  producerDies('one message, any schedule', [send(1)], [send(2), close], { long: true }),
  producerDies('at the wrap, waiting', [send(1, 2)], [sendWait(2), sendWait(3, 2), close], {
    units: 4,
    start: 3,
    long: true,
    preemptions: 2,
  }),
  producerDies('two messages each', [send(1), send(2)], [sendWait(3), sendWait(4), close], {
    long: true,
    preemptions: 1,
  }),
];
