/** `npm run bench:pool`: pools against the allocators of C++ and the buffers of JavaScript. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate } from '../harness/alternate.js';
import { type Contender, scripted } from '../harness/contender.js';
import { atLeast, atMost, judge, type Verdict } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';
import { summarize } from '../harness/samples.js';
import { nativeRungs, PAIRS, scriptedRungs } from './ladder.js';

const gates = [
  atMost('local-pool', 1, 'tcmalloc'),
  atMost('shared-pool', 1.5, 'tcmalloc'),
  atLeast('two-threads', 1.6, 'one-thread'),
];

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

function threads(key: string, label: string, count: number): Contender {
  return scripted(key, label, count * 64 * 8192, new URL('./threads.js', import.meta.url), String(count));
}

async function pairs(): Promise<void> {
  const contenders = [
    ...(await nativeRungs()),
    ...scriptedRungs(),
    threads('one-thread', 'shared pool, 64 live, 1 thread', 1),
    threads('two-threads', 'shared pool, 64 live, 2 threads', 2),
  ];
  const bar = progress('pool');
  const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  publish(report('pool', plan(options).rounds, rows, judge(gates, rows)), 'pair', 'ns', options.json);
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

const TREATMENTS: Record<string, string> = {
  plain: 'plain',
  guard: 'guarded',
  acquire: 'cleared on acquire',
  release: 'cleared on release',
  touch: 'plain, all 4096 bytes written',
};

async function replace(): Promise<void> {
  const sizes = [64, 1024, 16384, 262144, 1048576];
  const module = new URL('./replace.js', import.meta.url);
  const contenders = ['local', 'shared'].flatMap(kind =>
    sizes.map(size => {
      const label = `${kind} pool, ${size.toLocaleString('en')} blocks`;
      return scripted(`${kind}-${size}`, label, PAIRS, module, kind, String(size));
    }),
  );
  const bar = progress('replace');
  const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  publish(report('replace', plan(options).rounds, rows, []), 'replace', 'ns', options.json);
}

async function objects(): Promise<void> {
  const names = { ringwell: 'ObjectPool', reusify: 'reusify', 'object-pool': '@smikhalevski/object-pool', new: 'new' };
  const module = new URL('./objects.js', import.meta.url);
  const contenders = [1, 64].flatMap(live =>
    Object.entries(names).map(([kind, name]) =>
      scripted(`${kind}-${live}`, `${name}, ${live} live`, PAIRS + 1, module, kind, String(live)),
    ),
  );
  const bar = progress('objects');
  const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  const promised = [atLeast('ringwell-1', 0.9, 'reusify-1'), atLeast('ringwell-64', 0.9, 'reusify-64')];
  publish(report('objects', plan(options).rounds, rows, judge(promised, rows)), 'pair', 'ns', options.json);
}

async function treated(): Promise<void> {
  const module = new URL('./treated.js', import.meta.url);
  const contenders = ['local', 'shared'].flatMap(kind =>
    ['plain', 'guard', 'acquire', 'release', 'touch'].map(treatment => {
      const label = `${kind} pool, ${TREATMENTS[treatment]}`;
      return scripted(
        `${kind}-${treatment}`,
        label,
        treatment === 'plain' || treatment === 'guard' ? PAIRS : PAIRS >> 4,
        module,
        kind,
        treatment,
      );
    }),
  );
  const bar = progress('treated');
  const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
  // Against a pair that uses its block: the bare one is a tenth of that.
  const promised = [atMost('local-guard', 3, 'local-touch'), atMost('shared-guard', 3, 'shared-touch')];
  publish(report('treated', plan(options).rounds, rows, judge(promised, rows)), 'pair', 'ns', options.json);
}

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
else if (options.replace) await replace();
else if (options.objects) await objects();
else if (options.treated) await treated();
else await pairs();
