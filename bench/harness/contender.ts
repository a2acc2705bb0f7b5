/** The harness's side of a contender: starts its process, asks for rounds, ends it. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Contender {
  /** What gates and JSON call it. */
  readonly key: string;
  /** What tables call it. */
  readonly label: string;
  /** A program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Operations a round. */
  readonly operations: number;
  /** The one core that it may run on; default any. */
  readonly core?: number;
}

/** A contender that can't run here, and what it would need. */
export interface Absent {
  readonly key: string;
  readonly label: string;
  readonly needs: string;
}

/** A contender that answers wrongly, or dies, and how that shows. */
export interface Wrong {
  readonly key: string;
  readonly label: string;
  readonly wrong: string;
}

/** Thrown for a contender that fails its own check or ends in the middle of a round. */
export class WrongAnswer extends Error {}

/** A contender written in JavaScript: a module that calls `serve`. */
export function scripted(key: string, label: string, operations: number, module: URL, ...args: string[]): Contender {
  return { key, label, operations, command: [process.execPath, fileURLToPath(module), ...args] };
}

/** Those that run. They end with this process, however it ends, even in the middle of a round. */
const children = new Set<ChildProcess>();
process.on('SIGINT', () => {
  // Unless somebody else knows what to do then.
  if (process.listenerCount('SIGINT') === 1) process.exit(130);
});
process.once('exit', () => {
  for (const child of children) child.kill();
});

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A contender whose process runs. */
export class Running {
  readonly contender: Contender;
  /** What the process calls itself, with its version. */
  readonly name: string;
  readonly #child: Child;
  readonly #answers: AsyncIterator<string>;
  readonly #complaints: readonly string[];

  private constructor(
    contender: Contender,
    name: string,
    child: Child,
    answers: AsyncIterator<string>,
    complaints: readonly string[],
  ) {
    this.contender = contender;
    this.name = name;
    this.#child = child;
    this.#answers = answers;
    this.#complaints = complaints;
  }

  /** Starts the process and waits until it has verified itself. */
  static async start(contender: Contender): Promise<Running> {
    const { command, core } = contender;
    const [program, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    children.add(child);
    const complaints: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
    child.on('close', () => children.delete(child));
    // A process that has died shows as the end of its answers; writing to it must not raise a second error.
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await answers.next();
    const running = new Running(contender, String(first.value).slice('ready '.length), child, answers, complaints);
    if (first.done || !first.value.startsWith('ready ')) throw await running.#failure('it did not start');
    return running;
  }

  /** Runs one round. Answers nanoseconds an operation. */
  async round(): Promise<number> {
    this.#child.stdin.write(`${this.contender.operations}\n`);
    const answer = await this.#answers.next();
    const elapsed = Number(answer.value);
    if (answer.done || !(elapsed > 0)) throw await this.#failure('its round failed');
    return elapsed / this.contender.operations;
  }

  /** What the process said last, in one line. */
  async #failure(what: string): Promise<WrongAnswer> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      await Promise.race([once(this.#child, 'close'), setTimeout(1000)]);
    const said = this.#complaints.join('');
    const sentence = /^\s*(?:\w*Error|Uncaught).*$/m.exec(said)?.[0] ?? said.trim().split('\n').pop() ?? '';
    return new WrongAnswer(sentence.replace('Error: Cannot measure: ', '').trim() || what);
  }

  /** Ends the process: it sees the end of its input. */
  stop(): void {
    this.#child.stdin.end();
  }
}
