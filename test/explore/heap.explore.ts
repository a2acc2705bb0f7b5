/** The heap as shipped: no block is handed out twice, whoever frees it and whenever; spans and pages survive deaths. */

import { openSpans } from '../../dist/core/heap.js';
import type * as realSeat from '../../dist/core/seat.core.js';
import * as span from '../../dist/core/span.core.js';
import type * as realRecovery from '../../dist/core/span-recovery.core.js';
import { BAD_HANDLE, DONE, NONE } from '../../dist/core/status.js';
import type * as realHeap from '../../dist/heap/heap.core.js';
import { createTunedHeap } from '../../dist/heap/heap.js';
import type * as realKeep from '../../dist/heap/heap-keep.core.js';
import { attachmentIn, layOutRegion, namer, seatedAt, wordsOf } from './layout.js';
import { core, coreFromText } from './loader.js';
import { ANY, type Me, type Op, op, type Program, type Spec, type View } from './program.js';
import type { Walk } from './recorder.js';

const heap = await core<typeof realHeap>('heap/heap.core.js');
const kept = await core<typeof realKeep>('heap/heap-keep.core.js');
const seat = await core<typeof realSeat>('core/seat.core.js');
const recovery = await core<typeof realRecovery>('core/span-recovery.core.js');

/** A letter box through which threads pass a pointer. */
const shell = await coreFromText<{
  post(words: Int32Array, at: number, value: number): void;
  fetch(words: Int32Array, at: number): number;
  look(words: Int32Array, at: number): number;
}>(
  'shell',
  `
export function post(words, at, value) { Atomics.store(words, at, value); Atomics.notify(words, at); }
export function look(words, at) { return Atomics.load(words, at); }
export function fetch(words, at) {
  for (;;) {
    const value = Atomics.load(words, at);
    if (value !== 0) return value;
    Atomics.wait(words, at, 0);
  }
}`,
);

/** Walked code finds the bytes in the words. */
const bytesOf = (words: Int32Array): Uint8Array => words as unknown as Uint8Array;

/** As `SharedHeap.malloc`, of the one size class. */
function* mallocBlock({ words, own }: Me): Walk<number> {
  const pointer = yield* heap.mallocStocked(own, bytesOf(words), own[span.OWN_STATES]! * 4, span.OWN_STOCK);
  return pointer === 0 ? yield* heap.mallocSmall(words, own, 0) : pointer;
}

/** As `SharedHeap.free`. */
function* freePointer({ words, own }: Me, pointer: number): Walk<number> {
  const tag = own[span.OWN_OWNER] === 0 ? -1 : (span.PAGE_SMALL << span.PAGE_STATE_SHIFT) | own[span.OWN_OWNER]!;
  const { [span.OWN_MAP]: map, [span.OWN_PAGE_SHIFT]: shift, [span.OWN_STATES]: states } = own;
  if ((yield* heap.freeStocked(words, own, bytesOf(words), map!, shift!, tag, states! * 4, pointer)) === 1) return DONE;
  if ((yield* heap.freeOthers(words, own, bytesOf(words), pointer)) === 1) return DONE;
  return yield* heap.freeBlock(words, own, pointer);
}

const has = ({ kept }: Me): boolean => kept.length > 0;
const last = ({ kept }: Me): readonly unknown[] => [kept.at(-1)];

const keep = function* ({ kept }: Me, walk: Walk<number>): Walk<number> {
  const pointer = yield* walk;
  if (pointer > 0) kept.push(pointer);
  return pointer;
};
export const malloc = op('malloc', [], me => keep(me, mallocBlock(me)));
export const mallocLarge = (pages: number): Op =>
  op('malloc', [], me => keep(me, heap.mallocLarge(me.words, me.own, pages, 1)));
export const free = op(
  'free',
  last,
  function* (me) {
    return yield* freePointer(me, me.kept.pop()!);
  },
  has,
);
/** Frees and still remembers the pointer, to misuse it again. */
export const freeAndKeep = op('free', last, me => freePointer(me, me.kept.at(-1)!), has);
const resizeTo = (pages: number): Op =>
  op('resize', [pages], ({ words, own, kept }) => heap.resizeLarge(words, own, kept.at(-1)!, pages), has);
export const trim = op('trim', [], ({ words, own }) => kept.trimHeap(words, own));
export const leave = op('leave', [], ({ words, own }) => kept.leaveHeap(words, own));
export const adopt = op(
  'adopt',
  last,
  ({ words, own, kept }) => heap.changeHolder(words, own, kept.at(-1)!, own[span.OWN_SEAT]!),
  has,
);
export const postTo = (at: number): Op =>
  op('post', last, ({ words, kept }) => shell.post(words, at, kept.pop()!), has);
export const postAndKeep = (at: number): Op =>
  op('post', last, ({ words, kept }) => shell.post(words, at, kept.at(-1)!), has);
export const fetchFrom = (at: number): Op =>
  op('fetch', [], function* ({ words, kept }) {
    kept.push(yield* shell.fetch(words, at));
    return 0;
  });
/** Waits until another has posted, and takes nothing. */
export const awaitPost = (at: number): Op =>
  op('await', [], function* ({ words }) {
    yield* shell.fetch(words, at);
    return 0;
  });
/** After another has signalled that it freed a block: there is one, told or not, unless this thread holds so many already. */
const mallocSurely = (at: number, most = 2): Op =>
  op(
    'malloc',
    [],
    function* (me) {
      yield* shell.fetch(me.words, at);
      const pointer = yield* keep(me, mallocBlock(me));
      if (pointer <= 0) throw new Error('A block that was freed is not found');
      return pointer;
    },
    ({ kept }) => kept.length < most,
  );
export const signal = (at: number): Op => op('signal', [], ({ words }) => shell.post(words, at, 1));
/** Frees one in the middle of the notebook. */
export const freeThe = (index: number): Op =>
  op(
    'free',
    ({ kept }) => [kept[index]],
    function* (me) {
      return yield* freePointer(me, me.kept.splice(index, 1)[0]!);
    },
    ({ kept }) => kept.length > index,
  );
/** Looks once for a pointer that another may have posted. */
export const lookInto = (at: number): Op =>
  op('look', [], function* ({ words, kept }) {
    const pointer = yield* shell.look(words, at);
    if (pointer !== 0) kept.push(pointer);
    return 0;
  });
/** As `Region.recover` for the one that died; seats are of their first life. */
const recover = op('recover', [], function* ({ words, own, deaths }) {
  let status = DONE as number;
  for (const dead of deaths) yield* seat.evictSeat(words, dead + 1, 1);
  for (const dead of deaths) {
    status = yield* recovery.recoverSpans(words, own, dead + 1);
  }
  return status;
});

export interface Setup {
  readonly pages?: number;
  /** Of the one size class: bytes a block, pages a span, blocks a span. */
  readonly block?: number;
  readonly spanPages?: number;
  readonly blocks?: number;
  readonly caches?: boolean;
  readonly stockMax?: number;
  readonly emptyBytesMax?: number;
  readonly doubled?: boolean;
  /** The heap's blocks have had so many lives before. */
  readonly lives?: number;
  /** So many blocks of others a thread gives back before it tells their owners. */
  readonly noted?: number;
  /** Whether the machine shows stores in their order, so that others' blocks are stamped plainly. */
  readonly inOrder?: boolean;
  /** Somebody's notebook names blocks that others may free. */
  readonly fetched?: boolean;
  /** The seat that a thread sits on; by default 1, 2, ... */
  readonly seatOf?: (thread: number) => number;
  /** Whether recoverers only recover. */
  readonly only?: boolean;
  /** Whether threads may block. */
  readonly mayBlock?: boolean;
  /** What else must hold at rest. */
  readonly further?: (view: View, own: Int32Array) => string | undefined;
  /** What must hold in every state. */
  readonly lawOf?: (heap: number) => (view: View) => string | undefined;
  /** Blocks are handed on: some may be live in nobody's notebook. */
  readonly posted?: boolean;
}

/** The heap answers NONE, or a pointer that is not live; it frees what is live, once. */
function heapSpec(doubled: boolean): Spec<number[]> {
  return {
    start: [],
    step(live, name, [pointer], answer?: unknown) {
      void answer;
      if (name === 'malloc') {
        const free = POINTERS.filter(p => !live.includes(p));
        return [[live, NONE], ...free.map(p => [[...live, p].sort((a, b) => a - b), p] as [number[], number])];
      }
      if (name === 'free') {
        if (live.includes(pointer as number)) return [[live.filter(p => p !== pointer), DONE]];
        if (!doubled) return [[live, BAD_HANDLE]];
        return [
          [live, DONE],
          [live, BAD_HANDLE],
        ];
      }
      return [[live, ANY]];
    },
  };
}

export const PAGE = 512;
let POINTERS: number[] = [];

export function program(
  name: string,
  threads: (box: number) => readonly (readonly Op[])[],
  setup: Setup = {},
  further: Partial<Program> = {},
): Program {
  const {
    pages = 2,
    block = 256,
    spanPages = 1,
    blocks = 2,
    caches = true,
    stockMax = 1,
    emptyBytesMax = 0,
    doubled = false,
    lives = 0,
    noted = 1,
    inOrder = true,
    fetched = false,
    posted = false,
    seatOf = (thread: number) => thread + 1,
    only = false,
    mayBlock = true,
    further: rest,
    lawOf,
  } = setup;
  const plans = threads(0);
  const supervisors = further.victims === undefined ? 0 : further.victims.length;
  const seats = Math.max(plans.length + supervisors, ...plans.map((_, thread) => seatOf(thread)));
  const region = layOutRegion(seats);
  const classes = [{ bytes: block, pages: spanPages, blocks, stockMax }];
  const made = createTunedHeap(
    { region, name: 'heap', byteLength: pages * PAGE, caches },
    { pageShift: 9, classes, emptyBytesMax },
  );
  for (let life = 0; life < lives; life++) made.free(made.malloc(1));
  made.trim();
  const at = made.heap;
  const data = attachmentIn(region).words[at + span.HEAP_DATA_OFFSET]!;
  const pointers = Array.from({ length: (pages * PAGE) / block }, (_, i) => data + i * block);
  const words = wordsOf(region);
  const box = (data >>> 2) + 1; // within the data: nobody else touches it
  const ownOf = (index: number): Int32Array => {
    const own = openSpans(seatedAt(region, index), at, mayBlock);
    own[span.OWN_NOTED_MOST] = noted;
    own[span.OWN_IN_ORDER] = inOrder ? 1 : 0;
    return own;
  };
  const probe = ownOf(1);

  const liveIn = (view: View): number[] =>
    pointers.filter(pointer => span.isLivePointer(view.words, probe, pointer) === 1);

  /** When nothing moves: what the words call live is what the specification does, and the pages add up. */
  const audit = (view: View): string | undefined => {
    const live = JSON.stringify(liveIn(view));
    if (further.victims === undefined && !doubled && !view.states().some(state => JSON.stringify(state) === live))
      return `live in the words: ${live}, by the answers: ${JSON.stringify(view.states())}`;
    if (further.victims !== undefined && !fetched) {
      // What those who live have acquired is live, each theirs alone.
      const held: number[] = [];
      for (let thread = 0; thread < plans.length + supervisors; thread++) {
        if (!view.deaths.includes(thread)) held.push(...view.kept(thread));
      }
      if (new Set(held).size < held.length) return `handed out twice: ${JSON.stringify(held)}`;
      const lost = held.find(pointer => !liveIn(view).includes(pointer));
      if (lost !== undefined) return `${lost} was acquired, and is not live`;
      if (!posted && liveIn(view).length > held.length)
        return `live: ${live}, held by the living: ${JSON.stringify(held)}`;
    }
    const { [span.OWN_MAP]: map, [span.OWN_FIRST_PAGE]: first, [span.OWN_USED_MASK]: used } = probe;
    let reserved = 0;
    for (let page = 0; page < pages; page++) {
      const word = view.words[map! + first! + page]!;
      const isUsed = (view.words[used! + (page >>> 5)]! >>> (page & 31)) & 1;
      reserved += isUsed;
      if (word !== 0 && isUsed === 0) return `page ${page} is in use, and marked free`;
      if (view.deaths.length > 0 && view.deaths.includes((word & 0xff) - 1)) return `page ${page} belongs to the dead`;
    }
    if (view.words[at + span.HEAP_RESERVED] !== reserved)
      return `${reserved} pages are marked used, another number is counted`;
    if (view.words[at + span.HEAP_LOCK] !== 0) return 'the lock is still held';
    return rest?.(view, probe);
  };

  const spec = heapSpec(doubled);
  return {
    name: `heap: ${name}`,
    words,
    threads: threads(box).map((ops, i) => ({ own: ownOf(seatOf(i)), ops })),
    ...(supervisors === 0
      ? {}
      : {
          supervisors: Array.from({ length: supervisors }, (_, i) => ({
            name: `recoverer ${i + 1}`,
            own: ownOf(plans.length + 1 + i),
            ops: only || i + 1 < supervisors ? [recover] : [recover, malloc],
          })),
        }),
    hints: [
      ...[0, ...Array.from({ length: plans.length + supervisors }, (_, thread) => seatOf(thread))].flatMap(i => {
        const control = words[at + span.HEAP_CONTROLS]! + i * words[at + span.HEAP_CONTROL_WORDS]!;
        return [
          [control + span.CONTROL_ATTENTION, control + span.CONTROL_ATTENTION + 1],
          [control + span.CONTROL_STAMPED, control + span.CONTROL_STAMPED + 1],
          [control + probe[span.OWN_HINT_GROUPS]!, control + probe[span.OWN_HINT_GROUPS]! + 1],
          [control + probe[span.OWN_HINT_PAGES]!, control + probe[span.OWN_HINT_PAGES]! + 1],
        ] as const;
      }),
      [words[at + span.HEAP_MAP]!, words[at + span.HEAP_MAP]! + pages],
      [words[at + span.HEAP_STATES]!, words[at + span.HEAP_STATES]! + pages * 16],
    ],
    ...(further.victims === undefined
      ? {
          spec: {
            start: spec.start,
            step: (live: number[], what: string, args: readonly unknown[]) => {
              POINTERS = pointers;
              return spec.step(live, what, args);
            },
          },
        }
      : {}),
    audit,
    ...(lawOf === undefined ? {} : { law: lawOf(at) }),
    nameOf: namer([
      ['heap', at],
      ['map', words[at + span.HEAP_MAP]!],
      ['span', words[at + span.HEAP_SPANS]!],
      ['state', words[at + span.HEAP_STATES]!],
      ['free', words[at + span.HEAP_FREE_MASK]!],
      ['holder', words[at + span.HEAP_HOLDERS]!],
      ['used', words[at + span.HEAP_USED_MASK]!],
      ['control', words[at + span.HEAP_CONTROLS]!],
    ]),
    ...further,
  };
}

const pair = [malloc, free];
/** One allocates, another frees it, and the first allocates again. */
const freeing = (box: number): Op[][] => [
  [malloc, postTo(box), malloc],
  [fetchFrom(box), free],
];
/** As `freeing`, where the other may come too late, and the first needs what comes back. */
const collecting = (box: number): Op[][] => [
  [malloc, postTo(box), malloc, malloc],
  [lookInto(box), free],
];
/** Two blocks of one owner, each freed by another. */
const freedByTwo = (box: number): Op[][] => [
  [malloc, postTo(box), malloc, postTo(box + 1), malloc, malloc],
  [fetchFrom(box), free],
  [fetchFrom(box + 1), free],
];

export const programs: readonly Program[] = [
  program('two seats, each its own blocks', () => [[...pair, malloc], pair]),
  program('two seats, one page', () => [[...pair, malloc], pair], { pages: 1 }),
  program('freed by another', box => [
    [malloc, postTo(box), malloc, malloc],
    [fetchFrom(box), free],
  ]),
  program(
    'freed by another, generations wrap',
    box => [
      [malloc, postTo(box), malloc, free],
      [fetchFrom(box), free],
    ],
    { lives: 127 },
  ),
  program(
    'freed by another, where the stamp is cleared half way',
    box => [
      [malloc, postTo(box), malloc, free],
      [fetchFrom(box), free],
    ],
    { lives: 63 },
  ),
  program('freed by another, where stores are shown in any order', freedByTwo, {
    pages: 1,
    stockMax: 2,
    inOrder: false,
  }),
  program(
    'freed by both at once, where stores are shown in any order',
    box => [
      [malloc, postAndKeep(box), free, malloc],
      [fetchFrom(box), free],
    ],
    { doubled: true, inOrder: false },
  ),
  program(
    'freed by both at once',
    box => [
      [malloc, postAndKeep(box), free, malloc],
      [fetchFrom(box), free],
    ],
    { doubled: true },
  ),
  program(
    'freed twice by another',
    box => [
      [malloc, postTo(box), malloc],
      [fetchFrom(box), freeAndKeep, free],
    ],
    { doubled: true },
  ),
  program(
    'freed while its owner leaves',
    box => [
      [malloc, postTo(box), leave],
      [fetchFrom(box), free, malloc],
    ],
    { pages: 1 },
  ),
  program('large and small', () => [
    [mallocLarge(2), free],
    [malloc, free],
  ]),
  program('trimmed while another allocates', () => [
    [...pair, trim],
    [malloc, malloc],
  ]),
  program('without caches', () => [pair, pair], { caches: false, stockMax: 0 }),
  program('killed anywhere', () => [[...pair, malloc], pair], {}, { victims: [0] }),
  program('killed anywhere, large', () => [[mallocLarge(2), free], [malloc]], {}, { victims: [0] }),
  program('killed anywhere, freeing', freeing, { pages: 1, posted: true }, { victims: [1] }),
  program(
    'killed anywhere, freeing by an exchange',
    freeing,
    { pages: 1, posted: true, inOrder: false },
    { victims: [1] },
  ),
  program('killed anywhere, without caches', () => [pair, [malloc]], { caches: false, stockMax: 0 }, { victims: [0] }),
  program(
    'killed, and its block adopted',
    box => [
      [malloc, postTo(box), malloc],
      [lookInto(box), adopt],
    ],
    { pages: 1, fetched: true },
    { victims: [0] },
  ),
  program(
    'killed anywhere, and its recoverer too',
    () => [pair, [malloc]],
    { pages: 1 },
    { victims: [0, 2], preemptions: 2 },
  ),
  program('two others free two blocks of one page', freedByTwo, { pages: 1, stockMax: 2 }),
  program(
    'killed anywhere, leaving',
    box => [
      [malloc, postTo(box), malloc, leave],
      [lookInto(box), free],
    ],
    { pages: 1, posted: true, fetched: true },
    { victims: [0] },
  ),
  program(
    'killed anywhere, collecting what another frees',
    collecting,
    { pages: 1, posted: true, fetched: true },
    { victims: [0] },
  ),
  program(
    'killed anywhere, collecting small blocks that another frees',
    collecting,
    { pages: 1, block: 32, posted: true, fetched: true },
    { victims: [0] },
  ),
  program(
    'freed by another, who tells after two',
    box => [
      [malloc, postTo(box), malloc, postTo(box + 1), malloc, malloc],
      [fetchFrom(box), free, fetchFrom(box + 1), free],
    ],
    { noted: 2 },
  ),
  program(
    'freed by another, who never tells',
    box => [
      [malloc, postTo(box), malloc, mallocSurely(box + 1)],
      [fetchFrom(box), free, signal(box + 1)],
    ],
    { pages: 1, noted: 32 },
  ),
  program(
    'freed by others, who never tell, while there is no room again and again',
    box => [
      [
        ...[malloc, postTo(box), malloc, postTo(box + 1), malloc],
        ...[mallocSurely(box + 2, 1), awaitPost(box + 2), mallocSurely(box + 3)],
      ],
      [fetchFrom(box), free, signal(box + 2)],
      [fetchFrom(box + 1), free, signal(box + 3)],
    ],
    { pages: 1, noted: 32 },
    // That a stamp is seen where its count is, is the machine's order of stores, which old values of hints know nothing of.
    { preemptions: 3, hints: [], races: false },
  ),
  program(
    'freed by another, who leaves before it tells',
    box => [
      [malloc, postTo(box), malloc, malloc, malloc],
      [fetchFrom(box), free, leave],
    ],
    { pages: 2, noted: 32 },
  ),
  program(
    'freed by another, who does not tell its owner, who leaves',
    box => [
      [malloc, postTo(box), leave],
      [fetchFrom(box), free, malloc, malloc],
    ],
    { pages: 1, noted: 32 },
  ),
  program(
    'killed anywhere, before it tells',
    box => [
      [malloc, postTo(box), malloc, malloc],
      [fetchFrom(box), free],
    ],
    { pages: 1, posted: true, noted: 32 },
    { victims: [1] },
  ),
  program('two small blocks of one word, freed by two others', freedByTwo, { pages: 1, block: 32, stockMax: 2 }),
  program(
    'two small blocks of one word, freed twice, by both at once',
    box => [
      [malloc, malloc, postAndKeep(box), free, malloc, malloc],
      [fetchFrom(box), free],
    ],
    { pages: 1, block: 32, stockMax: 2, doubled: true },
  ),
  program(
    'killed anywhere, adopting',
    box => [
      [malloc, postTo(box)],
      [lookInto(box), adopt],
    ],
    { pages: 1, posted: true, fetched: true },
    { victims: [1] },
  ),
  program(
    'killed anywhere, taking what another left',
    box => [
      [malloc, postTo(box), leave],
      [lookInto(box), free, malloc],
    ],
    { pages: 1, posted: true },
    { victims: [1] },
  ),
  program(
    'killed anywhere, large, and its recoverer too',
    () => [[mallocLarge(2), free], [malloc]],
    {},
    { victims: [0, 2], preemptions: 1 },
  ),
  program(
    'two spans of one seat, kept when empty',
    () => [[malloc, malloc, malloc, free, free, free, malloc], [malloc]],
    { pages: 3, emptyBytesMax: PAGE },
  ),
  program(
    'killed anywhere, two spans of one seat, kept when empty',
    () => [[malloc, malloc, malloc, free, free, free, trim], [malloc]],
    { pages: 3, emptyBytesMax: PAGE },
    { victims: [0], preemptions: 1 },
  ),
  program(
    'killed anywhere, large ones that grow and shrink',
    () => [[mallocLarge(2), resizeTo(1), resizeTo(3), free], [malloc]],
    { pages: 3 },
    { victims: [0], preemptions: 2 },
  ),
];
