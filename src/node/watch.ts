import { type MessagePort, Worker } from 'node:worker_threads';
import { setSpawner } from '../core/seat.core.js';
import { lockWord } from '../region/header.core.js';
import type { RecoveryReport } from '../region/recovery.js';
import type { Region, RegionToken } from '../region/region.js';
import { Recoveries } from './recoveries.js';
import type { Recovered, SeatLife, Watched } from './supervisor.js';

/** A token for a thread that this one starts: its seat notes by whom, so that whoever recovers this seat recovers that one. */
export function shareAsSpawner(region: Region): RegionToken {
  const token = region.share();
  const { words, seat, generation } = region.attachment;
  setSpawner(words, token.seat, token.generation, lockWord(seat, generation));
  return token;
}

/** How long an ended thread that the supervisor has not yet recovered holds the program open, in milliseconds. */
const HOLD_MS = 5000;

/** A thread that is watched over. */
export interface Ward {
  readonly token: RegionToken;
  readonly onRecovered: (report: RecoveryReport) => void;
  ended: boolean;
}

function keyOf({ seat, generation }: SeatLife): string {
  return `${seat} ${generation}`;
}

/** Who watches over the threads that this one starts in one region: this thread itself, or a supervisor. */
export class Watch {
  readonly #region: Region;
  readonly #recoveries: Recoveries;
  /** Watched by the supervisor and not recovered yet, by seat and life. */
  readonly #wards = new Map<string, Ward>();
  #supervisor: Worker | undefined;
  #hold: ReturnType<typeof setTimeout> | undefined;

  constructor(region: Region) {
    this.#region = region;
    this.#recoveries = new Recoveries(region.attachment);
  }

  /** Recovers the worker's seat when this thread hears of its end. */
  byThisThread(worker: Worker, ward: Ward): Worker {
    return worker.once('exit', () => this.#recover(ward));
  }

  /** Lets the supervisor recover the worker's seat when the other end of `lifeline` closes. */
  bySupervisor(worker: Worker, ward: Ward, lifeline: MessagePort): Worker {
    const { token } = ward;
    const supervisor = this.#supervisor!;
    this.#wards.set(keyOf(token), ward);
    supervisor.postMessage({ token, lifeline } satisfies Watched, [lifeline]);
    return worker.once('exit', () => {
      ward.ended = true;
      if (!this.#wards.has(keyOf(token))) return;
      // Another one, started since, does not watch this thread.
      if (this.#supervisor === supervisor) this.#holdOpen(supervisor);
      else if (this.#wards.delete(keyOf(token))) this.#recover(ward);
    });
  }

  /** A program that has nothing else to do would end before it is told: so it waits for that, but not for ever. */
  #holdOpen(supervisor: Worker): void {
    supervisor.ref();
    clearTimeout(this.#hold);
    this.#hold = setTimeout(() => supervisor.unref(), HOLD_MS).unref();
  }

  #letGo(supervisor: Worker): void {
    for (const { ended } of this.#wards.values()) if (ended) return;
    supervisor.unref();
  }

  /** Starts the supervisor if there is none. */
  ensureSupervisor(): void {
    if (this.#supervisor !== undefined) return;
    const token = shareAsSpawner(this.#region);
    // Without the flags of the parent: some make sense for its own script only.
    const options = { workerData: { region: token }, execArgv: [], name: 'ringwell supervisor' };
    let supervisor: Worker;
    try {
      supervisor = new Worker(new URL('./supervisor.js', import.meta.url), options);
    } catch (error) {
      this.#region.cancel(token);
      throw error;
    }
    this.#supervisor = supervisor;
    supervisor.on('message', ({ token: theirs, report }: Recovered) => {
      const ward = this.#wards.get(keyOf(theirs));
      this.#wards.delete(keyOf(theirs));
      this.#letGo(supervisor);
      ward?.onRecovered(report);
    });
    // It ends after an error, and then this thread does its work.
    supervisor.on('error', () => {});
    supervisor.once('exit', () => {
      this.#supervisor = undefined;
      this.#recoveries.add(token, () => {});
      for (const [key, ward] of this.#wards) {
        if (ward.ended && this.#wards.delete(key)) this.#recover(ward);
      }
    });
    // Behind the listeners: adding one holds the program open again.
    supervisor.unref();
  }

  #recover({ token, onRecovered }: Ward): void {
    // Not at once: what it throws is the program's, and cuts nothing short here.
    this.#recoveries.add(token, report => queueMicrotask(() => onRecovered(report)));
  }
}
