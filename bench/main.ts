/** `npm run bench`: where Ringwell stands against everything else. */
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { count } from './harness/options.js';
import { page } from './proof/page.js';
import { type Result, readResult, writeResult } from './proof/result.js';
import { run } from './proof/run.js';
import { quickSuites, suites } from './proof/suites.js';
import { summary } from './proof/summary.js';

interface Options {
  readonly only?: readonly string[];
  readonly quick?: boolean;
  readonly rounds: number;
  readonly json?: string;
  readonly html?: string;
  readonly from?: Result;
}

const ROUNDS = 15;
const names = suites.map(({ name }) => name);

function someOf(value: string): string[] {
  const wanted = value.split(',').map(name => name.trim());
  const unknown = wanted.find(name => !names.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${names.join(', ')}.`);
  return wanted;
}

/** Found out before anything is measured: a file that can't be written. */
function writable(file: string): string {
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(file);
  } catch (error) {
    throw new InvalidArgumentError(`it can't be written (${(error as NodeJS.ErrnoException).code}).`);
  }
  return file;
}

function saved(file: string): Result {
  try {
    return readResult(file);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

const command = new Command('bench')
  .description('Measures Ringwell side by side with its peers in JavaScript and C++, and tells wins and losses.')
  .option('--only <suites>', `some of them, with commas between: ${names.join(', ')}`, someOf)
  .option('--quick', 'the ladder and the rings only: less than two minutes')
  .option('--rounds <count>', 'samples of each contender; fewer than 8 call no winner', count, ROUNDS)
  .option('--json <file>', 'write all samples, for bench:compare and bench:publish', writable)
  .option('--html <file>', 'write a page with plots, for any browser, without network', writable)
  .addOption(
    new Option('--from <file>', 'measure nothing: tell what such a JSON file says')
      .argParser(saved)
      .conflicts(['only', 'quick', 'rounds']),
  )
  .addHelpText(
    'after',
    `
What there is:
${suites.map(({ name, title }) => `  ${name.padEnd(10)} ${title}`).join('\n')}

Ctrl-C ends after the round that is under way, and writes what there is. A second one ends at once.
Exit codes: 0 measured, 1 one of ours answered wrongly, 2 wrong arguments, 130 interrupted.`,
  )
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
const options = command.opts<Options>();

function deliver(found: Result): void {
  process.stdout.write(`${summary(found)}\n`);
  if (options.json !== undefined) writeResult(options.json, found);
  if (options.html !== undefined) writeFileSync(options.html, page(found));
}

/** What gives such a result again. */
function commandLine({ quick, only, rounds }: Options): string {
  const said = [
    ...(quick ? ['--quick'] : []),
    ...(only ? ['--only', only.join(',')] : []),
    ...(rounds === ROUNDS ? [] : ['--rounds', String(rounds)]),
  ];
  return ['npm run bench', ...(said.length > 0 ? ['--', ...said] : [])].join(' ');
}

/** Peers may be wrong, and are shown so. We may not. */
function oursAreRight({ sections }: Result): boolean {
  return sections.every(({ rows, ours }) => rows.every(row => !('wrong' in row && ours.includes(row.key))));
}

async function measure(): Promise<void> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const all = options.quick ? quickSuites : suites;
  const wanted = all.filter(({ name }) => options.only?.includes(name) ?? true);
  if (wanted.length === 0)
    command.error(`error: --quick has ${quickSuites.map(({ name }) => name).join(' and ')} only`);
  const found = await run(commandLine(options), wanted, options.rounds, interruption.signal);
  deliver(found);
  process.exitCode = interruption.signal.aborted ? 130 : oursAreRight(found) ? 0 : 1;
}

if (options.from !== undefined) deliver(options.from);
else await measure();
