/**
 * A counter that a thread adds to in two ways: with an exchange that is tried again, and under a flag that another may hold.
 *
 * ```
 * word 0 count | 1 flag
 * ```
 *
 * Under the flag nothing is ever wrong while everybody goes on, but who stops inside leaves the others going round: not lock-free.
 */
import { coreFromText } from '../loader.js';
import { op, type Program } from '../program.js';

const counter = coreFromText<{
  addByExchange(words: Int32Array): number;
  addUnderFlag(words: Int32Array): number;
  addParked(words: Int32Array): number;
}>(
  'counter',
  `
export function addByExchange(words) {
  for (;;) {
    const seen = Atomics.load(words, 0);
    if (Atomics.compareExchange(words, 0, seen, seen + 1) === seen) return 1;
  }
}
export function addUnderFlag(words) {
  while (Atomics.compareExchange(words, 1, 0, 1) !== 0) {}
  words[0] = words[0] + 1;
  Atomics.store(words, 1, 0);
  return 1;
}
export function addParked(words) {
  while (Atomics.compareExchange(words, 1, 0, 1) !== 0) Atomics.wait(words, 1, 1);
  words[0] = words[0] + 1;
  Atomics.store(words, 1, 0);
  Atomics.notify(words, 1);
  return 1;
}`,
);

function program(name: string, how: keyof typeof counter, more: Partial<Program>): Program {
  const add = op('add', [], ({ words }) => counter[how](words));
  return {
    name: `canary: ${name}`,
    words: [0, 0],
    threads: [{ ops: [add, add] }, { ops: [add] }],
    audit: ({ words }) => (words[0] === 3 ? undefined : `counted ${words[0]}`),
    solo: 'all',
    ...more,
  };
}

export const programs: readonly Program[] = [
  program('counter by exchange, alone', 'addByExchange', {}),
  program('counter under a flag', 'addUnderFlag', { solo: [] }),
  program('counter under a flag, alone', 'addUnderFlag', { expect: 'solo' }),
  program('counter under a lock, alone', 'addParked', { expect: 'solo' }),
];
