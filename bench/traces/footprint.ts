/** How much memory an allocator takes to replay a trace, and what the project promises of it. */
import { execFileSync } from 'node:child_process';
import Table from 'cli-table3';
import type { Absent, Contender } from '../harness/contender.js';
import type { Verdict } from '../harness/gates.js';

/** What a replayer prints. Bytes; 0 for what an allocator or a system doesn't tell. */
export interface Footprint {
  /** Of the blocks that live when most bytes live: what there is room for in them. */
  readonly usableBytes: number;
  /** The most that the allocator itself counted as taken: pages with blocks in them, and those kept for blocks. */
  readonly reservedBytes: number;
  /** The most that the system kept in memory for it, its own tables with it, every block written whole. */
  readonly residentBytes: number;
}

export interface FootprintRow extends Footprint {
  readonly key: string;
  readonly label: string;
  /** The most bytes that the program had asked for and not freed. */
  readonly peakBytes: number;
}

/** Nobody needs to be better than this. */
const ENOUGH = 1.25;

/** Lets a contender that can run replay its trace once. */
export function measureFootprint(contender: Contender | Absent, peakBytes: number): FootprintRow | undefined {
  if (!('command' in contender)) return undefined;
  const { key, label, command } = contender;
  const [program, ...args] = command;
  const printed = execFileSync(program, [...args, 'footprint'], { encoding: 'utf8', maxBuffer: 2 ** 20 });
  return { key, label, peakBytes, ...(JSON.parse(printed) as Footprint) };
}

/** `ours` reserves at most 1.25 times the live bytes, or no more than `peer` does. */
export function judgeFootprint(rows: readonly FootprintRow[], ours: string, peer: string): Verdict {
  const bound = Math.max(ENOUGH, reservedFactor(rows, peer) ?? 0);
  const claim = `${ours} reserves <= ${ENOUGH} x live, or ${peer}'s`;
  const ratio = reservedFactor(rows, ours);
  if (ratio === undefined) return { claim, compares: 'memory', bound };
  return { claim, compares: 'memory', bound, ratio, holds: ratio <= bound };
}

function reservedFactor(rows: readonly FootprintRow[], key: string): number | undefined {
  const row = rows.find(one => one.key === key);
  return row && row.reservedBytes / row.peakBytes;
}

/** A table of them, in times the live bytes. */
export function footprintTable(rows: readonly FootprintRow[]): string {
  const table = new Table({
    head: ['peak, times the live bytes', 'reserved', 'resident', 'waste in blocks', 'live bytes'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { label, peakBytes, reservedBytes, residentBytes, usableBytes } of rows) {
    const times = (bytes: number): string => (bytes === 0 ? '-' : (bytes / peakBytes).toFixed(3));
    const waste = `${((usableBytes / peakBytes - 1) * 100).toFixed(1)}%`;
    table.push([label, times(reservedBytes), times(residentBytes), waste, peakBytes.toLocaleString('en')]);
  }
  return table.toString();
}
