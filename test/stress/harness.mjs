// What every stress program is made of: threads that attach to one region, run until a deadline, and report what they saw.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Region } from '../../dist/index.js';

/** How long threads may take to end after their deadline, or the time that a task's `patience` says: then something hangs. */
const PATIENCE_MS = 20_000;

/** A violation of what the library promises, with its evidence. */
export class Violation extends Error {}

/** @returns {asserts condition} */
export function must(condition, evidence) {
  if (!condition) throw new Violation(typeof evidence === 'function' ? evidence() : evidence);
}

/** A small generator of numbers below a bound: xorshift. */
export function random(seed) {
  let state = seed | 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * Runs one thread for each task, on the file at `url`, whose `serve` gets it. `between` runs when some have reported.
 * @returns what each thread answered, in the order of the tasks
 */
export async function runThreads(url, region, tasks, ended = () => {}) {
  const answers = new Array(tasks.length);
  const workers = [];
  const patience = Math.max(...tasks.map(task => task.patience ?? task.seconds)) * 1000 + PATIENCE_MS;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Violation(`threads hang: ${stuck()}`)), patience);
  });
  const stuck = () =>
    tasks
      .filter((_, i) => answers[i] === undefined)
      .map(task => JSON.stringify(task))
      .join('; ');
  const runs = tasks.map(
    (task, i) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(url, { workerData: { token: region.share(), task } });
        workers.push(worker);
        worker.on('message', ({ violation, answer }) => {
          if (violation !== undefined) return reject(new Violation(`${JSON.stringify(task)}: ${violation}`));
          answers[i] = answer;
          ended(answers, i);
        });
        worker.on('error', reject);
        worker.on('exit', () => resolve());
      }),
  );
  try {
    await Promise.race([Promise.all(runs), late]);
    must(!answers.includes(undefined), () => `threads ended without an answer: ${stuck()}`);
    return answers;
  } finally {
    clearTimeout(timer);
    await Promise.all(workers.map(worker => worker.terminate()));
  }
}

/** In a thread: attaches, runs `work(region, task)`, detaches and reports. In the main thread: nothing. */
export async function serve(work) {
  if (isMainThread) return;
  try {
    const region = Region.attach(workerData.token);
    const answer = await work(region, workerData.task);
    region.detach();
    parentPort.postMessage({ answer });
  } catch (error) {
    parentPort.postMessage({ violation: error instanceof Violation ? error.message : (error.stack ?? String(error)) });
  }
}
