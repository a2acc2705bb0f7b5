/**
 * A thread as a graph of local states.
 *
 * What a thread does next depends only on its local state and on what its pending access returns. So the code is run once
 * for every local state and value met; the search itself only follows edges from node to node. A node is found again by its
 * key (recorder.ts). A generator can't be copied: to leave a node by a new value the operation is run again from its start,
 * which happens as rarely as new local states do.
 */
import {
  ASLEEP,
  DEAD,
  DONE,
  ExplorerError,
  FAULT,
  KIND_NAMES,
  LOCAL,
  READ,
  raceMode,
  reachedSites,
  STORE,
  WAIT,
  WAIT_ANSWERS,
  WAIT_TIMED_OUT,
  WRITE,
} from './access.js';
import type { Monitor } from './monitor.js';
import type { Edge, Node, Operation } from './node.js';
import type { Answer, Kind, Me, ThreadPlan } from './program.js';
import { again, intern, type Local, privateText, request, takeTurn } from './recorder.js';

const NO_OPERATION: Operation = { index: -1, name: '', args: [], call: -1, deaths: [] };
const NOTHING = new Int32Array(0);

/** One thread of a program. */
export class Thread {
  readonly nodes: Node[] = [];
  readonly #plan: ThreadPlan;
  readonly #monitor: Monitor | null;
  readonly #isHint: (word: number) => boolean;
  readonly #local: Local;
  readonly #me: Me;
  readonly #byKey = new Map<number, Node>();
  readonly #owns = new Map<string, Int32Array>();
  readonly #wordCount: number;
  #deaths: readonly number[] = [];
  #generator: Generator<void, Answer, number | string> | null = null;
  #result: IteratorResult<void, Answer> | null = null;
  /** The node at which the generator stands. */
  #live: Node | null = null;
  #startKey = 0;

  constructor(plan: ThreadPlan, wordCount: number, monitor: Monitor | null, isHint: (word: number) => boolean) {
    this.#plan = plan;
    this.#monitor = monitor;
    this.#isHint = isHint;
    this.#wordCount = wordCount;
    const words = guard(wordCount);
    const own = Int32Array.from(plan.own ?? []);
    this.#local = { words, own, kept: [...(plan.kept ?? [])], key: 0, isLate: false, keys: new Map(), quiet: 0 };
    const deathsNow = (): readonly number[] => this.#deaths;
    this.#me = {
      words,
      own,
      kept: this.#local.kept,
      get deaths() {
        return deathsNow();
      },
      again: (...alive) => again(this.#startKey, callSite(), ...alive),
    };
  }

  /** The node before the first operation. @param deaths so far: what a supervisor is started with */
  start(deaths: readonly number[]): Node {
    return this.#turn(() => {
      this.#restore(Int32Array.from(this.#plan.own ?? []), this.#plan.kept ?? [], deaths);
      return this.#atBoundary(0);
    });
  }

  /** The node of a supervisor before the death that it is for. */
  asleep(): Node {
    return this.#node(intern(this.#local.keys, 'asleep'), { kind: ASLEEP });
  }

  /** The node of the thread after being killed at a node. */
  dead(at: Node, hasBegun: boolean): Node {
    const op = hasBegun ? at.op : NO_OPERATION;
    const { kept } = this.#startOf(at);
    const key = intern(this.#local.keys, `dead ${op.index} ${JSON.stringify(op.args)} ${kept.join()}`);
    return this.#byKey.get(key) ?? this.#node(key, { kind: DEAD, op, kept });
  }

  /** Where a value leads that has not been met at this node before. */
  discover(node: Node, value: number): Edge {
    return this.#turn(() => {
      reachedSites[node.site] = true;
      if (this.#live !== node) this.#rewind(node);
      const edge = this.#advance(node, value);
      node.values.push(value);
      node.edges.push(edge);
      return edge;
    });
  }

  #turn<T>(run: () => T): T {
    const before = takeTurn(this.#local);
    try {
      return run();
    } finally {
      takeTurn(before);
    }
  }

  #advance(node: Node, value: number): Edge {
    let result: IteratorResult<void, Answer>;
    try {
      result = node.kind === LOCAL ? this.#result! : this.#feed(node, value);
    } catch (error) {
      if (error instanceof ExplorerError) throw error;
      return this.#wentWrong(node, value, `threw ${String(error)}`, 'fault');
    }
    if (!result.done) {
      const key = this.#local.key;
      const known = this.#byKey.get(key);
      const to = known ?? this.#nodeOfRequest(key, node, value, node.op, false);
      this.#live = to;
      if (known !== undefined && this.#loopsOnHint(node, known)) {
        return this.#wentWrong(node, value, 'loops on a hint word without synchronising, so it may never end', 'hint');
      }
      return { to, ends: false, answer: undefined, answerNumber: -1 };
    }
    const answer = result.value;
    const answerNumber = this.#monitor?.answerNumber(answer) ?? -1;
    return { to: this.#atBoundary(node.op.index + 1), ends: true, answer, answerNumber };
  }

  /** Gives the pending access its result and runs on to the next one. */
  #feed(node: Node, value: number): IteratorResult<void, Answer> {
    const local = this.#local;
    local.key = intern(local.keys, `${local.key}:${value}`);
    local.quiet = 0;
    if (node.kind !== WAIT)
      return this.#generator!.next(node.kind === STORE || node.kind === WRITE ? node.rawA : value);
    if (value === WAIT_TIMED_OUT) local.isLate = true;
    return this.#generator!.next(WAIT_ANSWERS[value]!);
  }

  /** Brings the generator to a node: runs its operation again with the values that first led there. */
  #rewind(node: Node): void {
    const path: Node[] = [];
    let start = node;
    for (; !start.isStart; start = start.parent!) path.push(start);
    this.#restore(start.own, start.kept, start.op.deaths);
    this.#begin(start.op.index);
    let at = start;
    for (const next of path.reverse()) {
      this.#feed(at, next.via);
      at = next;
    }
    this.#live = node;
  }

  #restore(own: Int32Array, kept: readonly number[], deaths: readonly number[]): void {
    this.#local.own.set(own);
    this.#local.kept.splice(0, Number.POSITIVE_INFINITY, ...kept);
    this.#local.isLate = false;
    this.#deaths = deaths;
    this.#live = null;
  }

  /** Between two operations: everything but the private array and the notebook is forgotten. */
  #atBoundary(from: number): Node {
    const local = this.#local;
    const { ops } = this.#plan;
    local.isLate = false;
    this.#live = null;
    let index = from;
    while (index < ops.length && ops[index]!.when?.(this.#me) === false) index++;
    const text = `${index} ${this.#deaths.join()}${privateText(local)}`;
    if (index >= ops.length) {
      const key = intern(local.keys, `done ${text}`);
      return this.#byKey.get(key) ?? this.#node(key, { kind: DONE, own: this.#ownNow(), kept: [...local.kept] });
    }
    const key = intern(local.keys, `op ${text}`);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const { name, args } = ops[index]!;
    const values = [...args(this.#me)];
    const call = this.#monitor?.callNumber(name, values) ?? -1;
    const op: Operation = { index, name, args: values, call, deaths: this.#deaths };
    const before = { own: this.#ownNow(), kept: [...local.kept] };
    let fault: unknown;
    try {
      this.#begin(index);
    } catch (error) {
      if (error instanceof ExplorerError) throw error;
      fault = error;
    }
    if (fault !== undefined) {
      return this.#node(key, { kind: FAULT, op, ...before, fault: `threw ${String(fault)}`, isStart: true });
    }
    const node = this.#result!.done
      ? this.#node(key, { kind: LOCAL, op, ...before, isStart: true })
      : this.#nodeOfRequest(key, null, 0, op, true, before);
    this.#live = node;
    return node;
  }

  #begin(index: number): void {
    const local = this.#local;
    local.key = intern(local.keys, `op ${index} ${this.#deaths.join()}${privateText(local)}`);
    local.quiet = 0;
    this.#startKey = local.key;
    this.#generator = this.#plan.ops[index]!.body(this.#me);
    this.#result = this.#generator.next();
  }

  #nodeOfRequest(
    key: number,
    parent: Node | null,
    via: number,
    op: Operation,
    isStart: boolean,
    before?: { own: Int32Array; kept: readonly number[] },
  ): Node {
    const { kind, word, a, b, site } = request;
    const common = {
      op,
      parent,
      via,
      isStart,
      site,
      own: before?.own ?? this.#ownNow(),
      kept: before?.kept ?? [...this.#local.kept],
    };
    if (!Number.isInteger(word) || word < 0 || word >= this.#wordCount) {
      return this.#node(key, {
        ...common,
        kind: FAULT,
        fault: `${KIND_NAMES[kind]} of word ${word}, which is outside the region`,
      });
    }
    return this.#node(key, { ...common, kind, mode: raceMode(kind), word, a: a | 0, b: b | 0, rawA: a, rawB: b });
  }

  #wentWrong(node: Node, value: number, fault: string, faultKind: Kind): Edge {
    this.#live = null;
    const key = intern(this.#local.keys, `fault ${node.id} ${value} ${fault}`);
    const { op, site, own, kept } = node;
    const to = this.#node(key, { kind: FAULT, op, site, own, kept, fault, faultKind, parent: node, via: value });
    return { to, ends: false, answer: undefined, answerNumber: -1 };
  }

  #node(key: number, parts: Partial<Node>): Node {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const node: Node = {
      id: this.nodes.length,
      kind: parts.kind ?? LOCAL,
      mode: parts.mode ?? -1,
      word: parts.word ?? -1,
      a: parts.a ?? 0,
      b: parts.b ?? 0,
      rawA: parts.rawA ?? 0,
      rawB: parts.rawB ?? 0,
      site: parts.site ?? 0,
      isStart: parts.isStart ?? false,
      op: parts.op ?? NO_OPERATION,
      own: parts.own ?? NOTHING,
      kept: parts.kept ?? [],
      fault: parts.fault ?? '',
      faultKind: parts.faultKind ?? 'fault',
      parent: parts.parent ?? null,
      via: parts.via ?? 0,
      values: [],
      edges: [],
    };
    this.nodes.push(node);
    this.#byKey.set(key, node);
    return node;
  }

  #startOf(node: Node): Node {
    let start = node;
    while (!start.isStart && start.parent !== null) start = start.parent;
    return start;
  }

  /** Whether an edge closes a cycle of plain accesses with a read of a hint word in it: nothing need ever change there. */
  #loopsOnHint(from: Node, to: Node): boolean {
    const seen = new Set<Node>();
    const reaches = (node: Node, hint: boolean): boolean => {
      if (node.kind !== READ && node.kind !== WRITE) return false;
      const isHint = hint || (node.kind === READ && this.#isHint(node.word));
      if (node === from) return isHint;
      if (seen.has(node)) return false;
      seen.add(node);
      return node.edges.some(edge => !edge.ends && reaches(edge.to, isHint));
    };
    return reaches(to, false);
  }

  #ownNow(): Int32Array {
    const text = this.#local.own.join();
    let own = this.#owns.get(text);
    if (own === undefined) {
      own = this.#local.own.slice();
      this.#owns.set(text, own);
    }
    return own;
  }
}

/** Stands for the shared array in operations: it has a length, and anything else is a mistake of the program. */
function guard(length: number): Int32Array {
  return new Proxy(new Int32Array(0), {
    get(_, property): unknown {
      if (property === 'length') return length;
      throw new ExplorerError(`An operation touched words[${String(property)}] itself: only walked functions may`);
    },
  });
}

/** Where an operation called `again`: two loops in one operation are two places, even with the same variables. */
function callSite(): string {
  return new Error().stack?.split('\n')[3] ?? '';
}
