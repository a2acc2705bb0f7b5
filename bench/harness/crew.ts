/**
 * Threads that work a round together. Both sides block: no event loop takes part in what is timed.
 *
 * ```
 * word 0  round: counted up to start one
 * word 1  operations of the round, for each member
 * word 2  members that are done
 * word 3  members that failed
 * word 16 what each member answered
 * ```
 */
import { writeSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';

const ROUND = 0;
const OPERATIONS = 1;
const DONE = 2;
const FAILED = 3;
const ANSWERS = 16;

interface Membership<Task> {
  readonly control: Int32Array;
  readonly index: number;
  readonly task: Task;
}

export class Crew {
  readonly #control: Int32Array;
  readonly #size: number;

  private constructor(control: Int32Array, size: number) {
    this.#control = control;
    this.#size = size;
  }

  /** Starts one thread a task, each in the same module, and waits until all are ready. */
  static async start<Task>(module: URL, tasks: readonly Task[]): Promise<Crew> {
    const control = new Int32Array(new SharedArrayBuffer((ANSWERS + tasks.length) * 4));
    await Promise.all(
      tasks.map((task, index) => {
        const membership: Membership<Task> = { control, index, task };
        const worker = new Worker(module, { workerData: membership });
        return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      }),
    );
    return new Crew(control, tasks.length);
  }

  /** Works one round. Blocks until every member is done, and answers what each answered. */
  work(operations: number): Int32Array {
    const control = this.#control;
    Atomics.store(control, OPERATIONS, operations);
    Atomics.store(control, DONE, 0);
    Atomics.add(control, ROUND, 1);
    Atomics.notify(control, ROUND);
    for (let done = 0; done < this.#size; done = Atomics.load(control, DONE)) Atomics.wait(control, DONE, done);
    if (Atomics.load(control, FAILED) !== 0) throw new Error('Cannot measure: a thread failed');
    return control.subarray(ANSWERS);
  }
}

/** The task of this thread. */
export function crewTask<Task>(): Task {
  return (workerData as Membership<Task>).task;
}

/** In a thread of a crew: works round after round, for ever. */
export function joinCrew(work: (operations: number) => number): never {
  const { control, index } = workerData as Membership<unknown>;
  parentPort?.postMessage('ready');
  for (let round = 0; ; round++) {
    Atomics.wait(control, ROUND, round);
    try {
      Atomics.store(control, ANSWERS + index, work(Atomics.load(control, OPERATIONS)));
    } catch (error) {
      // The thread that started us sleeps: nobody would hear an error event.
      writeSync(2, `${error instanceof Error ? error.stack : error}\n`);
      Atomics.store(control, FAILED, 1);
    }
    Atomics.add(control, DONE, 1);
    Atomics.notify(control, DONE);
  }
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Lets others run: sleeps for 10 us (the kernel makes about 60 us of it), as the native contenders do. */
export function backOff(): void {
  Atomics.wait(nap, 0, 0, 0.01);
}
