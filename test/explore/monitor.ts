/**
 * Judges linearizability while the program runs.
 *
 * A *configuration* is one way in which things may have gone so far: a state of the specification, and for every operation
 * that has begun but not ended whether it has already taken effect, and with which answer. The monitor keeps the set of all
 * configurations that fit the history: a beginning adds an operation and lets it take effect at any later moment; an end
 * keeps only the configurations in which it took effect with that answer. When none is left the history is not
 * linearizable. Sets are numbered, and the number is all that the search keeps: histories that leave the same possibilities
 * open are the same, which merges far more states than the history itself would.
 */
import { ANY, type Spec } from './program.js';

/** An operation that has begun: what it is, and its answer once it took effect. */
interface Pending {
  readonly call: number;
  /** The text of the answer; null before it takes effect. */
  readonly answer: string | null;
}

interface Configuration {
  readonly state: unknown;
  /** By thread. */
  readonly pending: ReadonlyMap<number, Pending>;
}

const ANY_TEXT = '*';

/** The set of configurations that is empty: not linearizable. */
export const IMPOSSIBLE = 0;

const BEGIN = 0;
const END = 1;
const DIE = 2;

/** The monitor of one program. */
export class Monitor {
  /** The set before anything has begun. */
  readonly start: number;
  readonly #spec: Spec;
  readonly #sets: (readonly Configuration[])[] = [[]];
  readonly #setNumbers = new Map<string, number>([['', IMPOSSIBLE]]);
  readonly #calls: { name: string; args: readonly unknown[] }[] = [];
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** What follows from a set and an event, once it is known. */
  readonly #next: Map<number, number>[] = [];

  constructor(spec: Spec) {
    this.#spec = spec;
    this.start = this.#numberOf([{ state: spec.start, pending: new Map() }]);
  }

  /** The number of an operation with its arguments. */
  callNumber(name: string, args: readonly unknown[]): number {
    const known = this.#numbers.get(`call ${name} ${JSON.stringify(args)}`);
    if (known !== undefined) return known;
    this.#numbers.set(`call ${name} ${JSON.stringify(args)}`, this.#calls.length);
    return this.#calls.push({ name, args }) - 1;
  }

  /** The number of an answer. */
  answerNumber(answer: unknown): number {
    const text = String(JSON.stringify(answer));
    const known = this.#numbers.get(`answer ${text}`);
    if (known !== undefined) return known;
    this.#numbers.set(`answer ${text}`, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** An operation of a thread begins. */
  begin(set: number, thread: number, call: number): number {
    return this.#follow(set, BEGIN, thread, call);
  }

  /** A thread's operation ends with an answer. */
  end(set: number, thread: number, answer: number): number {
    return this.#follow(set, END, thread, answer);
  }

  /** A thread dies: its operation may have taken effect, may do so later, or never. */
  die(set: number, thread: number): number {
    return this.#follow(set, DIE, thread, 0);
  }

  /** The states that the specification may be in. */
  states(set: number): unknown[] {
    const texts = new Set(this.#sets[set]!.map(c => JSON.stringify(c.state)));
    return [...texts].map(text => JSON.parse(text) as unknown);
  }

  #follow(set: number, event: number, thread: number, detail: number): number {
    if (set === IMPOSSIBLE) return IMPOSSIBLE;
    this.#next[set] ??= new Map<number, number>();
    const known = this.#next[set];
    const key = (detail * 64 + thread) * 3 + event;
    let next = known.get(key);
    if (next === undefined) {
      next = this.#numberOf(this.#after(this.#sets[set]!, event, thread, detail));
      known.set(key, next);
    }
    return next;
  }

  #after(set: readonly Configuration[], event: number, thread: number, detail: number): Configuration[] {
    if (event === BEGIN) {
      return this.#closed(
        set.map(c => ({ state: c.state, pending: new Map(c.pending).set(thread, { call: detail, answer: null }) })),
      );
    }
    if (event === END) {
      const text = this.#texts[detail]!;
      const fits = set.filter(c => {
        const answer = c.pending.get(thread)?.answer;
        return answer === text || answer === ANY_TEXT;
      });
      return fits.map(c => ({ state: c.state, pending: without(c.pending, thread) }));
    }
    // Once it took effect, nobody will ask for the answer of an operation that was cut short.
    return set.map(c =>
      c.pending.get(thread)?.answer != null ? { state: c.state, pending: without(c.pending, thread) } : c,
    );
  }

  /** The set with every configuration that follows when operations which have begun take effect, in any order. */
  #closed(set: Configuration[]): Configuration[] {
    const found = new Map(set.map(c => [textOf(c), c]));
    const queue = [...found.values()];
    for (let c = queue.pop(); c !== undefined; c = queue.pop()) {
      for (const [thread, { call, answer }] of c.pending) {
        if (answer !== null) continue;
        const { name, args } = this.#calls[call]!;
        for (const [state, result] of this.#spec.step(c.state, name, args)) {
          const text = result === ANY ? ANY_TEXT : String(JSON.stringify(result));
          const next = { state, pending: new Map(c.pending).set(thread, { call, answer: text }) };
          const key = textOf(next);
          if (found.has(key)) continue;
          found.set(key, next);
          queue.push(next);
        }
      }
    }
    return [...found.values()];
  }

  #numberOf(set: readonly Configuration[]): number {
    const unique = new Map(set.map(c => [textOf(c), c]));
    const text = [...unique.keys()].sort().join('\n');
    let number = this.#setNumbers.get(text);
    if (number === undefined) {
      number = this.#sets.push([...unique.values()]) - 1;
      this.#setNumbers.set(text, number);
    }
    return number;
  }
}

function without(pending: ReadonlyMap<number, Pending>, thread: number): Map<number, Pending> {
  const rest = new Map(pending);
  rest.delete(thread);
  return rest;
}

function textOf({ state, pending }: Configuration): string {
  const parts = [...pending].sort(([a], [b]) => a - b).map(([thread, p]) => `${thread}:${p.call}=${p.answer}`);
  return `${JSON.stringify(state)} ${parts.join(' ')}`;
}
