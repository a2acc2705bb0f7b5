/** One producer feeds so many rings in turn, one consumer waits for any of them: `node several-contender.js RINGS`. */
import { Region, Ring } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { SeveralTask } from './several-worker.js';

const rings = Number(process.argv[2] ?? 2);
const region = Region.create({ seats: 4 });
for (let i = 0; i < rings; i++) Ring.create({ region, name: `ring ${i}`, capacity: 4096 });
const crew = await Crew.start<SeveralTask>(
  new URL('./several-worker.js', import.meta.url),
  [0, -1].map(index => ({ region: region.share(), index, rings })),
);

function round(operations: number): number {
  const [put, taken] = crew.work(operations);
  verify(put === taken, 'the rings lost or doubled an item');
  return put!;
}

round(10_000);
await serve(`ringwell, ${rings} rings`, round);
