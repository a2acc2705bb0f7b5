/** Tables for people, JSON for programs. */
import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import type { Row } from './alternate.js';
import type { Verdict } from './gates.js';
import { describeMachine, type Machine, machine } from './machine.js';

export interface Report {
  readonly bench: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly gates: readonly Verdict[];
}

/** How a table tells a time: nanoseconds each, or millions a second. */
export type Unit = 'ns' | 'M/s';

/** A report of what was measured here, now. */
export function report(bench: string, rounds: number, rows: readonly Row[], gates: readonly Verdict[]): Report {
  return { bench, machine: machine(), rounds, rows, gates };
}

/** Writes a report: as JSON to a file, as JSON to the standard output (`true`), or as tables. */
export function publish(found: Report, operation: string, unit: Unit, json: string | boolean | undefined): void {
  publishJson(found, json);
  if (json !== true) publishTable(found, operation, unit);
}

/** Writes a report as JSON to a file, or to the standard output (`true`), or not at all. */
export function publishJson(found: Report, json: string | boolean | undefined): void {
  if (typeof json === 'string') writeFileSync(json, `${JSON.stringify(found, null, 2)}\n`);
  if (json === true) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
}

/** Writes a report as tables. */
export function publishTable(found: Report, operation: string, unit: Unit): void {
  process.stdout.write(`${describeReport(found, operation, unit)}\n`);
}

function describeReport({ bench, machine: where, rounds, rows, gates }: Report, operation: string, unit: Unit): string {
  const title = `${bench}: medians of ${rounds} rounds, contenders alternating (${describeMachine(where)})`;
  return [title, rowTable(rows, operation, unit), gateLines(gates)].filter(part => part !== '').join('\n');
}

/** The rows, with their quartiles. */
export function rowTable(rows: readonly Row[], operation: string, unit: Unit): string {
  const head = unit === 'ns' ? `ns a ${operation}` : `M ${operation}s/s`;
  const table = new Table({
    head: ['', head, 'quartiles', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    if ('needs' in row) table.push([row.label, '-', '', `needs ${row.needs}`]);
    else if ('wrong' in row) table.push([row.label, 'WRONG', '', row.wrong]);
    else table.push([row.label, figure(inUnit(row.ns.median, unit)), quartiles(row.ns.q1, row.ns.q3, unit), row.name]);
  }
  return table.toString();
}

function quartiles(q1: number, q3: number, unit: Unit): string {
  const ends = [inUnit(q1, unit), inUnit(q3, unit)].sort((a, b) => a - b);
  return ends.map(figure).join(' .. ');
}

function inUnit(ns: number, unit: Unit): number {
  return unit === 'ns' ? ns : 1e3 / ns;
}

/** Three digits are more than a noisy machine can tell. */
export function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  if (value > 0 && value < 0.1) return String(Number(value.toPrecision(2)));
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** One line a gate. */
export function gateLines(gates: readonly Verdict[]): string {
  return gates
    .map(({ claim, ratio, holds }) => {
      if (ratio === undefined) return `  absent  ${claim}`;
      return `  ${holds ? 'holds ' : 'FAILS '}  ${claim}: ${ratio.toFixed(2)}`;
    })
    .join('\n');
}
