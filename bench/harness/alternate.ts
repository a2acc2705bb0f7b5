/**
 * Measures contenders against each other. They take turns, one round each, in one run: whatever the machine does meanwhile
 * (heat, neighbours, other programs) happens to all of them, so ratios hold better than the figures themselves.
 */
import { type Absent, type Contender, Running, type Wrong, WrongAnswer } from './contender.js';
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

export type Row = Measured | Absent | Wrong;

export interface Plan {
  /** Samples of each contender. */
  readonly rounds: number;
  /** Rounds before those, not counted. */
  readonly warmups: number;
  /** Called before every round, for progress. */
  readonly onRound?: (done: number, total: number) => void;
  /** Ends the run after the round that is under way; the rows tell of the samples that there are. */
  readonly signal?: AbortSignal;
}

/**
 * Measures those that can run; the others come back as they are, and who answers wrongly comes back with the evidence. Rows keep
 * the order of the contenders; after an abort, those without a sample are left out.
 */
export async function alternate(contenders: readonly (Contender | Absent)[], plan: Plan): Promise<Row[]> {
  const turns: Turns[] = [];
  try {
    for (const contender of contenders) {
      if (plan.signal?.aborted) break;
      if ('command' in contender) turns.push(await startTurns(contender));
    }
    await takeTurns(turns, plan);
    return contenders.flatMap(contender => {
      if (!('command' in contender)) return contender;
      const found = turns.find(one => one.contender === contender);
      return found === undefined ? [] : rowOf(found);
    });
  } finally {
    for (const { running } of turns) running?.stop();
  }
}

interface Turns {
  readonly contender: Contender;
  running?: Running;
  readonly samples: number[];
  wrong?: string;
}

async function startTurns(contender: Contender): Promise<Turns> {
  try {
    return { contender, running: await Running.start(contender), samples: [] };
  } catch (error) {
    return { contender, samples: [], wrong: evidenceOf(error) };
  }
}

function evidenceOf(error: unknown): string {
  if (error instanceof WrongAnswer) return error.message;
  throw error;
}

function rowOf({ contender: { key, label, operations }, running, samples, wrong }: Turns): Row | [] {
  if (wrong !== undefined) return { key, label, wrong };
  return samples.length === 0 ? [] : { key, label, name: running!.name, operations, ns: summarize(samples) };
}

async function takeTurns(turns: readonly Turns[], { rounds, warmups, onRound, signal }: Plan): Promise<void> {
  const total = (rounds + warmups) * turns.length;
  for (let turn = 0; turn < total; turn++) {
    if (signal?.aborted) return;
    onRound?.(turn, total);
    const round = Math.floor(turn / turns.length);
    // Everybody comes first once: who follows whom changes from round to round.
    const one = turns[(turn + round) % turns.length]!;
    if (one.wrong !== undefined || one.running === undefined) continue;
    try {
      const ns = await one.running.round();
      if (round >= warmups) one.samples.push(ns);
    } catch (error) {
      one.wrong = evidenceOf(error);
    }
  }
  onRound?.(total, total);
}
