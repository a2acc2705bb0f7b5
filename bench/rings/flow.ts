/**
 * Numbers from one thread to another: `node flow.js MODE FORM SIZE [spins]`. Mode: `single` or `multi`, on both sides. Form: see
 * `FlowTask`. The sums of both sides are compared in every round.
 */
import { RingBuffer } from 'ringbuf.js';
import { Region, Ring } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { FlowTask } from './flow-worker.js';

const CAPACITY = 4096;
const [mode = 'single', form = 'one', batch = '32', waiting] = process.argv.slice(2);
const common = { form, size: Number(batch), spins: waiting === 'spins' };
const roles = ['producer', 'consumer'] as const;

function ourTasks(): FlowTask[] {
  const region = Region.create({ seats: 4 });
  const side = mode === 'single' ? 'single' : 'multi';
  Ring.create({ region, name: 'ring', capacity: CAPACITY, producers: side, consumers: side });
  return roles.map(role => ({ ...common, role, region: region.share() }));
}

function peerTasks(): FlowTask[] {
  const buffer = RingBuffer.getStorageForCapacity(CAPACITY, Int32Array);
  return roles.map(role => ({ ...common, role, buffer }));
}

const tasks = form === 'ringbuf' ? peerTasks() : ourTasks();
const crew = await Crew.start(new URL('./flow-worker.js', import.meta.url), tasks);

function round(operations: number): number {
  const [put, taken] = crew.work(operations);
  verify(put === taken, 'the ring lost or doubled an item');
  return put!;
}

round(10_000);
await serve(form === 'ringbuf' ? 'ringbuf.js' : 'ringwell', round);
