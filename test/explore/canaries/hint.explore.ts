/**
 * A hint word trusted. Word 0 is written once, plainly, 0 to 7, and then published by word 1.
 *
 * Whoever reads the hint twice and takes the second answer for at least as new as the first is wrong: a plain read may go
 * back to an older value. Whoever loops on it may never leave. With sequentially consistent plain reads both would pass.
 */
import { coreFromText } from '../loader.js';
import { op, type Program, type Spec } from '../program.js';

interface Hint {
  write(words: Int32Array): number;
  read(words: Int32Array): number;
}

const register: Spec<number> = {
  start: 0,
  step: (value, name) => (name === 'write' ? [[7, 1]] : [[value, value]]),
};

function program(name: string, read: string, more: Partial<Program>): Program {
  const core = coreFromText<Hint>(
    name,
    `
export function write(words) {
  words[0] = 7;
  Atomics.store(words, 1, 1);
  return 1;
}
export function read(words) {
  ${read}
}`,
  );
  const read1 = op('read', [], ({ words }) => core.read(words));
  return {
    name: `canary: ${name}`,
    words: [0, 0],
    threads: [
      { name: 'writer', ops: [op('write', [], ({ words }) => core.write(words))] },
      { name: 'reader', ops: [read1, read1] },
    ],
    hints: [[0, 1]],
    spec: register,
    nameOf: word => ['hint', 'published'][word] ?? '?',
    ...more,
  };
}

export const programs: readonly Program[] = [
  program('hint believed', 'return words[0];', { expect: 'history' }),
  program(
    'hint confirmed',
    'return words[0] === 7 && Atomics.load(words, 1) === 1 ? 7 : Atomics.load(words, 1) * 7;',
    {},
  ),
  program('hint looped on', 'while (words[0] !== 7) {}\n  return 7;', { expect: 'hint' }),
  program('published word looped on', 'while (Atomics.load(words, 1) === 0) {}\n  return words[0];', {}),
];
