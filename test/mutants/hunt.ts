/** Shows one mutant to the programs, small ones first, until one notices. */
import { ExplorerError, killedSites, reachedSites } from '../explore/access.js';
import { substitute } from '../explore/loader.js';
import type { Program } from '../explore/program.js';
import { Search } from '../explore/search.js';
import type { Mutant } from './mutate.js';

/** What became of a mutant. */
export type Fate =
  | { readonly kind: 'killed'; readonly by: string }
  /** It is no core module: the explorer refuses it, so it could not be shipped. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'survived'; readonly why: string }
  /** Something was cut short that might have noticed, or not. */
  | { readonly kind: 'undecided'; readonly why: string };

/** Programs are walked to these depths in turn, so that what is found soon is found in all of them first. */
const STAGES: readonly number[] = [10_000, 100_000, 1_000_000, 5_000_000];

/** Tells whether any program notices a mutant within that time. */
export async function hunt(
  mutant: Mutant,
  programs: readonly Program[],
  limitMs: number,
  stages = STAGES.length,
): Promise<Fate> {
  try {
    await substitute(mutant.file, mutant.text);
  } catch (error) {
    if (error instanceof ExplorerError) return { kind: 'refused' };
    throw error;
  }
  try {
    return show(programs, performance.now() + limitMs, stages);
  } finally {
    await substitute(mutant.file);
    reachedSites.length = 0;
    killedSites.length = 0;
  }
}

function show(programs: readonly Program[], deadline: number, stages: number): Fate {
  let left = [...programs];
  for (const statesMax of STAGES.slice(0, stages)) {
    const larger: Program[] = [];
    for (const program of left) {
      const noticed = look(program, statesMax);
      if (noticed === 'more') larger.push(program);
      else if (noticed !== 'clean') return { kind: 'killed', by: `${program.name}: ${noticed}` };
      if (performance.now() > deadline) return { kind: 'survived', why: 'out of time' };
    }
    left = larger;
  }
  return {
    kind: 'survived',
    why: left.length === 0 ? 'all programs are clean' : `${left.length} programs were cut off`,
  };
}

/** What is found in a program, `clean`, or `more` when states are left. */
function look(program: Program, statesMax: number): string {
  try {
    const { finding, states } = new Search(program, { statesMax }).run();
    if (finding !== null) return finding.kind;
    return states >= statesMax ? 'more' : 'clean';
  } catch (error) {
    // The program's own law or audit could not even read what the mutant left behind.
    return `threw ${error instanceof Error ? error.name : String(error)}`;
  }
}
