/**
 * The broadcast as shipped: everybody receives everything in order; a lossy subscriber knows what it missed, and believes nothing that
 * was being overwritten; a gated sender waits for the slowest, and not for the dead. A message's type stands for its payload.
 */
import { BAD_HANDLE, CLOSED, DONE, NONE } from '../../dist/core/status.js';
import * as tape from '../../dist/core/tape.core.js';
import { createStructure } from '../../dist/region/structures.js';
import type * as realSender from '../../dist/ring/broadcast.core.js';
import { Broadcast } from '../../dist/ring/broadcast.js';
import { broadcastKindOf, openTape } from '../../dist/ring/broadcast-layout.js';
import { OWN_GATED, OWN_MISSED, OWN_NUMBER, OWN_PLACE, OWN_RECORD, OWN_TYPE } from '../../dist/ring/broadcast-own.js';
import { OWN_LIFE } from '../../dist/ring/own.js';
import type * as realSubscriber from '../../dist/ring/subscriber.core.js';
import { attachmentIn, layOutRegion, namer, seatedAt, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import type { Walk } from './recorder.js';
import { evict, recovering, seatAudit, seatsFor } from './recovery.js';

const sender = await core<typeof realSender>('ring/broadcast.core.js');
const subscriber = await core<typeof realSubscriber>('ring/subscriber.core.js');

/** What the class is inside: its public type leaves that out. */
type BroadcastType = Parameters<typeof broadcastKindOf>[0];

const FOREVER = Number.POSITIVE_INFINITY;
/** A message of one byte, with its header: so many grains. */
const GRAINS = 2;

interface State {
  readonly sent: readonly number[];
  /** By subscriber: how many messages it has gone past; null before it has subscribed. */
  readonly places: readonly (number | null)[];
  readonly closed: boolean;
}

/**
 * Everything in order, to everybody. The answer to a receipt is the message, and ten for each that was missed before it: only where as many
 * as the circle holds were sent since, or are being sent; and the last one is never missed.
 */
function toAll(subscribers: number, messages: number, gated: boolean): Spec<State> {
  return {
    start: { sent: [], places: Array(subscribers).fill(null), closed: false },
    step(state, name, [value]) {
      const { sent, places, closed } = state;
      if (name === 'close') return [[{ ...state, closed: true }, closed ? 0 : 1]];
      const at = (place: number | null): State => ({
        ...state,
        places: places.map((old, i) => (i === value ? place : old)),
      });
      if (name === 'subscribe') return [[at(sent.length), DONE]];
      if (name === 'unsubscribe') return [[at(null), 0]];
      const nothing = name.endsWith('Wait') ? [] : [[state, NONE] as const];
      if (name.startsWith('send')) {
        if (closed) return [[state, CLOSED]];
        const lag = Math.max(0, ...places.map(place => sent.length - (place ?? sent.length)));
        const full = gated && lag >= messages;
        const put: [State, number] = [{ ...state, sent: [...sent, value as number] }, DONE];
        // Somebody who subscribes at this moment is in the way too.
        return full ? nothing : gated ? [put, ...nothing] : [put];
      }
      const place = places[value as number]!;
      const found: [State, number][] = [];
      for (let i = place; i < sent.length; i++) {
        // As many as the circle holds, with the one that is being sent.
        const mayMiss = !gated && sent.length - place >= messages - 1;
        if (i === place || mayMiss) found.push([at(i + 1), sent[i]! + 10 * (i - place)]);
      }
      if (sent.length > place) return found;
      return closed ? [[state, CLOSED]] : nothing;
    },
  };
}

const send = (value: number): Op => op('send', [value], me => sendIt(me, value, GRAINS, false));
const sendWait = (value: number): Op => op('sendWait', [value], me => sendIt(me, value, GRAINS, true));
/** A quarter of a circle of 32 grains. */
const sendLongWait = (value: number): Op => op('sendLongWait', [value], me => sendIt(me, value, 8, true));
/** As `Broadcast.send`, which copies between the two. */
function* sendIt({ words, own, kept }: Me, value: number, grains: number, waits: boolean): Walk<number> {
  const status = waits
    ? yield* sender.reserveWait(words, own, grains, FOREVER)
    : yield* sender.reserve(words, own, grains);
  if (status !== DONE) return status;
  const sent = yield* sender.publish(words, own, grains * 8 - 15, value, grains);
  if (sent === DONE) kept.push(value);
  return sent;
}

/** Only somebody who was recovered may find that what he subscribed to is not his. */
function lost(kept: number[], status: number): number {
  kept.push(status);
  return status;
}

/** As `Subscriber.receive`, which copies between the two. */
function* receiveIt({ words, own, kept }: Me, waits: boolean): Walk<number> {
  for (;;) {
    const length = waits
      ? yield* subscriber.nextMessageWait(words, own, FOREVER)
      : yield* subscriber.nextMessage(words, own);
    if (length < CLOSED) return lost(kept, length);
    if (length <= NONE) return length;
    const status = yield* subscriber.passMessage(words, own);
    if (status === NONE) continue;
    if (status !== DONE) return lost(kept, status);
    kept.push(own[OWN_TYPE]!);
    const missed = own[OWN_MISSED]!;
    own[OWN_MISSED] = 0;
    // Gated: nothing is ever missed, nor said to be.
    if (own[OWN_GATED] !== 0 && missed !== 0) return lost(kept, -100);
    return own[OWN_TYPE]! + 10 * missed;
  }
}
const receive = (id: number): Op => op('receive', [id], me => receiveIt(me, false));
const receiveWait = (id: number): Op => op('receiveWait', [id], me => receiveIt(me, true));
const subscribe = (id: number): Op => op('subscribe', [id], ({ words, own }) => subscriber.subscribe(words, own));
const unsubscribe = (id: number): Op =>
  op('unsubscribe', [id], function* ({ words, own }) {
    yield* subscriber.unsubscribe(words, own);
    return 0;
  });
/** As `receiveAsync`: announced, then looked; what is found ends the wait. */
const receiveSoon = (id: number): Op =>
  op('receiveSoon', [id], function* (me) {
    yield* subscriber.armSubscriber(me.words, me.own);
    const answer = yield* receiveIt(me, false);
    if (answer !== NONE) yield* subscriber.leaveSubscriber(me.words, me.own);
    return answer;
  });
const close = op('close', [], ({ words, own }) => sender.closeTape(words, own));

interface Shape {
  grains?: number;
  gated?: boolean;
  start?: number;
}

interface Layout {
  readonly words: Int32Array;
  readonly part: number;
  readonly own: (seat: number) => Int32Array;
  readonly hints: (readonly [number, number])[];
  readonly nameOf: (word: number) => string;
}

function layOut(seats: number, { grains = 8, gated = false, start = 0 }: Shape): Layout {
  const region = layOutRegion(seats);
  const shape = { grains, gated, records: 2 };
  createStructure(region, 'tape', broadcastKindOf(Broadcast as unknown as BroadcastType, shape, start | 0));
  const { words } = attachmentIn(region);
  const part = attachmentIn(region).entries()[0]!.part;
  const payload = words[part + tape.TAPE_PAYLOAD]! >>> 2;
  const places = [0, 1].map(i => part + tape.TAPE_WORDS + i * tape.RECORD_WORDS + tape.RECORD_PLACES);
  return {
    words: wordsOf(region),
    part,
    own: seat => openTape(seatedAt(region, seat), part),
    hints: [
      [part + tape.TAPE_PRODUCER, part + tape.TAPE_PRODUCER + 1],
      [part + tape.TAPE_SENT, part + tape.TAPE_LAST + 1],
      [part + tape.TAPE_TAIL, part + tape.TAPE_TAIL + 1],
      // Nobody subscribes to a record that was recovered twice.
      ...places.map(at => [at, at + 2] as const),
      [payload, payload + grains * 2],
    ],
    nameOf: namer([
      ['tape', part],
      ['records', part + tape.TAPE_WORDS],
      ['payload', payload],
    ]),
  };
}

/** The laws of the structure hold in every state. */
function lawOf({ words }: View, { part, nameOf }: Layout, seats: number): string | undefined {
  const broken = tape.checkTape(words, part, seats);
  const ahead = (words[part + tape.TAPE_LIMIT]! - words[part + tape.TAPE_TAIL]!) & tape.POSITION_MASK;
  const isGated = words[part + tape.TAPE_GATED] !== 0;
  if (!isGated && ahead > words[part + tape.TAPE_GRAINS]!) return 'the limit is behind the tail';
  return broken === 0 ? undefined : `law broken at ${nameOf(broken)}`;
}

function program(
  name: string,
  threads: readonly (readonly Op[])[],
  { grains = 8, gated = false, start = 0, ...more }: Partial<Program> & Shape = {},
): Program {
  const layout = layOut(threads.length, { grains, gated, start });
  return {
    name: `broadcast: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    spec: toAll(threads.length, grains / GRAINS, gated),
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, threads.length),
    audit: view => miscounts(view, layout.part, [...threads.keys()]),
    ...more,
  };
}

/** What the living have received is what was sent, in order; what was acknowledged they have all of, or could still receive. */
function audit(
  view: View,
  { part }: Layout,
  senders: readonly number[],
  listeners: readonly number[],
): string | undefined {
  const told = senders.flatMap(thread => [...view.kept(thread)]);
  const wrong = miscounts(view, part, listeners);
  if (wrong !== undefined) return wrong;
  for (const thread of listeners) {
    const received = view.kept(thread);
    if (received.some(value => value < 0) && !view.deaths.includes(thread))
      return `thread ${thread} lost its subscription`;
    if (received.some((value, i) => i > 0 && value <= received[i - 1]!)) return `thread ${thread} received ${received}`;
    const missed = told.filter(value => value <= (received.at(-1) ?? 0) && !received.includes(value));
    if (missed.length > 0 && missed.some(value => value > received[0]!)) return `thread ${thread} missed ${missed}`;
  }
  for (let i = 0; i < view.words[part + tape.TAPE_RECORD_COUNT]!; i++) {
    const owner = view.words[part + tape.TAPE_WORDS + i * tape.RECORD_WORDS]! & 0xff;
    if (view.deaths.includes(owner - 1)) return `record ${i} still names the dead`;
  }
  if (view.deaths.includes((view.words[part + tape.TAPE_PRODUCER]! & 0xff) - 1)) return 'the dead is the sender';
  return seatAudit(view);
}

/** Who stands at the end, by the messages that it has received or missed, knows the number of the next as the sender will. */
function miscounts({ words, own, deaths }: View, part: number, listeners: readonly number[]): string | undefined {
  const tail = words[part + tape.TAPE_TAIL]! & tape.POSITION_MASK;
  const last = tape.numberBefore(tail, words[part + tape.TAPE_SENT]!, words[part + tape.TAPE_SENT_END]!);
  for (const thread of listeners) {
    const number = own(thread)[OWN_NUMBER]!;
    const isThere = number !== 0 && own(thread)[OWN_PLACE] === tail && !deaths.includes(thread);
    if (isThere && number !== last + 1) return `thread ${thread} comes to ${number} where ${last + 1} is next`;
  }
  return undefined;
}

/** Somebody who has looked in vain, and was not rung since, has left attention in the tail: else the next message would not wake it. */
function wouldWake({ words, own }: View, { part }: Layout, thread: number): string | undefined {
  const isArmed = words[part + tape.TAPE_MESSAGE_WAITERS]! !== 0;
  const tail = words[part + tape.TAPE_TAIL]!;
  if (!isArmed || tail !== own(thread)[OWN_PLACE]) return undefined;
  return 'a subscriber waits, and the tail does not say so';
}

/** Subscribers that wait at the end, for a message that has not been sent. */
function waiting(name: string, threads: readonly (readonly Op[])[], shape: Shape = {}): Program {
  const layout = layOut(threads.length, { grains: 8, ...shape });
  return program(name, threads, { ...shape, audit: view => wouldWake(view, layout, 1) });
}

function dying(
  name: string,
  senders: readonly (readonly Op[])[],
  listeners: readonly (readonly Op[])[],
  victim: number,
  { grains = 8, gated = true, start = 0, heir, ...more }: Partial<Program> & Shape & { heir?: Op[] } = {},
): Program {
  const threads = [...senders, ...listeners];
  const layout = layOut(seatsFor(threads.length), { grains, gated, start });
  return {
    name: `broadcast, killed anywhere: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    ...recovering({
      threads: threads.length,
      victim,
      tape: layout.part,
      ...(heir && { heir: { own: layout.own, ops: heir } }),
    }),
    hints: layout.hints,
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, seatsFor(threads.length)),
    audit: view =>
      audit(
        view,
        layout,
        senders.map((_, i) => i),
        listeners.map((_, i) => senders.length + i),
      ),
    ...more,
  };
}

/**
 * A thread is recovered while it lives, by the last of the threads, who then takes its place. That one loses what it had, and finds
 * out; to others nothing happens, and nobody finds a law broken.
 */
function evicted(
  name: string,
  senders: readonly (readonly Op[])[],
  listeners: readonly (readonly Op[])[],
  heir: readonly Op[],
  {
    grains = 8,
    gated = true,
    start = 0,
    victim = senders.length,
    ...more
  }: Partial<Program> & Shape & { victim?: number } = {},
): Program {
  const count = senders.length + listeners.length + 1;
  const layout = layOut(seatsFor(count), { grains, gated, start });
  const evicting = evict({ threads: count, victim, tape: layout.part });
  const threads = [...senders, ...listeners, [evicting, ...heir]];
  return {
    name: `broadcast, evicted: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    // A sender that looks at its side between two calls sees what was written long before.
    ...(victim < senders.length ? { hints: layout.hints.slice(1), races: false } : { hints: layout.hints }),
    nameOf: layout.nameOf,
    law: view => lawOf(view, layout, seatsFor(count)),
    audit: view => auditEvicted(view, layout, senders.length, count, victim),
    ...more,
  };
}

/** What those who were not evicted have received is a part of what was sent, without a gap; nothing names the evicted. */
function auditEvicted(
  view: View,
  { part }: Layout,
  senders: number,
  count: number,
  victim: number,
): string | undefined {
  for (let thread = senders; thread < (victim < senders ? count - 1 : count); thread++) {
    const received = view.kept(thread);
    if (received.includes(BAD_HANDLE)) return `thread ${thread} found a law broken`;
    if (thread !== victim && received.some(value => value < 0)) return `thread ${thread} lost its subscription`;
    const said = received.filter(value => value > 0);
    const told = [...Array(senders).keys(), ...(victim < senders ? [count - 1] : [])].flatMap(i => [...view.kept(i)]);
    const missed = told.filter(value => value > said[0]! && value < said.at(-1)! && !said.includes(value));
    if (missed.length > 0 || said.some((value, i) => i > 0 && value <= said[i - 1]!))
      return `thread ${thread} received ${received}, sent were ${told}`;
  }
  for (let i = 0; i < view.words[part + tape.TAPE_RECORD_COUNT]!; i++) {
    const owner = view.words[part + tape.TAPE_WORDS + i * tape.RECORD_WORDS]! & 0xff;
    if (owner === victim + 1) return `record ${i} still names the evicted`;
    const record = part + tape.TAPE_WORDS + i * tape.RECORD_WORDS;
    for (let turn = 0; turn < view.words[record + tape.RECORD_TURN]!; turn++) {
      if (view.words[record + tape.RECORD_PLACES + turn] !== tape.TAKEN)
        return `record ${i} has a place that was taken, and moved`;
    }
  }
  if ((view.words[part + tape.TAPE_PRODUCER]! & 0xff) === victim + 1) return 'the evicted is the sender';
  return seatAudit(view);
}

const five = [1, 2, 3, 4, 5];

export const programs: readonly Program[] = [
  program('lossy, one behind', [five.map(send), [subscribe(1), receive(1), receive(1)]], { solo: 'all' }),
  program('lossy, far behind', [[...five, 6].map(send), [subscribe(1), receive(1), receive(1)]]),
  program('lossy, below 2^30', [five.map(send), [subscribe(1), receive(1), receive(1)]], { start: 2 ** 30 - 4 }),
  program('lossy, two subscribers', [[1, 2, 3].map(send), [subscribe(1), receive(1)], [subscribe(2), receive(2)]]),
  program('lossy, waiting', [five.map(send), [subscribe(1), receive(1)], [close]]),
  program('lossy, waiting for one', [
    [send(1), send(2), close],
    [subscribe(1), receiveWait(1), receiveWait(1)],
  ]),
  waiting('lossy, overrun before it waits', [[...five, 6].map(send), [subscribe(1), receiveSoon(1)]]),
  waiting('lossy, overrun again before it waits', [
    [...five, 6, 7].map(send),
    [subscribe(1), receive(1), receiveSoon(1)],
  ]),
  waiting('gated, at the end before it waits', [[1, 2].map(send), [subscribe(1), receive(1), receiveSoon(1)]], {
    gated: true,
  }),
  program('closing against both', [[send(1), send(2)], [subscribe(1), receive(1), receive(1)], [close]]),
  program('gated, tries', [five.map(send), [subscribe(1), receive(1), receive(1), receive(1)]], {
    gated: true,
    solo: 'all',
  }),
  program('gated, below 2^30', [five.map(send), [subscribe(1), receive(1), receive(1)]], {
    gated: true,
    start: 2 ** 30 - 4,
  }),
  program(
    'gated, two subscribers',
    [five.map(send), [subscribe(1), receive(1), unsubscribe(1)], [subscribe(2), receive(2)]],
    { gated: true, preemptions: 2 },
  ),
  program(
    'gated, waiting for the slowest',
    [[...five, 6].map(sendWait), [subscribe(1), receive(1), receive(1), unsubscribe(1)]],
    { gated: true },
  ),
  program(
    'gated, waiting for two',
    [five.map(sendWait), [subscribe(1), receive(1), unsubscribe(1)], [subscribe(2), receive(2), unsubscribe(2)]],
    { gated: true, preemptions: 1 },
  ),
  program(
    'gated, a place that is not shown yet',
    [
      [sendWait(1), ...[2, 3, 4, 5].map(sendLongWait)],
      [subscribe(1), receive(1), receive(1), unsubscribe(1)],
    ],
    { gated: true, grains: 32 },
  ),
  program(
    'gated, waiting on both sides',
    [
      [sendWait(1), sendWait(2), close],
      [subscribe(1), receiveWait(1), receiveWait(1)],
    ],
    {
      gated: true,
    },
  ),
  program(
    'gated, subscribing while the sender waits',
    [[...five, 6].map(sendWait), [subscribe(1), unsubscribe(1), subscribe(1), unsubscribe(1)]],
    {
      gated: true,
    },
  ),
  program('gated, closing while a message wakes somebody', [[send(1)], [subscribe(1), receiveWait(1)], [close]], {
    gated: true,
  }),
  program('gated, closing while the sender waits', [five.map(sendWait), [subscribe(1), close, receive(1)]], {
    gated: true,
  }),
  dying('the slowest', [five.map(sendWait)], [[subscribe(1), receive(1), unsubscribe(1)]], 1, { preemptions: 1 }),
  dying(
    'one of two',
    [[send(1), sendWait(2)]],
    [
      [subscribe(1), receive(1), unsubscribe(1)],
      [subscribe(2), unsubscribe(2)],
    ],
    1,
    { preemptions: 0, long: true },
  ),
  dying('the sender', [[send(1), send(2), send(3)]], [[subscribe(1), receive(1), receive(1)]], 0, { preemptions: 1 }),
  dying('the sender, lossy', [five.map(send)], [[subscribe(1), receive(1), receive(1)]], 0, {
    gated: false,
    preemptions: 1,
  }),
  dying(
    'the sender, and another goes on',
    [
      [send(1), send(2)],
      [send(3), send(4)],
    ],
    [[subscribe(1), receive(1), receive(1)]],
    0,
    { gated: false, preemptions: 1, long: true },
  ),
  dying('a gated sender, and another goes on', [[send(1)], [send(3)]], [[subscribe(1), receive(1), receive(1)]], 0, {
    preemptions: 0,
  }),
  dying('a sender that waits', [five.map(sendWait)], [[subscribe(1), receive(1), receive(1), unsubscribe(1)]], 0, {
    preemptions: 1,
  }),
  dying('a sender that others wait for', [[send(1), close]], [[subscribe(1), receiveWait(1), receiveWait(1)]], 0, {
    gated: false,
    preemptions: 1,
    heir: [close],
  }),
  dying('a subscriber that waits', [[send(1), close]], [[subscribe(1), receiveWait(1), receiveWait(1)]], 1, {
    preemptions: 1,
  }),
  dying(
    'a subscriber whose place is not shown yet',
    [[send(1), send(2)]],
    [[subscribe(1), receive(1), receive(1)]],
    1,
    {
      grains: 32,
      preemptions: 1,
    },
  ),
  dying('a lossy subscriber', [five.map(send)], [[subscribe(1), receive(1)]], 1, { gated: false, preemptions: 1 }),
  evicted(
    'a subscriber, and another takes its place',
    [[sendWait(1), sendWait(2)]],
    [[subscribe(1), receive(1), unsubscribe(1)]],
    [subscribe(2), receive(2), receive(2), unsubscribe(2)],
    { preemptions: 2 },
  ),
  evicted('a subscriber that a sender waits for', [five.map(sendWait)], [[subscribe(1), unsubscribe(1)]], [], {
    preemptions: 1,
  }),
  evicted('a subscriber that is behind', [five.map(sendWait)], [[subscribe(1), receive(1), receive(1)]], [], {
    preemptions: 2,
  }),
  evicted(
    'a lossy subscriber, and another takes its place',
    [[send(1), send(2)]],
    [[subscribe(1), receive(1), unsubscribe(1)]],
    [subscribe(2), receive(2), receive(2), unsubscribe(2)],
    { gated: false, preemptions: 2 },
  ),
  evicted(
    'the sender, and another takes its place',
    [[send(1), send(2)]],
    [[subscribe(1), receive(1), receive(1)]],
    [send(3), send(4)],
    {
      victim: 0,
      // In the middle of a message it may still write what it was about to.
      preemptions: 0,
    },
  ),
  // What it writes of a message, and of its number, it may write into another's: not a word that is moved by exchanges.
  evicted('the sender of a lossy one, anywhere', [[send(1), send(2)]], [], [sendLongWait(3), send(4)], {
    victim: 0,
    grains: 32,
    gated: false,
    preemptions: 3,
    audit: view => seatAudit(view),
  }),
  evicted('a subscriber that has just claimed, and another claims', [], [[subscribe(1)], [subscribe(2)]], [], {
    audit: view => {
      const own = view.own(1);
      return view.words[own[OWN_RECORD]!] === own[OWN_LIFE] ? undefined : 'a record does not name who has it';
    },
  }),
];
