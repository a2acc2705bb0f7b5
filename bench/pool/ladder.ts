/** The ladder of allocators: a pair of "allocate 4096 bytes, write a word, free them" on each rung, from the kernel to a pool. */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { type NativeContender, native } from '../harness/native.js';

/** As many pairs as the lecture's programs make. */
export const PAIRS = 0xfffff;

const rungs: readonly NativeContender[] = [
  { key: 'brk', label: 'brk: the kernel', source: 'brk.cpp', operations: 0x1fff },
  { key: 'glibc', label: 'glibc new/delete', source: 'new-delete.cpp', operations: PAIRS },
  {
    key: 'jemalloc',
    label: 'jemalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DJEMALLOC'],
    libraries: ['-ljemalloc'],
    package: 'libjemalloc-dev',
  },
  {
    key: 'mimalloc',
    label: 'mimalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DMIMALLOC'],
    libraries: ['-lmimalloc'],
    package: 'libmimalloc-dev',
  },
  {
    key: 'tcmalloc',
    label: 'tcmalloc new/delete',
    source: 'new-delete.cpp',
    operations: PAIRS,
    flags: ['-DTCMALLOC'],
    libraries: ['-ltcmalloc'],
    package: 'libgoogle-perftools-dev',
  },
  {
    key: 'static-buffer',
    label: 'static buffer (a pool of one, unchecked)',
    source: 'static-buffer.cpp',
    operations: PAIRS,
  },
];

/** The rungs in C++, from the slowest down. */
export function nativeRungs(): Promise<(Contender | Absent)[]> {
  return Promise.all(rungs.map(native));
}

/** The rungs in JavaScript. The slow ones do fewer pairs a round, so that a ladder is climbed in seconds. */
export function scriptedRungs(): Contender[] {
  return [
    scripted('array-buffer', 'new ArrayBuffer(4096)', PAIRS >> 4, new URL('./array-buffer.js', import.meta.url)),
    scripted('alloc-unsafe', 'Buffer.allocUnsafe(4096)', PAIRS >> 4, new URL('./alloc-unsafe.js', import.meta.url)),
    scripted('local-pool', 'local pool', PAIRS, new URL('./local-pool.js', import.meta.url)),
    scripted('shared-pool', 'shared pool', PAIRS, new URL('./shared-pool.js', import.meta.url)),
  ];
}
