// Runs every stress program, each for its share of the time: node test/stress/main.mjs [--seconds N] [--seed N] [--only WORD]
// With --items N the rings that are put to in batches go on until so many items have gone through them together.
// Or, with --deaths N, those in which threads are ended, until that many were of each structure.
// Ends with code 1, and evidence, at the first violation; with 2 when nothing is chosen.
import { parseArgs } from 'node:util';
import { run as broadcast } from './broadcast.stress.mjs';
import { run as broadcastDeaths } from './broadcast-deaths.stress.mjs';
import { run as byteRing } from './byte-ring.stress.mjs';
import { run as byteRingDeaths } from './byte-ring-deaths.stress.mjs';
import { Violation } from './harness.mjs';
import { run as heap } from './heap.stress.mjs';
import { run as heapDeaths } from './heap-deaths.stress.mjs';
import { run as messageRing } from './message-ring.stress.mjs';
import { run as messageRingDeaths } from './message-ring-deaths.stress.mjs';
import { run as pool } from './pool.stress.mjs';
import { run as poolDeaths } from './pool-deaths.stress.mjs';
import { run as ring } from './ring.stress.mjs';
import { run as ringDeaths } from './ring-deaths.stress.mjs';
import { run as ringModes } from './ring-modes.stress.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    deaths: { type: 'string' },
    items: { type: 'string', default: '0' },
  },
});
const seed = values.seed === undefined ? (Math.random() * 2 ** 31) | 0 : Number(values.seed);

const programs = [
  ['pool, stock 0', pool, { capacity: 16, stockMax: 0 }],
  ['pool, one block', pool, { capacity: 1, stockMax: 0, style: 'wait' }],
  ['pool, two blocks, waiting', pool, { capacity: 2, stockMax: 0, style: 'async' }],
  ['pool, stocks', pool, { capacity: 64, stockMax: 8, style: 'wait' }],
  ['pool, at a wrap', pool, { capacity: 4, stockMax: 1, firstGeneration: 2 ** 20 - 2, style: 'async' }],
  ['pool, batches and resizing', pool, { capacity: 40, stockMax: 4, style: 'resize' }],
  ['pool, batches and resizing, no stock', pool, { capacity: 12, stockMax: 0, style: 'resize' }],
  [
    'pool, guarded and cleared',
    pool,
    { capacity: 16, stockMax: 2, style: 'resize', options: { guard: true, zero: 'release' } },
  ],
  ['ring of 1, blocking', ring, { capacity: 1, style: 'wait', start: 2 ** 31 - 100 }],
  ['ring of 1, async', ring, { capacity: 1, style: 'async', start: -100 }],
  ['ring of 2, mixed', ring, { capacity: 2, style: 'mixed', start: -1000 }],
  ['ring of 4, spinning', ring, { capacity: 4, style: 'spin', start: 2 ** 31 - 5000 }],
  ['ring of 1024, spinning', ring, { capacity: 1024, style: 'spin', start: -100_000 }],
  ['ring of 64, blocking', ring, { capacity: 64, style: 'wait' }],
  ['carried, ring of 1, mixed', ring, { capacity: 1, style: 'mixed', carries: true }],
  ['carried, ring of 2, async', ring, { capacity: 2, style: 'async', carries: true, start: -50 }],
  ['carried, ring of 16, stocks', ring, { capacity: 16, style: 'wait', carries: 'stocked', start: 2 ** 31 - 50 }],
  ['carried, ring of 64, spinning', ring, { capacity: 64, style: 'spin', carries: 'stocked' }],
  ['one to three', ring, { producers: 1, consumers: 3, capacity: 4, style: 'mixed' }],
  ['three to one', ring, { producers: 3, consumers: 1, capacity: 4, style: 'async' }],
  ['batches, one to one', ringModes, { producers: 1, consumers: 1, capacity: 64, start: 2 ** 31 - 5000 }],
  ['batches, one to three', ringModes, { producers: 1, consumers: 3, capacity: 64, start: -5000 }],
  ['batches, three to one', ringModes, { producers: 3, consumers: 1, capacity: 64, start: 2 ** 31 - 5000 }],
  ['batches, two to two', ringModes, { producers: 2, consumers: 2, capacity: 256, start: -5000 }],
  ['batches of few, two to two', ringModes, { producers: 2, consumers: 2, capacity: 4 }],
  ['byte ring of 4, mixed', byteRing, { capacity: 4, style: 'mixed', start: 2 ** 29 - 100 }],
  ['byte ring of 64, blocking', byteRing, { capacity: 64, style: 'wait', start: 2 ** 30 - 1000 }],
  ['byte ring of 1024, async', byteRing, { capacity: 1024, style: 'async' }],
  ['byte ring of 64 KiB, spinning', byteRing, { capacity: 65536, style: 'spin', start: 2 ** 30 - 2 ** 20 }],
  ['byte ring of 4096, mixed', byteRing, { capacity: 4096, style: 'mixed' }],
  [
    'byte ring of 256, records, mixed',
    byteRing,
    { capacity: 256, style: 'mixed', records: true, start: 2 ** 29 - 1024 },
  ],
  ['message ring of 256 bytes, blocking', messageRing, { capacity: 256, style: 'wait', start: 2 ** 29 - 100 }],
  ['message ring of 1 KiB, mixed', messageRing, { capacity: 1024, style: 'mixed', start: -1000 }],
  ['message ring of 4 KiB, async', messageRing, { capacity: 4096, style: 'async' }],
  ['message ring of 64 KiB, spinning', messageRing, { capacity: 65536, style: 'spin', start: -100_000 }],
  ['broadcast of 256, lossy', broadcast, { capacity: 256, gated: false, start: 2 ** 30 - 1000 }],
  ['broadcast of 64 KiB, lossy', broadcast, { capacity: 65536, gated: false, style: 'spin' }],
  ['broadcast of 256, gated', broadcast, { capacity: 256, gated: true, start: 2 ** 30 - 1000 }],
  ['broadcast of 4096, gated', broadcast, { capacity: 4096, gated: true, style: 'wait' }],
  ['heap', heap, {}],
  ['heap, nearly full', heap, { byteLength: 2 ** 18, hold: 400 }],
  ['heap, tiny pages, nothing kept', heap, { byteLength: 2 ** 16, hold: 60, pageShift: 9, emptyBytesMax: 0 }],
  ['heap without caches', heap, { caches: false }],
];

/** By what dies in them. */
const storms = {
  pool: [
    ['stocks', poolDeaths, { capacity: 64, stockMax: 8 }],
    ['few blocks, no stock', poolDeaths, { capacity: 8, stockMax: 0, threads: 3 }],
    ['resizing', poolDeaths, { capacity: 40, stockMax: 4, resizes: true }],
  ],
  'ring of many': [
    ['plain', ringDeaths, { capacity: 16, start: -1000 }],
    ['carrying', ringDeaths, { capacity: 8, carries: true, start: 2 ** 31 - 1000 }],
    ['carrying, two slots', ringDeaths, { capacity: 2, carries: true }],
  ],
  lane: [
    ['one slot, producers', ringDeaths, { capacity: 1, lane: true, dying: 'producers' }],
    ['consumers', ringDeaths, { capacity: 16, lane: true, dying: 'consumers' }],
    ['both', ringDeaths, { capacity: 64, lane: true }],
    ['carrying, both', ringDeaths, { capacity: 8, lane: true, carries: true }],
  ],
  'message ring': [
    ['producers', messageRingDeaths, { capacity: 4096 }],
    ['both', messageRingDeaths, { capacity: 1024, dying: 'both' }],
  ],
  broadcast: [
    ['subscribers', broadcastDeaths, { capacity: 1024, dying: 'subscribers' }],
    ['the sender', broadcastDeaths, { capacity: 1024, dying: 'sender' }],
    ['the sender, lossy', broadcastDeaths, { capacity: 1024, dying: 'sender', gated: false }],
  ],
  'byte ring': [
    ['writers', byteRingDeaths, { capacity: 64, victim: 'writer' }],
    ['readers', byteRingDeaths, { capacity: 64, victim: 'reader' }],
  ],
  heap: [
    ['caches', heapDeaths, {}],
    ['no caches', heapDeaths, { caches: false }],
  ],
};

/** Every program with the name and options that it is run with. */
function planned() {
  const seconds = Number(values.seconds);
  if (values.deaths === undefined) {
    const chosen = programs.filter(([name]) => name.includes(values.only));
    const items = Number(values.items) / chosen.length;
    return chosen.map(([name, run, options]) => [name, run, { ...options, items, seconds: seconds / chosen.length }]);
  }
  return Object.entries(storms).flatMap(([structure, variants]) => {
    const deathsMax = Math.ceil(Number(values.deaths) / variants.length);
    return variants
      .map(([name, run, options]) => [
        `${structure}, deaths: ${name}`,
        run,
        { ...options, seconds: Infinity, deathsMax },
      ])
      .filter(([name]) => name.includes(values.only));
  });
}

const plan = planned();
if (plan.length === 0) {
  console.error(`No program's name has '${values.only}' in it`);
  process.exit(2);
}
console.log(`stress: ${plan.length} programs, --seed ${seed}`);
for (const [name, run, options] of plan) {
  process.stdout.write(`  ${name}: `);
  try {
    console.log(await run({ ...options, seed }));
  } catch (error) {
    console.error(
      `VIOLATION, --seed ${seed} --only '${name}'\n  ${error instanceof Violation ? error.message : error.stack}`,
    );
    process.exit(1);
  }
}
