/** The pool as shipped: every block has one owner at any moment, whatever two threads do to it, and nobody is left waiting. */

import type * as realBlock from '../../dist/core/block.core.js';
import {
  BLOCK_FREE,
  BLOCK_LIVE,
  BLOCK_RETIRED,
  BLOCK_STAMP,
  BLOCK_STATE_SHIFT,
  BLOCK_STOCKED,
  BLOCK_TRANSIT,
  BLOCK_UNTOUCHED,
  BLOCK_WORDS,
  blockTag,
} from '../../dist/core/block.core.js';
import type * as realDoorbell from '../../dist/core/doorbell.core.js';
import type * as realResize from '../../dist/core/resize.core.js';
import * as realSeat from '../../dist/core/seat.core.js';
import { BAD_HANDLE, DONE, NONE, UNSEATED } from '../../dist/core/status.js';
import type * as realStock from '../../dist/core/stock.core.js';
import * as store from '../../dist/core/store.core.js';
import { layOutPool, layOutRegion, namer, wordsOf } from './layout.js';
import { core, coreFromText } from './loader.js';
import { ANY, type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import type { Walk } from './recorder.js';
import { evict, recovering, seatAudit, seatsFor } from './recovery.js';

const block = await core<typeof realBlock>('core/block.core.js');
const doorbell = await core<typeof realDoorbell>('core/doorbell.core.js');
const resizing = await core<typeof realResize>('core/resize.core.js');
const seat = await core<typeof realSeat>('core/seat.core.js');
const stock = await core<typeof realStock>('core/stock.core.js');

const { SEAT_ATTACHED, SEAT_RESERVED } = realSeat;

/** What the pool's class does itself, and a letter box through which threads pass a handle. */
const shell = await coreFromText<{
  attends(words: Int32Array, at: number): number;
  post(words: Int32Array, at: number, value: number): void;
  fetch(words: Int32Array, at: number): number;
  lock(words: Int32Array, at: number): number;
  look(words: Int32Array, at: number): number;
}>(
  'shell',
  `
export function attends(words, at) { return words[at]; }
export function post(words, at, value) { Atomics.store(words, at, value); Atomics.notify(words, at); }
export function lock(words, at) {
  for (;;) {
    const holder = Atomics.compareExchange(words, at, 0, 1);
    if (holder === 0) return 0;
    Atomics.wait(words, at, holder);
  }
}
export function look(words, at) { return Atomics.load(words, at); }
export function fetch(words, at) {
  for (;;) {
    const value = Atomics.load(words, at);
    if (value !== 0) return value;
    Atomics.wait(words, at, 0);
  }
}`,
);

/** As `SharedPool.acquire`. */
function* acquireBody({ words, own, kept }: Me): Walk<number> {
  const count = own[store.OWN_COUNT]!;
  const indexBits = own[store.OWN_INDEX_BITS]!;
  let handle: number;
  if (count === 0) handle = yield* stock.acquireBlock(words, own, Math.max(1, own[store.OWN_STOCK_MAX]! >>> 1));
  else {
    own[store.OWN_COUNT] = count - 1;
    const liveTag = blockTag(BLOCK_LIVE, own[store.OWN_SEAT]!);
    const next = own[store.OWN_STOCK + count - 1]!;
    handle = yield* block.acquireStocked(
      words,
      own[store.OWN_RECORDS]!,
      indexBits,
      (1 << indexBits) - 1,
      liveTag,
      next,
    );
  }
  if (handle > 0) kept.push(handle);
  return handle;
}

/** As `SharedPool.release`. */
function* releaseHandle({ words, own }: Me, handle: number): Walk<number> {
  const count = own[store.OWN_COUNT]!;
  const indexBits = own[store.OWN_INDEX_BITS]!;
  const stockMax = own[store.OWN_STOCK_MAX]!;
  if (count < stockMax && (yield* shell.attends(words, own[store.OWN_STORE]! + store.STORE_ATTENTION)) === 0) {
    const liveTag = blockTag(BLOCK_LIVE, own[store.OWN_SEAT]!);
    const max = own[store.OWN_HANDLE_MAX]!;
    const mask = (1 << indexBits) - 1;
    const next = yield* block.releaseHeld(words, own[store.OWN_RECORDS]!, indexBits, mask, max, liveTag, handle);
    if (next !== 0) {
      own[store.OWN_STOCK + count] = next;
      own[store.OWN_COUNT] = count + 1;
      return DONE;
    }
  }
  return yield* stock.releaseBlock(words, own, handle);
}

const has = ({ kept }: Me): boolean => kept.length > 0;
const last = ({ kept }: Me): readonly unknown[] => [kept.at(-1)];

const acquire = op('acquire', [], acquireBody);
const acquireWait = op('acquireWait', [], function* ({ words, own, kept }) {
  const handle = yield* stock.acquireWait(words, own, Number.POSITIVE_INFINITY);
  kept.push(handle);
  return handle;
});
/** As `SharedPool.acquireWait`: whoever learns that it is no longer seated rings, as `Attachment.unseated` does. */
const acquireWaitOrRing = op('acquireWait', [], function* ({ words, own, kept }) {
  const handle = yield* stock.acquireWait(words, own, Number.POSITIVE_INFINITY);
  if (handle === UNSEATED) yield* doorbell.ring(words, own[store.OWN_SEAT]!);
  else kept.push(handle);
  return handle;
});
/** Shares the one free seat, which was the victim's, with who looks into the box. */
const shareTo = (box: number): Op =>
  op('share', [], function* ({ words }) {
    const generation = yield* seat.seatGeneration(words, yield* seat.reserveSeat(words, 1));
    yield* shell.post(words, box, generation);
  });
/** Becomes the next thread of the victim's seat. */
const inherit = (box: number): Op =>
  op('attach', [], function* ({ words, own }) {
    own[store.OWN_SEAT] = 1;
    own[store.OWN_SEAT_GENERATION] = yield* shell.fetch(words, box);
    return yield* seat.moveSeat(words, 1, own[store.OWN_SEAT_GENERATION]!, SEAT_RESERVED, SEAT_ATTACHED);
  });
const release = op(
  'release',
  last,
  function* (me) {
    return yield* releaseHandle(me, me.kept.pop()!);
  },
  has,
);
/** Releases and still remembers the handle, to misuse it again. */
const releaseAndKeep = op('release', last, me => releaseHandle(me, me.kept.at(-1)!), has);
const disown = op('disown', last, ({ words, own, kept }) => stock.disownBlock(words, own, kept.at(-1)!), has);
const adopt = op('adopt', last, ({ words, own, kept }) => stock.adoptBlock(words, own, kept.at(-1)!), has);
/** Adopts, and forgets the handle where that was refused. */
const adoptOrForget = op(
  'adopt',
  last,
  function* ({ words, own, kept }) {
    const status = yield* stock.adoptBlock(words, own, kept.at(-1)!);
    if (status !== DONE) kept.pop();
    return status;
  },
  has,
);
/** As `SharedPool.resize`, under the region's lock, which stands in a word of its own here. */
const resizeTo = (wanted: number, at: number, lock: number): Op =>
  op('resize', [wanted], function* ({ words, own }) {
    yield* shell.lock(words, lock);
    yield* stock.collectReturned(words, own);
    yield* stock.spill(words, own, 0);
    const reached = yield* resizing.resizeStore(words, at, own[store.OWN_SEATS]!, wanted);
    yield* shell.post(words, lock, 0);
    return reached;
  });
const leave = op('leave', [], ({ words, own }) => stock.leaveBlocks(words, own));
const postTo = (at: number): Op => op('post', last, ({ words, kept }) => shell.post(words, at, kept.pop()!), has);
const postAndKeep = (at: number): Op => op('post', last, ({ words, kept }) => shell.post(words, at, kept.at(-1)!), has);
const fetchFrom = (at: number): Op =>
  op('fetch', [], function* ({ words, kept }) {
    kept.push(yield* shell.fetch(words, at));
    return 0;
  });
/** Disowns a block and posts it. */
const handOver = (at: number): Op =>
  op(
    'hand over',
    last,
    function* ({ words, own, kept }) {
      const handle = kept.pop()!;
      yield* stock.disownBlock(words, own, handle);
      yield* shell.post(words, at, handle);
    },
    has,
  );
/** Takes what lies in the box already; one who may die need not be waited for. */
const lookInto = (at: number): Op =>
  op('look', [], function* ({ words, kept }) {
    const handle = yield* shell.look(words, at);
    if (handle !== 0) kept.push(handle);
    return 0;
  });

/**
 * A pool answers NONE, or a handle that it never answered before, of a block that is not live; it releases what is live, once.
 * Where two seats release one handle at the same moment, either may be told that it was wrong: `doubled` allows for that.
 */
function poolSpec(
  capacity: number,
  first: number,
  max: number,
  doubled: boolean,
): Spec<{ live: number[]; used: number[] }> {
  const indexBits = capacity === 1 ? 0 : 32 - Math.clz32(capacity - 1);
  return {
    start: { live: [], used: [] },
    step(state, name, [handle]) {
      const { live, used } = state;
      if (name.startsWith('acquire')) {
        const fresh: [typeof state, number][] = name === 'acquire' ? [[state, NONE]] : [];
        for (let index = 0; index < capacity; index++) {
          if (live.some(h => (h & ((1 << indexBits) - 1)) === index)) continue;
          for (let step = 1; step <= 4; step++) {
            const generation = ((first + step - 1) % max) + 1;
            const h = (generation << indexBits) | index;
            if (!used.includes(h)) {
              fresh.push([{ live: [...live, h].sort((a, b) => a - b), used: [...used, h].sort((a, b) => a - b) }, h]);
              break;
            }
          }
        }
        return fresh;
      }
      if (name === 'release') {
        const released = { live: live.filter(h => h !== handle), used };
        if (live.includes(handle as number)) return [[released, DONE]];
        return doubled
          ? [
              [state, DONE],
              [state, BAD_HANDLE],
            ]
          : [[state, BAD_HANDLE]];
      }
      return [[state, ANY]];
    },
  };
}

interface Setup {
  readonly capacity?: number;
  readonly stockMax?: number;
  readonly first?: number;
  readonly doubled?: boolean;
  readonly capacityMax?: number;
  /** The stamp that the first block has from an earlier life. */
  readonly stamp?: number;
  /** The thread that may die, and is then recovered, by one that may die too. */
  readonly victim?: number;
  /** It does not die, but is recovered by the last thread. */
  readonly isEvicted?: boolean;
}

const BOX = 0;

function program(
  name: string,
  threads: (box: number, at: number, seats: number) => readonly (readonly Op[])[],
  {
    capacity = 2,
    stockMax = 0,
    first = 1,
    doubled = false,
    capacityMax = capacity,
    victim,
    isEvicted = false,
    stamp = 0,
  }: Setup = {},
  more: Partial<Program> = {},
): Program {
  const count = threads(BOX, 0, 0).length;
  const region = layOutRegion(victim === undefined ? count : seatsFor(count));
  const pool = layOutPool(region, capacity, stockMax, first, capacityMax);
  const used = wordsOf(region);
  const words = new Int32Array(used.length + 16);
  words.set(used);
  const { index: at, records, indexBits } = pool.store;
  words[records + BLOCK_STAMP] = stamp;
  // What stands there looks like a block of the one who may die.
  const behind = records + capacityMax * BLOCK_WORDS;
  words[behind] = (7 << 12) | blockTag(BLOCK_LIVE, (victim ?? 0) + 1);
  const box = used.length;
  const plans = threads(box, at, count).map((ops, i) => ({ own: pool.own(i + 1), ops }));
  const indexMask = (1 << indexBits) - 1;
  const stateOf = (word: number): number => (word >>> BLOCK_STATE_SHIFT) & 15;

  /** One owner a block, in the words and in what the threads have to themselves. */
  const law = (view: View): string | undefined => {
    const owner = new Map<number, number>();
    for (let thread = 0; thread < count; thread++) {
      const own = view.own(thread);
      if (own.length === 0) continue; // dead: its words still name it
      for (let i = 0; i < own[store.OWN_COUNT]!; i++) {
        const index = own[store.OWN_STOCK + i]! & indexMask;
        if (index >= view.words[at + store.STORE_CAPACITY]!)
          return `block ${index} is in a stock, and beyond the capacity`;
        if (owner.has(index)) return `block ${index} is in two stocks`;
        owner.set(index, thread);
        const word = view.words[records + index * BLOCK_WORDS]!;
        if ((word & 0xfff) !== blockTag(BLOCK_STOCKED, thread + 1))
          return `block ${index} is in stock ${thread + 1}, its word says ${word & 0xfff}`;
      }
    }
    // What a survivor holds, nobody else got, whatever recovery does beside it.
    for (let thread = 0; victim !== undefined && !doubled && thread < count; thread++) {
      if (thread === victim || view.own(thread).length === 0) continue;
      for (const handle of view.kept(thread)) {
        const word = view.words[records + (handle & indexMask) * BLOCK_WORDS]!;
        const holder = word & 0xff;
        if (word >>> 12 !== handle >>> indexBits || (holder !== thread + 1 && holder !== victim + 1))
          return `thread ${thread} has ${handle}, its block says ${word >>> 12}, seat ${holder}`;
      }
    }
    return undefined;
  };
  /** At rest, whoever may still go on can find every block. */
  const audit = (view: View): string | undefined => {
    for (let index = 0; index < capacityMax; index++) {
      const word = view.words[records + index * BLOCK_WORDS]!;
      const state = stateOf(word);
      const holder = word & 0xff;
      const retired = state === BLOCK_RETIRED;
      const inside = index < view.words[at + store.STORE_CAPACITY]!;
      const settled = victim !== undefined || view.deaths.length === 0;
      if (settled && word >>> 12 !== 0 && index >= view.words[at + store.STORE_FRESH]!)
        return `block ${index} was had by somebody, and is not counted`;
      if (retired && inside && settled) return `block ${index} is lost: retired below the capacity`;
      if (!inside && !retired && word !== 0) return `block ${index} is beyond the capacity, in state ${state}`;
      if (retired || state === BLOCK_UNTOUCHED || state === BLOCK_TRANSIT) continue;
      if (holder > 0 && view.deaths.includes(holder - 1) && victim === undefined) continue; // its word says whose it was
      if (holder > 0 && view.deaths.includes(holder - 1))
        return `block ${index} still names seat ${holder}, which died`;
      if (isEvicted && holder === victim! + 1) return `block ${index} still names seat ${holder}, which was evicted`;
      const marked = ((view.words[pool.store.freeMask]! >>> index) & 1) === 1;
      if (state === BLOCK_FREE && !marked) return `block ${index} is free and nobody can find it`;
      if (state === BLOCK_STOCKED) {
        const own = view.own(holder - 1);
        const stocked = [...own.slice(store.OWN_STOCK, store.OWN_STOCK + own[store.OWN_COUNT]!)];
        if (!stocked.some(handle => (handle & indexMask) === index))
          return `block ${index} is nowhere in the stock of seat ${holder}`;
      }
      const stamped = view.words[records + index * BLOCK_WORDS + 1] === word >>> 12;
      const returned = ((view.words[pool.store.returnedMask]! >>> index) & 1) === 1;
      if (state === BLOCK_LIVE && stamped && holder === 0)
        return `block ${index} was released, and nobody will collect it`;
      if (state === BLOCK_LIVE && stamped && (!returned || view.words[at + store.STORE_RETURNED] === 0))
        return `block ${index} was released to seat ${holder}, which will not look`;
      const known = holder === 0 || view.kept(holder - 1).some(handle => (handle & indexMask) === index);
      if (view.deaths.length > 0 && state === BLOCK_LIVE && !stamped && !known)
        return `block ${index} is held by seat ${holder}, which does not know it`;
    }
    if (view.words[behind] !== words[behind]) return 'what stands behind the records was written';
    if (view.words[at + store.STORE_WAITERS] !== 0) return 'somebody is in the waiter set and does not wait';
    return victim === undefined ? undefined : seatAudit(view);
  };
  return {
    name: `pool: ${name}`,
    words,
    threads: plans,
    // What recovery frees, and when, no specification here knows: the law and the audit must do.
    ...(victim === undefined
      ? { spec: poolSpec(capacityMax, first, pool.own(1)[store.OWN_HANDLE_MAX]! >>> indexBits, doubled) }
      : {}),
    law,
    audit,
    // Block words and stamps, and the attention word: read plainly on the fast paths (block.core.ts, store.core.ts).
    hints: [
      [records, records + capacityMax * BLOCK_WORDS],
      [at + store.STORE_ATTENTION, at + store.STORE_ATTENTION + 1],
    ],
    // What doesn't wait for others never needs them, wherever they stopped. Asked where states are few: it costs many times the walk.
    ...(name.startsWith('2 x 4') ? { solo: 'all' } : {}),
    nameOf: namer([
      ['store', at],
      ['free mask', pool.store.freeMask],
      ['returned mask', pool.store.returnedMask],
      ['records', records],
      ['letter box', box],
    ]),
    ...(victim === undefined || isEvicted ? {} : recovering({ threads: count, victim, store: at })),
    ...more,
  };
}

const pair = [acquire, release];

export const programs: readonly Program[] = [
  program('2 x 4, no stock', () => [
    [...pair, ...pair],
    [...pair, ...pair],
  ]),
  program(
    '2 x 4, stock of 1',
    () => [
      [...pair, ...pair],
      [acquire, acquire, release, release],
    ],
    { stockMax: 1 },
  ),
  program('3 x 2, no stock', () => [pair, pair, pair]),
  program('3 x 2, one block', () => [pair, pair, pair], { capacity: 1 }),
  program('generations wrap', () => [[...pair, ...pair], pair], { capacity: 1, first: 2 ** 20 - 2 }),
  // A lap ago another released the block in its first life: that must be forgotten by now.
  program('generations wrap to one that was stamped', () => [[...pair, ...pair], pair], {
    capacity: 1,
    first: 2 ** 20 - 2,
    stamp: 1,
  }),
  program('generations wrap in a stock to one that was stamped', () => [[...pair, ...pair, ...pair], [acquire]], {
    capacity: 1,
    first: 2 ** 20 - 2,
    stockMax: 1,
    stamp: 1,
  }),
  program('released by another', box => [
    [acquire, postTo(box), acquire, acquire],
    [fetchFrom(box), release],
  ]),
  program(
    'released by another, into a stock',
    box => [
      [acquire, postTo(box), acquire, acquire, release],
      [fetchFrom(box), release],
    ],
    { stockMax: 2 },
  ),
  program(
    'released by both at once',
    box => [
      [acquire, postAndKeep(box), release, acquire],
      [fetchFrom(box), release, acquire],
    ],
    { doubled: true },
  ),
  program(
    'released by both at once, into a stock',
    box => [
      [acquire, postAndKeep(box), release, acquire],
      [fetchFrom(box), release, acquire],
    ],
    { doubled: true, stockMax: 1 },
  ),
  program(
    'released twice by another',
    box => [
      [acquire, postAndKeep(box), acquire],
      [fetchFrom(box), releaseAndKeep, release, acquire],
    ],
    { doubled: true },
  ),
  program('two released by another', box => [
    [acquire, postTo(box), acquire, postTo(box + 1), acquire, acquire],
    [fetchFrom(box), release, fetchFrom(box + 1), release],
  ]),
  program(
    'killed anywhere, two released by another',
    box => [
      [acquire, postTo(box), acquire, postTo(box + 1), acquire],
      [lookInto(box), release, lookInto(box + 1), release],
    ],
    { victim: 0, doubled: true },
  ),
  program(
    'killed anywhere, returning, then acquiring',
    box => [
      [acquire, postAndKeep(box)],
      [lookInto(box), release, acquire],
    ],
    { victim: 1, doubled: true },
  ),
  program(
    'killed anywhere, releasing into a full stock',
    () => [
      [acquire, acquire, release, release],
      [acquire, release],
    ],
    { stockMax: 1, victim: 0 },
  ),
  program(
    'killed anywhere, detaching while another releases',
    box => [
      [acquire, postAndKeep(box), leave],
      [lookInto(box), release],
    ],
    { capacity: 1, victim: 0, doubled: true },
  ),
  program(
    'disowned while another releases',
    box => [
      [acquire, postAndKeep(box), disown],
      [fetchFrom(box), release],
    ],
    { doubled: true },
  ),
  program('disowned, then adopted', box => [
    [acquire, disown, postTo(box)],
    [fetchFrom(box), adopt, release],
    [acquire],
  ]),
  program(
    'detached while another releases',
    box => [
      [acquire, postAndKeep(box), leave],
      [fetchFrom(box), release],
    ],
    { doubled: true, stockMax: 1 },
  ),
  program(
    'waiting for one block',
    () => [
      [acquireWait, release],
      [acquireWait, release],
    ],
    { capacity: 1 },
  ),
  program(
    'three wait for one block',
    () => [
      [acquireWait, release],
      [acquireWait, release],
      [acquireWait, release],
    ],
    { capacity: 1 },
    { preemptions: 3 },
  ),
  program(
    'waiting for what another releases',
    box => [
      [acquire, postTo(box), acquireWait],
      [fetchFrom(box), release],
    ],
    { capacity: 1 },
  ),
  program('killed anywhere', () => [[...pair, acquire], pair], { stockMax: 1, victim: 0 }),
  program('killed anywhere, no stock', () => [[acquire], pair], { victim: 0 }),
  program('killed anywhere, the last block', () => [pair, pair], { capacity: 1, victim: 0 }),
  program('killed anywhere, generations wrap', () => [[...pair, ...pair], [acquire]], {
    capacity: 1,
    first: 2 ** 20 - 2,
    victim: 0,
  }),
  program(
    'killed anywhere, returning',
    box => [
      [acquire, postAndKeep(box), acquire],
      [fetchFrom(box), release],
    ],
    { capacity: 1, victim: 1, doubled: true },
  ),
  program(
    'grows while others acquire',
    (box, at) => [
      [resizeTo(2, at, box + 1), acquire],
      [acquire, acquire, release],
    ],
    { capacity: 1, capacityMax: 2 },
  ),
  program('grows for one who waits', (box, at) => [[acquire, resizeTo(2, at, box + 1)], [acquireWait]], {
    capacity: 1,
    capacityMax: 2,
  }),
  program('shrinks while others acquire and release', (box, at) => [
    [resizeTo(1, at, box + 1), ...pair],
    [...pair, acquire],
  ]),
  program(
    'shrinks and grows while others acquire and release',
    (box, at) => [
      [acquire, acquire, release, resizeTo(1, at, box + 1), resizeTo(2, at, box + 1)],
      [acquire, release],
    ],
    { stockMax: 1 },
  ),
  program(
    'resized by two at once',
    (box, at) => [
      [resizeTo(1, at, box + 1), acquire],
      [resizeTo(3, at, box + 1), acquire, release],
    ],
    { capacityMax: 3 },
  ),
  program('killed anywhere, resizing', (box, at) => [[resizeTo(1, at, box + 2), resizeTo(3, at, box + 3)], pair], {
    capacityMax: 3,
    victim: 0,
  }),
  program(
    'killed anywhere, while another returns',
    box => [
      [acquire, postAndKeep(box), acquire],
      [lookInto(box), release, acquire],
    ],
    { victim: 0, doubled: true },
  ),
  program(
    'killed anywhere, disowning what another releases',
    box => [
      [acquire, postAndKeep(box), disown],
      [lookInto(box), release],
    ],
    { capacity: 1, victim: 0, doubled: true },
  ),
  program(
    'killed anywhere, releasing what another disowns',
    box => [
      [acquire, postAndKeep(box), disown],
      [lookInto(box), release],
    ],
    { capacity: 1, victim: 1, doubled: true },
  ),
  program('killed anywhere, detaching', () => [[acquire, leave], pair], { capacity: 1, victim: 0 }),
  program('killed anywhere, another waits', () => [pair, [acquireWait, release]], { capacity: 1, victim: 0 }),
  program('killed anywhere, waiting', () => [[acquireWait, release], pair], { capacity: 1, victim: 0 }),
  program(
    'disowned, adopted by one of two',
    box => [
      [acquire, disown, postTo(box)],
      [fetchFrom(box), adoptOrForget],
      [fetchFrom(box), adoptOrForget],
    ],
    {},
    {
      audit: view => {
        const adopted = [1, 2].filter(thread => view.kept(thread).length > 0).length;
        return adopted === 1 ? undefined : `${adopted} have adopted the block`;
      },
    },
  ),
  program(
    'disowned, released by another, and awaited',
    box => [
      [acquireWait, disown, postTo(box)],
      [fetchFrom(box), release],
      [acquireWait, release],
    ],
    { capacity: 1 },
  ),
  program(
    'killed anywhere, adopting',
    box => [
      [acquire, handOver(box)],
      [lookInto(box), adopt],
    ],
    { victim: 1 },
  ),
  program('killed anywhere, resizing with a stock', (box, at) => [[...pair, resizeTo(1, at, box + 2)], [acquire]], {
    stockMax: 1,
    victim: 0,
  }),
  program(
    'killed anywhere, shrinking and growing',
    (box, at) => [[resizeTo(1, at, box + 2), resizeTo(2, at, box + 3)], [acquire]],
    { victim: 0 },
  ),
  program('killed anywhere, detaching with a stock', () => [[...pair, leave], [acquire]], { stockMax: 1, victim: 0 }),
  program(
    'killed anywhere, releasing beside returns',
    box => [
      [acquire, acquire, postAndKeep(box), release],
      [lookInto(box), release],
    ],
    { stockMax: 1, victim: 0, doubled: true },
  ),
  program(
    'killed anywhere, releasing beside another that does',
    box => [
      [lookInto(box), release],
      [acquire, postAndKeep(box), lookInto(box + 1), release],
      [acquire, postAndKeep(box + 1)],
    ],
    { victim: 0, doubled: true },
    { kills: 1, preemptions: 1 },
  ),
  program(
    'killed anywhere, releasing to whom another releases',
    box => [
      [acquire, postAndKeep(box + 1), acquire, postAndKeep(box)],
      [lookInto(box), release],
      [lookInto(box + 1), release],
    ],
    { victim: 1, doubled: true },
    { kills: 1, preemptions: 1 },
  ),
  // In the middle of a call, or with a stock, an evicted thread may still write what it was about to: shells look at its seat first.
  program(
    'evicted between two calls',
    (_, at, threads) => [
      [acquire, acquire, release, acquire, release],
      [evict({ threads, victim: 0, store: at }), acquire, acquire, release],
    ],
    { victim: 0, isEvicted: true },
    { preemptions: 0 },
  ),
  program(
    'evicted between two calls, while another releases',
    (box, at, threads) => [
      [acquire, postAndKeep(box), acquire, release],
      [lookInto(box), release],
      [evict({ threads, victim: 0, store: at }), acquire, acquire],
    ],
    { victim: 0, isEvicted: true, doubled: true },
    { preemptions: 0 },
  ),
  program(
    'evicted while it waits',
    (_, at, threads) => [
      [acquireWait, acquireWait],
      [evict({ threads, victim: 0, store: at }), acquire],
    ],
    { victim: 0, isEvicted: true, capacity: 1 },
    { preemptions: 0 },
  ),
  program(
    'evicted while it waits, as does the next thread of its seat',
    (box, at, threads) => [
      [acquireWaitOrRing],
      [inherit(box), acquireWait, release],
      [acquire, evict({ threads, victim: 0, store: at }), shareTo(box), release],
    ],
    { victim: 0, isEvicted: true, capacity: 1 },
    { preemptions: 0 },
  ),
];
