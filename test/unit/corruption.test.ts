import { describe, expect, it } from 'vitest';
import { Region, Ring, RingwellError } from '../../src/index.js';
import { HEADER_LOCK } from '../../src/region/header.core.js';
import { BEYOND, type Template, templates } from './corruption-templates.js';
import { random, seedFor } from './helpers.js';

const total = Number(process.env.CORRUPTIONS ?? 1e4);
/** No call on a damaged region may take longer, in milliseconds: enough for a busy machine, far too little for a runaway loop. */
const PATIENCE_MS = 1000;
const BYTES = 16384;

/** Damages one to three words, where something stands more often than not. */
function damage(words: Int32Array, { usedWords }: Template, pick: (below: number) => number): string {
  const done: string[] = [];
  for (let n = 1 + pick(3); n > 0; n--) {
    let at = pick(3) === 0 ? pick(usedWords) : -1;
    for (let tries = 0; at < 0 && tries < 50; tries++) {
      const candidate = pick(usedWords);
      if (words[candidate] !== 0) at = candidate;
    }
    // The region's lock has a test of its own: it is waited for.
    if (at < 0 || at === HEADER_LOCK) continue;
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

/** Runs calls on a damaged region. @returns what went wrong, and how many of them found the damage */
function survive(beyond: Uint8Array, acts: (() => unknown)[]): { wrong: string; found: number } {
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
  if (beyond.some(byte => byte !== 0)) return { wrong: 'a byte beyond the region was written', found };
  return { wrong: '', found };
}

describe.each(Object.entries(templates))(`${total} corruptions of %s`, (name, make) => {
  it.each(['before', 'after'])('that come %s a thread attaches end in a RingwellError or a right answer', when => {
    const seed = seedFor(`corruptions of ${name}, ${when}`);
    const template = make();
    const count = Math.ceil(total / 4);
    let found = 0;
    const failures = new Map<string, string>();
    const memory = new SharedArrayBuffer(template.bytes.length);
    const words = new Int32Array(memory, 0, (template.bytes.length - BEYOND) / 4);
    const beyond = new Uint8Array(memory, template.bytes.length - BEYOND);
    for (let i = 0; i < count; i++) {
      const pick = random(seed + i);
      new Uint8Array(memory).set(template.bytes);
      let what = when === 'before' ? damage(words, template, pick) : '';
      const acts: (() => unknown)[] = [];
      const attaching: (() => unknown)[] = [];
      let outcome = survive(beyond, [
        () => {
          const { attach, use } = template.calls(Region.attach({ ...template.token, memory }));
          attaching.push(...attach);
          acts.push(...use);
        },
      ]);
      if (when === 'after' && acts.length > 0) {
        // The structures are opened first: what is damaged then was believed once.
        for (const act of [...attaching.splice(0), ...acts.splice(0, pick(4))]) act();
        what = damage(words, template, pick);
      }
      if (outcome.wrong === '') outcome = survive(beyond, [...attaching, ...acts]);
      if (outcome.wrong !== '') {
        const key = outcome.wrong.split('\n').slice(0, 2).join(' ').replace(/\d+/g, 'n');
        if (!failures.has(key)) failures.set(key, `SEED=${seed + i}: ${what}\n${outcome.wrong}`);
      }
      if (outcome.found > 0) found++;
    }
    console.log(`${name}, ${when}: ${found} of ${count} were found`);
    expect([...failures.values()].join('\n\n')).toBe('');
    expect(found).toBeGreaterThan(count / 20);
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
