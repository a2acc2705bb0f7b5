/** The ring as shipped: linearizable, at counter wraps too, and nobody left waiting. */

import { CLOSED, DONE, NONE } from '../../dist/core/status.js';
import type * as real from '../../dist/ring/ring.core.js';
import type * as realWait from '../../dist/ring/ring-wait.core.js';
import { layOutRegion, layOutRing, namer, queueHints, wordsOf } from './layout.js';
import { core } from './loader.js';
import { type Op, op, type Program, type Spec } from './program.js';

const ring = await core<typeof real>('ring/ring.core.js');
const wait = await core<typeof realWait>('ring/ring-wait.core.js');

/** First in, first out; a try may fail behind somebody who has claimed a slot and not finished. */
function fifo(capacity: number): Spec<{ items: number[]; closed: boolean }> {
  return {
    start: { items: [], closed: false },
    step(state, name, [value]) {
      const { items, closed } = state;
      if (name === 'close') return [[{ items, closed: true }, closed ? 0 : 1]];
      const waits = name.endsWith('Wait');
      const nothing = waits ? [] : [[state, NONE] as const];
      if (name.startsWith('enqueue')) {
        if (closed) return [[state, CLOSED]];
        return items.length < capacity ? [...nothing, [{ items: [...items, value as number], closed }, DONE]] : nothing;
      }
      if (items.length > 0) return [...nothing, [{ items: items.slice(1), closed }, items[0]!]];
      return closed ? [...nothing, [state, CLOSED]] : nothing;
    },
  };
}

const enqueue = (v: number): Op => op('enqueue', [v], ({ words, own }) => ring.enqueue(words, own, v));
const dequeue = op('dequeue', [], ({ words, own }) => ring.dequeue(words, own));
const enqueueWait = (v: number): Op =>
  op('enqueueWait', [v], ({ words, own }) => wait.enqueueWait(words, own, v, Number.POSITIVE_INFINITY));
const dequeueWait = op('dequeueWait', [], ({ words, own }) => wait.dequeueWait(words, own, Number.POSITIVE_INFINITY));

const dequeueFor = op('dequeue', [], ({ words, own }) => wait.dequeueWait(words, own, 10));

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
    name: `ring: ${name}`,
    words: wordsOf(region),
    threads: threads.map((ops, i) => ({ own: own(i + 1), ops })),
    spec: fifo(capacity),
    hints: queueHints(queue, slots, capacity),
    // What doesn't wait for others never needs them, wherever they stopped. Asked where states are few: it costs many times the walk.
    ...(name.startsWith('2 x 3, tries') ? { solo: 'all' } : {}),
    nameOf: namer([
      ['queue', queue],
      ['slots', slots],
    ]),
    ...rest,
  };
}

export const programs: readonly Program[] = [
  program('2 x 3, tries', [[1, 2, 3].map(enqueue), [dequeue, dequeue, dequeue]]),
  program('2 x 3, tries, below 2^31', [[1, 2, 3].map(enqueue), [dequeue, dequeue, dequeue]], { start: 2 ** 31 - 2 }),
  program('2 x 3, tries, below 2^32', [[1, 2, 3].map(enqueue), [dequeue, dequeue, dequeue]], { start: -2 }),
  program('3 x 2, tries, two producers', [
    [enqueue(1), enqueue(2)],
    [enqueue(3), enqueue(4)],
    [dequeue, dequeue],
  ]),
  program('3 x 2, tries, two consumers', [
    [enqueue(1), enqueue(2)],
    [dequeue, dequeue],
    [dequeue, dequeue],
  ]),
  program('2 x 3, waiting', [[1, 2, 3].map(enqueueWait), [dequeueWait, dequeueWait, dequeueWait]]),
  program('waiting, two consumers', [[enqueueWait(1), enqueueWait(2)], [dequeueWait], [dequeueWait]], {
    preemptions: 4,
  }),
  program('waiting, two consumers, any schedule', [[enqueueWait(1), enqueueWait(2)], [dequeueWait], [dequeueWait]], {
    long: true,
  }),
  program(
    '3 x 2, waiting, two consumers',
    [[1, 2, 3, 4].map(enqueueWait), [dequeueWait, dequeueWait], [dequeueWait, dequeueWait]],
    { long: true, preemptions: 2 },
  ),
  program('waiting, timing out', [[enqueueWait(1)], [dequeueFor], [dequeueFor]], { timeouts: true }),
  program('2 x 2, waiting, timing out', [[enqueueWait(1), enqueueWait(2)], [dequeueFor], [dequeueFor]], {
    timeouts: true,
    long: true,
    preemptions: 4,
  }),
  program('capacity 1, waiting', [[1, 2, 3].map(enqueueWait), [dequeueWait, dequeueWait, dequeueWait]], {
    capacity: 1,
  }),
  program('capacity 1, two producers', [[enqueueWait(1)], [enqueueWait(2)], [dequeueWait, dequeueWait]], {
    capacity: 1,
    preemptions: 4,
  }),
  program('capacity 1, one waits behind a take', [[enqueue(1), enqueueWait(2)], [dequeue], [dequeueWait]], {
    capacity: 1,
    preemptions: 3,
  }),
  program('closing against a put and a take', [[enqueue(1), close], [enqueue(2)], [dequeue, dequeue]]),
  program('closing a full ring', [[enqueue(1), enqueue(2)], [close], [dequeue, dequeue]], { capacity: 1 }),
  program('closing wakes who waits for an item', [[dequeueWait], [dequeueWait], [enqueue(1), close]]),
  program('closing wakes who waits for room', [[enqueueWait(1), enqueueWait(2)], [enqueueWait(3)], [close]], {
    capacity: 1,
  }),
  program('closing between a claim and its publication', [[enqueue(1)], [close], [dequeueWait], [dequeueWait]], {
    preemptions: 4,
  }),
  program(
    'four threads, waiting',
    [[enqueueWait(1), enqueueWait(2)], [enqueueWait(3)], [dequeueWait, dequeueWait], [dequeueWait]],
    {
      preemptions: 2,
    },
  ),
];
