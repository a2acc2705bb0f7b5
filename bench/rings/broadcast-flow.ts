/** Messages of 8 bytes from one thread to several: `node broadcast-flow.js SUBSCRIBERS [spins]`. In every round each must have received all. */
import { Broadcast, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { BroadcastTask } from './broadcast-worker.js';

const [count = '2', waiting] = process.argv.slice(2);
const subscribers = Number(count);
const region = Region.create({ seats: 8 });
// As many messages, of 16 bytes with their header, as the rings beside it hold items.
Broadcast.create({ region, name: 'all', capacity: 4096 * 16, gated: true });
const roles: BroadcastTask['role'][] = ['sender', ...Array.from({ length: subscribers }, () => 'subscriber' as const)];
const tasks = roles.map(role => ({ role, spins: waiting === 'spins', region: region.share() }));
const crew = await Crew.start(new URL('./broadcast-worker.js', import.meta.url), tasks);

function round(operations: number): number {
  const [sent, ...received] = crew.work(operations);
  verify(
    received.every(each => each === sent),
    'a message is missing, or came twice',
  );
  return sent!;
}

round(10_000);
await serve('ringwell, gated', round);
