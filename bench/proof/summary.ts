/** What a result says, for a terminal. */
import Table from 'cli-table3';
import { describeMachine } from '../harness/machine.js';
import { figure, gateLines, rowTable } from '../harness/report.js';
import { UNBOUNDED } from '../harness/statistics.js';
import type { Profile } from './profile.js';
import type { Comparison, Result, Section } from './result.js';

export function summary(found: Result): string {
  const title = `${describeMachine(found.machine)}; ${found.seconds} s${found.complete ? '' : '; INTERRUPTED, what follows is partial'}`;
  const parts = found.sections.map(describeSection);
  return [title, ...parts, ...(found.profiles.length > 0 ? [profileTable(found.profiles)] : [])].join('\n\n');
}

function describeSection(section: Section): string {
  const { suite, name, rows, operation, unit, gates, comparisons } = section;
  const lines = comparisons.map(comparison => `  ${describeComparison(section, comparison)}`);
  return [`${suite}: ${name}`, rowTable(rows, operation, unit), ...lines, gateLines(gates)]
    .filter(part => part !== '')
    .join('\n');
}

/** One comparison in a sentence: in whose favour, by how much, and how sure that is. */
export function describeComparison({ rows }: Pick<Section, 'rows'>, comparison: Comparison): string {
  const label = (key: string): string => rows.find(row => row.key === key)?.label ?? key;
  const { ours, peer, ratio, low, high, call } = comparison;
  const sides = `${label(ours)} / ${label(peer)}`;
  const interval = `${figure(ratio)} of its time (${figure(low)} .. ${high < UNBOUNDED ? figure(high) : '?'})`;
  const words = { faster: 'faster', slower: 'SLOWER', even: 'no winner inside the noise' };
  return `${sides}: ${interval}, ${words[call]}`;
}

function profileTable(profiles: readonly Profile[]): string {
  const names = Object.keys(profiles[0]!.percentiles);
  const table = new Table({
    head: ['us', ...names, 'collections', 'pauses ms', 'RSS MiB'],
    style: { head: [], border: [], compact: true },
  });
  for (const { work, label, percentiles, collections, pauseMs, residentMiB } of profiles) {
    const micros = names.map(name => figure(percentiles[name]! / 1000));
    const memory = `${residentMiB[0]} .. ${Math.max(...residentMiB)}`;
    table.push([`${work}: ${label}`, ...micros, collections, figure(pauseMs), memory]);
  }
  return table.toString();
}
