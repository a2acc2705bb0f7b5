/**
 * Puts and takes 10^8 items and counts the garbage collections meanwhile: there must be none. Arguments: `single`, `multi` or
 * `local`, and `one` or `bulk` (32 at a time). Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Region, Ring } from 'ringwell';

const ITEMS = 1e8;
const [mode = 'multi', form = 'one'] = process.argv.slice(2);
const side = mode === 'single' ? 'single' : 'multi';
const geometry = { capacity: 1024, producers: side, consumers: side } as const;
const ring =
  mode === 'local'
    ? Ring.create(geometry)
    : Ring.create({ ...geometry, region: Region.create({ seats: 4 }), name: 'ring' });
const items = Int32Array.from({ length: 32 }, (_, i) => i + 1);

const collectionTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const { startTime } of list.getEntries()) collectionTimes.push(startTime);
});
observer.observe({ entryTypes: ['gc'] });

function turns(count: number): number {
  let sum = 0;
  if (form === 'bulk') {
    for (let i = 0; i < count; i += 32) {
      ring.enqueueBulk(items, 32);
      ring.dequeueBulk(items, 32);
      sum ^= items[i & 31]!;
    }
    return sum;
  }
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
