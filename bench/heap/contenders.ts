/** Who is measured in the heap benches: ours, and the allocators of C++. */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { type NativeContender, native } from '../harness/native.js';

/** The allocators that programs in C++ are linked to, and what their part of a native contender is. */
export const allocators: Readonly<Record<string, Pick<NativeContender, 'flags' | 'libraries' | 'package'>>> = {
  glibc: {},
  jemalloc: { flags: ['-DJEMALLOC'], libraries: ['-ljemalloc'], package: 'libjemalloc-dev' },
  mimalloc: { flags: ['-DMIMALLOC'], libraries: ['-lmimalloc'], package: 'libmimalloc-dev' },
  tcmalloc: { flags: ['-DTCMALLOC'], libraries: ['-ltcmalloc'], package: 'libgoogle-perftools-dev' },
};

export interface Shape {
  readonly key: string;
  readonly label: string;
  readonly args: readonly [shape: string, number: string];
  readonly operations: number;
  readonly twoThreads?: boolean;
  /** Which of the allocators; default all. */
  readonly among?: readonly string[];
  /** Also a heap without caches. */
  readonly central?: boolean;
}

export async function contendersOf({
  key,
  label,
  args,
  operations,
  among,
  central,
}: Shape): Promise<(Contender | Absent)[]> {
  const names = Object.keys(allocators).filter(name => among?.includes(name) ?? true);
  // One after the other: a shape finds compiled what the shape before it compiled.
  const natives: (Contender | Absent)[] = [];
  for (const name of names) {
    const program = { source: 'heap.cpp', operations, args, ...allocators[name] };
    natives.push(await native({ ...program, key: `${key}-${name}`, label: `${label}: ${name}` }));
  }
  const module = new URL('./heap.js', import.meta.url);
  const ours = scripted(`${key}-heap`, `${label}: heap`, operations, module, ...args);
  if (!central) return [...natives, ours];
  return [
    ...natives,
    scripted(`${key}-central`, `${label}: heap without caches`, operations, module, ...args, 'central'),
    ours,
  ];
}
