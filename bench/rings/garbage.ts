/**
 * Puts and takes 10^8 items and counts the scavenges meanwhile: there must be none. Arguments: what they go through (`local`,
 * `single` or `multi` rings, `bytes` or `local-bytes` in pieces, `messages`), and `one` or `bulk` (rings: 32 at a time; bytes: 1 KiB
 * instead of 64; messages: written in place instead of copied). Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { ByteRing, MessageRing, Region, Ring } from 'ringwell';

const ITEMS = 1e8;
const SCAVENGE = 1;
const [mode = 'multi', form = 'one'] = process.argv.slice(2);
const bulk = form === 'bulk';

type Turns = (count: number) => number;

function ringTurns(): Turns {
  const side = mode === 'single' ? 'single' : 'multi';
  const geometry = { capacity: 1024, producers: side, consumers: side } as const;
  const ring =
    mode === 'local'
      ? Ring.create(geometry)
      : Ring.create({ ...geometry, region: Region.create({ seats: 4 }), name: 'ring' });
  const items = Int32Array.from({ length: 32 }, (_, i) => i + 1);
  const one = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      ring.enqueue((i & 0xffff) + 1);
      sum ^= ring.dequeue();
    }
    return sum;
  };
  const many = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i += 32) {
      ring.enqueueBulk(items, 32);
      ring.dequeueBulk(items, 32);
      sum ^= items[i & 31]!;
    }
    return sum;
  };
  return bulk ? many : one;
}

function byteTurns(): Turns {
  const capacity = 2 ** 20;
  const ring =
    mode === 'local-bytes'
      ? ByteRing.create({ capacity })
      : ByteRing.create({ capacity, region: Region.create({ seats: 4 }), name: 'ring' });
  const piece = new Uint8Array(bulk ? 1024 : 64);
  return count => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      ring.write(piece);
      sum ^= ring.read(piece);
    }
    return sum;
  };
}

function messageTurns(): Turns {
  const ring = MessageRing.create({ capacity: 2 ** 16, region: Region.create({ seats: 4 }), name: 'ring' });
  const source = new Uint8Array(64);
  let sum = 0;
  const handler = (offset: number, bytes: number): void => {
    sum ^= ring.i32[offset >>> 2]! ^ bytes;
  };
  return count => {
    for (let i = 0; i < count; i++) {
      if (bulk) ring.commit(ring.tryClaim(64, 1));
      else ring.send(source, 1);
      ring.receive(handler);
    }
    return sum;
  };
}

const scavengeTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if ((entry as { detail?: { kind?: number } }).detail?.kind === SCAVENGE) scavengeTimes.push(entry.startTime);
  }
});
observer.observe({ entryTypes: ['gc'] });

const turns = mode === 'messages' ? messageTurns() : mode.endsWith('bytes') ? byteTurns() : ringTurns();
// The compiler's own garbage comes first.
for (let i = 0; i < 20; i++) turns(500_000);
await setTimeout(50);
const start = performance.now();
turns(ITEMS);
const end = performance.now();
// Entries are delivered from the event loop; what it collects itself is not ours.
await setTimeout(50);
process.stdout.write(`${scavengeTimes.filter(time => time >= start && time <= end).length}\n`);
