/** Reads the file straight into blocks of the pool, and sends their handles on. */
import { parentPort, workerData } from 'node:worker_threads';
import { Pool, Region, Ring } from 'ringwell';
import { readBlock } from './job.js';
import type { RelayData, RelayOrder } from './relay.js';
import { serveRounds } from './team.js';

const { region: token, fd, bytes }: RelayData = workerData;
const region = Region.attach(token);
const pool = Pool.attach(region, 'blocks');

parentPort?.on('message', ({ ring: name, passes }: RelayOrder) => {
  const ring = Ring.attach(region, name);
  for (let pass = 0; pass < passes; pass++) {
    for (let position = 0; position < bytes; position += pool.blockBytes) {
      const handle = pool.acquireWait();
      pool.setLength(handle, readBlock(fd, pool.view(handle), position, bytes));
      ring.enqueueWait(handle);
    }
  }
  ring.close();
  answer();
});

const answer = serveRounds();
