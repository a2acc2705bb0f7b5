/** Two runs against each other. */
import { type Call, call, independentRatio, noise, type Ratio } from '../harness/statistics.js';
import type { Result } from './result.js';

/** A row of both runs. Ratios are of times: below 1, the second run was faster. */
export interface Change extends Ratio {
  readonly row: string;
  readonly call: Call;
}

/** The rows that both runs have. */
export function compareResults(a: Result, b: Result): Change[] {
  const before = new Map(timesOf(a));
  return timesOf(b).flatMap(([row, samples]) => {
    const old = before.get(row);
    if (old === undefined) return [];
    const ratio = independentRatio(samples, old);
    return [{ row, ...ratio, call: call(ratio, noise(samples, old)) }];
  });
}

function timesOf({ sections }: Result): [string, readonly number[]][] {
  return sections.flatMap(({ suite, name, rows }) =>
    rows.flatMap((row): [string, readonly number[]][] =>
      'ns' in row ? [[`${suite}: ${name}: ${row.label}`, row.ns.samples]] : [],
    ),
  );
}

/** Pairs of rows of which the two runs call different winners. */
export function disagreements(a: Result, b: Result): string[] {
  const before = new Map(callsOf(a));
  return callsOf(b).flatMap(([pair, called]) => {
    const old = before.get(pair);
    return old === undefined || old === 'even' || called === 'even' || old === called
      ? []
      : [`${pair}: ${old}, then ${called}`];
  });
}

function callsOf({ sections }: Result): [string, Call][] {
  return sections.flatMap(({ suite, name, comparisons }) =>
    comparisons.map(({ ours, peer, call: called }): [string, Call] => [`${suite}: ${name}: ${ours} / ${peer}`, called]),
  );
}
