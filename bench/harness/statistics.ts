/** How sure a ratio is. No distribution is assumed: times have long tails, and a busy machine has humps. */
import { summarize } from './samples.js';

/** A ratio and the interval it lies in, 99 times in 100. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** The upper end of an interval that too few samples can't close. JSON has no Infinity. */
export const UNBOUNDED = 1e300;

export type Call = 'faster' | 'slower' | 'even';

const CONFIDENCE = 0.99;
/** What two processes of one program may differ by on a quiet machine: where memory lies, what the compiler chose. */
const FLOOR = 0.1;

/** Half the distance of the quartiles, as a part of the median. */
export function spread(samples: readonly number[]): number {
  const { median, q1, q3 } = summarize(samples);
  return (q3 - q1) / 2 / median;
}

/**
 * The ratio of samples that were taken in turns: a[i] and b[i] met the same machine. The median of the ratios of the turns, with
 * the interval of the sign test.
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): Ratio {
  const count = Math.min(a.length, b.length);
  const ratios = Array.from({ length: count }, (_, i) => a[i]! / b[i]!).sort((x, y) => x - y);
  const outer = outerRanks(count);
  if (outer === undefined) return { ratio: summarize(ratios).median, low: 0, high: UNBOUNDED };
  return { ratio: summarize(ratios).median, low: ratios[outer]!, high: ratios[count - 1 - outer]! };
}

/** How many of the sorted samples may be left out on either side; undefined when even all of them are too few. */
function outerRanks(count: number): number | undefined {
  const tail = (1 - CONFIDENCE) / 2;
  let probability = 0.5 ** count;
  let sum = probability;
  if (sum > tail) return undefined;
  let rank = 0;
  for (;;) {
    probability *= (count - rank) / (rank + 1);
    sum += probability;
    if (sum > tail) return rank;
    rank++;
  }
}

const RESAMPLES = 2000;

/** The ratio of the medians of samples of two runs, with an interval by resampling (the same one for the same samples). */
export function independentRatio(a: readonly number[], b: readonly number[]): Ratio {
  const ratio = summarize(a).median / summarize(b).median;
  if (Math.min(a.length, b.length) < 5) return { ratio, low: 0, high: UNBOUNDED };
  let state = 0x9e3779b9;
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  const again = (samples: readonly number[]): number =>
    summarize(samples.map(() => samples[below(samples.length)]!)).median;
  const ratios = Array.from({ length: RESAMPLES }, () => again(a) / again(b)).sort((x, y) => x - y);
  const left = Math.floor((RESAMPLES * (1 - CONFIDENCE)) / 2);
  return { ratio, low: ratios[left]!, high: ratios[RESAMPLES - 1 - left]! };
}

/** The most that noise may be taken for: a tenth, or more where the samples spread more. */
export function noise(a: readonly number[], b: readonly number[]): number {
  return Math.max(FLOOR, spread(a), spread(b));
}

/** Calls a winner only when the whole interval is beyond the noise. The ratio is of times: below 1, the first one is faster. */
export function call({ low, high }: Ratio, margin: number): Call {
  if (high < 1 / (1 + margin)) return 'faster';
  if (low > 1 + margin) return 'slower';
  return 'even';
}
