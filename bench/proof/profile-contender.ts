/**
 * One process of a profile: `node profile-contender.js WORK WHO`. Either pairs of acquire and release, each timed; or an event loop
 * that serves a request every turn: 16 buffers are taken, written, kept for a while, and given back.
 */
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Pool, Region } from 'ringwell';
import { verify } from '../harness/serve.js';
import { type Profile, percentilesOf } from './profile.js';

const BYTES = 4096;
const PAIRS = 1_000_000;
const REQUESTS = 100_000;
const BUFFERS = 16;
/** Requests whose buffers are live at a time. */
const WINDOW = 256;
const RESIDENT_SAMPLES = 20;

interface Supply {
  readonly take: () => number;
  readonly write: (block: number, byte: number) => void;
  readonly give: (block: number) => void;
}

function fresh(): Supply {
  const buffers: (Uint8Array | undefined)[] = Array.from({ length: WINDOW * BUFFERS + 1 });
  let next = 0;
  return {
    take: () => {
      next = next === WINDOW * BUFFERS ? 1 : next + 1;
      buffers[next] = Buffer.allocUnsafeSlow(BYTES);
      return next;
    },
    write: (block, byte) => {
      buffers[block]!.fill(byte, 0, 64);
    },
    give: block => {
      buffers[block] = undefined;
    },
  };
}

function pooled(pool: Pool): Supply {
  const bytes = new Uint8Array(pool.buffer);
  return {
    take: () => pool.acquire(),
    write: (block, byte) => {
      const offset = pool.offsetOf(block);
      bytes.fill(byte, offset, offset + 64);
    },
    give: block => pool.release(block),
  };
}

const blocks = { blockBytes: BYTES, capacity: 2 * WINDOW * BUFFERS };
const supplies: Record<string, () => Supply> = {
  'fresh buffers': fresh,
  'local pool': () => pooled(Pool.create(blocks)),
  'shared pool': () =>
    pooled(
      Pool.create({ ...blocks, region: Region.create({ seats: 4, maxByteLength: 128 * 2 ** 20 }), name: 'blocks' }),
    ),
};

const [work = 'requests', who = 'local pool'] = process.argv.slice(2);
const supply = supplies[who]!();
const residentMiB: number[] = [];
const noteResident = (): void => {
  residentMiB.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
};

function pairs(count: number, samples: Float64Array): void {
  for (let i = 0; i < count; i++) {
    if (i % (PAIRS / RESIDENT_SAMPLES) === 0) noteResident();
    const start = process.hrtime.bigint();
    const block = supply.take();
    supply.write(block, i & 255);
    supply.give(block);
    samples[i] = Number(process.hrtime.bigint() - start);
  }
}

async function requests(count: number, samples: Float64Array): Promise<void> {
  const held = new Int32Array(WINDOW * BUFFERS);
  for (let i = 0; i < count; i++) {
    if (i % (REQUESTS / RESIDENT_SAMPLES) === 0) noteResident();
    const start = performance.now();
    const base = (i % WINDOW) * BUFFERS;
    for (let j = 0; j < BUFFERS; j++) {
      const old = held[base + j]!;
      if (old !== 0) supply.give(old);
      const block = supply.take();
      verify(block !== 0, 'no block left');
      supply.write(block, j);
      held[base + j] = block;
    }
    // The turn of the loop belongs to the request: a collection may fall into it.
    await setImmediate();
    samples[i] = (performance.now() - start) * 1e6;
  }
  for (const block of held) if (block !== 0) supply.give(block);
}

const pauses: { at: number; ms: number }[] = [];
new PerformanceObserver(list => {
  for (const { startTime, duration } of list.getEntries()) pauses.push({ at: startTime, ms: duration });
}).observe({ entryTypes: ['gc'] });

const count = work === 'requests' ? REQUESTS : PAIRS;
const samples = new Float64Array(count);
const run = async (rounds: number): Promise<void> => {
  if (work === 'requests') await requests(rounds, samples);
  else pairs(rounds, samples);
};
await run(count / 10);
await setTimeout(50);
residentMiB.length = 0;
const began = performance.now();
await run(count);
const ended = performance.now();
await setTimeout(50);
noteResident();
const counted = pauses.filter(({ at }) => at >= began && at <= ended);
const profile: Profile = {
  work,
  label: who,
  percentiles: percentilesOf(samples),
  samples: count,
  collections: counted.length,
  pauseMs: counted.reduce((sum, { ms }) => sum + ms, 0),
  residentMiB,
};
process.stdout.write(JSON.stringify(profile));
