/** What the demo found, for people. */
import Table from 'cli-table3';
import { figure, gateLines, type Row } from 'ringwell-bench/harness';
import type { Comparison, RelayRow } from './compare.js';
import type { Ladder } from './ladder.js';

const style = { head: [], border: [], compact: true };

export function describeLadder({ rows, rounds }: Ladder): string {
  const pool = rows.find(row => row.key === 'local-pool');
  const table = new Table({
    head: ['The ladder', 'ns a pair', 'times a local pool', 'pairs', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style,
  });
  for (const row of rows) {
    if ('needs' in row) table.push([row.label, '-', '', '', `needs ${row.needs}`]);
    else if ('wrong' in row) table.push([row.label, 'WRONG', '', '', row.wrong]);
    else
      table.push([
        row.label,
        figure(row.ns.median),
        factor(row, pool),
        `${rounds} x ${row.operations.toLocaleString('en')}`,
        row.name,
      ]);
  }
  const what =
    'A pair is: allocate 4096 bytes, write a word, free them. Medians; every rung in a process of its own, in turns.';
  return `${table}\n${what}`;
}

function factor(row: Row, base: Row | undefined): string {
  if (base === undefined || !('ns' in base) || !('ns' in row)) return '';
  return figure(row.ns.median / base.ns.median);
}

export function describeComparison(comparison: Comparison): string {
  const { file, bytes, passes, workers, rounds, lines, rows, gates } = comparison;
  const size = `${bytes.toLocaleString('en')} bytes, ${lines.toLocaleString('en')} lines`;
  const plan = `read ${passes} ${passes === 1 ? 'time' : 'times'} a round, 1 reader and ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const table = new Table({
    head: ['The relay', 'block', 'MB/s', 'quartiles', 'the relay is', 'in flight', 'collections'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style,
  });
  for (const row of rows) {
    const own = rows.find(one => one.blockBytes === row.blockBytes)!;
    table.push([
      row.label,
      row.blockBytes.toLocaleString('en'),
      figure(row.megabytesPerSecond),
      `${figure(rate(row, row.ns.q3))} .. ${figure(rate(row, row.ns.q1))}`,
      own === row ? '' : `${(row.ns.median / own.ns.median).toFixed(2)} x`,
      row.blocksInFlightMax === undefined ? '' : `<= ${row.blocksInFlightMax}`,
      row.collections,
    ]);
  }
  const found = `Lines and digest agree with a single thread's in every round. Medians of ${rounds} rounds, in turns.`;
  return [`${file}: ${size}; ${plan}`, table.toString(), found, gateLines(gates)]
    .filter(part => part !== '')
    .join('\n');
}

function rate(row: RelayRow, ns: number): number {
  return (row.megabytesPerSecond * row.ns.median) / ns;
}
