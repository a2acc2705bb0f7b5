/**
 * Messages of 64 bytes from two producers to one consumer: `node message.js FORM [spins]`. Form: `send` copies each message in,
 * `claim` writes it in place. The sums of both sides are compared in every round.
 */
import { MessageRing, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { MessageTask } from './message-worker.js';

const PRODUCERS = 2;
const [form = 'send', waiting] = process.argv.slice(2);

const region = Region.create({ seats: 4 });
MessageRing.create({ region, name: 'ring', capacity: 4096 * 64 });
const tasks = Array.from({ length: PRODUCERS + 1 }, (_, number): MessageTask => {
  const role = number < PRODUCERS ? 'producer' : 'consumer';
  return { region: region.share(), role, number, producers: PRODUCERS, form, spins: waiting === 'spins' };
});
const crew = await Crew.start(new URL('./message-worker.js', import.meta.url), tasks);

function round(operations: number): number {
  const sums = crew.work(operations / PRODUCERS);
  const put = (sums[0]! + sums[1]!) | 0;
  verify(put === sums[PRODUCERS], 'the ring lost, doubled or tore a message');
  return put;
}

round(100_000);
await serve('ringwell', round);
