/** The ladder of allocators, climbed in turns by processes of their own (see ringwell-bench). */
import { alternate, type Row } from 'ringwell-bench/harness';
import { nativeRungs, scriptedRungs } from 'ringwell-bench/ladder';
import type { OnProgress } from './compare.js';

export interface Ladder {
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/** Measures every rung that can be measured here. */
export async function climb(rounds: number, onProgress: OnProgress): Promise<Ladder> {
  onProgress(0, 1, 'compiling the rungs in C++');
  const contenders = [...(await nativeRungs()), ...scriptedRungs()];
  const onRound = (done: number, total: number): void => onProgress(done, total, 'pairs of 4096 bytes');
  return { rounds, rows: await alternate(contenders, { rounds, warmups: 2, onRound }) };
}
