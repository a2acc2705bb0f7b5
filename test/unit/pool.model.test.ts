import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_WORDS } from '../../src/core/block.core.js';
import { handleMax } from '../../src/core/store.js';
import { Pool, Region, RingwellError } from '../../src/index.js';
import { LocalPool } from '../../src/pool/local-pool.js';
import { createTunedPool } from '../../src/pool/pool.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import { seatsOf, seedFor } from './helpers.js';

/** Operations in all: sequences of 100 on average. */
const operations = Number(process.env.MODEL ?? 3e4);
const numRuns = Math.ceil(operations / 100);
const seed = seedFor('pool models');

/** A step as plain numbers, so that fast-check shrinks it well: what to do, which seat, which of the handles. */
const steps = fc.array(fc.tuple(fc.nat(18), fc.nat(2), fc.nat(1000)), { minLength: 10, maxLength: 200 });

/** What must be true of blocks in people's hands: offset -> handle, and who holds it (0: nobody). */
class Model {
  readonly live = new Map<number, { handle: number; holder: number }>();
  readonly dead: number[] = [];
  acquires = 0;

  pick(n: number): { handle: number; holder: number } | undefined {
    return [...this.live.values()][n % Math.max(1, this.live.size)];
  }

  acquired(pool: Pool, handle: number, holder: number): void {
    const offset = pool.offsetOf(handle);
    // Law: a block is in one pair of hands only.
    if (this.live.has(offset)) throw new Error(`block at ${offset} handed out twice: ${handle}`);
    pool.view(handle).fill(handle & 0xff);
    this.acquires++;
    this.live.set(offset, { handle, holder });
  }

  released(pool: Pool, handle: number): void {
    for (const [offset, entry] of this.live) if (entry.handle === handle) this.live.delete(offset);
    this.dead.push(handle);
    if (this.dead.length > 64) this.dead.shift();
    if (pool.isLive(handle)) throw new Error(`${handle} is live after its release`);
  }

  /** Laws after every step: counts, and what is in the blocks. */
  check(pool: Pool): void {
    if (pool.liveCount !== this.live.size) throw new Error(`${pool.liveCount} live, expected ${this.live.size}`);
    if (pool.freeCount !== pool.capacity - this.live.size) throw new Error('free count');
    for (const { handle } of this.live.values()) {
      if (!pool.isLive(handle)) throw new Error(`${handle} is not live`);
      const view = pool.view(handle);
      if (view[0] !== (handle & 0xff) || view[view.length - 1] !== (handle & 0xff))
        throw new Error(`${handle} was written`);
    }
  }
}

/** Acquires a few in one batch: all or none, or as many as there are. `free`: how many there must be, at least and at most. */
function acquireSome(pool: Pool, model: Model, which: number, holder: number, free?: number): void {
  const handles = new Int32Array(9);
  const count = which % 9;
  if (which % 2 === 0) {
    const done = pool.acquireBulk(handles, count);
    if (free !== undefined && done !== free >= count) throw new Error(`bulk of ${count}: ${done}, ${free} free`);
    // What a failed one acquired and gave back counts.
    if (!done) model.acquires += Math.max(0, free ?? 0);
    if (!done && handles.some(handle => handle !== 0)) throw new Error('a bulk that failed left handles');
  } else {
    const got = pool.acquireBurst(handles, count);
    if (free !== undefined && got !== Math.min(count, Math.max(0, free))) throw new Error(`burst of ${count}: ${got}`);
  }
  for (const handle of handles) if (handle !== 0) model.acquired(pool, handle, holder);
}

/** Releases a few in one batch, with a wrong one among them at times: then those behind it stay. */
function releaseSome(pool: Pool, model: Model, which: number): void {
  const entries = [...model.live.values()].slice(which % 3, (which % 3) + (which % 7));
  const handles = Int32Array.from(entries, entry => entry.handle);
  const bad = which % 5 === 0 && handles.length > 1 ? handles.length - 1 : handles.length;
  if (bad < handles.length) {
    handles[bad] = handles[0]!;
    refused(() => pool.releaseBulk(handles, handles.length));
  } else pool.releaseBulk(handles, handles.length);
  for (const { handle } of entries.slice(0, bad)) model.released(pool, handle);
}

/** Law: resizing touches no live block, and goes as far as it can. `alone`: nothing is in stocks. */
function resizeTo(pool: Pool, model: Model, wanted: number, alone: boolean): void {
  const before = pool.capacity;
  const reached = pool.resize(wanted);
  if (reached !== pool.capacity) throw new Error(`resize answered ${reached}, the capacity is ${pool.capacity}`);
  if (wanted >= before && reached !== wanted) throw new Error(`grew to ${reached}, not ${wanted}`);
  if (wanted < before && (reached < wanted || reached > before)) throw new Error(`shrank to ${reached}`);
  if (reached <= wanted || !alone) return;
  const { indexMask } = pool as unknown as { indexMask: number };
  const last = Math.max(-1, ...[...model.live.values()].map(({ handle }) => handle & indexMask));
  if (reached !== last + 1) throw new Error(`shrank to ${reached}, and the last live block is ${last}`);
}

/** Law: what was acquired is live or released, as the generations tell it. */
function checkStats(pool: Pool, model: Model): void {
  const { live, acquired, released, liveMax } = pool.stats();
  if (live !== model.live.size || acquired !== model.acquires || released !== acquired - live)
    throw new Error(`stats: ${acquired} acquired, ${released} released, ${live} live; ${model.acquires} were`);
  if (liveMax < live) throw new Error(`stats: ${liveMax} live at most, ${live} now`);
}

function tried(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof RingwellError && error.code === 'ERR_HANDLE') return false;
    throw error;
  }
}

function refused(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (error instanceof RingwellError && error.code === 'ERR_HANDLE') return;
    throw error;
  }
  throw new Error('not refused');
}

describe(`${operations} operations`, () => {
  it('on a local pool agree with a map', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 7, 32), fc.boolean(), steps, (capacity, atWrap, sequence) => {
        const capacityMax = capacity + 5;
        const bits = 32 - Math.clz32(capacityMax - 1);
        const pool = new LocalPool(
          { blockBytes: 5, capacity, capacityMax },
          atWrap ? (handleMax(bits) >>> bits) - 1 : 1,
        );
        const model = new Model();
        for (const [what, , which] of sequence) {
          if (what < 7) {
            const handle = pool.acquire();
            if ((handle === 0) !== model.live.size >= pool.capacity) throw new Error('exhausted');
            if (handle !== 0) model.acquired(pool, handle, 1);
          } else if (what < 13) {
            const entry = model.pick(which);
            if (entry !== undefined) {
              pool.release(entry.handle);
              model.released(pool, entry.handle);
            }
          } else if (what === 16) acquireSome(pool, model, which, 1, pool.capacity - model.live.size);
          else if (what === 17) releaseSome(pool, model, which);
          else if (what === 18) resizeTo(pool, model, 1 + (which % capacityMax), true);
          else refused(() => pool.release(model.dead[which % Math.max(1, model.dead.length)] ?? which * 2 ** 20));
          model.check(pool);
          checkStats(pool, model);
        }
      }),
      { seed, numRuns },
    );
  });

  it('on a shared pool by three seats agree with a map', () => {
    const geometry = fc.record({
      capacity: fc.constantFrom(1, 2, 3, 5, 8, 33, 70),
      stockMax: fc.constantFrom(0, 0, 1, 2, 5),
      atWrap: fc.boolean(),
    });
    fc.assert(
      fc.property(geometry, steps, ({ capacity, stockMax, atWrap }, sequence) => {
        const regions = seatsOf(3, { maxByteLength: 16384 });
        const bits = 32 - Math.clz32(capacity + 5 - 1);
        const firstGeneration = atWrap ? (handleMax(bits) >>> bits) - 1 : 1;
        const tuning = { stockMax: Math.min(stockMax, capacity), firstGeneration };
        const capacityMax = capacity + 5;
        const first = createTunedPool(
          { region: regions[0]!, name: 'pool', blockBytes: 5, capacity, capacityMax },
          tuning,
        );
        const pools = [first, ...regions.slice(1).map(region => Pool.attach(region, 'pool') as SharedPool)];
        const model = new Model();
        for (const [what, by, which] of sequence) {
          step(regions, pools, model, what, by, which);
          model.check(pools[by]!);
          regions[by]!.check();
          audit(pools, model);
        }
        for (const { handle } of [...model.live.values()]) {
          pools[handle % 3]!.release(handle);
          model.released(pools[0]!, handle);
        }
        for (const region of regions.slice(1)) region.detach();
        if (pools[0]!.resize(capacity) !== capacity) throw new Error(`resized to ${pools[0]!.capacity}`);
        // Everything has come back to the one who is left.
        for (let i = 0; i < capacity; i++) {
          const handle = pools[0]!.acquire();
          if (handle === 0) throw new Error(`only ${i} of ${capacity} blocks came back`);
          model.acquired(pools[0]!, handle, 1);
        }
        model.check(pools[0]!);
        regions[0]!.check();
      }),
      { seed, numRuns },
    );
  });
});

function step(regions: Region[], pools: SharedPool[], model: Model, what: number, by: number, which: number): void {
  const pool = pools[by]!;
  const entry = model.pick(which);
  const seat = by + 1;
  if (what < 6) {
    const handle = pool.acquire();
    if (handle !== 0) model.acquired(pool, handle, seat);
    // None is no error here, even when nothing is live: what others released waits for its holder to collect it.
  } else if (what < 11) {
    if (entry === undefined) return;
    pool.release(entry.handle);
    model.released(pool, entry.handle);
  } else if (what === 11) {
    if (entry === undefined) return;
    const done = tried(() => pool.disown(entry.handle));
    if (done !== (entry.holder === seat)) throw new Error(`disowned by ${seat}, held by ${entry.holder}`);
    if (done) entry.holder = 0;
  } else if (what === 12) {
    if (entry === undefined) return;
    const done = tried(() => pool.adopt(entry.handle));
    if (done !== (entry.holder === 0 || entry.holder === seat))
      throw new Error(`adopted by ${seat}, of ${entry.holder}`);
    if (done) entry.holder = seat;
  } else if (what === 13) {
    pool[Symbol.dispose]();
  } else if (what === 14 && by !== 0 && which % 4 === 0) {
    // The thread leaves, and another comes: what it held stays live, held by nobody.
    regions[by]!.detach();
    for (const left of model.live.values()) if (left.holder === seat) left.holder = 0;
    regions[by] = Region.attach(regions[0]!.share());
    pools[by] = Pool.attach(regions[by]!, 'pool') as SharedPool;
    expect(regions[by]!.seat).toBe(seat);
  } else if (what === 16) acquireSome(pool, model, which, seat);
  else if (what === 17) releaseSome(pool, model, which);
  else if (what === 18) resizeTo(pool, model, 1 + (which % pool.capacityMax), false);
  else refused(() => pool.release(model.dead[which % Math.max(1, model.dead.length)] ?? 2 ** 29 + which));
}

/** Law: every block's word says what the model says: live and whose, or nobody's business. */
function audit(pools: SharedPool[], model: Model): void {
  const { words, records, indexMask } = pools[0] as unknown as {
    words: Int32Array;
    records: number;
    indexMask: number;
  };
  const stocked = new Map<number, number>();
  for (const pool of pools) {
    const { own, count } = pool as unknown as { own: Int32Array; count: number };
    for (let i = 0; i < count; i++) {
      const index = own[16 + i]! & indexMask;
      if (stocked.has(index)) throw new Error(`block ${index} is in two stocks`);
      stocked.set(index, own[2]!);
    }
  }
  for (const { handle, holder } of model.live.values()) {
    const index = handle & indexMask;
    if (stocked.has(index)) throw new Error(`block ${index} is live, and in a stock`);
    if ((words[records + index * BLOCK_WORDS]! & 0xff) !== holder)
      throw new Error(`block ${index} is not held by ${holder}`);
  }
  for (const [index, seat] of stocked) {
    if ((words[records + index * BLOCK_WORDS]! & 0xfff) !== (0x200 | seat))
      throw new Error(`block ${index} is not in stock`);
  }
}
