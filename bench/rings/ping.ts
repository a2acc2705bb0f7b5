/** One item there and back, over two rings, between two threads that spin: `node ping.js MODE`, `single` or `multi`. */
import { Region, Ring } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { PingTask } from './ping-worker.js';

const side = process.argv[2] === 'multi' ? 'multi' : 'single';
const region = Region.create({ seats: 4 });
for (const name of ['there', 'back']) Ring.create({ region, name, capacity: 64, producers: side, consumers: side });
const roles = ['ping', 'pong'] as const;
const crew = await Crew.start<PingTask>(
  new URL('./ping-worker.js', import.meta.url),
  roles.map(role => ({ role, region: region.share() })),
);

function round(operations: number): number {
  const [right] = crew.work(operations);
  verify(right === operations, 'an item came back other than it went');
  return operations;
}

round(1000);
await serve('ringwell', round);
