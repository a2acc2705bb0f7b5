/** The rows of `bench:heap`. */
import { onOneCore } from '../harness/cores.js';
import { atLeast, atMost, type Gate } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { contendersOf, type Shape } from './contenders.js';

const MI = 2 ** 20;

export const shapes: readonly Shape[] = [
  { key: 'replace', label: 'replace among 4096, 1..8000 bytes', args: ['replace', '1'], operations: MI, central: true },
  { key: 'pair', label: 'pair of 4096 bytes', args: ['pair', '1'], operations: MI, central: true },
  {
    key: 'two',
    label: 'the same replace, 2 threads',
    args: ['replace', '2'],
    operations: 2 * MI,
    twoThreads: true,
    among: ['tcmalloc'],
  },
  { key: 'pipe', label: 'one allocates, one frees', args: ['pipe', '2'], operations: MI / 2, twoThreads: true },
  { key: 'larson', label: 'larson, 2 threads', args: ['larson', '2'], operations: 1_000_000, twoThreads: true },
  { key: 'blocks-1k', label: '1,024 live', args: ['blocks', '1024'], operations: MI, among: ['tcmalloc'] },
  { key: 'blocks-1m', label: '1,048,576 live', args: ['blocks', '1048576'], operations: MI, among: ['tcmalloc'] },
];

export const gates: readonly Gate[] = [
  atMost('replace-heap', 1, 'replace-tcmalloc'),
  atMost('replace-heap', 0.25, 'replace-glibc'),
  atMost('pair-heap', 1.8, 'pair-tcmalloc'),
  atLeast('two-heap', 1.6, 'replace-heap'),
  ...['pipe', 'larson'].flatMap(key => [
    atLeast(`${key}-heap`, 1, `${key}-jemalloc`),
    atLeast(`${key}-heap`, 0.7, `${key}-tcmalloc`),
    atLeast(`${key}-heap`, 4, `${key}-glibc`),
  ]),
  atMost('blocks-1m-heap', 2, 'blocks-1k-heap'),
];

export const heap: Group = {
  name: 'heap',
  operation: 'operation',
  unit: 'ns',
  gates,
  versus: shapes.map(({ key }) => ({
    ours: `${key}-heap`,
    peers: ['glibc', 'jemalloc', 'mimalloc', 'tcmalloc', 'central'].map(name => `${key}-${name}`),
  })),
  contenders: async () => {
    const all = [];
    for (const shape of shapes) {
      const contenders = await contendersOf(shape);
      all.push(...(shape.twoThreads ? contenders : onOneCore(contenders)));
    }
    return all;
  },
};
