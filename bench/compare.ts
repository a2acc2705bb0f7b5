/** `npm run bench:compare A.json B.json`: what changed from one run to another. Never a gate. */
import Table from 'cli-table3';
import { Command } from 'commander';
import { figure } from './harness/report.js';
import { agreement, compareResults } from './proof/compare.js';
import { readResult } from './proof/result.js';

const command = new Command('bench:compare')
  .description('Sets the rows of two runs against each other: B / A, with the interval that 99 in 100 lie in.')
  .argument('<a>', 'what npm run bench -- --json wrote before')
  .argument('<b>', 'and after')
  .option('--all', 'also rows that did not change beyond the noise')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

try {
  const [a, b] = command.args.map(readResult) as [ReturnType<typeof readResult>, ReturnType<typeof readResult>];
  const changes = compareResults(a, b);
  const told = changes.filter(({ call }) => command.opts<{ all?: boolean }>().all || call !== 'even');
  const table = new Table({ head: ['', 'B / A', '99%', ''], style: { head: [], border: [], compact: true } });
  for (const { row, ratio, low, high, call } of told) {
    table.push([row, figure(ratio), `${figure(low)} .. ${figure(high)}`, call]);
  }
  if (told.length > 0) process.stdout.write(`${table}\n`);
  process.stdout.write(`${told.length} of ${changes.length} rows told; ratios of times: below 1, B is faster\n`);
  const { alike, byOne, contrary } = agreement(a, b);
  const list = (lines: readonly string[]): string => lines.map(line => `  ${line}\n`).join('');
  process.stdout.write(`Both call the same winner of ${alike} pairs.\n`);
  if (byOne.length > 0) process.stdout.write(`One calls a winner, the other is not sure:\n${list(byOne)}`);
  process.stdout.write(
    contrary.length === 0 ? 'They contradict each other nowhere.\n' : `They contradict:\n${list(contrary)}`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
