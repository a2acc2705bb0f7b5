/** The traces as contenders: each replayed on our heaps, and on the allocators of C++. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import type { Group } from '../harness/group.js';
import { cacheFolder, native } from '../harness/native.js';
import { parseTrace, traceNames, traceText } from '../traces/trace.js';
import { allocators } from './contenders.js';

export interface Replays {
  readonly trace: string;
  readonly peakBytes: number;
  readonly contenders: readonly (Contender | Absent)[];
}

const OURS: Record<string, string> = { caches: 'heap', central: 'heap without caches', local: 'local heap' };
/** What they are called in keys. */
const KEYS: Record<string, string> = { caches: 'heap', central: 'central', local: 'local' };

/** All contenders of all traces. Unpacks the traces for those in C++. */
export async function traceReplays(): Promise<Replays[]> {
  const all: Replays[] = [];
  for (const trace of traceNames()) all.push(await replaysOf(trace));
  return all;
}

async function replaysOf(trace: string): Promise<Replays> {
  const text = traceText(trace);
  const { operations, peakBytes } = parseTrace(text);
  const file = join(cacheFolder, `${trace}.trace`);
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(file, text, 'latin1');
  const contenders: (Contender | Absent)[] = [];
  for (const [name, program] of Object.entries(allocators)) {
    const wanted = { source: 'replay.cpp', operations, args: [file], ...program };
    contenders.push(await native({ ...wanted, key: `${trace}-${name}`, label: `${trace}: ${name}` }));
  }
  const module = new URL('../traces/replay.js', import.meta.url);
  for (const [kind, name] of Object.entries(OURS)) {
    contenders.push(scripted(`${trace}-${KEYS[kind]}`, `${trace}: ${name}`, operations, module, trace, kind));
  }
  return { trace, peakBytes, contenders: onOneCore(contenders) };
}

/** One group a trace. */
export async function traceGroups(): Promise<Group[]> {
  return (await traceReplays()).map(({ trace, contenders }) => ({
    name: trace,
    operation: 'operation',
    unit: 'ns',
    gates: [],
    versus: [{ ours: `${trace}-heap`, peers: Object.keys(allocators).map(name => `${trace}-${name}`) }],
    contenders: async () => contenders,
  }));
}
