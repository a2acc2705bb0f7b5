/**
 * The contender's side of a bench. A contender is a process of its own, so that no other one warms, pollutes or empties its
 * caches and inline caches. It says `ready NAME`, then runs one round for every line it reads: a line is the number of
 * operations to do, the answer the number of nanoseconds they took. When its input ends, so does the process.
 * The programs in `native/` speak the same way (`rounds.h`).
 */
import { createInterface } from 'node:readline';

/** Does that many operations. What it answers is kept, so that no loop can be left out as useless. */
export type Round = (operations: number) => number | Promise<number>;

let sink = 0;

/**
 * Serves rounds until the input ends. Call it after the contender has verified that it works. What is looked at behind each round
 * (`behind`) is not timed.
 */
export async function serve(name: string, round: Round, behind: () => void = () => {}): Promise<void> {
  // The harness may go away in the middle of a round.
  process.stdout.on('error', () => process.exit(1));
  process.stdout.write(`ready ${name}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const operations = Number(line);
    const start = process.hrtime.bigint();
    const answer = round(operations);
    sink ^= typeof answer === 'number' ? answer : await answer;
    const elapsed = process.hrtime.bigint() - start;
    behind();
    process.stdout.write(`${elapsed}\n`);
  }
  // Contenders may have threads of their own, which would otherwise keep the process.
  process.exit(Number.isNaN(sink) ? 1 : 0);
}

/** For what must hold, or the figures mean nothing. */
export function verify(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Cannot measure: ${what}`);
}
