/** The command line: makes mutants of the shared functions, and asks which the explorer's programs or the unit tests notice. */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { coreFiles, loadEveryCore, textOfCore } from '../explore/loader.js';
import { loadPrograms } from '../explore/programs.js';
import { EQUIVALENT } from './equivalent.js';
import { type Fate, hunt } from './hunt.js';
import { type Mutant, mutantsOf } from './mutate.js';
import { callersOf, nameOf, type Reach, reachOf } from './reach.js';
import { testUnits } from './unit.js';

const USAGE = `Alters the shared functions by machine, one small change at a time, and asks whether the explorer notices,
or else the unit tests.

  --count N      how many mutants of each group of modules (default 24)
  --seed TEXT    which ones are chosen (default 1)
  --only TEXT    only mutants whose key contains TEXT; may be given several times
  --shard I/N    the I-th of N parts, from 1
  --limit MS     how long the explorer may take for one mutant (default 30000)
  --quick        a small sample on small scopes
  --list         names the mutants and ends`;

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    shard: { type: 'string', default: '1/1' },
    limit: { type: 'string', default: '30000' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Modules by structure; what is in none belongs to the base. */
const GROUPS: readonly (readonly [name: string, modules: RegExp])[] = [
  ['heap', /^heap\/|page-heap|span/],
  ['messages', /frame|message-/],
  ['byte ring', /stream|byte-ring/],
  ['broadcast', /tape|broadcast|subscriber/],
  ['lane', /lane|single-ring|side/],
  ['ring', /^ring\/|slot|recover-queue|transit/],
  ['pool', /block|stock|store|resize/],
  ['base', /./],
];

function rank({ key }: Mutant): string {
  return createHash('sha256').update(`${options.seed} ${key}`).digest('hex');
}

/** As many mutants of each group, chosen by the hash of their keys: what changes elsewhere does not change the choice. */
function choose(all: readonly Mutant[], count: number): Mutant[] {
  const groups = new Map<string, Mutant[]>();
  for (const mutant of all) {
    const [name] = GROUPS.find(([, modules]) => modules.test(mutant.file))!;
    groups.set(name, [...(groups.get(name) ?? []), mutant]);
  }
  return [...groups.values()].flatMap(group =>
    group
      .map(mutant => [rank(mutant), mutant] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, count)
      .map(([, mutant]) => mutant),
  );
}

interface Tally {
  readonly findings: Map<string, number>;
  readonly bad: string[];
  equivalent: number;
  refused: number;
  /** Survivors of the sample, which is shown to small scopes only. */
  left: number;
}

function count(tally: Tally, mutant: Mutant, fate: Fate): void {
  const isListed = EQUIVALENT.has(mutant.key);
  if (fate.kind === 'refused') {
    tally.refused++;
    if (isListed) tally.bad.push(`NEEDLESS  ${mutant.key}: refused, and listed as equivalent`);
  } else if (fate.kind === 'killed') {
    const finding = fate.by.slice(fate.by.lastIndexOf(': ') + 2);
    tally.findings.set(finding, (tally.findings.get(finding) ?? 0) + 1);
    if (isListed) tally.bad.push(`NEEDLESS  ${mutant.key}: noticed by ${fate.by}, and listed as equivalent`);
  } else if (isListed && fate.kind === 'survived') {
    tally.equivalent++;
  } else if (options.quick) {
    tally.left++;
  } else {
    tally.bad.push(`${fate.kind.toUpperCase().padEnd(9)} ${mutant.key}: ${fate.why}`);
  }
}

async function huntAll(mutants: readonly Mutant[], reaches: readonly Reach[]): Promise<Tally> {
  const tally: Tally = { findings: new Map(), bad: [], equivalent: 0, refused: 0, left: 0 };
  const callers = callersOf();
  for (const mutant of mutants) {
    const started = performance.now();
    const ways = callers(mutant.file, mutant.fn);
    const own = nameOf(mutant.file, mutant.fn);
    // Programs that touch shared memory in the function itself first: they are likelier to notice.
    const near = reaches.filter(({ functions }) => functions.has(own));
    const far = reaches.filter(reach => !near.includes(reach) && [...reach.functions].some(fn => ways.has(fn)));
    const programs = [...near, ...far].map(({ program }) => program);
    let fate = await hunt(mutant, programs, Number(options.limit), options.quick ? 1 : undefined);
    if (fate.kind === 'survived' && !options.quick) fate = testUnits(mutant);
    count(tally, mutant, fate);
    const isListed = EQUIVALENT.has(mutant.key) && fate.kind === 'survived';
    const word = fate.kind === 'killed' ? `killed by ${fate.by}` : isListed ? 'equivalent' : fate.kind;
    if (!options.quick)
      console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${mutant.key}: ${word}`);
  }
  return tally;
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const started = performance.now();
  const { programs, failed } = await loadPrograms();
  await loadEveryCore();
  const reaches = reachOf(programs.filter(program => !program.long && program.expect === undefined));
  const callers = callersOf();
  const all = coreFiles().flatMap(file => mutantsOf(file, textOfCore(file)));
  const stale = [...EQUIVALENT.keys()].filter(key => !all.some(mutant => mutant.key === key));
  for (const key of stale) console.log(`STALE     ${key}: listed as equivalent, and there is no such mutant`);
  // What no program walks (laying out, checking, guarding) is for the unit tests.
  const reached = new Set(reaches.flatMap(({ functions }) => [...functions]));
  const walked = all.filter(({ file, fn }) => [...callers(file, fn)].some(name => reached.has(name)));
  const { only } = options;
  const chosen = choose(walked, options.quick ? 5 : Number(options.count)).filter(
    ({ key }) => only.length === 0 || only.some(text => key.includes(text)),
  );
  const [part, parts] = options.shard.split('/').map(Number) as [number, number];
  const mine = chosen.filter((_, i) => i % parts === part - 1);
  if (options.list) {
    for (const { key } of mine) console.log(key);
    return 0;
  }
  console.log(`${all.length} mutants, ${walked.length} of functions that programs walk; ${mine.length} are hunted`);
  const tally = await huntAll(mine, reaches);
  const killed = [...tally.findings.values()].reduce((sum, n) => sum + n, 0);
  const kinds = [...tally.findings].map(([kind, n]) => `${n} ${kind}`).join(', ');
  for (const line of tally.bad) console.log(line);
  // Small scopes notice most mutants; where they don't notice half of them, something is broken in here.
  if (options.quick && killed < tally.left) tally.bad.push('too few were noticed');
  console.log(
    `mutants: ${killed} killed (${kinds}), ${tally.refused} refused, ${tally.equivalent} equivalent, ` +
      `${options.quick ? `${tally.left} left to the whole run, ` : ''}` +
      `${tally.bad.length} not as they should be, in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  return failed === 0 && stale.length === 0 && tally.bad.length === 0 ? 0 : 1;
}

process.exitCode = await main();
