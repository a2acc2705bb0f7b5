/** `npm run bench:rings`: rings in all modes, against their peers. A new group is one more file and one more name in `groups.ts`. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';
import { alternate, type Row } from '../harness/alternate.js';
import { judge, type Verdict } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publishJson, publishTable, report } from '../harness/report.js';
import type { Group } from './group.js';
import { rings } from './groups.js';

const names = rings.map(group => group.name);

const options = benchCommand('bench:rings', 'Measures rings of 4096 items against their peers.')
  .addOption(new Option('--only <group>', 'one group of rows').choices(names))
  .option('--garbage', 'instead: count the scavenges of 10^8 operations, which must be none')
  .parse()
  .opts<BenchOptions & { only?: string; garbage?: boolean }>();

async function measure(group: Group): Promise<{ rows: Row[]; verdicts: Verdict[] }> {
  const bar = progress(group.name);
  const contenders = await group.contenders();
  const turns = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  const rows = [...turns, ...(group.others?.(plan(options).rounds) ?? [])];
  return { rows, verdicts: judge(group.gates, rows) };
}

async function compare(): Promise<void> {
  const { rounds } = plan(options);
  const rows: Row[] = [];
  const verdicts: Verdict[] = [];
  for (const group of rings) {
    if (options.only !== undefined && options.only !== group.name) continue;
    const found = await measure(group);
    if (options.json !== true) {
      publishTable(report(`rings, ${group.name}`, rounds, found.rows, found.verdicts), group.operation, group.unit);
    }
    rows.push(...found.rows);
    verdicts.push(...found.verdicts);
  }
  publishJson(report('rings', rounds, rows, verdicts), options.json);
}

const GARBAGE_MODES = [
  ...['local', 'single', 'multi', 'single-multi', 'multi-single', 'overwriting'],
  ...['local-bytes', 'bytes', 'messages', 'gated', 'lossy'],
];

function garbage(): void {
  const script = fileURLToPath(new URL('./garbage.js', import.meta.url));
  for (const mode of GARBAGE_MODES) {
    for (const form of ['one', 'bulk']) {
      const scavenges = Number(execFileSync(process.execPath, [script, mode, form], { encoding: 'utf8' }));
      process.stdout.write(`${mode}, ${form}: ${scavenges} scavenges in 10^8 operations\n`);
      if (scavenges !== 0) process.exitCode = 1;
    }
  }
}

if (options.garbage) garbage();
else await compare();
