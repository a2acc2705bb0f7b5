/**
 * Allocates and frees blocks and counts the scavenges meanwhile: there must be none. Arguments: which heap (`caches`, `central` or
 * `local`), and how many operations. Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Heap, Region } from 'ringwell';
import { replaceSkewed } from './work.js';

const SCAVENGE = 1;
const [, , kind, operations] = process.argv;
const byteLength = 64 * 2 ** 20;
const heap =
  kind === 'local'
    ? Heap.create({ byteLength })
    : Heap.create({
        region: Region.create({ seats: 2, maxByteLength: 2 * byteLength }),
        name: 'heap',
        byteLength,
        caches: kind === 'caches',
      });

const scavengeTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if ((entry as { detail?: { kind?: number } }).detail?.kind === SCAVENGE) scavengeTimes.push(entry.startTime);
  }
});
observer.observe({ entryTypes: ['gc'] });

// A malloc and a free are two operations. The compiler's own garbage comes first.
const replace = replaceSkewed(heap);
for (let i = 0; i < 20; i++) replace(100_000);
await setTimeout(50);
const start = performance.now();
replace(Number(operations) / 2);
const end = performance.now();
// Entries are delivered from the event loop; what it collects itself is not ours.
await setTimeout(50);
process.stdout.write(`${scavengeTimes.filter(time => time >= start && time <= end).length}\n`);
