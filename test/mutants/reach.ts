/** Which programs come by which functions, so that a mutant is shown only to programs that may notice it. */
import { reachedSites, sites } from '../explore/access.js';
import { coreFiles, textOfCore } from '../explore/loader.js';
import type { Program } from '../explore/program.js';
import { Search } from '../explore/search.js';
import { callsIn } from './mutate.js';

/** A program, how many states it has (or at least has), and how long they took. */
export interface Reach {
  readonly program: Program;
  readonly states: number;
  readonly functions: ReadonlySet<string>;
}

/** How far programs are walked to see what they touch. */
const STATES = 20_000;

/** Runs every program for a while, the smallest first in the answer. */
export function reachOf(programs: readonly Program[]): Reach[] {
  const all = programs.map(program => {
    reachedSites.length = 0;
    const { states } = new Search(program, { statesMax: STATES }).run();
    const functions = new Set(
      sites.filter((site, i) => site.isShipped && reachedSites[i]).map(({ file, fn }) => nameOf(file, fn)),
    );
    return { program, states, functions };
  });
  return all.filter(({ functions }) => functions.size > 0).sort((a, b) => a.states - b.states);
}

/** The functions by which programs may come to each function: itself and, transitively, its callers. */
export function callersOf(): (file: string, fn: string) => Set<string> {
  const callers = new Map<string, Set<string>>();
  const named = new Map<string, string[]>();
  const modules = coreFiles().map(file => ({ file, calls: callsIn(textOfCore(file)) }));
  for (const { file, calls } of modules)
    for (const fn of calls.keys()) named.set(fn, [...(named.get(fn) ?? []), nameOf(file, fn)]);
  for (const { file, calls } of modules) {
    for (const [fn, callees] of calls) {
      for (const callee of callees) {
        // One's own function of that name, else whatever has it: too many programs do no harm.
        const targets = calls.has(callee) ? [nameOf(file, callee)] : (named.get(callee) ?? []);
        for (const target of targets) callers.set(target, (callers.get(target) ?? new Set()).add(nameOf(file, fn)));
      }
    }
  }
  return (file, fn) => {
    const all = new Set([nameOf(file, fn)]);
    for (const name of all) for (const caller of callers.get(name) ?? []) all.add(caller);
    return all;
  };
}

/** Sites name the source file, mutants the emitted one. */
export function nameOf(file: string, fn: string): string {
  return `${file.replace(/\.[jt]s$/, '')}:${fn}`;
}
