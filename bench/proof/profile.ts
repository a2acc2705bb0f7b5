/** What means can't tell: how long the slow ones take, what the collector costs, how memory grows. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Profile {
  /** What is done: `acquire and release`, `requests`. */
  readonly work: string;
  /** By whom. */
  readonly label: string;
  /** Nanoseconds. */
  readonly percentiles: Readonly<Record<string, number>>;
  readonly samples: number;
  readonly collections: number;
  readonly pauseMs: number;
  /** Resident memory through the run, from its beginning to its end. */
  readonly residentMiB: readonly number[];
}

const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999, 'p99.99': 0.9999, max: 1 };

/** Sorts the samples in place. */
export function percentilesOf(samples: Float64Array): Record<string, number> {
  samples.sort();
  return Object.fromEntries(
    Object.entries(PERCENTILES).map(([name, part]) => [
      name,
      samples[Math.max(0, Math.ceil(part * samples.length) - 1)]!,
    ]),
  );
}

const WHO = ['fresh buffers', 'local pool', 'shared pool'];
const WORKS = ['acquire and release', 'requests'];

/** How many there are, for progress. */
export const profileCount: number = WHO.length * WORKS.length;

/** One process for each, one after the other. */
export async function profiles(signal: AbortSignal, onDone: (done: number) => void): Promise<Profile[]> {
  const script = fileURLToPath(new URL('./profile-contender.js', import.meta.url));
  const found: Profile[] = [];
  for (const work of WORKS) {
    for (const who of WHO) {
      if (signal.aborted) return found;
      onDone(found.length);
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [script, work, who], { signal });
        found.push(JSON.parse(stdout) as Profile);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }
  onDone(found.length);
  return found;
}
