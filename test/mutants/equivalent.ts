/**
 * Mutants that nothing can notice, each with the reason. `main.ts` fails when one of these no longer exists, or is noticed
 * after all.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([
  [
    'core/store.core:takeFree: left only: more > 0 && bits !== 0 -> more > 0',
    'where no bits are left the loop goes round and adds none: it costs time',
  ],
  [
    'core/store.core:settleAttention: compare: Atomics.load(words, store + 16) === 0 -> Atomics.load(words, store + 16) !== 0',
    'attention that is not taken back sends releases the slow way: it costs time',
  ],
  [
    'core/doorbell.core:ringOne: swap: Atomics.store(words, waiters + TURN, seat); ring(words, seat); -> ring(words, seat); Atomics.store(words, waiters + TURN, seat);',
    'the turn only says where the next search begins: fairness, not safety',
  ],
  [
    'core/doorbell.core:ringOne: mask: turn & 31 -> turn & 15',
    'the first step of a search begins elsewhere, and the steps behind it look at every bit: fairness, not safety',
  ],
  [
    'region/header.core:lockRegion: compare: deadline - now() <= 0 -> deadline - now() < 0',
    'in the very millisecond of the deadline it waits for no time once more',
  ],
]);
