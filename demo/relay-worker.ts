/** Takes handles until the ring is closed and drained, does the job on each block where it lies, and releases it. */
import { parentPort, workerData } from 'node:worker_threads';
import { CLOSED, Pool, Region, Ring } from 'ringwell';
import { addBlock, emptyTotals } from './job.js';
import type { RelayData, RelayOrder } from './relay.js';
import { serveRounds } from './team.js';

const { region: token }: RelayData = workerData;
const region = Region.attach(token);
const pool = Pool.attach(region, 'blocks');
// One array over everything, made once: a block is an offset into it.
const words = new Int32Array(region.buffer);

parentPort?.on('message', ({ ring: name }: RelayOrder) => {
  const ring = Ring.attach(region, name);
  const totals = emptyTotals();
  for (let handle = ring.dequeueWait(); handle !== CLOSED; handle = ring.dequeueWait()) {
    addBlock(totals, words, pool.offsetOf(handle), pool.lengthOf(handle));
    pool.release(handle);
  }
  answer(totals);
});

const answer = serveRounds();
