/**
 * A stack of blocks by compare-and-exchange on its head (Treiber 1986). Without a tag in the head, a block that was popped
 * and pushed again meanwhile makes a stale exchange succeed: the ABA problem.
 *
 * ```
 * word 0  head: the index of the first block, 0 for none; with a tag, tag << 8 | index
 * word 1..3  next block
 * ```
 */
import { coreFromText } from '../loader.js';
import { type Op, op, type Program, type Spec } from '../program.js';

interface Stack {
  pop(words: Int32Array): number;
  push(words: Int32Array, block: number): number;
}

const untagged = coreFromText<Stack>(
  'stack-untagged',
  `
export function pop(words) {
  for (;;) {
    const head = Atomics.load(words, 0);
    if (head === 0) return 0;
    const next = Atomics.load(words, head);
    if (Atomics.compareExchange(words, 0, head, next) === head) return head;
  }
}
export function push(words, block) {
  for (;;) {
    const head = Atomics.load(words, 0);
    Atomics.store(words, block, head);
    if (Atomics.compareExchange(words, 0, head, block) === head) return 1;
  }
}`,
);

const tagged = coreFromText<Stack>(
  'stack-tagged',
  `
export function pop(words) {
  for (;;) {
    const head = Atomics.load(words, 0);
    if ((head & 255) === 0) return 0;
    const next = Atomics.load(words, head & 255);
    if (Atomics.compareExchange(words, 0, head, ((head & ~255) + 256) | next) === head) return head & 255;
  }
}
export function push(words, block) {
  for (;;) {
    const head = Atomics.load(words, 0);
    Atomics.store(words, block, head & 255);
    if (Atomics.compareExchange(words, 0, head, ((head & ~255) + 256) | block) === head) return 1;
  }
}`,
);

/** A bag of free blocks: which one a pop gives is left open. */
const bag: Spec<number[]> = {
  start: [1, 2, 3],
  step(free, name, [block]) {
    if (name === 'push') return free.includes(block as number) ? [] : [[[...free, block as number].sort(), 1]];
    if (free.length === 0) return [[free, 0]];
    return free.map(taken => [free.filter(b => b !== taken), taken]);
  },
};

function program(name: string, stack: typeof untagged, more: Partial<Program>): Program {
  const pop: Op = op('pop', [], function* ({ words, kept }) {
    const block = yield* stack.pop(words);
    kept.push(block);
    return block;
  });
  const pushFirst: Op = op(
    'push',
    ({ kept }) => [kept[0]],
    ({ words, kept }) => stack.push(words, kept[0]!),
    ({ kept }) => kept[0] !== 0,
  );
  return {
    name,
    words: [1, 2, 3, 0],
    threads: [{ ops: [pop, pop] }, { ops: [pop, pop, pushFirst] }],
    spec: bag,
    ...more,
  };
}

export const programs: readonly Program[] = [
  program('canary: stack without a tag (ABA)', untagged, { expect: 'history' }),
  program('canary: stack with a tag', tagged, {}),
];
