/** A part of `bench:rings`: rows that are measured against each other in one run. */
import type { Row } from '../harness/alternate.js';
import type { Absent, Contender } from '../harness/contender.js';
import type { Gate } from '../harness/gates.js';
import type { Unit } from '../harness/report.js';

export interface Group {
  /** What `--only` calls it. */
  readonly name: string;
  readonly operation: string;
  readonly unit: Unit;
  readonly gates: readonly Gate[];
  readonly contenders: () => Promise<readonly (Contender | Absent)[]>;
  /** Rows that are measured in another way than by turns. */
  readonly others?: (rounds: number) => readonly Row[];
}
