/** Explores programs, and makes what was found readable. */
import type { Program } from './program.js';
import { type Outcome, Search, type SearchOptions } from './search.js';

/**
 * Explores a program. What is found is then looked for again with as few preemptions as possible, because a schedule with
 * few switches is one that people can read.
 */
export function explore(program: Program, options: SearchOptions = {}): Outcome {
  const outcome = new Search(program, options).run();
  const { finding } = outcome;
  if (finding === null) return outcome;
  const statesMax = Math.min(1e6, Math.max(1e5, outcome.states * 2));
  for (let preemptions = 0; preemptions < 5; preemptions++) {
    const simpler = new Search(program, { statesMax, preemptions }).run().finding;
    if (simpler?.kind === finding.kind) return { ...outcome, finding: simpler };
  }
  return outcome;
}
