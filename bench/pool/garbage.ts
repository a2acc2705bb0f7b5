/**
 * Acquires and releases 10^8 blocks and counts the garbage collections meanwhile: there must be none. Argument: `local` or
 * `shared`. Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Pool, Region } from 'ringwell';

const PAIRS = 1e8;
const geometry = { blockBytes: 4096, capacity: 1024 };
const pool =
  process.argv[2] === 'shared'
    ? Pool.create({ ...geometry, region: Region.create({ seats: 4 }), name: 'blocks' })
    : Pool.create(geometry);

const collectionTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const { startTime } of list.getEntries()) collectionTimes.push(startTime);
});
observer.observe({ entryTypes: ['gc'] });

function pairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const handle = pool.acquire();
    sum ^= handle;
    pool.release(handle);
  }
  return sum;
}

// The compiler's own garbage comes first.
pairs(1e7);
await setTimeout(50);
const start = performance.now();
pairs(PAIRS);
const end = performance.now();
// Entries are delivered from the event loop; what it collects itself is not ours.
await setTimeout(50);
process.stdout.write(`${collectionTimes.filter(time => time >= start && time <= end).length}\n`);
