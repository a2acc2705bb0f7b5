// What programs with dying threads are made of: rounds of threads that run until they are ended, at any moment, and an account of
// the items that went from one to another.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Region } from '../../dist/index.js';
import { spawn } from '../../dist/node/index.js';
import { must, Violation } from './harness.mjs';

/** How long a thread may take to begin, and its recovery to come, in milliseconds. */
const PATIENCE_MS = 20_000;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** @returns {Promise<T>} of what `begin` calls back with, or a violation when that takes too long */
function within(what, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Violation(`${what}: nothing in ${PATIENCE_MS} ms`)), PATIENCE_MS);
    begin(value => {
      clearTimeout(timer);
      resolve(value);
    }, reject);
  });
}

/**
 * Rounds of threads, one for each of `tasks()`, on the file at `url`: ended one after the other, or all at once, at random moments,
 * each followed by `afterDeath(seat)`, and each round by `afterRound(deaths)`. `step` is what this thread does meanwhile.
 * @returns {Promise<{ deaths: number, blocks: number, slots: number }>}
 */
export async function storm({ url, region, tasks, step, afterDeath, afterRound, pick, seconds, deathsMax }) {
  const total = { deaths: 0, blocks: 0, slots: 0 };
  const ends = performance.now() + seconds * 1000;
  do {
    const threads = await Promise.all(
      tasks().map(task => start(url, region, { ...task, stopsAt: pick(2) === 0 ? 0 : 1 + pick(2 ** (3 + pick(12))) })),
    );
    const recoveries = [];
    const failed = () => threads.find(({ failure }) => failure !== undefined)?.failure;
    const end = async thread => {
      await thread.worker.terminate();
      if (failed() !== undefined) throw new Violation(failed());
      total.deaths++;
      const recovery = thread.recovered.then(report => {
        total.blocks += report.blocksReclaimed;
        total.slots += report.slotsReleased;
        afterDeath(thread.seat);
      });
      recoveries.push(recovery);
      // It has to wait where one that stands still has a lock: for the end of that one.
      await Promise.race([recovery, pause(100)]);
    };
    const together = pick(4) === 0;
    const left = [...threads];
    while (left.length > 0) {
      for (let turns = pick(4); turns >= 0; turns--) {
        for (let i = pick(100); i > 0; i--) step();
        await pause(pick(3));
      }
      if (failed() !== undefined) throw new Violation(failed());
      if (together) await Promise.all(left.splice(0).map(end));
      else await end(left.splice(pick(left.length), 1)[0]);
    }
    await within('recoveries', (resolve, reject) => Promise.all(recoveries).then(resolve, reject));
    region.check();
    afterRound(threads.length);
  } while (total.deaths < deathsMax && performance.now() < ends);
  return total;
}

async function start(url, region, task) {
  const thread = { worker: undefined, seat: 0, failure: undefined, recovered: undefined };
  thread.recovered = new Promise(onRecovered => {
    thread.worker = spawn(region, url, { workerData: { task }, onRecovered });
  });
  thread.worker.on('error', error => {
    thread.failure = `${JSON.stringify(task)}: ${error.stack}`;
  });
  thread.seat = await within(JSON.stringify(task), (resolve, reject) => {
    thread.worker.once('message', resolve);
    thread.worker.once('exit', () => reject(new Violation(thread.failure ?? 'a thread ended by itself')));
  });
  return thread;
}

/**
 * Makes this thread stand still for good before one of its next calls of Atomics: there it is ended. Between most instructions
 * `terminate` does not end a thread: only where a function begins or a loop comes round.
 */
function stopBefore(calls) {
  const still = new Int32Array(new SharedArrayBuffer(4));
  const { wait } = Atomics;
  let left = calls;
  for (const name of ['load', 'store', 'exchange', 'compareExchange', 'add', 'sub', 'and', 'or', 'wait', 'notify']) {
    const original = Atomics[name];
    Atomics[name] = (...args) => {
      if (--left === 0) wait(still, 0, 0);
      return original(...args);
    };
  }
}

/** In a thread of a storm: attaches, and does what `prepare(region, task)` answers again and again, until the thread is ended. */
export function serveStorm(prepare) {
  if (isMainThread) return;
  const region = Region.attach(workerData.region);
  const step = prepare(region, workerData.task);
  parentPort.postMessage(region.seat);
  if (workerData.task.stopsAt > 0) stopBefore(workerData.task.stopsAt);
  for (;;) step();
}

const ITEMS_MAX = 2 ** 17;

/** An account for some producers, shared by all threads: what each has acknowledged, and how often each item was received. */
export function makeAccount(producers) {
  return {
    producers,
    acknowledged: new Int32Array(new SharedArrayBuffer(4 * producers)),
    received: new Uint8Array(new SharedArrayBuffer(producers * ITEMS_MAX)),
  };
}

/** The next numbers of a producer, or undefined when it has none left in this round. Items are its numbers and its name in one. */
export function nextItems({ producers, acknowledged }, producer, count) {
  const first = Atomics.load(acknowledged, producer);
  if (first + count >= ITEMS_MAX) return undefined;
  return Array.from({ length: count }, (_, i) => (first + i) * producers + producer + 1);
}

/** The producer's call has come back, and so many more are acknowledged. */
export function acknowledge({ acknowledged }, producer, count) {
  Atomics.add(acknowledged, producer, count);
}

/** An item has been received. */
export function receive({ producers, received }, item) {
  must(item > 0 && item <= producers * ITEMS_MAX, () => `${item} is no item`);
  const producer = (item - 1) % producers;
  Atomics.add(received, producer * ITEMS_MAX + (item - 1 - producer) / producers, 1);
}

/**
 * Every acknowledged item was received once. Where receivers died, each may have taken so many with it (`lost`), or left so many
 * to be received again (`again`); where producers did, each may have put so many (`more`) that it was not told of.
 */
export function settle({ producers, acknowledged, received }, { lost, again, more }) {
  let missing = 0;
  let twice = 0;
  let surplus = 0;
  for (let producer = 0; producer < producers; producer++) {
    const count = acknowledged[producer];
    for (let i = 0; i < ITEMS_MAX; i++) {
      const times = received[producer * ITEMS_MAX + i];
      if (times === 0) {
        if (i < count) missing++;
        else if (i > count + 1000) break;
        continue;
      }
      if (i >= count) surplus++;
      twice += times - 1;
      must(i < count + 1000, () => `producer ${producer} had acknowledged ${count} items, and ${i} came`);
    }
  }
  const total = acknowledged.reduce((sum, n) => sum + n, 0);
  const seen = () => `of ${total} items ${missing} are missing, ${twice} came again, ${surplus} came unacknowledged`;
  must(missing <= lost && twice <= again && surplus <= more, seen);
  acknowledged.fill(0);
  received.fill(0);
  return total;
}
