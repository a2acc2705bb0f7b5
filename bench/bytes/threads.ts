/** A writer and a reader on two threads, through 1 MiB: `node threads.js BYTES`. */
import { ByteRing, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { StreamTask } from './threads-worker.js';

const bytes = Number(process.argv[2] ?? 1024);
const region = Region.create();
ByteRing.create({ region, name: 'ring', capacity: 2 ** 20 });
const roles = ['writer', 'reader'] as const;
const crew = await Crew.start<StreamTask>(
  new URL('./threads-worker.js', import.meta.url),
  roles.map(role => ({ region: region.share(), role, bytes })),
);

function round(operations: number): number {
  const [written, right] = crew.work(operations);
  verify(written === operations && right === operations, 'a piece is lost, torn or out of order');
  return operations;
}

round(1000);
await serve('ringwell', round);
