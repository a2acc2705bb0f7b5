/** The ladder of allocators: a pair of "allocate 4096 bytes, write a word, free them" on each rung, from the kernel (rung 0) to a pool (rung 3). */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { type NativeContender, native } from '../harness/native.js';

/** As many pairs as the lecture's programs make. */
export const PAIRS = 0xfffff;

const rungs: readonly NativeContender[] = [
  { key: 'brk', label: 'rung 0: brk, the kernel', source: 'brk.cpp', operations: 0x1fff },
  { key: 'glibc', label: 'rung 1: glibc new/delete', source: 'new-delete.cpp', operations: PAIRS },
  {
    key: 'jemalloc',
    label: 'rung 2: jemalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DJEMALLOC'],
    libraries: ['-ljemalloc'],
    package: 'libjemalloc-dev',
  },
  {
    key: 'mimalloc',
    label: 'rung 2: mimalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DMIMALLOC'],
    libraries: ['-lmimalloc'],
    package: 'libmimalloc-dev',
  },
  {
    key: 'tcmalloc',
    label: 'rung 2: tcmalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DTCMALLOC'],
    libraries: ['-ltcmalloc'],
    package: 'libgoogle-perftools-dev',
  },
  {
    key: 'boost-pool',
    label: 'rung 3: boost::pool, unchecked',
    source: 'boost-pool.cpp',
    operations: PAIRS,
    package: 'libboost-dev',
  },
  {
    key: 'static-buffer',
    label: 'rung 3: static buffer (a pool of one, unchecked)',
    source: 'static-buffer.cpp',
    operations: PAIRS,
  },
];

/** The rungs in C++, from the slowest down. */
export async function nativeRungs(): Promise<(Contender | Absent)[]> {
  return onOneCore(await Promise.all(rungs.map(native)));
}

/** The rungs in JavaScript. The slow ones do fewer pairs a round, so that a ladder is climbed in seconds. */
export function scriptedRungs(): (Contender | Absent)[] {
  const heap = new URL('../heap/heap.js', import.meta.url);
  return onOneCore([
    scripted('array-buffer', 'new ArrayBuffer(4096)', PAIRS >> 4, new URL('./array-buffer.js', import.meta.url)),
    scripted('alloc-unsafe', 'Buffer.allocUnsafe(4096)', PAIRS >> 4, new URL('./alloc-unsafe.js', import.meta.url)),
    scripted('heap-central', 'rung 1: heap without caches', PAIRS, heap, 'pair', '1', 'central'),
    scripted('heap', 'rung 2: heap', PAIRS, heap, 'pair', '1'),
    scripted('local-pool', 'rung 3: local pool', PAIRS, new URL('./local-pool.js', import.meta.url)),
    scripted('shared-pool', 'rung 3: shared pool', PAIRS, new URL('./shared-pool.js', import.meta.url)),
  ]);
}
