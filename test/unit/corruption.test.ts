import { describe, expect, it } from 'vitest';
import { Pool, Region, type RegionToken, Ring, RingwellError } from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';
import { HEADER_LOCK } from '../../src/region/header.core.js';
import { random, seedFor } from './helpers.js';

const total = Number(process.env.CORRUPTIONS ?? 2e4);
/** No call on a damaged region may take longer, in milliseconds: enough for a busy machine, far too little for a runaway loop. */
const PATIENCE_MS = 1000;
const BYTES = 16384;
/** Bytes behind the region that nobody may write. */
const BEYOND = 1024;

interface Template {
  bytes: Uint8Array;
  token: RegionToken;
  usedWords: number;
  handles: readonly number[];
}

/** A whole region with something in every state, and a token of a third seat. */
function makeTemplate(): Template {
  const memory = new SharedArrayBuffer(BYTES + BEYOND);
  const region = Region.create({ buffer: memory, maxByteLength: BYTES, seats: 3 });
  const other = Region.attach(region.share());
  const pool = createTunedPool(
    { region, name: 'pool', blockBytes: 24, capacity: 40 },
    { stockMax: 4, firstGeneration: 9 },
  );
  createTunedPool({ region, name: 'tiny', blockBytes: 8, capacity: 1 }, { stockMax: 0 }).acquire();
  const ring = Ring.create({ region, name: 'ring', capacity: 8 });
  const cargo = Ring.create({ region, name: 'cargo', capacity: 4, carries: pool });
  const theirs = Pool.attach(other, 'pool');
  const handles = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? pool : theirs).acquire());
  theirs.release(handles[0]!);
  pool.release(handles[2]!);
  cargo.enqueue(handles[4]!);
  cargo.enqueue(handles[6]!);
  for (let item = 1; item <= 13; item++) {
    ring.enqueue(item);
    if (item > 5) ring.dequeue();
  }
  const token = region.share();
  return { bytes: new Uint8Array(memory).slice(), token, usedWords: region.usedBytes / 4, handles };
}

/** Damages one to three words, where something stands more often than not. */
function damage(words: Int32Array, usedWords: number, pick: (below: number) => number): string {
  const done: string[] = [];
  for (let n = 1 + pick(3); n > 0; n--) {
    let at = pick(3) === 0 ? pick(usedWords) : -1;
    for (let tries = 0; at < 0 && tries < 50; tries++) {
      const candidate = pick(usedWords);
      if (words[candidate] !== 0) at = candidate;
    }
    if (at < 0 || at === HEADER_LOCK) continue; // the lock has a test of its own: it is waited for
    const old = words[at]!;
    const values = [
      0,
      -1,
      1,
      2 ** 31 - 1,
      -(2 ** 31),
      old + 1,
      old - 1,
      -old,
      old << 8,
      old >>> 8,
      old ^ (1 << pick(32)),
    ];
    const which = pick(values.length + 3);
    words[at] = which < values.length ? values[which]! : pick(2 ** 31) * 2 + pick(2);
    done.push(`word ${at}: ${old} -> ${words[at]}`);
  }
  return done.join(', ');
}

/** Everything one can do in a region, one call after another. */
function calls(region: Region, handles: readonly number[]): (() => unknown)[] {
  const opened: { pool?: Pool; tiny?: Pool; ring?: Ring; cargo?: Ring } = {};
  const got: number[] = [];
  const use =
    <T>(object: T | undefined, act: (object: T) => unknown) =>
    () =>
      object === undefined ? 0 : act(object);
  return [
    () => (opened.pool = Pool.attach(region, 'pool')),
    () => (opened.cargo = Ring.attach(region, 'cargo')),
    () => (opened.ring = Ring.attach(region, 'ring')),
    () => (opened.tiny = Pool.attach(region, 'tiny')),
    () => region.usedBytes,
    ...Array.from({ length: 6 }, () => () => use(opened.pool, pool => got.push(pool.acquire()))()),
    () => use(opened.pool, pool => pool.release(got[0] ?? 1))(),
    ...handles.map(handle => () => use(opened.pool, pool => pool.release(handle))()),
    ...[1, 2, 3, 4, 5].map(i => () => use(opened.pool, pool => pool.setLength(got[i] ?? 1, 5))()),
    ...[1, 2].map(i => () => use(opened.pool, pool => pool.view(got[i] ?? 1).fill(i))()),
    () => use(opened.pool, pool => pool.liveCount + pool.freeCount + pool.offsetOf(got[1] ?? 1))(),
    () => use(opened.pool, pool => pool.acquireWait(0.01))(),
    () => use(opened.tiny, pool => pool.release(pool.acquire()))(),
    ...[1, 2, 3].map(item => () => use(opened.ring, ring => ring.enqueue(item))()),
    () => use(opened.ring, ring => ring.length + ring.freeSpace)(),
    ...Array.from({ length: 9 }, () => () => use(opened.ring, ring => ring.dequeue())()),
    () => use(opened.ring, ring => ring.enqueueWait(9, 0.01))(),
    () => use(opened.ring, ring => ring.dequeueWait(0.01))(),
    () => use(opened.cargo, ring => ring.enqueue(got[3] ?? 1))(),
    ...Array.from({ length: 4 }, () => () => use(opened.cargo, ring => ring.dequeue())()),
    () => region.inspect(),
    () => region.check(),
    () => Pool.create({ region, name: 'new', blockBytes: 8, capacity: 4 }).acquire(),
    () => Ring.open({ region, name: 'ring', capacity: 8 }).close(),
    () => region.share(),
    () => region.detach(),
  ];
}

/** Runs calls on a damaged region. @returns what went wrong, and how many of them found the damage */
function survive(memory: SharedArrayBuffer, acts: (() => unknown)[]): { wrong: string; found: number } {
  let found = 0;
  for (const [i, act] of acts.entries()) {
    const started = performance.now();
    try {
      act();
    } catch (error) {
      if (!(error instanceof RingwellError)) return { wrong: `call ${i}, ${act}: ${(error as Error).stack}`, found };
      if (error.code === 'ERR_CORRUPTION' || error.code === 'ERR_ATTACH') found++;
    }
    const took = performance.now() - started;
    if (took > PATIENCE_MS) return { wrong: `call ${i}, ${act}: took ${took} ms`, found };
  }
  const beyond = new Uint8Array(memory, BYTES);
  if (beyond.some(byte => byte !== 0)) return { wrong: 'a byte beyond the region was written', found };
  return { wrong: '', found };
}

describe(`${total} corruptions`, () => {
  it.each(['before', 'after'])('that come %s a thread attaches end in a RingwellError or a right answer', when => {
    const seed = seedFor(`corruptions ${when}`);
    const template = makeTemplate();
    let found = 0;
    const failures = new Map<string, string>();
    const memory = new SharedArrayBuffer(BYTES + BEYOND);
    const words = new Int32Array(memory, 0, BYTES / 4);
    for (let i = 0; i < total / 2; i++) {
      const pick = random(seed + i);
      new Uint8Array(memory).set(template.bytes);
      let what = when === 'before' ? damage(words, template.usedWords, pick) : '';
      const acts: (() => unknown)[] = [];
      let outcome = survive(memory, [
        () => acts.push(...calls(Region.attach({ ...template.token, memory }), template.handles)),
      ]);
      if (when === 'after' && acts.length > 0) {
        // The structures are opened first: what is damaged then was believed once.
        for (const act of acts.splice(0, 4 + pick(4))) act();
        what = damage(words, template.usedWords, pick);
      }
      if (outcome.wrong === '') outcome = survive(memory, acts);
      if (outcome.wrong !== '') {
        const key = outcome.wrong.split('\n').slice(0, 2).join(' ').replace(/\d+/g, 'n');
        if (!failures.has(key)) failures.set(key, `SEED=${seed + i}: ${what}\n${outcome.wrong}`);
      }
      if (outcome.found > 0) found++;
    }
    console.log(`${when}: ${found} were found`);
    expect([...failures.values()].join('\n\n')).toBe('');
    expect(found).toBeGreaterThan(total / 20);
  });
});

describe('a ring whose slots contradict each other', () => {
  // Each of these is ahead of the next, round and round: once a thread caught up with them for ever.
  it.each([
    [-(2 ** 31), -416156196],
    [2 ** 31 - 2048, -(2 ** 31)],
    [2 ** 30, -(2 ** 30)],
  ])('ends a call in bounded steps: %i, %i', (a, b) => {
    for (let at = 0; at < 8; at++) {
      const region = Region.create({ maxByteLength: BYTES, seats: 2 });
      const ring = Ring.create({ region, name: 'ring', capacity: 8 });
      const queue = region.attachment.entries()[0]!.part;
      const { words } = region.attachment;
      const slot = (index: number): number => words[queue + 2]! + (index & 7) * 2;
      words[slot(at)] = a;
      words[slot(at + 1)] = b;
      words[slot(at + 4)] = a ^ b;
      const started = performance.now();
      for (let i = 1; i <= 20; i++) {
        expect(ring.enqueue(i)).toBeTypeOf('boolean');
        expect(ring.dequeue()).toBeTypeOf('number');
      }
      expect(ring.length).toBeLessThanOrEqual(8);
      expect(performance.now() - started).toBeLessThan(PATIENCE_MS);
      refusesDamage(region);
    }
  });
});

function refusesDamage(region: Region): void {
  expect(() => region.check()).toThrow(/poisoned/);
}
