/** The ring as shipped: linearizable, at counter wraps too, and nobody left waiting. */

import { SEAT_ATTACHED, SEAT_GENERATION_SHIFT, seatIndex } from '../../dist/core/seat.core.js';
import * as slot from '../../dist/core/slot.core.js';
import { DONE, NONE } from '../../dist/core/status.js';
import * as real from '../../dist/ring/ring.core.js';
import { core } from './loader.js';
import { type Op, op, type Program, type Spec } from './program.js';

const ring = await core<typeof real>('ring/ring.core.js');

const SEATS = 4;
const QUEUE = seatIndex(SEATS + 1);

/** A region with every seat attached and one queue behind the seats. */
function layOut(capacity: number, start: number): Int32Array {
  const words = new Int32Array(QUEUE + slot.QUEUE_WORDS + capacity * slot.SLOT_WORDS);
  for (let seat = 1; seat <= SEATS; seat++) words[seatIndex(seat)] = (1 << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED;
  slot.initQueue(words, QUEUE, capacity, 0, start | 0);
  return words;
}

/** The private array of a seat. */
function ownOf(seat: number, capacity: number): number[] {
  const array = new Array<number>(real.OWN_WORDS).fill(0);
  array[real.OWN_QUEUE] = QUEUE;
  array[real.OWN_SLOTS] = QUEUE + slot.QUEUE_WORDS;
  array[real.OWN_INDEX_MASK] = capacity - 1;
  array[real.OWN_LAP_SHIFT] = slot.lapShift(capacity);
  array[real.OWN_LAP_MASK] = slot.lapMask(capacity);
  array[real.OWN_SEAT] = seat;
  array[real.OWN_SEATS] = SEATS;
  array[real.OWN_SEAT_GENERATION] = 1;
  return array;
}

/** First in, first out; a try may fail behind somebody who has claimed a slot and not finished. */
function fifo(capacity: number): Spec<number[]> {
  return {
    start: [],
    step(queue, name, [value]) {
      const put: [number[], number] = [[...queue, value as number], DONE];
      const get: [number[], number] = [queue.slice(1), queue[0]!];
      if (name === 'enqueue') return queue.length < capacity ? [[queue, NONE], put] : [[queue, NONE]];
      if (name === 'dequeue') return queue.length > 0 ? [[queue, NONE], get] : [[queue, NONE]];
      if (name === 'enqueueWait') return queue.length < capacity ? [put] : [];
      return queue.length > 0 ? [get] : [];
    },
  };
}

const enqueue = (v: number): Op => op('enqueue', [v], ({ words, own }) => ring.enqueue(words, own, v));
const dequeue = op('dequeue', [], ({ words, own }) => ring.dequeue(words, own));
const enqueueWait = (v: number): Op =>
  op('enqueueWait', [v], ({ words, own }) => ring.enqueueWait(words, own, v, Number.POSITIVE_INFINITY));
const dequeueWait = op('dequeueWait', [], ({ words, own }) => ring.dequeueWait(words, own, Number.POSITIVE_INFINITY));

const dequeueFor = op('dequeue', [], ({ words, own }) => ring.dequeueWait(words, own, 10));

function program(
  name: string,
  threads: readonly (readonly Op[])[],
  more: Partial<Program> & { start?: number } = {},
): Program {
  const capacity = 2;
  const words = layOut(capacity, more.start ?? 0);
  const { start: _, ...rest } = more;
  return {
    name: `ring: ${name}`,
    words,
    threads: threads.map((ops, i) => ({ own: ownOf(i + 1, capacity), ops })),
    spec: fifo(capacity),
    nameOf: word => (word >= QUEUE ? `queue+${word - QUEUE}` : `seats+${word}`),
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
  program('waiting, two consumers', [[enqueueWait(1), enqueueWait(2)], [dequeueWait], [dequeueWait]]),
  program(
    '3 x 2, waiting, two consumers',
    [[1, 2, 3, 4].map(enqueueWait), [dequeueWait, dequeueWait], [dequeueWait, dequeueWait]],
    { long: true },
  ),
  program('waiting, timing out', [[enqueueWait(1), enqueueWait(2)], [dequeueFor], [dequeueFor]], { timeouts: true }),
];
