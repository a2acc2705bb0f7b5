/** The threads of a relay, and how they are told to do a round of it. */
import { once } from 'node:events';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { sumTotals, type Totals } from './job.js';

export interface Member {
  readonly module: URL;
  readonly data: object;
  readonly transfer?: readonly Transferable[];
}

/** What a thread, or all of them, did in a round. */
export interface RoundResult {
  readonly totals: Totals;
  readonly collections: number;
}

export class Team {
  readonly #threads: readonly Worker[];

  private constructor(threads: readonly Worker[]) {
    this.#threads = threads;
  }

  /** Starts the threads, and waits until each is ready. */
  static async start(members: readonly Member[]): Promise<Team> {
    const threads = members.map(
      ({ module, data, transfer = [] }) => new Worker(module, { workerData: data, transferList: [...transfer] }),
    );
    const team = new Team(threads);
    try {
      await Promise.all(threads.map(thread => once(thread, 'message')));
      return team;
    } catch (error) {
      await team.stop();
      throw error;
    }
  }

  /** Sends an order to every thread. Done when all have answered; fails when one of them does. */
  async round(order: object): Promise<RoundResult> {
    const answers = Promise.all(this.#threads.map(async thread => (await once(thread, 'message')) as [RoundResult]));
    for (const thread of this.#threads) thread.postMessage(order);
    const results = (await answers).map(([result]) => result);
    return {
      totals: sumTotals(results.map(result => result.totals)),
      collections: results.reduce((sum, result) => sum + result.collections, 0),
    };
  }

  /** Ends the threads, wherever they are. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.terminate()));
  }
}

/** In a thread of a team: says that it is ready. Answers how it tells what it did in a round. */
export function serveRounds(): (totals?: Totals) => Promise<void> {
  let collections = 0;
  const observer = new PerformanceObserver(list => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  parentPort?.postMessage('ready');
  return async totals => {
    // The entries of a round that blocked the thread come when its event loop turns again.
    await setImmediate();
    await setImmediate();
    parentPort?.postMessage({ totals: totals ?? sumTotals([]), collections } satisfies RoundResult);
    collections = 0;
  };
}
