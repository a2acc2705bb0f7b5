import { Command, InvalidArgumentError } from 'commander';

/** What every bench can be told. */
export interface BenchOptions {
  /** A file, `true` for the standard output. */
  readonly json?: string | boolean;
  readonly rounds: number;
  readonly quick?: boolean;
}

/** A command with the options of every bench. Give it its own, then `parse`. */
export function benchCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--json [file]', 'write JSON, to the file or else to the standard output')
    .option('--rounds <count>', 'samples of each contender', count, 15)
    .option('--quick', 'three samples: a look, not a measurement')
    .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2));
}

/** The rounds that the options ask for: as many samples, and some more to warm up. */
export function plan({ rounds, quick }: BenchOptions): { rounds: number; warmups: number } {
  return quick ? { rounds: 3, warmups: 1 } : { rounds, warmups: 3 };
}

/** Parses a positive integer. */
export function count(value: string): number {
  const parsed = Number(value);
  if (!Number.isSafeInteger(parsed) || parsed < 1) throw new InvalidArgumentError('expected a positive integer.');
  return parsed;
}
