/**
 * The machine that a program runs on: shared words, threads, wait queues, deaths, and the monitor, all in one `State`.
 *
 * Atomics are sequentially consistent and work on 32-bit integers with wrap-around, as in the language. A step of a thread
 * is its pending access, and everything private that follows up to its next one.
 */
import * as access from './access.js';
import { Hints } from './hints.js';
import { IMPOSSIBLE, Monitor } from './monitor.js';
import type { Edge, Node } from './node.js';
import type { Program, View } from './program.js';
import { State } from './state.js';
import { Thread } from './thread.js';

/** Variants of a thread's step; below these, a plain read of a hint word takes that choice. */
export const TIME_OUT = 62;
export const KILL = 63;

/** Deaths are kept in one cell, eight threads at most, four bits each. */
const THREADS_MAX = 15;
const KILLS_MAX = 7;

/** One machine, set up for one program. */
export class Machine {
  readonly state: State;
  readonly threads: readonly Thread[];
  readonly count: number;
  readonly hints: Hints;
  readonly monitor: Monitor | null;
  readonly view: View;
  /** What the last step's access returned, for counterexamples; no integer when it returned nothing. */
  lastValue = 0;
  /** How often a thread was killed. */
  kills = 0;
  readonly #program: Program;
  readonly #words: Int32Array;
  readonly #nodeBase: number;
  /** A thread's place in the queue of the word it waits on, from 1; 0 when it does not wait. */
  readonly #ticketBase: number;
  readonly #monitorCell: number;
  readonly #deathsCell: number;
  readonly #firstSupervisor: number;
  readonly #killsMax: number;
  readonly #isVictim: boolean[];
  readonly #hasHints: boolean;

  constructor(program: Program) {
    const supervisors = program.supervisors ?? [];
    const plans = [...program.threads, ...supervisors];
    if (plans.length > THREADS_MAX) throw new access.ExplorerError(`Cannot explore more than ${THREADS_MAX} threads`);
    const hintWords = (program.hints ?? []).flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, i) => from + i),
    );
    const size = program.words.length;
    this.#program = program;
    this.count = plans.length;
    this.state = new State(program.words, plans.length * 2 + 2 + Hints.cells(hintWords.length, plans.length));
    this.#words = this.state.words;
    this.#nodeBase = size;
    this.#ticketBase = size + plans.length;
    this.#monitorCell = size + plans.length * 2;
    this.#deathsCell = this.#monitorCell + 1;
    this.hints = new Hints(this.state, this.#deathsCell + 1, plans.length, hintWords);
    this.#hasHints = hintWords.length > 0;
    this.monitor = program.spec === undefined ? null : new Monitor(program.spec);
    this.threads = plans.map(plan => new Thread(plan, size, this.monitor, word => this.hints.isHint(word)));
    this.#firstSupervisor = program.threads.length;
    this.#isVictim = plans.map((_, t) => program.victims?.includes(t) ?? false);
    this.#killsMax = Math.min(
      KILLS_MAX,
      program.victims === undefined ? 0 : (program.kills ?? Math.max(1, supervisors.length)),
    );
    this.threads.forEach((thread, t) => {
      this.state.set(this.#nodeBase + t, (t < this.#firstSupervisor ? thread.start([]) : thread.asleep()).id);
    });
    if (this.monitor !== null) this.state.set(this.#monitorCell, this.monitor.start);
    this.view = this.#makeView();
  }

  /** The local state of a thread. */
  node(thread: number): Node {
    return this.threads[thread]!.nodes[this.state.cells[this.#nodeBase + thread]!]!;
  }

  isParked(thread: number): boolean {
    return this.state.cells[this.#ticketBase + thread] !== 0;
  }

  /** In how many ways a thread can go on now, deaths apart; a time-out counts as one. */
  choices(thread: number): number {
    const node = this.node(thread);
    if (node.kind >= access.DONE) return 0;
    if (this.isParked(thread)) return this.canTimeOut(node) ? 1 : 0;
    return this.#hasHints && node.kind === access.READ && this.hints.isHint(node.word)
      ? this.hints.choices(thread, node.word)
      : 1;
  }

  /** Whether a wait may time out in this program. */
  canTimeOut(node: Node): boolean {
    return this.#program.timeouts === true && node.rawB < Number.POSITIVE_INFINITY;
  }

  /** Whether a thread may die now. */
  canDie(thread: number): boolean {
    if (!this.#isVictim[thread] || this.deathCount() >= this.#killsMax) return false;
    const { kind } = this.node(thread);
    return kind !== access.DEAD && kind !== access.ASLEEP && kind !== access.FAULT;
  }

  /** Whether a thread can take that step now. */
  canStep(thread: number, variant: number): boolean {
    if (thread >= this.count) return false;
    if (variant === KILL) return this.canDie(thread);
    if (variant === TIME_OUT) return this.isParked(thread) && this.choices(thread) > 0;
    return !this.isParked(thread) && variant < this.choices(thread);
  }

  deathCount(): number {
    let count = 0;
    for (let code = this.state.cells[this.#deathsCell]!; code !== 0; code >>>= 4) count++;
    return count;
  }

  /** Whether the history so far can't be linearized. */
  isImpossible(): boolean {
    return this.monitor !== null && this.state.cells[this.#monitorCell] === IMPOSSIBLE;
  }

  /** Takes one step of a thread. */
  step(thread: number, variant: number): void {
    if (variant === KILL) {
      this.#kill(thread);
      return;
    }
    const node = this.node(thread);
    if (variant === TIME_OUT || this.isParked(thread)) {
      this.lastValue = access.WAIT_TIMED_OUT;
      this.#leaveQueue(thread);
      this.#resume(thread, node, access.WAIT_TIMED_OUT);
      return;
    }
    if (node.isStart && this.monitor !== null) {
      this.state.set(this.#monitorCell, this.monitor.begin(this.state.cells[this.#monitorCell]!, thread, node.op.call));
    }
    const value = this.#access(thread, node, variant);
    this.lastValue = value;
    if (value !== PARKED) this.#follow(thread, node, value);
  }

  /** Makes the pending access. Answers what it returns to the code, or PARKED. */
  #access(thread: number, node: Node, choice: number): number {
    const { kind, word, a } = node;
    if (kind <= access.WRITE) {
      if (kind === access.LOCAL) return 0;
      if (kind === access.READ) {
        return this.#hasHints && this.hints.isHint(word) ? this.hints.value(thread, word, choice) : this.#words[word]!;
      }
      const after = (this.#words[word]! & node.b) | a;
      if (this.#hasHints) this.hints.writes(thread, word, after, false);
      this.state.set(word, after);
      return 0;
    }
    if (this.#hasHints) this.hints.synchronise(thread);
    const before = this.#words[word]!;
    switch (kind) {
      case access.LOAD:
        return before;
      case access.STORE:
        this.#put(thread, word, a);
        return 0;
      case access.ADD:
        this.#put(thread, word, (before + a) | 0);
        return before;
      case access.SUB:
        this.#put(thread, word, (before - a) | 0);
        return before;
      case access.AND:
        this.#put(thread, word, before & a);
        return before;
      case access.OR:
        this.#put(thread, word, before | a);
        return before;
      case access.XOR:
        this.#put(thread, word, before ^ a);
        return before;
      case access.EXCHANGE:
        this.#put(thread, word, a);
        return before;
      case access.CAS:
        if (before === a) this.#put(thread, word, node.b);
        return before;
      case access.WAIT:
        return this.#wait(thread, node, before);
      case access.NOTIFY:
        return this.#notify(word, node.rawA);
    }
    throw new access.ExplorerError(`Cannot make an access of kind ${kind}`);
  }

  #put(thread: number, word: number, value: number): void {
    if (this.#hasHints) {
      this.hints.publish(thread);
      this.hints.writes(thread, word, value, true);
    }
    this.state.set(word, value);
  }

  #wait(thread: number, node: Node, before: number): number {
    if (before !== node.a) return access.WAIT_NOT_EQUAL;
    if (node.rawB <= 0) return access.WAIT_TIMED_OUT;
    access.reachedSites[node.site] = true;
    let ticket = 1;
    for (let t = 0; t < this.count; t++) if (this.isParked(t) && this.node(t).word === node.word) ticket++;
    this.state.set(this.#ticketBase + thread, ticket);
    return PARKED;
  }

  #notify(word: number, most: number): number {
    let woken = 0;
    for (let first = this.#firstWaiter(word); first >= 0 && woken < most; first = this.#firstWaiter(word)) {
      this.#leaveQueue(first);
      this.#resume(first, this.node(first), access.WAIT_OK);
      woken++;
    }
    return woken;
  }

  #firstWaiter(word: number): number {
    for (let t = 0; t < this.count; t++) {
      if (this.state.cells[this.#ticketBase + t] === 1 && this.node(t).word === word) return t;
    }
    return -1;
  }

  /** Takes a thread out of the queue it stands in; those behind it move up. */
  #leaveQueue(thread: number): void {
    const ticket = this.state.cells[this.#ticketBase + thread]!;
    if (ticket === 0) return;
    const { word } = this.node(thread);
    this.state.set(this.#ticketBase + thread, 0);
    for (let t = 0; t < this.count; t++) {
      const other = this.state.cells[this.#ticketBase + t]!;
      if (other > ticket && this.node(t).word === word) this.state.set(this.#ticketBase + t, other - 1);
    }
  }

  #resume(thread: number, node: Node, value: number): void {
    if (this.#hasHints) this.hints.synchronise(thread);
    this.#follow(thread, node, value);
  }

  #follow(thread: number, node: Node, value: number): void {
    const at = node.values.indexOf(value);
    const edge: Edge = at >= 0 ? node.edges[at]! : this.threads[thread]!.discover(node, value);
    this.state.set(this.#nodeBase + thread, edge.to.id);
    if (edge.ends && this.monitor !== null) {
      this.state.set(
        this.#monitorCell,
        this.monitor.end(this.state.cells[this.#monitorCell]!, thread, edge.answerNumber),
      );
    }
  }

  #kill(thread: number): void {
    this.lastValue = PARKED;
    const node = this.node(thread);
    const hasBegun = node.kind < access.DONE && (!node.isStart || this.isParked(thread));
    access.killedSites[node.site] = true;
    this.kills++;
    this.#leaveQueue(thread);
    // The thread has provably ended before anyone acts on its death, so all that it wrote is visible by then.
    if (this.#hasHints) this.hints.publish(thread);
    this.state.set(this.#nodeBase + thread, this.threads[thread]!.dead(node, hasBegun).id);
    if (hasBegun && this.monitor !== null) {
      this.state.set(this.#monitorCell, this.monitor.die(this.state.cells[this.#monitorCell]!, thread));
    }
    const supervisor = this.#firstSupervisor + this.deathCount();
    this.state.set(this.#deathsCell, this.state.cells[this.#deathsCell]! | ((thread + 1) << (4 * this.deathCount())));
    if (supervisor < this.count) {
      if (this.#hasHints) this.hints.synchronise(supervisor);
      this.state.set(this.#nodeBase + supervisor, this.threads[supervisor]!.start(this.#deaths()).id);
    }
  }

  #deaths(): number[] {
    const deaths: number[] = [];
    for (let code = this.state.cells[this.#deathsCell]!; code !== 0; code >>>= 4) deaths.push((code & 15) - 1);
    return deaths;
  }

  #makeView(): View {
    const machine = this;
    return {
      words: this.#words,
      own: thread => machine.node(thread).own,
      kept: thread => machine.node(thread).kept,
      get deaths() {
        return machine.#deaths();
      },
      cutShort: thread => {
        const node = machine.node(thread);
        return node.kind === access.DEAD && node.op.index >= 0 ? node.op : undefined;
      },
      states: () => machine.monitor?.states(machine.state.cells[machine.#monitorCell]!) ?? [],
    };
  }
}

/** The answer of a wait that has not ended: no 32-bit integer. */
const PARKED = 0.5;
