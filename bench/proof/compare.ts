/** Two runs against each other. */
import { figure } from '../harness/report.js';
import { type Call, call, independentRatio, noise, type Ratio } from '../harness/statistics.js';
import type { Comparison, Result } from './result.js';

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

/** What two runs say of the pairs of rows that both have. */
export interface Agreement {
  /** Pairs of which both call the same winner. */
  readonly alike: number;
  /** Pairs of which one calls a winner, and the other is not sure: it leans the same way, or its interval has room for that. */
  readonly byOne: readonly string[];
  /** Pairs of which one calls a winner, and the other says otherwise. */
  readonly contrary: readonly string[];
}

export function agreement(a: Result, b: Result): Agreement {
  const before = new Map(comparisonsOf(a));
  const found = { alike: 0, byOne: [] as string[], contrary: [] as string[] };
  for (const [pair, now] of comparisonsOf(b)) {
    const old = before.get(pair);
    if (old === undefined || (old.call === 'even' && now.call === 'even')) continue;
    const line = `${pair}: ${figure(old.ratio)} (${old.call}), then ${figure(now.ratio)} (${now.call})`;
    if (old.call === now.call) found.alike++;
    else if (old.ratio < 1 === now.ratio < 1 || hasRoom(old, now)) found.byOne.push(line);
    else found.contrary.push(line);
  }
  return found;
}

/** The one of the two that calls no winner could still be right beside the other. */
function hasRoom(a: Comparison, b: Comparison): boolean {
  const [unsure, sure] = a.call === 'even' ? [a, b] : [b, a];
  return unsure.call === 'even' && unsure.low <= sure.ratio && sure.ratio <= unsure.high;
}

function comparisonsOf({ sections }: Result): [string, Comparison][] {
  return sections.flatMap(({ suite, name, comparisons }) =>
    comparisons.map((one): [string, Comparison] => [`${suite}: ${name}: ${one.ours} / ${one.peer}`, one]),
  );
}
