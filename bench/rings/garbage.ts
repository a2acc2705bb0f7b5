/**
 * Puts and takes 10^8 items and counts the garbage collections meanwhile: there must be none. Argument: `local` or
 * `shared`. Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Region, Ring } from 'ringwell';

const ITEMS = 1e8;
const geometry = { capacity: 1024 };
const ring =
  process.argv[2] === 'shared'
    ? Ring.create({ ...geometry, region: Region.create({ seats: 4 }), name: 'ring' })
    : Ring.create(geometry);

const collectionTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const { startTime } of list.getEntries()) collectionTimes.push(startTime);
});
observer.observe({ entryTypes: ['gc'] });

function turns(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    ring.enqueue((i & 0xffff) + 1);
    sum ^= ring.dequeue();
  }
  return sum;
}

// The compiler's own garbage comes first.
turns(1e7);
await setTimeout(50);
const start = performance.now();
turns(ITEMS);
const end = performance.now();
// Entries are delivered from the event loop; what it collects itself is not ours.
await setTimeout(50);
process.stdout.write(`${collectionTimes.filter(time => time >= start && time <= end).length}\n`);
