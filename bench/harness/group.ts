/** A part of a bench: rows that are measured against each other in one run. */
import type { Row } from './alternate.js';
import type { Absent, Contender } from './contender.js';
import type { Gate } from './gates.js';
import type { Unit } from './report.js';

export interface Group {
  /** What `--only` calls it. */
  readonly name: string;
  readonly operation: string;
  readonly unit: Unit;
  readonly gates: readonly Gate[];
  readonly contenders: () => Promise<readonly (Contender | Absent)[]>;
  /** Rows that are measured in another way than by turns. */
  readonly others?: (rounds: number) => readonly Row[];
  /** Which rows are ours, and which of the others each is set against. Beside what the gates name. */
  readonly versus?: readonly Versus[];
}

export interface Versus {
  readonly ours: string;
  readonly peers: readonly string[];
}
