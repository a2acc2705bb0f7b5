/**
 * What a thread is about to do. The numbers are kept in plain constants, because the search switches on them millions of
 * times a second.
 */

/** No shared access: an operation that touches only private data still takes one step, so that it can happen late. */
export const LOCAL = 0;
export const READ = 1;
/** Writes `a` and keeps the bits `b` of the word: all bits but a byte's, or none. */
export const WRITE = 2;
export const LOAD = 3;
export const STORE = 4;
export const ADD = 5;
export const SUB = 6;
export const AND = 7;
export const OR = 8;
export const XOR = 9;
export const EXCHANGE = 10;
export const CAS = 11;
export const WAIT = 12;
export const NOTIFY = 13;
/** All operations are done. */
export const DONE = 14;
/** Killed. */
export const DEAD = 15;
/** A supervisor before the death that it is for. */
export const ASLEEP = 16;
/** The code went wrong: it threw, left the region, or looped on a hint. */
export const FAULT = 17;

/** How a kind is shown to people. */
export const KIND_NAMES: readonly string[] = [
  'no shared access',
  'read',
  'write',
  'load',
  'store',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'exchange',
  'compareExchange',
  'wait',
  'notify',
  'done',
  'dead',
  'asleep',
  'fault',
];

/** The Atomics methods that are modelled, with the number of arguments that matter after the array and the index. */
export const ATOMICS: ReadonlyMap<string, { kind: number; operands: number }> = new Map([
  ['load', { kind: LOAD, operands: 0 }],
  ['store', { kind: STORE, operands: 1 }],
  ['add', { kind: ADD, operands: 1 }],
  ['sub', { kind: SUB, operands: 1 }],
  ['and', { kind: AND, operands: 1 }],
  ['or', { kind: OR, operands: 1 }],
  ['xor', { kind: XOR, operands: 1 }],
  ['exchange', { kind: EXCHANGE, operands: 1 }],
  ['compareExchange', { kind: CAS, operands: 2 }],
  ['wait', { kind: WAIT, operands: 2 }],
  ['notify', { kind: NOTIFY, operands: 1 }],
]);

/** What a wait answers, by the number that stands for it in the search. */
export const WAIT_ANSWERS: readonly string[] = ['ok', 'not-equal', 'timed-out'];
export const WAIT_OK = 0;
export const WAIT_NOT_EQUAL = 1;
export const WAIT_TIMED_OUT = 2;

/** How an access can race: bit 0 for a write, bit 1 for a plain access. A value below 0 never races. */
const RACE_NEVER = -1;
export const RACE_WRITE = 1;
export const RACE_PLAIN = 2;

/** How an access of this kind can race. */
export function raceMode(kind: number): number {
  if (kind === READ) return RACE_PLAIN;
  if (kind === WRITE) return RACE_PLAIN | RACE_WRITE;
  if (kind === LOAD || kind === WAIT) return 0;
  return kind >= STORE && kind <= CAS ? RACE_WRITE : RACE_NEVER;
}

/** Where in the source an access stands. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly fn: string;
  /** The access as the emitted code writes it. */
  readonly text: string;
  /** Whether it stands in a module of `dist/`, not in a canary's text. */
  readonly isShipped: boolean;
}

/** Every site of every transformed module, by the number that the emitted code passes along. Site 0 is nowhere. */
export const sites: Site[] = [{ file: '', line: 0, fn: '', text: '', isShipped: false }];

/** The sites that some thread has passed, and those at which some thread was killed, over all programs so far. */
export const reachedSites: boolean[] = [];
export const killedSites: boolean[] = [];

/** A file that does not keep the contract, or a program that misuses the explorer. Never a finding about the code under test. */
export class ExplorerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExplorerError';
  }
}
