/** The thread that `spawn` starts for parents that block: it hears of the ends of threads and recovers their seats. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { RecoveryReport } from '../region/recovery.js';
import { Region, type RegionToken } from '../region/region.js';
import { Recoveries } from './recoveries.js';

/** A thread to watch, as the parent tells it. */
export interface Watched {
  readonly token: RegionToken;
  /** Its other end is the watched thread's: it closes when that thread has ended, whatever ended it. */
  readonly lifeline: MessagePort;
}

/** A life of a seat: of its token all that is told back. */
export type SeatLife = Pick<RegionToken, 'seat' | 'generation'>;

/** What the parent is told when a thread that was watched is recovered. */
export interface Recovered {
  readonly token: SeatLife;
  readonly report: RecoveryReport;
}

const recoveries = new Recoveries(Region.attach((workerData as { region: RegionToken }).region).attachment);

parentPort?.on('message', ({ token, lifeline }: Watched) => {
  const { seat, generation } = token;
  const done = (report: RecoveryReport): void => {
    parentPort?.postMessage({ token: { seat, generation }, report } satisfies Recovered);
  };
  lifeline.once('close', () => recoveries.add(token, done));
});
