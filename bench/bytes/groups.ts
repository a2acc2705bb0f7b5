/** The rows of `bench:bytes`. */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { atLeast, type Gate } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { native } from '../harness/native.js';

const SIZES = [
  { bytes: 64, operations: 400_000, ofBare: 0.75, ofPeer: 0 },
  { bytes: 1024, operations: 200_000, ofBare: 0.9, ofPeer: 5 },
  { bytes: 65536, operations: 4000, ofBare: 0.9, ofPeer: 10 },
  { bytes: 1_048_576, operations: 200, ofBare: 0.9, ofPeer: 0 },
];
const KINDS = ['local', 'bare-local', 'views-local', 'shared', 'bare-shared', 'views-shared', 'ringbuf.js'];
const LABELS: Record<string, string> = {
  local: 'local byte ring',
  shared: 'shared byte ring',
  'bare-local': 'two bare sets, unshared memory',
  'bare-shared': 'two bare sets, shared memory',
  'views-local': 'two bare sets, views made before, unshared memory',
  'views-shared': 'two bare sets, views made before, shared memory',
  'ringbuf.js': 'ringbuf.js',
};

const pieces = new URL('./pieces.js', import.meta.url);
const threads = new URL('./threads.js', import.meta.url);
const ours: readonly (Contender | Absent)[] = SIZES.flatMap(({ bytes, operations }) => [
  ...onOneCore(
    KINDS.map(kind => {
      const count = kind === 'ringbuf.js' ? Math.ceil(operations / Math.max(2, bytes / 512)) : operations;
      return scripted(`${kind}-${bytes}`, `${bytes} B ${LABELS[kind]}`, count, pieces, kind, String(bytes));
    }),
  ),
  scripted(`threads-${bytes}`, `${bytes} B from thread to thread`, Math.ceil(operations / 4), threads, String(bytes)),
]);
const gates: readonly Gate[] = SIZES.flatMap(({ bytes, ofBare, ofPeer }) => [
  ...['local', 'shared'].flatMap(kind => [
    atLeast(`${kind}-${bytes}`, ofBare, `bare-${kind}-${bytes}`),
    atLeast(`${kind}-${bytes}`, ofBare, `views-${kind}-${bytes}`),
  ]),
  ...(ofPeer === 0 ? [] : [atLeast(`shared-${bytes}`, ofPeer, `ringbuf.js-${bytes}`)]),
]);

export const bytes: Group = {
  name: 'bytes',
  operation: 'piece',
  unit: 'M/s',
  gates,
  versus: SIZES.map(({ bytes: size }) => ({ ours: `shared-${size}`, peers: [`ringbuf.js-${size}`, `kfifo-${size}`] })),
  contenders: async () => {
    const all: (Contender | Absent)[] = [...ours];
    // One after the other: the second finds compiled what the first compiled.
    for (const { bytes: size, operations } of SIZES) {
      const label = `${size} B C++ kfifo`;
      const args = [String(size)];
      all.push(...onOneCore([await native({ key: `kfifo-${size}`, label, operations, source: 'kfifo.cpp', args })]));
    }
    return all;
  },
};
