import { MessageChannel, Worker, type WorkerOptions } from 'node:worker_threads';
import { checkOptions, RingwellError, show } from '../core/errors.js';
import type { RecoveryReport } from '../region/recovery.js';
import { Region, type RegionToken } from '../region/region.js';
import { shareAsSpawner, type Ward, Watch } from './watch.js';

/** How a thread is started: all that Node's `Worker` takes, and who watches over it. */
export interface SpawnOptions extends WorkerOptions {
  /** Lets a small thread of its own hear of the end, so that this one may block; default false. */
  supervisor?: boolean;
  /** Called in this thread, once, when what the worker held has come back: right after its end, or later when a lock was in the way. */
  onRecovered?: (report: RecoveryReport) => void;
}

const NOTHING = (): void => {};
const watches = new WeakMap<Region, Watch>();

/**
 * Starts a worker with a seat, and recovers the seat when the worker has ended, however that came: it was done, it threw, it was
 * terminated, it ran out of memory. Its `workerData` gains `region`, a token: `Region.attach(workerData.region)` there.
 *
 * As a rule that is done before the program's own listeners of `exit` run; later when another that died at the same moment
 * held a lock, or when a supervisor does it. `onRecovered` tells.
 *
 * *Threads*: without a supervisor this thread must keep turning its event loop (wait by the asynchronous forms), because only so
 * it hears of the end. `supervisor: true` starts a thread that hears of it instead, one for all workers of a region: it takes
 * one more seat, does not hold the program open (but until the end of a thread has been told, 5 s at most), and ends with this
 * thread. When this thread ends, its workers end before it, and whoever recovers its seat recovers theirs.
 *
 * This thread must stay in the region: after `detach`, nobody is told of ends, and the seats stay taken.
 * @throws {RingwellError} ERR_USAGE for what is not a shared region, and for a `workerData` that is no plain object or has a
 * `region` already; ERR_SEAT when no seat is left. What Node's `Worker` throws comes through; the seat is free again then.
 */
export function spawn(region: Region, url: URL | string, options: SpawnOptions = {}): Worker {
  const what = 'Cannot spawn';
  if (!(region instanceof Region))
    throw new RingwellError('ERR_USAGE', `${what}: region must be a Region, got ${show(region)}`);
  checkOptions(options, `${what}: options`);
  const { supervisor = false, onRecovered = NOTHING, ...workerOptions } = options;
  if (typeof supervisor !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: supervisor must be a boolean, got ${show(supervisor)}`);
  if (typeof onRecovered !== 'function')
    throw new RingwellError('ERR_USAGE', `${what}: onRecovered must be a function, got ${show(onRecovered)}`);
  const data = dataOf(workerOptions.workerData, what);
  const watch = watches.get(region) ?? new Watch(region);
  watches.set(region, watch);
  if (supervisor) watch.ensureSupervisor();
  const token = shareAsSpawner(region);
  const ward: Ward = { token, onRecovered, ended: false };
  try {
    if (!supervisor) return watch.byThisThread(new Worker(url, withSeat(workerOptions, data, token)), ward);
    return startSupervised(watch, ward, url, workerOptions, data);
  } catch (error) {
    region.cancel(token);
    throw error;
  }
}

/** The thread holds one end of a channel, within its token; the supervisor hears of its end at the other. */
function startSupervised(watch: Watch, ward: Ward, url: URL | string, options: WorkerOptions, data: object): Worker {
  const { port1, port2 } = new MessageChannel();
  try {
    const given = withSeat(options, data, { ...ward.token, lifeline: port1 } as RegionToken);
    const worker = new Worker(url, { ...given, transferList: [...(options.transferList ?? []), port1] });
    return watch.bySupervisor(worker, ward, port2);
  } catch (error) {
    port1.close();
    port2.close();
    throw error;
  }
}

function withSeat(options: WorkerOptions, data: object, region: RegionToken): WorkerOptions {
  return { ...options, workerData: { ...data, region } };
}

/** The caller's `workerData`, to which a token can be added. @throws {RingwellError} ERR_USAGE */
function dataOf(data: unknown, what: string): object {
  if (data === undefined) return {};
  // By its tag: an object of another realm is as good, and an array, a map or a buffer has one of its own.
  if (Object.prototype.toString.call(data) !== '[object Object]')
    throw new RingwellError('ERR_USAGE', `${what}: workerData must be a plain object, got ${show(data)}`);
  if (Object.hasOwn(data as object, 'region'))
    throw new RingwellError('ERR_USAGE', `${what}: workerData has a 'region' already, and gains one of that name`);
  return data as object;
}
