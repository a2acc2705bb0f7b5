/** What a program for the explorer is made of. README.md shows how to write one. */
import type { Walk } from './recorder.js';

/** What an operation is given to work on. */
export interface Me {
  /** To pass on to walked functions; an operation itself must not look into it. */
  readonly words: Int32Array;
  /** The thread's private array: no other thread sees it, and it dies with the thread. */
  readonly own: Int32Array;
  /** The thread's notebook: what later operations and the audit want to know. It outlives the thread, for the audit. */
  readonly kept: number[];
  /** The threads that have been killed, in order; only a supervisor sees any. */
  readonly deaths: readonly number[];
  /** Marks the head of a loop written in the operation itself: give it every variable that the loop still needs. */
  again(...alive: unknown[]): void;
}

/** A value that an operation can answer. */
// biome-ignore lint/suspicious/noConfusingVoidType: a core function that answers nothing is an operation too
export type Answer = number | boolean | string | undefined | void;

/** One operation of a thread. */
export interface Op {
  readonly name: string;
  readonly args: (me: Me) => readonly unknown[];
  readonly body: (me: Me) => Walk<Answer>;
  /** The operation is left out when this says no, for example because there is nothing to release. */
  readonly when?: (me: Me) => boolean;
}

/**
 * Makes an operation.
 * @param args what a counterexample and the specification are told about it
 */
export function op(
  name: string,
  args: readonly unknown[] | ((me: Me) => readonly unknown[]),
  body: (me: Me) => Walk<Answer>,
  when?: (me: Me) => boolean,
): Op {
  const base = { name, args: typeof args === 'function' ? args : () => args, body };
  return when === undefined ? base : { ...base, when };
}

/** A thread: its operations in order, and its private array as it starts out. */
export interface ThreadPlan {
  readonly name?: string;
  readonly own?: Int32Array | readonly number[];
  readonly kept?: readonly number[];
  readonly ops: readonly Op[];
}

/** An answer that may be anything. */
export const ANY: unique symbol = Symbol('any');

/**
 * A sequential specification: what an operation may do to a state. States are JSON values.
 * @returns every allowed pair of next state and answer; none when the operation can't take place in this state
 */
export interface Spec<S = unknown> {
  readonly start: S;
  step(state: S, name: string, args: readonly unknown[]): readonly (readonly [next: S, answer: Answer | typeof ANY])[];
}

/** What laws and audits look at. */
export interface View {
  readonly words: Int32Array;
  /** A thread's private array as it is now; empty for a dead thread. */
  own(thread: number): Int32Array;
  /** A thread's notebook; for a dead thread as it was when its last complete operation ended. */
  kept(thread: number): readonly number[];
  /** The threads that were killed, in order. */
  readonly deaths: readonly number[];
  /** The operation that a thread died in, or undefined. */
  cutShort(thread: number): { readonly name: string; readonly args: readonly unknown[] } | undefined;
  /** The states in which the specification may be now. */
  states(): readonly unknown[];
}

/** What can be found. */
export type Kind = 'race' | 'history' | 'parked' | 'livelock' | 'solo' | 'law' | 'audit' | 'fault' | 'hint';

/** A program: what to explore. */
export interface Program {
  readonly name: string;
  /** The shared array as the threads find it. */
  readonly words: Int32Array | readonly number[];
  readonly threads: readonly ThreadPlan[];
  /** Threads that may be killed (supervisors are numbered after the others), before any access and between operations. */
  readonly victims?: readonly number[];
  /** How many deaths at most; as many as there are supervisors, at least 1, unless said. */
  readonly kills?: number;
  /** The first of these starts after the first death, the second after the second. */
  readonly supervisors?: readonly ThreadPlan[];
  /** Ranges [from, to) of words that are read plainly while others write them. */
  readonly hints?: readonly (readonly [from: number, to: number])[];
  // biome-ignore lint/suspicious/noExplicitAny: a list of programs has specifications of many states
  readonly spec?: Spec<any>;
  /** Checked in every state. Answers what is wrong. */
  readonly law?: (view: View) => string | undefined;
  /** Checked when nothing can move any more. Answers what is wrong. */
  readonly audit?: (view: View) => string | undefined;
  /** Whether a wait with a finite time-out may time out. */
  readonly timeouts?: boolean;
  /** The names of operations that a thread must be able to end alone, from wherever others have stopped for good; or all. */
  readonly solo?: readonly string[] | 'all';
  /** The most switches away from a thread that could go on in the middle of an operation. */
  readonly preemptions?: number;
  /** Whether races are findings; they are unless said. */
  readonly races?: boolean;
  /** A canary: the finding that must be made. */
  readonly expect?: Kind;
  /** Only with --long. */
  readonly long?: boolean;
  /** A word's name in counterexamples. */
  readonly nameOf?: (word: number) => string;
}

/** A thread's name for people. */
export function threadName(program: Program, thread: number): string {
  const plan = [...program.threads, ...(program.supervisors ?? [])][thread];
  return plan?.name ?? `thread ${thread}`;
}
