/** Rings that carry a pool, and rings whose threads die: at rest every block and every acknowledged item can be found. */
import { BLOCK_FREE, BLOCK_LIVE, BLOCK_STATE_SHIFT, BLOCK_TRANSIT, BLOCK_WORDS } from '../../dist/core/block.core.js';
import * as slot from '../../dist/core/slot.core.js';
import { DONE } from '../../dist/core/status.js';
import type * as realStock from '../../dist/core/stock.core.js';
import * as store from '../../dist/core/store.core.js';
import { Pool } from '../../dist/pool/pool.js';
import { Region } from '../../dist/region/region.js';
import type * as realCargo from '../../dist/ring/cargo.core.js';
import type * as realRing from '../../dist/ring/ring.core.js';
import { Ring } from '../../dist/ring/ring.js';
import type * as realWait from '../../dist/ring/ring-wait.core.js';
import type * as realRun from '../../dist/ring/run.core.js';
import { itemHints, layOutPool, layOutRegion, layOutRing, namer, queueHints, sideBySide, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Op, op, type Program, type View } from './program.js';
import { recovering, seatAudit, seatsFor } from './recovery.js';

const ring = await core<typeof realRing>('ring/ring.core.js');
const cargo = await core<typeof realCargo>('ring/cargo.core.js');
const run = await core<typeof realRun>('ring/run.core.js');
const wait = await core<typeof realWait>('ring/ring-wait.core.js');
const stock = await core<typeof realStock>('core/stock.core.js');

/** A thread's `own` holds the pool's private array, then the ring's. */
const RING_OWN = store.OWN_STOCK + 2;

interface Layout {
  readonly words: Int32Array;
  readonly own: (seat: number) => Int32Array;
  readonly store: number;
  readonly freeMask: number;
  readonly records: number;
  readonly queue: number;
  readonly slots: number;
  readonly nameOf: (word: number) => string;
}

function layOut(
  seats: number,
  blocks: number,
  capacity: number,
  start: number,
  carries: boolean,
  prepare?: (region: Region) => void,
): Layout {
  const region = layOutRegion(seats, prepare === undefined ? 0 : 1);
  const pool = layOutPool(region, blocks, 0);
  const { queue, slots, own: ringOwn } = layOutRing(region, capacity, start, carries);
  const own = sideBySide(pool.own, ringOwn, RING_OWN);
  const names = [
    ['store', pool.store.index],
    ['records', pool.store.records],
    ['queue', queue],
    ['slots', slots],
  ] as const;
  const { index, freeMask, records } = pool.store;
  prepare?.(region);
  return { words: wordsOf(region), own, store: index, freeMask, records, queue, slots, nameOf: namer(names) };
}

/** Acquires, or does nothing when there is no block. */
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
/** Sends what it holds; keeps it when the ring is full. */
const send = op(
  'enqueue',
  ({ kept }) => [kept.at(-1)],
  function* ({ words, own, kept }) {
    const status = yield* ring.enqueue(words, own.subarray(RING_OWN), kept.at(-1)!);
    if (status === DONE) kept.pop();
    return status;
  },
  ({ kept }) => kept.length > 0,
);
const receive = op('dequeue', [], function* ({ words, own, kept }) {
  const handle = yield* ring.dequeue(words, own.subarray(RING_OWN));
  if (handle > 0) kept.push(handle);
  return handle;
});
const receiveWait = op('dequeueWait', [], function* ({ words, own, kept }) {
  const handle = yield* wait.dequeueWait(words, own.subarray(RING_OWN), Number.POSITIVE_INFINITY);
  if (handle > 0) kept.push(handle);
  return handle;
});

/** As `SharedRing.dequeueBurst` of up to three. */
const receiveRun = op('dequeueBurst', [3], function* ({ words, own, kept }) {
  const mine = own.subarray(RING_OWN);
  const extent = yield* run.takeRun(words, mine, 3, 1);
  if (extent <= 0) return extent;
  kept.push(yield* run.takeFirst(words, mine));
  for (let i = 1; i < extent; i++) {
    const item = yield* run.takeSlot(words, mine, yield* run.runSlot(mine, i), yield* run.emptyWord(mine, i));
    if (item > 0) kept.push(item);
  }
  return yield* run.releaseRun(words, mine);
});

/** As `SharedRing.enqueueBulk` of blocks that the thread holds from the start. */
function sendRun(handles: readonly number[]): Op {
  return op('enqueueBulk', [handles.length], function* ({ words, own, kept }) {
    const mine = own.subarray(RING_OWN);
    for (const handle of handles) yield* cargo.load(words, mine, handle);
    const extent = yield* run.claimRun(words, mine, handles.length, handles.length);
    if (extent <= 0) {
      for (const handle of handles) yield* cargo.receive(words, mine, handle);
      kept.push(...handles);
      return extent;
    }
    yield* run.fillFirst(words, mine, handles[0]!);
    for (let i = 1; i < extent; i++) {
      yield* run.fillSlot(words, yield* run.runSlot(mine, i), yield* run.fullWord(mine, i), handles[i]!);
    }
    return yield* run.publishRun(words, mine);
  });
}

/** Every block is free and can be found, or held by one live thread that knows it, or in one slot; no word names the dead. */
function blockAudit(
  layout: Layout,
  blocks: number,
  capacity: number,
  threads: number,
): (view: View) => string | undefined {
  return view => {
    const places = new Map<number, string[]>();
    const put = (handle: number, place: string): void => {
      const index = handle & (blocks - 1);
      places.set(index, [...(places.get(index) ?? []), place]);
    };
    for (let thread = 0; thread < threads; thread++) {
      if (!view.deaths.includes(thread)) for (const handle of view.kept(thread)) put(handle, `thread ${thread}`);
    }
    for (let i = 0; i < capacity; i++) {
      const word = view.words[layout.slots + i * slot.SLOT_WORDS]!;
      if ((word & slot.SLOT_STATE_MASK) === slot.SLOT_FULL)
        put(view.words[layout.slots + i * slot.SLOT_WORDS + 1]!, `slot ${i}`);
      const owner = (word >>> slot.SLOT_SEAT_SHIFT) & 0xff;
      if (owner !== 0) return `slot ${i} names seat ${owner}, which is done or dead`;
    }
    for (let index = 0; index < blocks; index++) {
      const word = view.words[layout.records + index * BLOCK_WORDS]!;
      const state = (word >>> BLOCK_STATE_SHIFT) & 15;
      if (view.deaths.includes((word & 0xff) - 1)) return `block ${index} names seat ${word & 0xff}, which died`;
      if (state === BLOCK_FREE && ((view.words[layout.freeMask]! >>> index) & 1) === 0)
        return `block ${index} is free and nobody can find it`;
      const found = places.get(index) ?? [];
      if (found.length > 1) return `block ${index} is in ${found.join(' and ')}`;
      if ((state === BLOCK_LIVE || state === BLOCK_TRANSIT) && found.length === 0) return `block ${index} is lost`;
      if (state < BLOCK_LIVE && found.length > 0) return `block ${index} is free, and in ${found[0]}`;
      const inSlot = found.some(place => place.startsWith('slot'));
      if (inSlot !== (state === BLOCK_TRANSIT)) return `block ${index} is in ${found.join('')}, its state is ${state}`;
    }
    return seatAudit(view);
  };
}

/** Another thread has sent three blocks at once. */
function sendThree(region: Region): Region {
  const sender = Region.attach(region.share());
  const pool = Pool.attach(sender, 'pool');
  Ring.attach(sender, 'ring').enqueueBulk(Int32Array.of(pool.acquire(), pool.acquire(), pool.acquire()), 3);
  return sender;
}

/** The handles of the first three blocks of a pool of four, in their first life. */
const FIRST_THREE = [8, 9, 10];

/** The thread on seat 1 holds them. */
function acquireThree(region: Region): void {
  const pool = Pool.attach(region, 'pool');
  for (const handle of FIRST_THREE) {
    const got = pool.acquire();
    if (got !== handle) throw new Error(`expected handle ${handle}, got ${got}`);
  }
}

function carrying(
  name: string,
  threads: readonly (readonly Op[])[],
  more: Partial<Program> & {
    blocks?: number;
    capacity?: number;
    start?: number;
    victim?: number;
    prepare?: (region: Region) => void;
  } = {},
): Program {
  const { blocks = 2, capacity = 1, start = 0, victim, prepare, ...rest } = more;
  const { length } = threads;
  const layout = layOut(victim === undefined ? length : seatsFor(length), blocks, capacity, start, true, prepare);
  return {
    name: `cargo: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    audit: blockAudit(layout, blocks, capacity, threads.length),
    hints: [
      [layout.records, layout.records + blocks * BLOCK_WORDS],
      ...queueHints(layout.queue, layout.slots, capacity),
      // A recoverer may look at an item while another writes the next one there.
      ...(victim === undefined ? [] : itemHints(layout.slots, capacity)),
    ],
    nameOf: layout.nameOf,
    ...(victim === undefined ? {} : recovering({ threads: length, victim, queue: layout.queue, store: layout.store })),
    ...rest,
  };
}

const put = (value: number): Op =>
  op('enqueue', [value], function* ({ words, own, kept }) {
    const status = yield* ring.enqueue(words, own.subarray(RING_OWN), value);
    if (status === DONE) kept.push(value);
    return status;
  });
const get = op('dequeue', [], function* ({ words, own, kept }) {
  const item = yield* ring.dequeue(words, own.subarray(RING_OWN));
  if (item > 0) kept.push(item);
  return item;
});

/** What was acknowledged was taken once, or is in the ring, or was delivered to the dead inside its last call. */
function itemAudit(
  layout: Layout,
  capacity: number,
  producers: number,
  threads: number,
): (view: View) => string | undefined {
  return view => {
    const found = new Map<number, number>();
    const count = (item: number): unknown => found.set(item, (found.get(item) ?? 0) + 1);
    for (let thread = producers; thread < threads; thread++) view.kept(thread).forEach(count);
    for (let i = 0; i < capacity; i++) {
      const at = layout.slots + i * slot.SLOT_WORDS;
      const word = view.words[at]!;
      const state = word & slot.SLOT_STATE_MASK;
      const owner = ((word >>> slot.SLOT_SEAT_SHIFT) & 0xff) - 1;
      if (state === slot.SLOT_FULL) count(view.words[at + 1]!);
      if (state === slot.SLOT_TAKEN || state === slot.SLOT_CLAIMED) {
        return `slot ${i} is held by thread ${owner}, which is done or dead`;
      }
    }
    let lost = 0;
    for (let thread = 0; thread < producers; thread++) {
      for (const item of view.kept(thread)) {
        const times = found.get(item) ?? 0;
        // A consumer that died between its last access and its return had the item in its hands: it was delivered.
        const delivered = view.deaths.some(dead => dead >= producers && view.cutShort(dead) !== undefined);
        if (times === 0 && !delivered) return `item ${item} was acknowledged and is lost`;
        if (times === 0 && lost++ > 0) return 'one death has swallowed two items';
        if (times > 1) return `item ${item} is there ${times} times`;
      }
    }
    return seatAudit(view);
  };
}

function dying(
  name: string,
  producers: readonly (readonly Op[])[],
  consumers: readonly (readonly Op[])[],
  victim: number,
  more: Partial<Program> & { capacity?: number; start?: number } = {},
): Program {
  const { capacity = 2, start = 0, ...rest } = more;
  const threads = [...producers, ...consumers];
  const layout = layOut(seatsFor(threads.length), 2, capacity, start, false);
  return {
    name: `ring, killed anywhere: ${name}`,
    words: layout.words,
    threads: threads.map((ops, i) => ({ own: layout.own(i + 1), ops })),
    ...recovering({ threads: threads.length, victim, queue: layout.queue }),
    hints: queueHints(layout.queue, layout.slots, capacity),
    audit: itemAudit(layout, capacity, producers.length, threads.length),
    nameOf: layout.nameOf,
    ...rest,
  };
}

export const programs: readonly Program[] = [
  carrying('one sends, one receives', [
    [acquire, send, acquire, send, release],
    [receive, release, receive, release],
  ]),
  carrying('one sends, one waits', [
    [acquire, send],
    [receiveWait, release],
  ]),
  carrying('there and back', [
    [acquire, send, receive, release],
    [receive, send],
  ]),
  carrying(
    'one sends, two receive',
    [
      [acquire, send, acquire, send],
      [receive, release],
      [receive, release],
    ],
    { capacity: 2 },
  ),
  carrying(
    'sender killed anywhere',
    [
      [acquire, send, acquire, send],
      [receive, release],
    ],
    { victim: 0 },
  ),
  carrying(
    'receiver killed anywhere',
    [
      [acquire, send, acquire, send],
      [receive, release],
    ],
    { victim: 1 },
  ),
  carrying(
    'receiver of a run killed anywhere',
    [
      [receiveRun, release, release, release],
      [receive, release],
    ],
    {
      blocks: 4,
      capacity: 4,
      victim: 0,
      prepare: region => void sendThree(region),
    },
  ),
  carrying(
    'receiver of a run whose sender was recovered, killed anywhere',
    [
      [receiveRun, release, release, release],
      [receive, release],
    ],
    { blocks: 4, capacity: 4, victim: 0, prepare: region => region.recover(sendThree(region).seat) },
  ),
  ...[0, 3].map(start =>
    carrying(
      `sender of a run from slot ${start} killed anywhere`,
      [[sendRun(FIRST_THREE)], [receiveRun, release, release, release]],
      { blocks: 4, capacity: 4, start, victim: 0, prepare: acquireThree },
    ),
  ),
  dying('a producer', [[put(1), put(2)]], [[get, get]], 0),
  dying('a consumer', [[put(1), put(2)]], [[get, get]], 1),
  dying('a producer, below 2^32', [[put(1), put(2), put(3)]], [[get]], 0, { start: -1 }),
  dying('one of two producers', [[put(1), put(2)], [put(3)]], [[get, get]], 0, { preemptions: 1, long: true }),
  dying('one of two consumers, one slot', [[put(1), put(2)]], [[get], [get]], 1, {
    capacity: 1,
    preemptions: 1,
    long: true,
  }),
];
