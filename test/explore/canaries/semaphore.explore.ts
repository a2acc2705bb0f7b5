/**
 * A counting semaphore that wakes a waiter only when the count leaves 0. The second of two posts in a row wakes nobody, so
 * the second of two waiters sleeps beside a count of 1. With one waiter all is well: it takes three threads.
 */
import { coreFromText } from '../loader.js';
import { op, type Program } from '../program.js';

interface Semaphore {
  post(words: Int32Array): number;
  take(words: Int32Array): number;
}

function program(name: string, notify: string, takers: number, more: Partial<Program>): Program {
  const semaphore = coreFromText<Semaphore>(
    name,
    `
const COUNT = 0;
export function post(words) {
  const before = Atomics.add(words, COUNT, 1);
  ${notify}
  return 1;
}
export function take(words) {
  for (;;) {
    const count = Atomics.load(words, COUNT);
    if (count === 0) {
      Atomics.wait(words, COUNT, 0);
      continue;
    }
    if (Atomics.compareExchange(words, COUNT, count, count - 1) === count) return 1;
  }
}`,
  );
  const post = op('post', [], ({ words }) => semaphore.post(words));
  const take = op('take', [], ({ words }) => semaphore.take(words));
  const takes = takers === 1 ? [{ ops: [take, take] }] : Array.from({ length: takers }, () => ({ ops: [take] }));
  return {
    name: `canary: ${name}, ${takers + 1} threads`,
    words: [0],
    threads: [{ name: 'poster', ops: [post, post] }, ...takes],
    audit: ({ words }) => (words[0] === 0 ? undefined : `count ${words[0]}`),
    ...more,
  };
}

const thrifty = 'if (before === 0) Atomics.notify(words, COUNT, 1);';

export const programs: readonly Program[] = [
  program('semaphore that notifies at 0 only', thrifty, 1, {}),
  program('semaphore that notifies at 0 only', thrifty, 2, { expect: 'parked' }),
  program('semaphore', 'Atomics.notify(words, COUNT, 1);', 2, {}),
];
