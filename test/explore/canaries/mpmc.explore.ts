/**
 * A bounded queue for many producers and consumers with a sequence number a slot (Vyukov). It is no canary, but the yardstick
 * for the explorer's speed: `npm run explore -- --only yardstick`.
 *
 * ```
 * word 0 tail | 1 head | 2.. two slots of two words: sequence, value
 * ```
 */
import { coreFromText } from '../loader.js';
import { op, type Program, type Spec } from '../program.js';

interface Queue {
  put(words: Int32Array, value: number): number;
  get(words: Int32Array): number;
}

const queue = coreFromText<Queue>(
  'mpmc',
  `
export function put(words, value) {
  let position = Atomics.load(words, 0);
  for (;;) {
    const slot = 2 + (position & 1) * 2;
    const distance = (Atomics.load(words, slot) - position) | 0;
    if (distance === 0) {
      const seen = Atomics.compareExchange(words, 0, position, position + 1);
      if (seen === position) {
        words[slot + 1] = value;
        Atomics.store(words, slot, position + 1);
        return 1;
      }
      position = seen;
    } else if (distance < 0) return 0;
    else position = Atomics.load(words, 0);
  }
}
export function get(words) {
  let position = Atomics.load(words, 1);
  for (;;) {
    const slot = 2 + (position & 1) * 2;
    const distance = (Atomics.load(words, slot) - position - 1) | 0;
    if (distance === 0) {
      const seen = Atomics.compareExchange(words, 1, position, position + 1);
      if (seen === position) {
        const value = words[slot + 1];
        Atomics.store(words, slot, position + 2);
        return value;
      }
      position = seen;
    } else if (distance < 0) return 0;
    else position = Atomics.load(words, 1);
  }
}`,
);

/** A queue whose tries may fail behind somebody who has claimed a slot and not finished. */
const weakFifo: Spec<number[]> = {
  start: [],
  step(values, name, [value]) {
    if (name === 'put')
      return values.length < 2
        ? [
            [values, 0],
            [[...values, value as number], 1],
          ]
        : [[values, 0]];
    return values.length === 0
      ? [[values, 0]]
      : [
          [values, 0],
          [values.slice(1), values[0]!],
        ];
  },
};

function program(name: string, puts: readonly number[][], gets: readonly number[], more: Partial<Program>): Program {
  const get = op('get', [], ({ words }) => queue.get(words));
  return {
    name: `yardstick: ${name}`,
    words: [0, 0, 0, 0, 1, 0],
    threads: [
      ...puts.map(values => ({ ops: values.map(v => op('put', [v], ({ words }) => queue.put(words, v))) })),
      ...gets.map(count => ({ ops: Array.from({ length: count }, () => get) })),
    ],
    spec: weakFifo,
    ...more,
  };
}

export const programs: readonly Program[] = [
  program('queue, 2 producers x 1, consumer x 2', [[11], [21]], [2], {}),
  program(
    'queue, 2 producers x 2, consumer x 2',
    [
      [11, 12],
      [21, 22],
    ],
    [2],
    {},
  ),
  program(
    'queue, 2 producers x 2, 2 consumers x 1',
    [
      [11, 12],
      [21, 22],
    ],
    [1, 1],
    { long: true },
  ),
];
