/**
 * A ring with as many producers, and as many consumers, as the first argument says. Every number put must be taken once: the
 * sums are compared in every round. With `carries` as the second argument the items are handles of a pool: each is acquired
 * before it is put and released after it was taken.
 */
import { Pool, Region, Ring } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { RingTask } from './worker.js';

const CAPACITY = 4096;
const pairs = Number(process.argv[2] ?? 1);
const carries = process.argv[3] === 'carries';

const region = Region.create({ seats: 8 });
if (carries) {
  const pool = Pool.create({ region, name: 'blocks', blockBytes: 64, capacity: 2 * CAPACITY });
  Ring.create({ region, name: 'ring', capacity: CAPACITY, carries: pool });
} else {
  Ring.create({ region, name: 'ring', capacity: CAPACITY });
}

const tasks: RingTask[] = [];
for (let i = 0; i < pairs; i++) {
  tasks.push({ region: region.share(), role: 'producer', first: i + 1, step: pairs, carries });
  tasks.push({ region: region.share(), role: 'consumer', first: 0, step: 0, carries });
}
const crew = await Crew.start(new URL('./worker.js', import.meta.url), tasks);

function round(operations: number): number {
  const sums = crew.work(operations / pairs);
  let difference = 0;
  for (let i = 0; i < tasks.length; i += 2) difference = (difference + sums[i]! - sums[i + 1]!) | 0;
  verify(difference === 0, 'the ring lost or doubled an item');
  return sums[0]!;
}

round(10_000);
await serve(`ringwell${carries ? ', carries' : ''}`, round);
