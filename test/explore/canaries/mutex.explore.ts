/**
 * A mutex on one word: 0 free, 1 locked, 2 locked with waiters (Drepper, "Futexes are tricky"). A thread that was woken must
 * lock with 2, because others may still be waiting. Locking with 1 strands the third thread; two threads never show it.
 */
import { coreFromText, type Walked } from '../loader.js';
import { op, type Program } from '../program.js';

interface Mutex {
  increment(words: Int32Array): number;
}

function mutex(name: string, relockAs: number): Walked<Mutex> {
  return coreFromText<Mutex>(
    name,
    `
const LOCK = 0;
const COUNTER = 1;
function lock(words) {
  let seen = Atomics.compareExchange(words, LOCK, 0, 1);
  if (seen === 0) return;
  do {
    if (seen === 2 || Atomics.compareExchange(words, LOCK, 1, 2) !== 0) Atomics.wait(words, LOCK, 2);
    seen = Atomics.compareExchange(words, LOCK, 0, ${relockAs});
  } while (seen !== 0);
}
function unlock(words) {
  if (Atomics.sub(words, LOCK, 1) !== 1) {
    Atomics.store(words, LOCK, 0);
    Atomics.notify(words, LOCK, 1);
  }
}
export function increment(words) {
  lock(words);
  words[COUNTER] = words[COUNTER] + 1;
  unlock(words);
  return 1;
}`,
  );
}

function program(name: string, relockAs: number, threads: number, more: Partial<Program>): Program {
  const { increment } = mutex(name, relockAs);
  const ops = [op('increment', [], ({ words }) => increment(words))];
  return {
    name: `canary: ${name}, ${threads} threads`,
    words: [0, 0],
    threads: Array.from({ length: threads }, () => ({ ops })),
    audit: ({ words }) => (words[1] === threads ? undefined : `${words[1]} increments of ${threads}`),
    ...more,
  };
}

export const programs: readonly Program[] = [
  program('mutex relocked as 1', 1, 2, {}),
  program('mutex relocked as 1', 1, 3, { expect: 'parked' }),
  program('mutex', 2, 3, {}),
];
