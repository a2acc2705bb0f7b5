/**
 * How long an item takes there and back when the thread that answers sleeps: `node parked.js ROUNDS SAMPLES`. Between two items
 * this thread sleeps, so that the other one has parked. Prints the nanoseconds of all, as JSON: an array a round.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { CLOSED, Region, type RegionToken, Ring } from 'ringwell';

/** Longer than a waiter spins, with the kernel's share. */
const PAUSE_MS = 0.2;

function answer(): void {
  const region = Region.attach((workerData as { region: RegionToken }).region);
  const there = Ring.attach(region, 'there');
  const back = Ring.attach(region, 'back');
  for (let item = there.dequeueWait(); item !== CLOSED; item = there.dequeueWait()) back.enqueueWait(item);
  region.detach();
}

function ask(rounds: number, samples: number): void {
  const region = Region.create({ seats: 4 });
  const side = { capacity: 64, producers: 'single', consumers: 'single' } as const;
  const there = Ring.create({ region, name: 'there', ...side });
  const back = Ring.create({ region, name: 'back', ...side });
  new Worker(new URL(import.meta.url), { workerData: { region: region.share() } });
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const trip = (item: number): number => {
    Atomics.wait(nap, 0, 0, PAUSE_MS);
    const start = process.hrtime.bigint();
    there.enqueue(item);
    if (back.dequeueWait() !== item) throw new Error('Cannot measure: an item came back other than it went');
    return Number(process.hrtime.bigint() - start);
  };
  for (let i = 1; i <= 500; i++) trip(i);
  const taken = Array.from({ length: rounds }, () => Array.from({ length: samples }, (_, i) => trip(i + 1)));
  there.close();
  process.stdout.write(`${JSON.stringify(taken)}\n`);
}

if (isMainThread) ask(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 2000));
else answer();
