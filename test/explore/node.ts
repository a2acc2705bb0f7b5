/** The local states of threads, which thread.ts finds and the search walks along. */
import { sites } from './access.js';
import type { Answer, Kind } from './program.js';

/** A local state of a thread, and the access that it is about to make. */
export interface Node {
  readonly id: number;
  readonly kind: number;
  /** See `raceMode`. */
  readonly mode: number;
  readonly word: number;
  /** The operands as 32-bit integers. */
  readonly a: number;
  readonly b: number;
  /** The operands as the code gave them: a value stored, a time-out, how many to notify. */
  readonly rawA: number;
  readonly rawB: number;
  readonly site: number;
  /** The operation begins with this access. */
  readonly isStart: boolean;
  readonly op: Operation;
  readonly own: Int32Array;
  readonly kept: readonly number[];
  /** What went wrong, for a fault. */
  readonly fault: string;
  readonly faultKind: Kind;
  /** How the node was first reached: from which node, by which value. */
  readonly parent: Node | null;
  readonly via: number;
  /** The values that were met, and where they lead. */
  readonly values: number[];
  readonly edges: Edge[];
}

/** Where a value leads. */
export interface Edge {
  readonly to: Node;
  /** Whether the operation ends, and what it answers. */
  readonly ends: boolean;
  readonly answer: Answer;
  /** The answer's number for the monitor. */
  readonly answerNumber: number;
}

/** An operation as it was begun. */
export interface Operation {
  readonly index: number;
  readonly name: string;
  readonly args: readonly unknown[];
  /** Its number for the monitor. */
  readonly call: number;
  readonly deaths: readonly number[];
}

/** Where the pending access of a node stands, as file:line. */
export function placeOf(node: Node): string {
  const site = sites[node.site]!;
  return site.line === 0 ? '' : `${site.file}:${site.line}`;
}
