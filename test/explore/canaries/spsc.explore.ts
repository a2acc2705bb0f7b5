/**
 * A ring of two slots for one producer and one consumer.
 *
 * ```
 * word 0 head | 1 tail | 2.. slots[2]
 * ```
 *
 * Broken in two ways: the tail is published before the slot is written, which is a race, and even without races a wrong
 * history; and positions are compared by `<`, which is wrong where a counter wraps, signed or unsigned.
 */
import { coreFromText } from '../loader.js';
import { op, type Program, type Spec } from '../program.js';

interface Ring {
  put(words: Int32Array, value: number): number;
  get(words: Int32Array): number;
}

const WRITE = 'words[SLOTS + (tail & 1)] = value;';
const PUBLISH = 'Atomics.store(words, TAIL, tail + 1);';
const IS_EMPTY = 'Atomics.load(words, TAIL) === head';
const BY_SIGNED_ORDER = 'Atomics.load(words, TAIL) <= head';
const BY_UNSIGNED_ORDER = '(Atomics.load(words, TAIL) >>> 0) <= (head >>> 0)';

function fifo(capacity: number): Spec<number[]> {
  return {
    start: [],
    step(queue, name, [value]) {
      if (name === 'put') return [queue.length === capacity ? [queue, 0] : [[...queue, value as number], 1]];
      return [queue.length === 0 ? [queue, 0] : [queue.slice(1), queue[0]!]];
    },
  };
}

function program(
  name: string,
  parts: { put?: string; isEmpty?: string; start?: number },
  more: Partial<Program>,
): Program {
  const ring = coreFromText<Ring>(
    name,
    `
const HEAD = 0;
const TAIL = 1;
const SLOTS = 2;
export function put(words, value) {
  const tail = Atomics.load(words, TAIL);
  if (((tail - Atomics.load(words, HEAD)) | 0) === 2) return 0;
  ${parts.put ?? `${WRITE}\n  ${PUBLISH}`}
  return 1;
}
export function get(words) {
  const head = Atomics.load(words, HEAD);
  if (${parts.isEmpty ?? IS_EMPTY}) return 0;
  const value = words[SLOTS + (head & 1)];
  Atomics.store(words, HEAD, head + 1);
  return value;
}`,
  );
  const get = op('get', [], ({ words }) => ring.get(words));
  const start = parts.start ?? 0;
  return {
    name: `canary: ${name}`,
    words: [start, start, 0, 0],
    threads: [
      { name: 'producer', ops: [11, 12, 13].map(v => op('put', [v], ({ words }) => ring.put(words, v))) },
      { name: 'consumer', ops: [get, get, get] },
    ],
    spec: fifo(2),
    nameOf: word => ['head', 'tail', 'slot 0', 'slot 1'][word] ?? '?',
    ...more,
  };
}

const early = { put: `${PUBLISH}\n  ${WRITE}` };
const below31 = 2 ** 31 - 2;
const below32 = -2;

export const programs: readonly Program[] = [
  program('spsc that publishes before it writes', early, { expect: 'race' }),
  program('spsc that publishes before it writes, races aside', early, { expect: 'history', races: false }),
  program('spsc', {}, {}),
  program('spsc comparing by signed order, from 0', { isEmpty: BY_SIGNED_ORDER }, {}),
  program(
    'spsc comparing by signed order, below 2^31',
    { isEmpty: BY_SIGNED_ORDER, start: below31 },
    { expect: 'history' },
  ),
  program('spsc comparing by unsigned order, below 2^31', { isEmpty: BY_UNSIGNED_ORDER, start: below31 }, {}),
  program(
    'spsc comparing by unsigned order, below 2^32',
    { isEmpty: BY_UNSIGNED_ORDER, start: below32 },
    { expect: 'history' },
  ),
  program('spsc, below 2^31', { start: below31 }, {}),
  program('spsc, below 2^32', { start: below32 }, {}),
];
