/**
 * A shared pool used by as many threads as the first argument says, each with 64 blocks live: `node threads.js THREADS [apart]`. The
 * operations are shared out. Apart, each thread has a region and a pool of its own: what the machine itself makes of two threads.
 */
import { Pool, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { ThreadTask } from './threads-worker.js';

const [count = '2', apart] = process.argv.slice(2);
const threads = Number(count);

const regions = Array.from({ length: apart === 'apart' ? threads : 1 }, () => Region.create({ seats: 8 }));
const pools = regions.map(region => Pool.create({ region, name: 'blocks', blockBytes: 4096, capacity: 1024 }));
const tasks = Array.from({ length: threads }, (_, i): ThreadTask => {
  return { region: regions[i % regions.length]!.share(), pool: 'blocks' };
});
const crew = await Crew.start(new URL('./threads-worker.js', import.meta.url), tasks);

function round(operations: number): number {
  return crew.work(operations / threads)[0]!;
}

round(64 * 1000 * threads);
verify(
  pools.every(pool => pool.liveCount === 0),
  'blocks were lost',
);
await serve(`ringwell, ${threads} threads`, round);
