/** The heap's rarer ways: spans of several pages, two blocks whose stamps share a word, generations that come round, deaths in repairs. */
import { HEAP_LOCK_AWAITED, holderOf } from '../../dist/core/span.core.js';
import {
  adopt,
  awaitPost,
  fetchFrom,
  free,
  freeAndKeep,
  freeThe,
  leave,
  lookInto,
  malloc,
  mallocLarge,
  PAGE,
  postAndKeep,
  postTo,
  program,
  signal,
  trim,
} from './heap.explore.js';
import type { Op, Program, View } from './program.js';

const times = (count: number, ...ops: Op[]): Op[] => Array.from({ length: count }, () => ops).flat();

/** Two blocks of two pages each. */
const long = { block: PAGE, spanPages: 2, blocks: 2 };
/** Two blocks whose stamps stand in one word. */
const small = { block: 64, pages: 1 };
/** A mask word full of pages, and two more. */
const many = { pages: 34 };
/** A second span is emptied while it stands behind the first in its owner's list. */
const crosswise = [malloc, malloc, malloc, malloc, freeThe(3), freeThe(1), freeThe(1), freeThe(0)];

/** Nobody was written down as the holder of what thread 0 has: a holder goes with the life that it had. */
const heldByOwner = (view: View, own: Int32Array): string | undefined =>
  view.kept(0).some(pointer => holderOf(view.words, own, pointer) !== 0) ? 'a block was born with a holder' : undefined;

export const programs: readonly Program[] = [
  program('spans of two pages', () => [[malloc, malloc, free, free, trim], [malloc]], { ...long, pages: 4 }),
  program(
    'killed anywhere, spans of two pages',
    () => [[malloc, malloc, free, trim], [malloc]],
    { ...long, pages: 4 },
    {
      victims: [0],
      preemptions: 1,
    },
  ),
  program(
    'killed anywhere, leaving a span of two pages',
    box => [
      [malloc, postTo(box), leave],
      [lookInto(box), free, malloc],
    ],
    { ...long, posted: true, fetched: true },
    { victims: [0, 2], preemptions: 1 },
  ),
  program(
    'killed anywhere, taking a span of two pages that another left',
    box => [
      [malloc, postTo(box), leave],
      [lookInto(box), malloc],
    ],
    { ...long, posted: true, fetched: true },
    { victims: [1, 2], preemptions: 1 },
  ),
  program('a span in the middle of a list is emptied', () => [crosswise, [malloc]], { pages: 3 }),
  program(
    'killed anywhere, a span in the middle of a list is emptied',
    () => [crosswise, [malloc]],
    { pages: 3 },
    { victims: [0], preemptions: 1 },
  ),
  program('pages by the word', () => [[mallocLarge(32), malloc, free, free, malloc], [malloc]], many),
  program('killed anywhere, pages by the word', () => [[mallocLarge(32), malloc, free, free], [malloc]], many, {
    victims: [0],
    preemptions: 1,
  }),
  program(
    'two others free two blocks of one word',
    box => [
      [malloc, postTo(box), malloc, postTo(box + 1), malloc, malloc],
      [fetchFrom(box), free],
      [fetchFrom(box + 1), free],
    ],
    { ...small, stockMax: 2 },
  ),
  program(
    'killed anywhere, two others free two blocks of one word',
    box => [
      [malloc, postTo(box), malloc, postTo(box + 1), malloc],
      [lookInto(box), free],
      [lookInto(box + 1), free],
    ],
    { ...small, posted: true, fetched: true },
    { victims: [1], preemptions: 1 },
  ),
  program(
    'killed anywhere, freeing twice',
    box => [
      [malloc, postTo(box), malloc],
      [lookInto(box), freeAndKeep, free],
    ],
    { pages: 1, posted: true, fetched: true },
    { victims: [1] },
  ),
  program(
    'freed by another, until its generation comes again',
    box => [
      [malloc, postTo(box), awaitPost(box + 1), malloc, malloc, ...times(8, free, malloc)],
      [fetchFrom(box), free, signal(box + 1)],
    ],
    { pages: 1, lives: 127 },
  ),
  program(
    'killed anywhere, collecting where generations wrap',
    box => [
      [malloc, postTo(box), malloc, malloc],
      [lookInto(box), free],
    ],
    { pages: 1, lives: 127, posted: true, fetched: true },
    { victims: [0] },
  ),
  program(
    'killed anywhere, generations wrap in a stock, behind a stamp',
    box => [
      [malloc, postTo(box), malloc, malloc, free, malloc],
      [lookInto(box), free],
    ],
    { pages: 1, lives: 126, posted: true, fetched: true },
    { victims: [0], preemptions: 2 },
  ),
  program('generations wrap in a stock', () => [times(9, malloc, free), [malloc, free]], { lives: 127 }),
  program(
    'killed anywhere, generations wrap in a stock',
    () => [[malloc, free, malloc], [malloc]],
    { lives: 127 },
    { victims: [0] },
  ),
  program('trimmed by another than left it', box => [
    [malloc, postTo(box), leave],
    [fetchFrom(box), free, trim],
  ]),
  program(
    'killed anywhere, trimming what another left',
    box => [
      [malloc, postTo(box), malloc, leave],
      [lookInto(box), free, trim],
    ],
    { posted: true, fetched: true },
    { victims: [1], preemptions: 2 },
  ),
  program(
    'killed anywhere, without caches, and its recoverer too',
    () => [[malloc, free], [malloc]],
    { caches: false, stockMax: 0, pages: 1 },
    { victims: [0, 2], preemptions: 1 },
  ),
  program(
    'adopted, freed by its owner and handed out again',
    box => [
      [malloc, postAndKeep(box), awaitPost(box + 1), free, malloc],
      [fetchFrom(box), adopt, signal(box + 1)],
    ],
    { pages: 1, doubled: true, further: heldByOwner },
  ),
  program('by threads that may not block', () => [[malloc, free], [malloc]], {
    mayBlock: false,
    lawOf: at => view => (view.words[at + HEAP_LOCK_AWAITED] === 0 ? undefined : 'somebody waits for the lock'),
  }),
  program(
    'freed while its span is handed on, seats above 127',
    box => [
      [malloc, postTo(box), leave],
      [fetchFrom(box), free],
      [awaitPost(box), malloc, malloc],
    ],
    { seatOf: thread => [129, 1, 130][thread]!, pages: 2, emptyBytesMax: PAGE },
    { preemptions: 3 },
  ),
  // Who allocated behind the recovery would give a life that was not ended another meaning.
  program(
    'killed anywhere, large, and nothing is allocated then',
    () => [[mallocLarge(1), free], [malloc]],
    { pages: 3, only: true },
    { victims: [0] },
  ),
  program('three at the lock', () => [[trim], [trim], [trim, trim]], { pages: 1 }),
];
