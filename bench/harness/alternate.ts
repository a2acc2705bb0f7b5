/**
 * Measures contenders against each other. They take turns, one round each, in one run: whatever the machine does meanwhile
 * (heat, neighbours, other programs) happens to all of them, so ratios hold better than the figures themselves.
 */
import { type Absent, type Contender, Running } from './contender.js';
import { type Summary, summarize } from './samples.js';

/** A contender that was measured. */
export interface Measured {
  readonly key: string;
  readonly label: string;
  readonly name: string;
  readonly operations: number;
  /** Nanoseconds an operation. */
  readonly ns: Summary;
}

export type Row = Measured | Absent;

export interface Plan {
  /** Samples of each contender. */
  readonly rounds: number;
  /** Rounds before those, not counted. */
  readonly warmups: number;
  /** Called before every round, for progress. */
  readonly onRound?: (done: number, total: number) => void;
}

/** Measures those that can run; the others come back as they are. Rows keep the order of the contenders. */
export async function alternate(contenders: readonly (Contender | Absent)[], plan: Plan): Promise<Row[]> {
  const running: Running[] = [];
  try {
    for (const contender of contenders) {
      if ('command' in contender) running.push(await Running.start(contender));
    }
    const samples = await takeTurns(running, plan);
    return contenders.map(contender => {
      if (!('command' in contender)) return contender;
      const { key, label, operations } = contender;
      const index = running.findIndex(one => one.contender === contender);
      return { key, label, name: running[index]!.name, operations, ns: summarize(samples[index]!) };
    });
  } finally {
    for (const one of running) one.stop();
  }
}

async function takeTurns(running: readonly Running[], { rounds, warmups, onRound }: Plan): Promise<number[][]> {
  const samples: number[][] = running.map(() => []);
  const total = (rounds + warmups) * running.length;
  for (let turn = 0; turn < total; turn++) {
    onRound?.(turn, total);
    const round = Math.floor(turn / running.length);
    // Everybody comes first once: who follows whom changes from round to round.
    const index = (turn + round) % running.length;
    const ns = await running[index]!.round();
    if (round >= warmups) samples[index]!.push(ns);
  }
  onRound?.(total, total);
  return samples;
}
