/** `npm start`: the relay, a file read by one thread and worked on by others; and the ladder of allocators. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Presets, SingleBar } from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { count, describeMachine, machine } from 'ringwell-bench/harness';
import { compare, type OnProgress } from './compare.js';
import { climb } from './ladder.js';
import { describeComparison, describeLadder } from './report.js';
import { openSource } from './source.js';

interface Options {
  readonly file: string;
  readonly workers: number;
  readonly rounds: number;
  /** A file, `true` for the standard output. */
  readonly json?: string | boolean;
  readonly relay: boolean;
  readonly ladder: boolean;
}

/** Exit codes: what was asked for can't be; it went wrong; Ctrl-C. */
const USAGE = 2;
const FAILURE = 1;
const INTERRUPTED = 130;

/** A region has 255 seats at most, one for each thread. */
const WORKERS_MAX = 250;

function workerCount(value: string): number {
  const parsed = Number(value);
  if (Number.isInteger(parsed) && parsed >= 1 && parsed <= WORKERS_MAX) return parsed;
  throw new InvalidArgumentError(`expected an integer from 1 to ${WORKERS_MAX}.`);
}

const command = new Command('npm start --')
  .description(
    'Relays a file from one thread to others through a pool and a ring, and measures it beside postMessage; then climbs the ladder of allocators.',
  )
  .option('--file <path>', "the file to relay, '-' for the standard input", process.execPath)
  .option(
    '--workers <count>',
    `threads that work on the blocks, at most ${WORKERS_MAX}`,
    workerCount,
    Math.max(1, availableParallelism() - 1),
  )
  .option('--rounds <count>', 'samples of each way and rung', count, 7)
  .option('--json [file]', 'write all figures as JSON, to the file or else to the standard output')
  .option('--no-relay', 'leave the relay out')
  .option('--no-ladder', 'leave the ladder out')
  .exitOverride();

/** A bar on the standard error, when that is a terminal. */
function withBar<Result>(label: string, work: (onProgress: OnProgress) => Promise<Result>): Promise<Result> {
  const bar = new SingleBar(
    {
      format: `${label} [{bar}] {percentage}% {doing}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.legacy,
  );
  bar.start(1, 0, { doing: '' });
  const onProgress: OnProgress = (done, total, doing) => {
    bar.setTotal(total);
    bar.update(done, { doing });
  };
  return work(onProgress).finally(() => bar.stop());
}

async function main(): Promise<void> {
  const options = command.parse().opts<Options>();
  const print = (text: string): void => {
    if (options.json !== true) process.stdout.write(`${text}\n\n`);
  };
  const where = machine();
  const source = options.relay ? await openSource(options.file) : undefined;
  print(describeMachine(where));
  const relay =
    source && (await withBar('relay ', onProgress => compare(source, options.workers, options.rounds, onProgress)));
  if (relay) print(describeComparison(relay));
  const ladder = options.ladder ? await withBar('ladder', onProgress => climb(options.rounds, onProgress)) : undefined;
  if (ladder) print(describeLadder(ladder));
  const figures = `${JSON.stringify({ machine: where, relay, ladder }, null, 2)}\n`;
  if (typeof options.json === 'string') writeFileSync(options.json, figures);
  if (options.json === true) process.stdout.write(figures);
}

function fail(error: unknown): void {
  // Commander has said what is wrong, and its help is no error.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : USAGE);
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(FAILURE);
}

// Ending the process ends its threads, blocked or not, and the processes of the ladder with them.
process.once('SIGINT', () => process.exit(INTERRUPTED));
for (const stream of [process.stdout, process.stderr]) {
  // Nobody reads any more: `npm start | head -1`.
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : FAILURE));
}
main().catch(fail);
