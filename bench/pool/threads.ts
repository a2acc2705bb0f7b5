/** A shared pool used by as many threads as the first argument says, each with 64 blocks live. The operations are shared out. */
import { Pool, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { ThreadTask } from './threads-worker.js';

const threads = Number(process.argv[2] ?? 2);
const region = Region.create({ seats: 8 });
const pool = Pool.create({ region, name: 'blocks', blockBytes: 4096, capacity: 1024 });
const tasks = Array.from({ length: threads }, (): ThreadTask => ({ region: region.share(), pool: 'blocks' }));
const crew = await Crew.start(new URL('./threads-worker.js', import.meta.url), tasks);

function round(operations: number): number {
  return crew.work(operations / threads)[0]!;
}

round(64 * 1000 * threads);
verify(pool.liveCount === 0, 'blocks were lost');
await serve(`ringwell, ${threads} threads`, round);
