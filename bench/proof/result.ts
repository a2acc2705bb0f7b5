/** What a run found: the one file that tables, pages and comparisons are made from. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Row } from '../harness/alternate.js';
import type { Verdict } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import type { Machine } from '../harness/machine.js';
import type { Unit } from '../harness/report.js';
import { type Call, call, noise, pairedRatio, type Ratio } from '../harness/statistics.js';
import type { Profile } from './profile.js';

const FORMAT = 'ringwell-bench 2';

export interface Result {
  readonly format: typeof FORMAT;
  /** What gave it, without the options that only say where to. */
  readonly command: string;
  readonly machine: Machine;
  /** When it began: ISO 8601. */
  readonly began: string;
  readonly seconds: number;
  /** False when it was interrupted: some rows have fewer samples, some are missing. */
  readonly complete: boolean;
  readonly sections: readonly Section[];
  readonly profiles: readonly Profile[];
}

/** The rows of one group. */
export interface Section {
  readonly suite: string;
  readonly name: string;
  readonly operation: string;
  readonly unit: Unit;
  readonly rows: readonly Row[];
  /** The keys of those rows that are ours. */
  readonly ours: readonly string[];
  readonly gates: readonly Verdict[];
  readonly comparisons: readonly Comparison[];
}

/** One of our rows against another. The ratio is of times: below 1, ours is faster. */
export interface Comparison extends Ratio {
  readonly ours: string;
  readonly peer: string;
  readonly noise: number;
  readonly call: Call;
}

export function result(parts: Omit<Result, 'format'>): Result {
  return { format: FORMAT, ...parts };
}

/** The keys of a group's rows that are ours. What is measured says so by its name; of what is wrong, the group knows. */
export function oursOf({ versus = [], gates }: Group, rows: readonly Row[]): string[] {
  const named = rows.filter(row => 'name' in row && row.name.startsWith('ringwell')).map(({ key }) => key);
  return [...new Set([...[...versus, ...gates].map(({ ours }) => ours), ...named])];
}

/** Sets the rows of a group that are ours against the others. */
export function compareRows(group: Group, rows: readonly Row[]): Comparison[] {
  const named = [
    ...(group.versus ?? []).flatMap(({ ours, peers }) => peers.map(peer => ({ ours, peer }))),
    ...group.gates.map(({ ours, peer }) => ({ ours, peer })),
  ];
  const pairs = new Map(named.map(pair => [`${pair.ours} ${pair.peer}`, pair]));
  return [...pairs.values()].flatMap(({ ours, peer }) => {
    const a = samplesOf(rows, ours);
    const b = samplesOf(rows, peer);
    if (a === undefined || b === undefined) return [];
    const ratio = pairedRatio(a, b);
    const margin = noise(a, b);
    return [{ ours, peer, ...ratio, noise: margin, call: call(ratio, margin) }];
  });
}

function samplesOf(rows: readonly Row[], key: string): readonly number[] | undefined {
  const row = rows.find(one => one.key === key);
  return row !== undefined && 'ns' in row ? row.ns.samples : undefined;
}

/** Four digits are enough, and make the file small. An interval without an end is `null` in JSON. */
export function writeResult(file: string, found: Result): void {
  const text = JSON.stringify(found, (_, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
  );
  writeFileSync(file, `${text}\n`);
}

/** Throws when the file is none of ours. */
export function readResult(file: string): Result {
  const found = JSON.parse(readFileSync(file, 'utf8')) as Result;
  if (found.format !== FORMAT) throw new Error(`Cannot read ${file}: expected "${FORMAT}", got "${found.format}"`);
  return found;
}
