/** `npm run bench:heap`: the heap against the allocators of C++, each shape of work and each trace alternating among all of them. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate, type Row } from '../harness/alternate.js';
import type { Absent, Contender } from '../harness/contender.js';
import { judge, type Verdict } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publishJson, publishTable, report } from '../harness/report.js';
import { type FootprintRow, footprintTable, judgeFootprint, measureFootprint } from '../traces/footprint.js';
import { contendersOf } from './contenders.js';
import { gates, shapes } from './groups.js';
import { traceReplays } from './traces.js';

const TRACES = 'traces';

const options = benchCommand('bench:heap', 'Measures malloc and free against the allocators of C++.')
  .option('--only <groups>', `some of ${[...shapes.map(({ key }) => key), TRACES].join(', ')}`)
  .option('--garbage', 'instead: count the scavenges of 10^8 operations (10^7 with --quick), which must be none')
  .parse()
  .opts<BenchOptions & { only?: string; garbage?: boolean }>();

const isWanted = (group: string): boolean => options.only?.split(',').includes(group) ?? true;

async function measured(label: string, contenders: readonly (Contender | Absent)[]): Promise<Row[]> {
  const bar = progress(label);
  return await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
}

async function speed(): Promise<void> {
  const contenders = [];
  for (const shape of shapes) if (isWanted(shape.key)) contenders.push(...(await contendersOf(shape)));
  const rows = await measured('heap', contenders);
  const footprints: FootprintRow[] = [];
  const verdicts: Verdict[] = judge(
    gates.filter(({ ours }) => rows.some(row => row.key === ours)),
    rows,
  );
  if (isWanted(TRACES)) {
    for (const { trace, peakBytes, contenders } of await traceReplays()) {
      rows.push(...(await measured(trace, contenders)));
      footprints.push(...contenders.flatMap(contender => measureFootprint(contender, peakBytes) ?? []));
      verdicts.push(judgeFootprint(footprints, `${trace}-heap`, `${trace}-jemalloc`));
    }
  }
  const found = { ...report('heap', plan(options).rounds, rows, verdicts), footprints };
  publishJson(found, options.json);
  if (options.json === true) return;
  publishTable(found, 'operation', 'ns');
  if (footprints.length > 0) process.stdout.write(`${footprintTable(footprints)}\n`);
}

function garbage(): void {
  const operations = options.quick ? 1e7 : 1e8;
  const script = fileURLToPath(new URL('./garbage.js', import.meta.url));
  const kinds = { caches: 'heap', central: 'heap without caches', local: 'local heap' };
  for (const [kind, label] of Object.entries(kinds)) {
    const scavenges = Number(execFileSync(process.execPath, [script, kind, `${operations}`], { encoding: 'utf8' }));
    process.stdout.write(`${label}: ${scavenges} scavenges in ${operations.toLocaleString('en')} operations\n`);
    if (scavenges !== 0) process.exitCode = 1;
  }
}

if (options.garbage) garbage();
else await speed();
