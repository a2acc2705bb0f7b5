/**
 * Walks every interleaving, depth first, entering every state once.
 *
 * Besides what is wrong in a state, the walk finds states from which nothing can ever finish: it computes the strongly
 * connected components of the state graph on the way (Tarjan 1972), and a component without a way out in which nobody has
 * finished is a livelock. So a spin loop costs no more than its states, and one that spins for ever is found. States are
 * numbered as they are found, which makes the number the depth-first index that the algorithm needs.
 */
import { DONE, FAULT, RACE_PLAIN, RACE_WRITE } from './access.js';
import { KILL, Machine, TIME_OUT } from './machine.js';
import { placeOf } from './node.js';
import { type Kind, type Program, threadName } from './program.js';
import { Solo } from './solo.js';
import { enlarged } from './state.js';
import { StateTable } from './table.js';

/** A step of a schedule: thread * 64 + variant. */
export type Schedule = readonly number[];

/** What was found. */
export interface Finding {
  readonly kind: Kind;
  readonly reason: string;
  readonly schedule: Schedule;
}

/** What an exploration came to. */
export interface Outcome {
  readonly finding: Finding | null;
  /** Whether every state was entered: false when a limit or a preemption bound left some out. */
  readonly isComplete: boolean;
  /** Whether there were more states than allowed, within the preemption bound where there is one. */
  readonly gaveUp: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly terminals: number;
  /** How often a thread was killed. */
  readonly kills: number;
  readonly depth: number;
  /** Distinct local states, all threads together. */
  readonly localStates: number;
  readonly ms: number;
}

export interface SearchOptions {
  readonly statesMax?: number;
  readonly preemptions?: number;
  /** Called now and then. */
  readonly progress?: (states: number, depth: number, ms: number) => void;
}

/** Fields of a frame on the search stack: one state on the path that is being walked. */
const NUMBER = 0;
/** The lowest number reachable within the component. */
const LOW = 1;
/** 1 when a way out of the component is known, or the end is reached in it. */
const EXIT = 2;
/** The next choice: place in the order of threads * 64 + variant. */
const CURSOR = 3;
/** Where the trail and the hash stand in this state. */
const MARK = 4;
const HASH_A = 5;
const HASH_B = 6;
/** The step that led here, or -1. */
const STEP = 7;
/** Preemptions used. */
const USED = 8;
const FIELDS = 9;

const PROGRESS_EVERY = 1 << 17;

/** One exploration of one program. */
export class Search {
  readonly #program: Program;
  readonly #machine: Machine;
  readonly #table = new StateTable();
  readonly #solo: Solo | null;
  readonly #options: SearchOptions;
  readonly #bound: number;
  #frames: Int32Array = new Int32Array(FIELDS * 256);
  #depth = 0;
  /** Numbers of the states whose component is not complete yet, and which states' is. */
  #open: Int32Array = new Int32Array(1 << 10);
  #openCount = 0;
  #isClosed = new Uint8Array(1 << 14);
  #transitions = 0;
  #terminals = 0;
  #depthMax = 0;
  #wasCut = false;
  #gaveUp = false;
  #finding: Finding | null = null;

  constructor(program: Program, options: SearchOptions = {}) {
    this.#program = program;
    this.#machine = new Machine(program);
    this.#solo = program.solo === undefined ? null : new Solo(program, this.#machine);
    this.#options = options;
    this.#bound = options.preemptions ?? program.preemptions ?? -1;
  }

  run(): Outcome {
    const started = performance.now();
    const statesMax = this.#options.statesMax ?? 1e8;
    let next = PROGRESS_EVERY;
    this.#enter(-1, 0);
    while (this.#depth > 0 && this.#finding === null) {
      this.#advance();
      if (this.#table.size < next && this.#table.size < statesMax) continue;
      this.#options.progress?.(this.#table.size, this.#depth, performance.now() - started);
      next += PROGRESS_EVERY;
      if (this.#table.size < statesMax) continue;
      this.#wasCut = true;
      this.#gaveUp = this.#depth > 0;
      break;
    }
    return {
      finding: this.#finding,
      isComplete: !this.#wasCut && this.#finding === null,
      gaveUp: this.#gaveUp,
      states: this.#table.size,
      transitions: this.#transitions,
      terminals: this.#terminals,
      kills: this.#machine.kills,
      depth: this.#depthMax,
      localStates: this.#machine.threads.reduce((sum, thread) => sum + thread.nodes.length, 0),
      ms: performance.now() - started,
    };
  }

  /** Takes the next step from the state on top of the stack, or leaves it. */
  #advance(): void {
    const frames = this.#frames;
    const frame = (this.#depth - 1) * FIELDS;
    const step = this.#nextStep(frame);
    if (step < 0) {
      this.#leave(frame);
      return;
    }
    let used = frames[frame + USED]!;
    if (this.#bound >= 0 && this.#isPreemption(frames[frame + STEP]!, step)) {
      if (used === this.#bound) {
        this.#wasCut = true;
        frames[frame + EXIT] = 1;
        return;
      }
      used++;
    }
    this.#machine.step(step >>> 6, step & 63);
    this.#transitions++;
    this.#enter(step, used);
  }

  /** The next step to try from a state, the thread that moved last first; -1 when all were tried. */
  #nextStep(frame: number): number {
    const machine = this.#machine;
    const frames = this.#frames;
    const last = frames[frame + STEP]! >> 6;
    let cursor = frames[frame + CURSOR]!;
    for (;;) {
      const place = cursor >>> 6;
      const variant = cursor & 63;
      if (place >= machine.count) return -1;
      const thread = place > last ? place : place === 0 ? last : place - 1;
      if (variant !== KILL) {
        const isParked = machine.isParked(thread);
        if (variant < machine.choices(thread)) {
          frames[frame + CURSOR] = isParked ? place * 64 + KILL : cursor + 1;
          return thread * 64 + (isParked ? TIME_OUT : variant);
        }
        cursor = place * 64 + KILL;
      } else {
        cursor = (place + 1) * 64;
        if (!machine.canDie(thread)) continue;
        frames[frame + CURSOR] = cursor;
        return thread * 64 + KILL;
      }
    }
  }

  /** Whether a step takes the turn from a thread that could go on and stands in the middle of an operation. */
  #isPreemption(lastStep: number, step: number): boolean {
    const last = lastStep >> 6;
    if (last < 0 || last === step >>> 6 || (step & 63) === KILL) return false;
    const machine = this.#machine;
    return machine.choices(last) > 0 && !machine.isParked(last) && !machine.node(last).isStart;
  }

  /** The machine has just taken a step: goes on from the new state, or takes the step back if the state is known. */
  #enter(step: number, used: number): void {
    const { state } = this.#machine;
    const { hashA, hashB } = state;
    const known = this.#table.size;
    // Under a bound, who moved last and what was used up decide what may follow, so they belong to the state.
    const salt = this.#bound < 0 ? 0 : Math.imul(used * 64 + (step >> 6) + 2, 0x9e3779b1);
    const number = this.#table.add(hashA ^ salt, (hashB + salt) | 0);
    if (this.#table.size === known) {
      this.#meet(number, step);
      return;
    }
    if ((this.#depth + 1) * FIELDS > this.#frames.length) this.#frames = enlarged(this.#frames);
    const frames = this.#frames;
    const frame = this.#depth++ * FIELDS;
    frames[frame + NUMBER] = number;
    frames[frame + LOW] = number;
    frames[frame + EXIT] = 0;
    frames[frame + CURSOR] = 0;
    frames[frame + MARK] = state.mark;
    frames[frame + HASH_A] = hashA;
    frames[frame + HASH_B] = hashB;
    frames[frame + STEP] = step;
    frames[frame + USED] = used;
    if (this.#openCount === this.#open.length) this.#open = enlarged(this.#open);
    this.#open[this.#openCount++] = number;
    if (this.#depth > this.#depthMax) this.#depthMax = this.#depth;
    this.#judge(frame);
  }

  /** The step has led to a state that is known. */
  #meet(number: number, step: number): void {
    const frames = this.#frames;
    const frame = (this.#depth - 1) * FIELDS;
    this.#machine.state.undo(frames[frame + MARK]!, frames[frame + HASH_A]!, frames[frame + HASH_B]!);
    if (this.#isClosed[number] === 1) {
      // A death is no way out: nothing may depend on somebody dying.
      if ((step & 63) !== KILL) frames[frame + EXIT] = 1;
    } else if (number < frames[frame + LOW]!) {
      frames[frame + LOW] = number;
    }
  }

  /** All steps from the state on top of the stack were tried. */
  #leave(frame: number): void {
    const frames = this.#frames;
    const number = frames[frame + NUMBER]!;
    const isRoot = frames[frame + LOW] === number;
    if (isRoot) {
      if (frames[frame + EXIT] === 0) {
        this.#found('livelock', this.#stuck());
        return;
      }
      this.#close(number);
    }
    this.#depth--;
    if (this.#depth === 0) return;
    const parent = frame - FIELDS;
    if (!isRoot) {
      if (frames[frame + LOW]! < frames[parent + LOW]!) frames[parent + LOW] = frames[frame + LOW]!;
      frames[parent + EXIT]! |= frames[frame + EXIT]!;
    } else if ((frames[frame + STEP]! & 63) !== KILL) {
      frames[parent + EXIT] = 1;
    }
    this.#machine.state.undo(frames[parent + MARK]!, frames[parent + HASH_A]!, frames[parent + HASH_B]!);
  }

  /** A component is complete: every state from its root on. */
  #close(root: number): void {
    if (this.#table.size > this.#isClosed.length) {
      const larger = new Uint8Array(Math.max(this.#isClosed.length * 2, this.#table.size));
      larger.set(this.#isClosed);
      this.#isClosed = larger;
    }
    let number: number;
    do {
      number = this.#open[--this.#openCount]!;
      this.#isClosed[number] = 1;
    } while (number !== root);
  }

  /** Looks for what is wrong in a new state. */
  #judge(frame: number): void {
    const machine = this.#machine;
    if (machine.isImpossible()) {
      this.#found('history', 'no order of the operations explains their answers');
      return;
    }
    let canMove = false;
    for (let t = 0; t < machine.count; t++) {
      const node = machine.node(t);
      if (node.kind === FAULT) {
        this.#found(node.faultKind, `${node.op.name} ${node.fault}`);
        return;
      }
      if (machine.choices(t) > 0) canMove = true;
      if (this.#program.races !== false && node.mode >= 0) this.#judgeRaces(t);
    }
    const broken = this.#program.law?.(machine.view);
    if (broken !== undefined) {
      this.#found('law', broken);
      return;
    }
    if (!canMove) {
      this.#terminals++;
      this.#frames[frame + EXIT] = 1;
      this.#judgeEnd();
    } else if (this.#solo !== null) {
      const alone = this.#solo.judge();
      if (alone !== null) this.#found('solo', alone.reason, alone.steps);
    }
  }

  /** Two threads are about to touch a word, one of them to write it, not both atomically. */
  #judgeRaces(thread: number): void {
    const machine = this.#machine;
    const node = machine.node(thread);
    if (machine.isParked(thread)) return;
    for (let t = 0; t < thread; t++) {
      const other = machine.node(t);
      if (other.word !== node.word || other.mode < 0 || machine.isParked(t)) continue;
      const modes = node.mode | other.mode;
      if ((modes & RACE_WRITE) === 0 || (modes & RACE_PLAIN) === 0 || machine.hints.isHint(node.word)) continue;
      const where = `${this.#program.nameOf?.(node.word) ?? `word ${node.word}`}`;
      this.#found(
        'race',
        `on ${where}: ${this.#nameOf(t)} at ${placeOf(other)}, ${this.#nameOf(thread)} at ${placeOf(node)}`,
      );
      return;
    }
  }

  /** Nothing can move any more. */
  #judgeEnd(): void {
    const machine = this.#machine;
    const parked = machine.threads.map((_, t) => t).filter(t => machine.isParked(t));
    if (parked.length > 0) {
      this.#found('parked', `for ever: ${parked.map(t => this.#standing(t)).join(', ')}`);
      return;
    }
    const wrong = this.#program.audit?.(machine.view);
    if (wrong !== undefined) this.#found('audit', wrong);
  }

  #stuck(): string {
    const machine = this.#machine;
    const alive = machine.threads.map((_, t) => t).filter(t => machine.node(t).kind < DONE);
    return `nothing can ever finish: ${alive.map(t => this.#standing(t)).join(', ')}`;
  }

  #standing(thread: number): string {
    const node = this.#machine.node(thread);
    return `${this.#nameOf(thread)} ${this.#machine.isParked(thread) ? 'parked' : 'going round'} in ${node.op.name} at ${placeOf(node)}`;
  }

  #nameOf(thread: number): string {
    return threadName(this.#program, thread);
  }

  #found(kind: Kind, reason: string, more: Schedule = []): void {
    if (this.#finding !== null) return;
    const schedule: number[] = [];
    for (let depth = 1; depth < this.#depth; depth++) schedule.push(this.#frames[depth * FIELDS + STEP]!);
    this.#finding = { kind, reason, schedule: [...schedule, ...more] };
  }
}
