/**
 * The byte ring as shipped, its positions and its records, with a word standing for every 4 bytes: linearizable, at the wraps
 * too, nobody left waiting, and whole after a death anywhere.
 */

import type * as realDoorbell from '../../dist/core/doorbell.core.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../../dist/core/status.js';
import * as realStream from '../../dist/core/stream.core.js';
import { STREAM_WORDS } from '../../dist/core/stream.core.js';
import type * as real from '../../dist/ring/byte-ring.core.js';
import { OWN_LIFE, OWN_SEAT_GENERATION, OWN_WORDS } from '../../dist/ring/byte-ring.core.js';
import { createTunedByteRing } from '../../dist/ring/byte-ring.js';
import { openStream } from '../../dist/ring/shared-byte-ring.js';
import { attachmentIn, layOutRegion, namer, seatedAt, wordsOf } from './layout.js';
import { core, coreFromText } from './loader.js';
import { type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import type { Walk } from './recorder.js';
import { evict, seatsFor, sitDown } from './recovery.js';

const ring = await core<typeof real>('ring/byte-ring.core.js');
const stream = await core<typeof realStream>('core/stream.core.js');
const doorbell = await core<typeof realDoorbell>('core/doorbell.core.js');

/** What stands for copying bytes: plain accesses to the words between the positions. `at` counts from the position, in bytes. */
const payload = await coreFromText<{
  put(words: Int32Array, own: Int32Array, at: number, value: number): void;
  get(words: Int32Array, own: Int32Array, at: number): number;
}>(
  'payload',
  `
export function put(words, own, at, value) { words[own[3] + ((((own[8] >>> 2) + at) & (own[1] - 1)) >>> 2)] = value; }
export function get(words, own, at) { return words[own[3] + ((((own[10] >>> 2) + at) & (own[1] - 1)) >>> 2)]; }`,
);

/** Behind the shipped private array: whether this thread has its side. */
const HAS_SIDE = OWN_WORDS;
/** Another seat has the side. */
const REFUSED = -9;

function* beWriter({ words, own }: Me): Walk<number> {
  if (own[HAS_SIDE] !== 0) return 0;
  const other = yield* ring.asWriter(words, own);
  if (other === 0) own[HAS_SIDE] = 1;
  return other;
}

function* beReader({ words, own }: Me): Walk<number> {
  if (own[HAS_SIDE] !== 0) return 0;
  const other = yield* ring.asReader(words, own);
  if (other === 0) own[HAS_SIDE] = 1;
  return other;
}

function* writeNow({ words, own }: Me, value: number): Walk<number> {
  if ((yield* ring.roomFor(words, own, 4)) < 4) return yield* ring.whyFull(words, own);
  yield* payload.put(words, own, 0, value);
  return yield* ring.publishWrite(words, own, 4);
}

const write = (v: number): Op =>
  op('write', [v], function* (me) {
    return (yield* beWriter(me)) !== 0 ? REFUSED : yield* writeNow(me, v);
  });
const writeWait = (v: number): Op =>
  op('writeWait', [v], function* (me) {
    if ((yield* beWriter(me)) !== 0) return REFUSED;
    const room = yield* ring.waitWritable(me.words, me.own, 4, Number.POSITIVE_INFINITY);
    return room < 0 ? room : yield* writeNow(me, v);
  });
const read = op('read', [], function* (me) {
  if ((yield* beReader(me)) !== 0) return REFUSED;
  const { words, own } = me;
  const there = yield* ring.bytesFor(words, own, 4);
  if (there < 4) return there;
  const value = yield* payload.get(words, own, 0);
  yield* ring.publishRead(words, own, 4);
  return value;
});
/** Waits for so many words, and reads those, or the rest: as one decimal number. */
const readWait = (count: number, timeoutMs = Number.POSITIVE_INFINITY): Op =>
  op(timeoutMs === Number.POSITIVE_INFINITY ? 'readWait' : 'readFor', [count], function* (me) {
    if ((yield* beReader(me)) !== 0) return REFUSED;
    const { words, own } = me;
    const there = yield* ring.waitReadable(words, own, count * 4, timeoutMs);
    if (there <= 0) return there;
    let value = 0;
    const bytes = Math.min(there, count * 4);
    for (let at = 0; at < bytes; at += 4) value = value * 10 + (yield* payload.get(words, own, at));
    yield* ring.publishRead(words, own, bytes);
    return value;
  });
/** A record of one or two words of the same digit. */
const writeRecord = (length: number, v: number): Op =>
  op('writeRecord', [length, v], function* (me) {
    if ((yield* beWriter(me)) !== 0) return REFUSED;
    const { words, own } = me;
    const room = yield* ring.waitWritable(words, own, length + 4, Number.POSITIVE_INFINITY);
    if (room < 0) return room;
    yield* ring.startRecord(words, own, length);
    for (let at = 4; at <= length; at += 4) yield* payload.put(words, own, at, v);
    return yield* ring.publishWrite(words, own, length + 4);
  });
const readRecord = op('readRecord', [], function* (me) {
  if ((yield* beReader(me)) !== 0) return REFUSED;
  const { words, own } = me;
  const there = yield* ring.waitReadable(words, own, 1, Number.POSITIVE_INFINITY);
  if (there < 0) return there;
  const length = yield* ring.recordLength(words, own);
  let value = length;
  for (let at = 4; at <= length; at += 4) value = value * 10 + (yield* payload.get(words, own, at));
  yield* ring.publishRead(words, own, length + 4);
  return value;
});

/** First in, first out, of so many words. */
function fifo(capacity: number): Spec<{ items: number[]; closed: boolean }> {
  return {
    start: { items: [], closed: false },
    step(state, name, args) {
      const { items, closed } = state;
      if (name === 'close') return [[{ items, closed: true }, closed ? 0 : 1]];
      if (name === 'check') return [[state, 0]];
      if (name === 'recover') return [[state, undefined]];
      if (name.startsWith('writeRecord')) {
        const [length, v] = args as [number, number];
        const item = Number(`${length}${String(v).repeat(length / 4)}`);
        return closed ? [[state, CLOSED]] : [[{ items: [...items, item], closed }, DONE]];
      }
      if (name.startsWith('write')) {
        if (closed) return [[state, CLOSED]];
        const [value] = args as [number];
        if (items.length < capacity) return [[{ items: [...items, value], closed }, DONE]];
        return name === 'write' ? [[state, NONE]] : [];
      }
      const count = name === 'read' || name === 'readRecord' ? 1 : (args[0] as number);
      if (items.length === 0)
        return closed ? [[state, CLOSED]] : name === 'read' || name === 'readFor' ? [[state, NONE]] : [];
      const nothing = name === 'readFor' ? [[state, NONE] as const] : [];
      if (items.length < count && !closed) return nothing;
      return [...nothing, [{ items: items.slice(count), closed }, Number(items.slice(0, count).join(''))]];
    },
  };
}

interface Layout {
  readonly words: Int32Array;
  readonly stream: number;
  readonly seats: number;
  own(seat: number): Int32Array;
  nameOf(word: number): string;
}

function layOut(seats: number, capacity: number, start: number, records: boolean): Layout {
  const region = layOutRegion(seats);
  createTunedByteRing({ region, name: 'bytes', capacity: capacity * 4, elementBytes: 4, records }, start);
  const at = attachmentIn(region).entries()[0]!.part;
  return {
    words: wordsOf(region),
    stream: at,
    seats,
    own: seat => {
      const own = new Int32Array(OWN_WORDS + 1);
      own.set(openStream(seatedAt(region, seat), at));
      return own;
    },
    nameOf: namer([
      ['stream', at],
      ['data', at + STREAM_WORDS],
    ]),
  };
}

const closing = ({ stream: at, seats }: Layout): Op =>
  op('close', [], ({ words }) => stream.closeStream(words, at, seats));
const checking = ({ stream: at, seats }: Layout): Op =>
  op('check', [], ({ words }) => stream.checkStream(words, at, seats));

interface More extends Partial<Program> {
  readonly start?: number;
  readonly capacity?: number;
  readonly records?: boolean;
}

function program(name: string, make: (layout: Layout) => readonly (readonly Op[])[], more: More = {}): Program {
  const { start = 0, capacity = 2, records = false, ...rest } = more;
  const count = make(layOut(4, capacity, start, records)).length;
  const layout = layOut(count, capacity, start, records);
  return {
    name: `byte ring: ${name}`,
    words: layout.words,
    threads: make(layout).map((ops, i) => ({ own: layout.own(i + 1), ops })),
    spec: fifo(capacity),
    nameOf: layout.nameOf,
    ...rest,
  };
}

/**
 * A death anywhere. Then a supervisor takes the dead thread's sides back and rings every bell, and goes on with that side as its
 * heir; it may die too, and the next takes over. The specification allows an operation cut short to have happened or not.
 */
function dying(
  name: string,
  victim: number,
  make: (layout: Layout) => { threads: readonly (readonly Op[])[]; heir: readonly Op[] },
  more: More = {},
): Program {
  const { start = 0, capacity = 2, records = false, ...rest } = more;
  const count = make(layOut(6, capacity, start, records)).threads.length;
  const layout = layOut(count + 2, capacity, start, records);
  const { threads, heir } = make(layout);
  const recover = op('recover', [], function* ({ words, deaths }) {
    for (const dead of deaths) yield* stream.recoverStream(words, layout.stream, layout.seats, dead + 1);
    yield* doorbell.ringBells(words, layout.seats);
  });
  return {
    name: `byte ring, killed anywhere: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    victims: [victim, count],
    supervisors: [1, 2].map(i => ({ own: layout.own(count + i), ops: [recover, ...heir] })),
    spec: fifo(capacity),
    nameOf: layout.nameOf,
    ...rest,
  };
}

/** Notes what it read or wrote, or what status below CLOSED it got. */
const noted = (name: string, args: readonly unknown[], body: (me: Me) => Walk<number>): Op =>
  op(name, args, function* (me) {
    const answer = yield* body(me);
    if (answer > 0 || answer === BROKEN) me.kept.push(answer);
    return answer;
  });
/** Writes a word, in the wait for room or not. Who is about to be evicted copies nothing, which can't be stopped; and notes 7. */
function writing(value: number, waits: boolean): Op {
  return noted('write', [value], function* ({ words, own }) {
    const other = yield* ring.asWriter(words, own);
    if (other !== 0) return other === UNSEATED ? UNSEATED : REFUSED;
    const room = waits
      ? yield* ring.waitWritable(words, own, 4, Number.POSITIVE_INFINITY)
      : yield* ring.roomFor(words, own, 4);
    if (room < 4) return room;
    if (value !== COPIES_NOTHING) yield* payload.put(words, own, 0, value);
    const status = yield* ring.publishWrite(words, own, 4);
    return status === DONE ? value : status;
  });
}
/** Reads so many words, in the wait for them or not: as one decimal number. */
function reading(count: number, waits: boolean): Op {
  return noted('read', [count], function* ({ words, own }) {
    const other = yield* ring.asReader(words, own);
    if (other !== 0) return other === UNSEATED ? UNSEATED : REFUSED;
    const there = waits
      ? yield* ring.waitReadable(words, own, count * 4, Number.POSITIVE_INFINITY)
      : yield* ring.bytesFor(words, own, count * 4);
    if (there <= 0) return there;
    let value = 0;
    const bytes = Math.min(there, count * 4);
    for (let at = 0; at < bytes; at += 4) value = value * 10 + (yield* payload.get(words, own, at));
    const status = yield* ring.publishRead(words, own, bytes);
    return status === DONE ? value : status;
  });
}

const COPIES_NOTHING = 7;
const BROKEN = -4;

/**
 * The writer (0) or the reader (1) is recovered while it lives, at any access, by one who then has its side, from another seat or
 * in the second life of the same.
 */
function evicted(
  name: string,
  writer: readonly Op[],
  reader: readonly Op[],
  victim: number,
  heir: readonly Op[],
  more: More & { isSameSeat?: boolean; closes?: boolean } = {},
): Program {
  const { start = 0, capacity = 2, isSameSeat = false, closes = false, ...rest } = more;
  const layout = layOut(seatsFor(3), capacity, start, false);
  layout.words.fill(COPIES_NOTHING, layout.stream + STREAM_WORDS, layout.stream + STREAM_WORDS + capacity);
  const successor = layout.own(isSameSeat ? victim + 1 : 3);
  if (isSameSeat) {
    successor[OWN_SEAT_GENERATION] = 2;
    successor[OWN_LIFE] = (2 << 8) | (victim + 1);
  }
  const eviction = evict({ threads: 3, victim, stream: layout.stream });
  const sits = isSameSeat ? [sitDown(victim + 1)] : [];
  return {
    name: `byte ring, evicted: ${name}${isSameSeat ? ', heir in its seat' : ''}`,
    words: layout.words,
    threads: [
      { own: layout.own(1), ops: writer },
      { own: layout.own(2), ops: reader },
      { own: successor, ops: [eviction, ...sits, ...heir, ...(closes ? [closing(layout)] : [])] },
    ],
    hints: [[layout.stream + realStream.STREAM_WRITER, layout.stream + realStream.STREAM_READER + 1]],
    // It looks at the bytes as long as it does not know better.
    races: false,
    audit: view => auditEvicted(view, layout, capacity, victim),
    nameOf: layout.nameOf,
    ...rest,
  };
}

/** Every word that was acknowledged is read once, in order, or is there. The last write of the evicted may be in, its last read done. */
function auditEvicted(view: View, { stream: at, seats }: Layout, capacity: number, victim: number): string | undefined {
  const { words } = view;
  const notes = [0, 1, 2].map(thread => view.kept(thread));
  if (notes.some(values => values.includes(BROKEN))) return `one found a law broken: ${notes.join(' | ')}`;
  const positions = realStream.positionsOf(capacity * 4);
  const head = words[at + realStream.STREAM_HEAD]!;
  const length = realStream.distance(positions, head, words[at + realStream.STREAM_TAIL]!);
  if (length > capacity * 4) return `${length} bytes are in it`;
  const taken = [...notes[1]!, ...(victim === 1 ? notes[2]! : [])].join('');
  const there = Array.from({ length: length / 4 }, (_, i) => {
    const index = (((head & positions) >>> 2) / 4 + i) & (capacity - 1);
    return words[at + STREAM_WORDS + index];
  }).join('');
  for (const side of [realStream.STREAM_WRITER, realStream.STREAM_READER]) {
    if ((words[at + side]! & 0xff) > seats) return 'a side names no seat';
  }
  const found = `${taken}${there}`;
  const written = notes[0]!.length + (victim === 0 ? notes[2]!.length : 0);
  if (victim === 1)
    return found === notes[0]!.join('') ? undefined : `written ${notes[0]}, taken ${taken}, there ${there}`;
  const mine = notes[2]!.join('');
  return found.length === written && found.endsWith(mine)
    ? undefined
    : `written ${notes[0]} and ${notes[2]}, taken ${taken}, there ${there}`;
}

const writeNothing = writing(COPIES_NOTHING, false);
const eitherSeat = [{ isSameSeat: false }, { isSameSeat: true }];

export const programs: readonly Program[] = [
  ...eitherSeat.flatMap(seat => [
    evicted(
      'the writer',
      [writeNothing, writeNothing],
      [reading(1, false), reading(1, false)],
      0,
      [writing(8, false), writing(9, false)],
      seat,
    ),
    evicted(
      'the writer, waiting for room',
      [1, 2].map(() => writing(COPIES_NOTHING, true)),
      [1, 2, 3, 4].map(() => reading(1, true)),
      0,
      [writing(8, true)],
      { ...seat, capacity: 1, start: 2 ** 30 - 4, closes: true, preemptions: 3 },
    ),
    evicted(
      'the reader',
      [1, 2, 3].map(value => writing(value, false)),
      [reading(1, false), reading(1, false)],
      1,
      [reading(1, false), reading(1, false)],
      seat,
    ),
    evicted(
      'the reader, waiting for two, and its heir for one',
      [1, 2, 3].map(value => writing(value, true)),
      [reading(2, true)],
      1,
      [reading(1, true)],
      { ...seat, preemptions: 3 },
    ),
  ]),
  program('2 x 3, tries', () => [[1, 2, 3].map(write), [read, read, read]]),
  program('2 x 3, tries, below 2^31', () => [[1, 2, 3].map(write), [read, read, read]], { start: 2 ** 29 - 4 }),
  program('2 x 3, tries, below 2^32', () => [[1, 2, 3].map(write), [read, read, read]], { start: 2 ** 30 - 4 }),
  program('2 x 3, waiting', () => [[1, 2, 3].map(writeWait), [readWait(1), readWait(1), readWait(1)]]),
  program('one word, waiting', () => [[1, 2, 3].map(writeWait), [readWait(1), readWait(1), readWait(1)]], {
    capacity: 1,
  }),
  program('waiting for two', () => [[1, 2, 3, 4].map(writeWait), [readWait(2), readWait(2)]]),
  program('waiting for two, then for one', () => [[1, 2, 3].map(writeWait), [readWait(2), readWait(1)]]),
  program('waiting for one, then for two', () => [[1, 2, 3].map(writeWait), [readWait(1), readWait(2)]], { start: -4 }),
  program('waiting, timing out', () => [[1, 2].map(writeWait), [readWait(2, 10), readWait(1, 10)]], { timeouts: true }),
  program('closing behind the last', layout => [
    [write(1), write(2), closing(layout)],
    [readWait(2), readWait(1), readWait(1)],
  ]),
  program('closing from elsewhere', layout => [[write(1), write(2)], [readWait(1), readWait(1)], [closing(layout)]]),
  program('closing wakes who waits for two', layout => [[write(1)], [readWait(2), readWait(2)], [closing(layout)]]),
  program('closing wakes the writer', layout => [[writeWait(1), writeWait(2)], [], [closing(layout)]], { capacity: 1 }),
  program('checked while it moves', layout => [[1, 2].map(writeWait), [readWait(1), readWait(1)], [checking(layout)]]),
  program(
    'records',
    () => [
      [writeRecord(4, 1), writeRecord(8, 2), writeRecord(4, 3)],
      [readRecord, readRecord, readRecord],
    ],
    {
      capacity: 4,
      records: true,
      start: 2 ** 30 - 8,
    },
  ),
  program(
    'records, closing',
    layout => [[writeRecord(4, 1), writeRecord(4, 2)], [readRecord, readRecord], [closing(layout)]],
    {
      capacity: 4,
      records: true,
    },
  ),
  dying('the writer', 0, () => ({
    threads: [[1, 2].map(write), [readWait(1), readWait(1)]],
    heir: [write(8), write(9)],
  })),
  dying(
    'the writer, one word, below 2^32',
    0,
    () => ({ threads: [[1, 2].map(writeWait), [readWait(1), read]], heir: [write(8)] }),
    {
      capacity: 1,
      start: 2 ** 30 - 4,
    },
  ),
  dying('the writer, and the reader waits for two', 0, () => ({
    threads: [[1, 2].map(write), [readWait(2)]],
    heir: [write(8), write(9)],
  })),
  dying('the reader', 1, () => ({ threads: [[1, 2, 3].map(writeWait), [readWait(1)]], heir: [readWait(1)] })),
  dying('the reader, that tries', 1, () => ({ threads: [[write(1)], [read, read]], heir: [read] })),
  dying('the reader, one word', 1, () => ({ threads: [[1, 2].map(writeWait), [readWait(1)]], heir: [readWait(1)] }), {
    capacity: 1,
    kills: 1,
  }),
  dying(
    'who closes',
    2,
    layout => ({
      threads: [[writeWait(1), writeWait(2)], [readWait(1), readWait(1)], [closing(layout)]],
      heir: [closing(layout)],
    }),
    { preemptions: 2, kills: 1 },
  ),
  dying(
    'the writer of records',
    0,
    () => ({ threads: [[writeRecord(8, 1)], [readRecord]], heir: [writeRecord(4, 2)] }),
    {
      capacity: 4,
      records: true,
      start: 2 ** 29 - 4,
    },
  ),
  dying(
    'the reader of records',
    1,
    () => ({
      threads: [[writeRecord(8, 1), writeRecord(4, 2)], [readRecord]],
      heir: [readRecord],
    }),
    { capacity: 4, records: true, kills: 1 },
  ),
];
