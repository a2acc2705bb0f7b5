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
  /** The one core that it ran on; any, if that is not told. */
  readonly core?: number;
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

/** Measures those that can run, in one pass. Rows as `Alternation` has them. */
export async function alternate(contenders: readonly (Contender | Absent)[], plan: Plan): Promise<Row[]> {
  const alternation = new Alternation(contenders);
  await alternation.pass(plan);
  return alternation.rows();
}

/** Contenders that are measured in one pass or several, with a new process each for every pass. */
export class Alternation {
  readonly #contenders: readonly (Contender | Absent)[];
  readonly #turns: readonly Turns[];

  constructor(contenders: readonly (Contender | Absent)[]) {
    this.#contenders = contenders;
    this.#turns = contenders.filter(one => 'command' in one).map(contender => ({ contender, samples: [] }));
  }

  /** Takes that many samples more of each. */
  async pass(plan: Plan): Promise<void> {
    try {
      for (const turns of this.#turns) if (!plan.signal?.aborted) await start(turns);
      await takeTurns(this.#turns, plan);
    } finally {
      for (const { running } of this.#turns) running?.stop();
    }
  }

  /**
   * Those that were measured, with all samples; those that can't run, as they are; who answered wrongly, with the evidence. In the
   * order of the contenders; after an abort, those without a sample are left out.
   */
  rows(): Row[] {
    return this.#contenders.flatMap(one =>
      'command' in one ? rowOf(this.#turns.find(({ contender }) => contender === one)!) : one,
    );
  }
}

interface Turns {
  readonly contender: Contender;
  running?: Running;
  readonly samples: number[];
  wrong?: string;
}

async function start(turns: Turns): Promise<void> {
  if (turns.wrong !== undefined) return;
  try {
    turns.running = await Running.start(turns.contender);
  } catch (error) {
    turns.wrong = evidenceOf(error);
  }
}

function evidenceOf(error: unknown): string {
  if (error instanceof WrongAnswer) return error.message;
  throw error;
}

function rowOf({ contender: { key, label, operations, core }, running, samples, wrong }: Turns): Row | [] {
  if (wrong !== undefined) return { key, label, wrong };
  if (samples.length === 0) return [];
  const kept = core === undefined ? {} : { core };
  return { key, label, name: running!.name, operations, ...kept, ns: summarize(samples) };
}

async function takeTurns(all: readonly Turns[], { rounds, warmups, onRound, signal }: Plan): Promise<void> {
  const total = (rounds + warmups) * all.length;
  for (let turn = 0; turn < total; turn++) {
    if (signal?.aborted) return;
    onRound?.(turn, total);
    const round = Math.floor(turn / all.length);
    // Everybody comes first once: who follows whom changes from round to round.
    const one = all[(turn + round) % all.length]!;
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
