import { spawn } from 'node:child_process';
import { expect } from 'vitest';
import { type ErrorCode, RingwellError } from '../../src/core/errors.js';
import { createTunedPool, Pool } from '../../src/pool/pool.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import type { StoreTuning } from '../../src/pool/store.js';
import { Region } from '../../src/region/region.js';
import { createTunedRing, Ring } from '../../src/ring/ring.js';
import type { SharedRing } from '../../src/ring/shared-ring.js';

export const MiB = 2 ** 20;

/** What a function throws, or rejects with, must be a RingwellError of this code with a sentence of its own. */
export function expectCode(error: unknown, code: ErrorCode): void {
  expect(error).toBeInstanceOf(RingwellError);
  const { code: got, message } = error as RingwellError;
  expect(`${got}: ${message}`).toMatch(new RegExp(`^${code}: .{12,}`));
  expect(message).not.toMatch(/undefined is not|\[object |NaN bytes/);
}

/** @returns the error, so that its sentence can be looked at */
export function refuses(code: ErrorCode, act: () => unknown): RingwellError {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expectCode(thrown, code);
  return thrown as RingwellError;
}

/** The code of the error that this throws, or what it answers. Any other error passes on. */
export function codeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof RingwellError) return error.code;
    throw error;
  }
}

export async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    error => error,
  );
  expectCode(outcome, code);
}

/** A small region, and further seats in it: two region objects of one thread act as two threads. */
export function seatsOf(count: number, options: Parameters<typeof Region.create>[0] = {}): Region[] {
  const first = Region.create({ maxByteLength: 2 ** 18, seats: Math.max(count, 2), ...options });
  return [first, ...Array.from({ length: count - 1 }, () => Region.attach(first.share()))];
}

/** The same tuned pool seen from every seat. */
export function poolsOf(
  regions: readonly Region[],
  capacity: number,
  tuning: StoreTuning = {},
  blockBytes = 16,
): SharedPool[] {
  const first = createTunedPool({ region: regions[0]!, name: 'pool', blockBytes, capacity }, tuning);
  return [first, ...regions.slice(1).map(region => attachPool(region))];
}

/** The same tuned ring seen from every seat. */
export function ringsOf(
  regions: readonly Region[],
  capacity: number,
  start = 0,
  carries?: readonly SharedPool[],
): SharedRing[] {
  const carried = carries === undefined ? {} : { carries: carries[0]! };
  const first = createTunedRing({ region: regions[0]!, name: 'ring', capacity, ...carried }, start);
  return [first, ...regions.slice(1).map(region => Ring.attach(region, 'ring') as SharedRing)];
}

function attachPool(region: Region): SharedPool {
  return Pool.attach(region, 'pool') as SharedPool;
}

/** Every byte of a region, to compare with later. */
export function snapshot(region: Region): Uint8Array {
  return new Uint8Array(region.buffer, 0, region.maxByteLength).slice();
}

export function expectUnchanged(region: Region, before: Uint8Array): void {
  // Buffer.compare is a hundred times faster than a structural comparison of so many bytes.
  const now = Buffer.from(region.buffer as ArrayBuffer, 0, region.maxByteLength);
  if (now.equals(before)) return;
  expect(now.findIndex((byte, i) => byte !== before[i])).toBe('no byte changed');
}

/** Asserts how many blocks are live and free, and that the region's laws hold. */
export function expectCounts(pool: { liveCount: number; freeCount: number; capacity: number }, live: number): void {
  expect({ live: pool.liveCount, free: pool.freeCount }).toEqual({ live, free: pool.capacity - live });
}

/** A small generator of numbers that a seed replays: mulberry32. */
export function random(seed: number): (below: number) => number {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A seed from the environment, or a new one; printed, so that a failure can be replayed. */
export function seedFor(what: string): number {
  const seed = process.env.SEED === undefined ? (Math.random() * 2 ** 31) | 0 : Number(process.env.SEED);
  console.log(`${what}: SEED=${seed}`);
  return seed;
}

/** Runs a program in a process of its own, on the built library. @returns how it ended and what it printed */
export function runChild(
  program: string,
  flags: readonly string[] = [],
  timeoutMs = 30_000,
): Promise<{ code: number | null; output: string; ms: number }> {
  const library = new URL('../../dist/', import.meta.url).href;
  const source = program.replaceAll('DIST/', library);
  return new Promise(resolve => {
    const started = performance.now();
    const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let output = '';
    const collect = (data: Buffer): void => {
      output += data;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('close', code => resolve({ code, output, ms: performance.now() - started }));
  });
}
