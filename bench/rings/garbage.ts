/**
 * Puts and takes 10^8 items and counts the scavenges meanwhile: there must be none. Arguments: what they go through, a ring of
 * `local`, `single`, `multi`, `single-multi`, `multi-single` or `overwriting`, `bytes` or `local-bytes`, `messages`, a `gated` or `lossy` broadcast,
 * and `one` or `bulk` (rings: 32 at a time; bytes: 1 KiB instead of 64; messages: written in place instead of copied; broadcasts: 64
 * bytes instead of 8). A third is another number of items. Prints the count.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { Broadcast, ByteRing, MessageRing, Region, Ring, type RingOptions } from 'ringwell';

const SCAVENGE = 1;
const [mode = 'multi', form = 'one', items = '1e8'] = process.argv.slice(2);
const bulk = form === 'bulk';

type Turns = (count: number) => number;

const single = { producers: 'single', consumers: 'single' } as const;
const RINGS: Record<string, Partial<RingOptions>> = {
  single,
  multi: {},
  'single-multi': { producers: 'single' },
  'multi-single': { consumers: 'single' },
  overwriting: { ...single, overwrite: true },
};

function ringTurns(): Turns {
  const geometry = { capacity: 1024, ...RINGS[mode] };
  const ring =
    mode === 'local'
      ? Ring.create(geometry)
      : Ring.create({ ...geometry, region: Region.create({ seats: 4 }), name: 'ring' });
  // From a ring that overwrites only every other item is taken: it is soon full, and drops the others.
  const drops = geometry.overwrite === true;
  const items = Int32Array.from({ length: 32 }, (_, i) => i + 1);
  const one = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      ring.enqueue((i & 0xffff) + 1);
      if (!drops || (i & 1) === 0) sum ^= ring.dequeue();
    }
    return sum;
  };
  const many = (count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i += 32) {
      ring.enqueueBulk(items, 32);
      if (!drops || (i & 32) === 0) ring.dequeueBulk(items, 32);
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

function broadcastTurns(): Turns {
  const region = Region.create({ seats: 4 });
  const all = Broadcast.create({ region, name: 'all', capacity: 2 ** 16, gated: mode === 'gated' });
  const [one, other] = [all.subscribe(), all.subscribe()];
  const source = new Uint8Array(bulk ? 64 : 8);
  const targets = [source.slice(), source.slice()] as const;
  return count => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      all.send(source, i);
      sum ^= one.receive(targets[0]) ^ one.type;
      sum ^= other.receive(targets[1]) ^ other.lost;
    }
    return sum;
  };
}

function turnsOf(mode: string): Turns {
  if (mode === 'messages') return messageTurns();
  if (mode === 'gated' || mode === 'lossy') return broadcastTurns();
  return mode.endsWith('bytes') ? byteTurns() : ringTurns();
}

const scavengeTimes: number[] = [];
const observer = new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if ((entry as { detail?: { kind?: number } }).detail?.kind === SCAVENGE) scavengeTimes.push(entry.startTime);
  }
});
observer.observe({ entryTypes: ['gc'] });

const turns = turnsOf(mode);
// The compiler's own garbage comes first.
for (let i = 0; i < 20; i++) turns(500_000);
await setTimeout(50);
const start = performance.now();
turns(Number(items));
const end = performance.now();
// Entries are delivered from the event loop; what it collects itself is not ours.
await setTimeout(50);
process.stdout.write(`${scavengeTimes.filter(time => time >= start && time <= end).length}\n`);
