/**
 * Solo termination: whatever the others were in the middle of when they stopped for good, a thread that runs alone ends its
 * operation. That is what lock-free, or rather obstruction-free, means, and what lets survivors go on before anyone recovers.
 *
 * Runs alone are walked depth first, every way in which a plain read of a hint word may end included. A state from which a
 * thread is known to end its operation is never walked again for that thread, so in all each is walked once.
 */
import { DONE } from './access.js';
import type { Machine } from './machine.js';
import { placeOf } from './node.js';
import { type Program, threadName } from './program.js';
import { StateTable } from './table.js';

/** An operation that has not ended alone after so many steps is taken not to end. */
const STEPS_MAX = 3_000;

/** Judges the states of one search. */
export class Solo {
  readonly #program: Program;
  readonly #machine: Machine;
  /** States from which a thread ends its operation alone, with the thread in the hash. */
  readonly #ending = new StateTable();
  /** The numbers of the states on the way of the run that is being walked. */
  readonly #onWay = new Set<number>();
  #steps: number[] = [];

  constructor(program: Program, machine: Machine) {
    this.#program = program;
    this.#machine = machine;
  }

  /** Asks for every thread in the state in which the machine stands. Answers what goes wrong, and by which steps. */
  judge(): { reason: string; steps: readonly number[] } | null {
    for (let t = 0; t < this.#machine.count; t++) {
      const { kind, op } = this.#machine.node(t);
      if (kind >= DONE || !this.#asks(op.name)) continue;
      this.#steps = [];
      this.#onWay.clear();
      const why = this.#walk(t, op.index);
      if (why === null) continue;
      const reason = `${threadName(this.#program, t)} alone ${why} in ${op.name} at ${placeOf(this.#machine.node(t))}`;
      return { reason, steps: this.#steps };
    }
    return null;
  }

  #asks(name: string): boolean {
    const { solo } = this.#program;
    return solo === 'all' || solo?.includes(name) === true;
  }

  /** Walks on alone. Answers what keeps the operation from ending, or null; the machine stands where it stood if null. */
  #walk(thread: number, operation: number): string | null {
    const machine = this.#machine;
    const { kind, op } = machine.node(thread);
    if (kind >= DONE || op.index !== operation) return null;
    if (machine.isParked(thread)) return 'waits for others';
    const { state } = machine;
    const { hashA, hashB, mark } = state;
    const salt = Math.imul(thread + 1, 0x9e3779b1);
    const known = this.#ending.size;
    const number = this.#ending.add(hashA ^ salt, (hashB + salt) | 0);
    if (this.#ending.size === known) return this.#onWay.has(number) ? 'goes round' : null;
    if (this.#steps.length > STEPS_MAX) return `is not done after ${STEPS_MAX} steps`;
    this.#onWay.add(number);
    const choices = machine.choices(thread);
    for (let variant = 0; variant < choices; variant++) {
      this.#steps.push(thread * 64 + variant);
      machine.step(thread, variant);
      const why = this.#walk(thread, operation);
      if (why !== null) return why;
      this.#steps.pop();
      state.undo(mark, hashA, hashB);
    }
    this.#onWay.delete(number);
    return null;
  }
}
