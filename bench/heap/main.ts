/** `npm run bench:heap`: the heap against the allocators of C++, each shape of work alternating among all of them. */
import { alternate } from '../harness/alternate.js';
import { atLeast, atMost, judge } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';
import { contendersOf, type Shape } from './contenders.js';

const MI = 2 ** 20;

const shapes: readonly Shape[] = [
  { key: 'replace', label: 'replace among 4096, 1..8000 bytes', args: ['replace', '1'], operations: MI, central: true },
  { key: 'pair', label: 'pair of 4096 bytes', args: ['pair', '1'], operations: MI, central: true },
  { key: 'two', label: 'the same replace, 2 threads', args: ['replace', '2'], operations: 2 * MI, among: ['tcmalloc'] },
  { key: 'pipe', label: 'one allocates, one frees', args: ['pipe', '2'], operations: MI / 2 },
  { key: 'larson', label: 'larson, 2 threads', args: ['larson', '2'], operations: 1_000_000 },
  { key: 'blocks-1k', label: '1,024 live', args: ['blocks', '1024'], operations: MI, among: ['tcmalloc'] },
  { key: 'blocks-1m', label: '1,048,576 live', args: ['blocks', '1048576'], operations: MI, among: ['tcmalloc'] },
];

const gates = [
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

const options = benchCommand('bench:heap', 'Measures malloc and free against the allocators of C++.')
  .option('--only <shapes>', `some of ${shapes.map(({ key }) => key).join(', ')}`)
  .parse()
  .opts<BenchOptions & { only?: string }>();

const wanted = options.only?.split(',');
const contenders = [];
for (const shape of shapes) if (wanted?.includes(shape.key) ?? true) contenders.push(...(await contendersOf(shape)));
const bar = progress('heap');
const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
publish(report('heap', plan(options).rounds, rows, judge(gates, rows)), 'operation', 'ns', options.json);
