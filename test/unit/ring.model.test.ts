import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CLOSED, NONE, Ring, RingwellError } from '../../src/index.js';
import { LocalRing } from '../../src/ring/local-ring.js';
import { createTunedRing } from '../../src/ring/ring.js';
import type { RingBase } from '../../src/ring/ring-base.js';
import { poolsOf, ringsOf, seatsOf, seedFor } from './helpers.js';

const operations = Number(process.env.MODEL ?? 3e4);
const numRuns = Math.ceil(operations / 100);
const seed = seedFor('ring models');

const steps = fc.array(fc.tuple(fc.nat(15), fc.nat(2), fc.integer({ min: 1, max: 2 ** 31 - 1 })), {
  minLength: 10,
  maxLength: 200,
});
/** Where the counters begin: anywhere, but above all just below where something wraps. */
const starts = fc.oneof(
  fc.integer(),
  fc
    .tuple(fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 21, 2 ** 11, 2 ** 30), fc.integer({ min: -70, max: 3 }))
    .map(([a, b]) => (a + b) | 0),
);
const capacities = fc.constantFrom(1, 2, 4, 8, 64);

function closedError(act: () => unknown): boolean {
  try {
    act();
  } catch (error) {
    if (error instanceof RingwellError && error.code === 'ERR_CLOSED') return true;
    throw error;
  }
  return false;
}

/** One step on a ring and on a plain array, and every law after it. */
function step(ring: RingBase, model: number[], what: number, item: number, next: () => number): void {
  const wasClosed = ring.closed;
  if (what < 7) {
    const put = next();
    let done = false;
    const closed = closedError(() => {
      done = what === 0 ? ring.enqueueWait(put, 0) : ring.enqueue(put);
    });
    if (closed !== wasClosed) throw new Error('closed');
    if (!closed && done !== model.length < ring.capacity) throw new Error(`put ${done} at length ${model.length}`);
    if (done) model.push(put);
  } else if (what < 14) {
    const expected = model.shift() ?? (wasClosed ? CLOSED : NONE);
    const got = what === 7 ? ring.dequeueWait(0) : ring.dequeue();
    if (got !== expected) throw new Error(`took ${got}, expected ${expected}`);
  } else if (what === 15 && item % 64 === 0) ring.close();
  if (ring.length !== model.length) throw new Error(`length ${ring.length}, expected ${model.length}`);
  if (ring.freeSpace !== ring.capacity - model.length) throw new Error('free space');
}

describe(`${operations} operations`, () => {
  it('on a local ring agree with an array', () => {
    fc.assert(
      fc.property(capacities, starts, steps, (capacity, start, sequence) => {
        const ring = new LocalRing({ capacity }, start);
        const model: number[] = [];
        for (const [what, , item] of sequence) step(ring, model, what, item, () => item);
      }),
      { seed, numRuns },
    );
  });

  it('on a shared ring by three seats agree with an array', () => {
    fc.assert(
      fc.property(capacities, starts, steps, (capacity, start, sequence) => {
        const regions = seatsOf(3, { maxByteLength: 8192 });
        const rings = ringsOf(regions, capacity, start);
        const model: number[] = [];
        for (const [what, by, item] of sequence) {
          step(rings[by]!, model, what, item, () => item);
          regions[by]!.check();
        }
      }),
      { seed, numRuns },
    );
  });

  it('on a seat that comes late agree with an array', () => {
    fc.assert(
      fc.property(capacities, starts, fc.nat(300), steps, (capacity, start, laps, sequence) => {
        const [region, other] = seatsOf(2, { maxByteLength: 8192 });
        const ring = createTunedRing({ region: region!, name: 'ring', capacity }, start);
        for (let item = 1; item <= laps; item++) {
          ring.enqueue(item);
          ring.dequeue();
        }
        const late = Ring.attach(other!, 'ring');
        const model: number[] = [];
        for (const [what, by, item] of sequence) step(by === 0 ? ring : late, model, what, item, () => item);
        region!.check();
      }),
      { seed, numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it('on a ring that carries a pool keep every block in one place', () => {
    fc.assert(
      fc.property(capacities, starts, steps, (capacity, start, sequence) => {
        const regions = seatsOf(3, { maxByteLength: 16384 });
        const pools = poolsOf(regions, 6, { stockMax: 1 });
        const rings = ringsOf(regions, capacity, start, pools);
        const held: number[][] = [[], [], []];
        const moving: number[] = [];
        for (const [what, by, item] of sequence) {
          const mine = held[by]!;
          const which = mine[item % Math.max(1, mine.length)];
          if (what < 5) {
            const handle = pools[by]!.acquire();
            if (handle !== 0) mine.push(handle);
          } else if (what < 9 && which !== undefined) {
            if (rings[by]!.enqueue(which) !== moving.length < capacity) throw new Error('full');
            if (moving.length < capacity) {
              moving.push(which);
              mine.splice(mine.indexOf(which), 1);
            }
          } else if (what < 13) {
            const got = rings[by]!.dequeue();
            if (got !== (moving.shift() ?? NONE)) throw new Error(`took ${got}`);
            if (got !== NONE) mine.push(got);
          } else if (which !== undefined) {
            pools[item % 3]!.release(which);
            mine.splice(mine.indexOf(which), 1);
          }
          const live = held.flat().length + moving.length;
          if (pools[by]!.liveCount !== live) throw new Error(`${pools[by]!.liveCount} live, expected ${live}`);
          if (new Set([...held.flat(), ...moving]).size !== live) throw new Error('a block is in two places');
          regions[by]!.check();
        }
      }),
      { seed, numRuns },
    );
  });
});
