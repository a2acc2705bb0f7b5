/** `npm run bench:pool`: pools against the allocators of C++ and the buffers of JavaScript. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate } from '../harness/alternate.js';
import { judge, type Verdict } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';
import { summarize } from '../harness/samples.js';
import { objects, pairs, replace, treated } from './groups.js';

const command = benchCommand('bench:pool', 'Measures acquire / write a word / release against other allocators.')
  .option('--replace', 'instead: random replace at half-full, 64 to 1,048,576 blocks')
  .option('--objects', 'instead: pools of JavaScript objects, 1 and 64 live at a time')
  .option('--treated', 'instead: what guarding and clearing the blocks cost')
  .option('--recover', 'instead: how long it takes to recover a dead thread of a pool of 65,536 blocks')
  .option('--garbage', 'instead: count the collections of 10^8 pairs, which must be none')
  .parse();
const options = command.opts<
  BenchOptions & { replace?: boolean; objects?: boolean; treated?: boolean; recover?: boolean; garbage?: boolean }
>();

async function measured(group: Group): Promise<void> {
  const bar = progress(group.name);
  const { rounds } = plan(options);
  const rows = await alternate(await group.contenders(), { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  publish(report(group.name, rounds, rows, judge(group.gates, rows)), group.operation, group.unit, options.json);
}

/** As `recover.ts` knows them. */
const SCENES = [
  'untouched',
  'the living hold all',
  'the dead held half',
  'the dead held all',
  'all free, all used before',
  'the dead held all, others released them',
];

function garbage(): void {
  for (const kind of ['local', 'shared']) {
    const script = fileURLToPath(new URL('./garbage.js', import.meta.url));
    const collections = Number(execFileSync(process.execPath, [script, kind], { encoding: 'utf8' }));
    process.stdout.write(`${kind} pool: ${collections} garbage collections in 10^8 pairs\n`);
    if (collections !== 0) process.exitCode = 1;
  }
}

/** Medians of processes that take turns: each one's first recovery, and the median of its later ones. */
function recover(): void {
  const script = fileURLToPath(new URL('./recover.js', import.meta.url));
  const samples = SCENES.flatMap(label => [
    { key: `${label}, first`, label: `${label}, first in its process`, ns: [] as number[] },
    { key: `${label}, later`, label: `${label}, later`, ns: [] as number[] },
  ]);
  const { rounds } = plan(options);
  for (let round = 0; round < rounds; round++) {
    for (const [i, scene] of SCENES.entries()) {
      const times: number[] = JSON.parse(execFileSync(process.execPath, [script, scene], { encoding: 'utf8' }));
      samples[2 * i]!.ns.push(times[0]!);
      samples[2 * i + 1]!.ns.push(summarize(times.slice(1)).median);
    }
  }
  const rows = samples.map(({ key, label, ns }) => ({ key, label, name: '', operations: 1, ns: summarize(ns) }));
  const slowest = Math.max(...rows.map(({ ns }) => ns.median)) / 1e6;
  const claim = 'recovery of 65,536 blocks takes <= 20 ms';
  const verdict: Verdict = { claim, compares: 'time', bound: 20, ratio: slowest, holds: slowest <= 20 };
  publish(report('recover', rounds, rows, [verdict]), 'recovery', 'ns', options.json);
}

if (options.garbage) garbage();
else if (options.recover) recover();
else if (options.replace) await measured(replace);
else if (options.objects) await measured(objects);
else if (options.treated) await measured(treated);
else await measured(pairs);
