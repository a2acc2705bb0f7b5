/** A heap whose tables are damaged: every call ends soon, in an answer or an error of ours, and nothing beside the heap is touched. */
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createTunedHeap } from '../../src/heap/heap.js';
import type { HeapBase } from '../../src/heap/heap-base.js';
import { Heap, Pool, Region, type RegionToken, RingwellError } from '../../src/index.js';
import { random, seedFor } from './helpers.js';

const total = Number(process.env.HEAP_CORRUPTIONS ?? 1e4);
/** All calls on a damaged heap together may take no longer, in milliseconds: enough for a busy machine, far too little for a runaway loop. */
const PATIENCE_MS = 1000;
const BYTES = 65536;
const DATA_BYTES = 12 * 512;
const CLASSES = [
  { bytes: 16, pages: 1, blocks: 32, stockMax: 4 },
  { bytes: 48, pages: 1, blocks: 10, stockMax: 2 },
  { bytes: 256, pages: 2, blocks: 4, stockMax: 1 },
];

interface Template {
  readonly bytes: Uint8Array;
  readonly token: RegionToken;
  readonly pointers: readonly number[];
  /** The heap's tables, in words; behind them its data, in bytes. */
  readonly tables: readonly [from: number, until: number];
  readonly data: readonly [from: number, until: number];
}

/** A heap between two pools, with something in every state, and a token of one more seat. */
function makeTemplate(caches: boolean): Template {
  const memory = new SharedArrayBuffer(BYTES);
  const region = Region.create({ buffer: memory, maxByteLength: BYTES, seats: 5 });
  Pool.create({ region, name: 'below', blockBytes: 16, capacity: 8 }).acquire();
  const heap = createTunedHeap(
    { region, name: 'heap', byteLength: DATA_BYTES, caches },
    { pageShift: 9, classes: CLASSES, emptyBytesMax: 1024 },
  );
  Pool.create({ region, name: 'above', blockBytes: 16, capacity: 8 });
  const other = Region.attach(region.share());
  Pool.attach(other, 'above').acquire(); // seat 1 will be recovered, and has nothing there
  const leaving = Region.attach(region.share());
  const [theirs, left] = [Heap.attach(other, 'heap'), Heap.attach(leaving, 'heap')];
  const pointers = [10, 40, 200, 16, 48, 600, 16].map((bytes, i) => [heap, theirs, left][i % 3]!.malloc(bytes));
  for (let i = 0; i < 6; i++) heap.free(heap.malloc(40));
  theirs.free(pointers[0]!);
  heap.disown(pointers[1]!);
  heap.adopt(pointers[4]!);
  leaving.detach();
  const token = region.share();
  const { part } = region.attachment.entries().find(entry => entry.kind.title === 'heap')!;
  const [from] = [heap.i32[part + 2]!];
  const bytes = new Uint8Array(memory).slice();
  return { bytes, token, pointers, tables: [part, from >>> 2], data: [from, from + DATA_BYTES] };
}

/** Damages one to three words of the tables, where something stands more often than not. */
function damage(words: Int32Array, [from, until]: Template['tables'], pick: (below: number) => number): string {
  const done: string[] = [];
  for (let n = 1 + pick(3); n > 0; n--) {
    let at = from + pick(until - from);
    for (let tries = 0; tries < 50 && words[at] === 0 && pick(4) !== 0; tries++) at = from + pick(until - from);
    if (at === from + 16) continue; // the lock has a test of its own: it is waited for
    const old = words[at]!;
    const [bit, delta] = [1 << pick(32), 1 + pick(3)];
    const values = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31), old + delta, old - delta, -old, old << 8, old >>> 8, old ^ bit];
    words[at] = values[pick(values.length + 3)] ?? pick(2 ** 31) * 2 + pick(2);
    done.push(`word ${at - from}: ${old} -> ${words[at]}`);
  }
  return done.join(', ');
}

/** Everything one can do with a heap, one call after another. */
function calls(region: Region, { pointers, data }: Template): readonly (() => unknown)[] {
  const heap = Heap.attach(region, 'heap');
  const got: number[] = [];
  /** A pointer that is handed out must be within the data, whole: its new owner will write there. */
  const take = (pointer: number, bytes: number): void => {
    if (pointer === 0) return;
    if (!(pointer >= data[0] && pointer + bytes <= data[1] && pointer % 16 === 0)) throw new Error(`got ${pointer}`);
    got.push(pointer);
  };
  return [
    ...[10, 40, 200, 16, 48].map(bytes => () => take(heap.malloc(bytes), bytes)),
    ...pointers.map(pointer => () => heap.usableSize(pointer)),
    ...pointers.slice(0, 4).map(pointer => () => heap.free(pointer)),
    () => take(heap.malloc(700), 700),
    () => take(heap.calloc(4, 10), 40),
    () => take(heap.realloc(pointers[5]!, 1200), 1200),
    () => take(heap.realloc(pointers[6]!, 100), 100),
    () => take(heap.alignedAlloc(512, 100), 100),
    () => heap.adopt(pointers[5]!),
    () => heap.disown(pointers[6]!),
    ...[0, 1, 2, 3].map(i => () => heap.free(got[i] ?? 0)),
    ...Array.from({ length: 40 }, (_, i) => () => take(heap.malloc(16 + (i % 3) * 30), 16 + (i % 3) * 30)),
    () => visit(heap),
    () => heap.stats(),
    () => heap.trim(),
    () => region.inspect(),
    () => region.recover(1),
    () => heap.check(),
    () => region.check(),
    () => region.detach(),
  ];
}

function visit(heap: HeapBase): number {
  let count = 0;
  heap.walk(() => count++);
  return count;
}

let running: () => void = () => undefined;
(globalThis as { runDamaged?: () => void }).runDamaged = () => running();
const script = new Script('runDamaged()');

/** Runs calls on a damaged heap. Answers what went wrong, and whether the damage was found: that is told to all structures. */
function survive(acts: readonly (() => unknown)[], touched: () => boolean): { wrong: string; found: boolean } {
  let found = false;
  let wrong = '';
  let next = 0;
  running = () => {
    for (const act of acts) {
      next++;
      try {
        act();
      } catch (error) {
        if (!(error instanceof RingwellError)) throw error;
        if (error.code === 'ERR_CORRUPTION' || error.code === 'ERR_ATTACH') found = true;
      }
      if (!found && touched()) throw new Error('wrote behind the heap');
    }
  };
  try {
    script.runInThisContext({ timeout: PATIENCE_MS });
  } catch (error) {
    const { code, stack } = error as NodeJS.ErrnoException;
    wrong = `call ${next}, ${acts[next - 1]}: ${code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'runs for ever' : stack}`;
  }
  return { wrong, found };
}

describe.each([true, false])(`${total} corruptions of a heap with caches: %s`, caches => {
  it.each(['before', 'after'])(
    'that come %s it is attached are found or survived',
    { timeout: 60_000 + total * 20 },
    when => {
      const seed = seedFor(`heap corruptions ${when}, caches ${caches}`);
      const template = makeTemplate(caches);
      const failures = new Map<string, string>();
      let found = 0;
      for (let i = 0; i < total / 2; i++) {
        const pick = random(seed + i);
        const memory = new SharedArrayBuffer(BYTES);
        const words = new Int32Array(memory);
        new Uint8Array(memory).set(template.bytes);
        let what = when === 'before' ? damage(words, template.tables, pick) : '';
        let acts: readonly (() => unknown)[] = [];
        const behind = Buffer.from(memory, template.data[1]);
        const touched = (): boolean => !behind.equals(template.bytes.subarray(template.data[1]));
        const attach = (): void => {
          acts = calls(Region.attach({ ...template.token, memory }), template);
        };
        let outcome = survive([attach], touched);
        if (when === 'after') what = damage(words, template.tables, pick);
        if (outcome.wrong === '' && !outcome.found) outcome = survive(acts, touched);
        if (outcome.wrong !== '') {
          const key = outcome.wrong.split('\n').slice(0, 2).join(' ').replace(/\d+/g, 'n');
          if (!failures.has(key)) failures.set(key, `SEED=${seed + i}: ${what}\n${outcome.wrong}`);
        }
        if (outcome.found) found++;
      }
      console.log(`${when}: ${found} were found`);
      expect([...failures.values()].join('\n\n')).toBe('');
      expect(found).toBeGreaterThan(total / 20);
    },
  );
});
