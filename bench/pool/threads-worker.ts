import { Pool, Region, type RegionToken } from 'ringwell';
import { crewTask, joinCrew } from '../harness/crew.js';
import { batches } from './batches.js';

export interface ThreadTask {
  readonly region: RegionToken;
  readonly pool: string;
}

const task = crewTask<ThreadTask>();
const region = Region.attach(task.region);
const pool = Pool.attach(region, task.pool);
const words = new Int32Array(region.buffer);
const handles = new Int32Array(64);

joinCrew(pairs => batches(pool, words, handles, pairs));
