/** `npm run bench:bytes`: the byte ring against two bare copies and against its peer. */
import { alternate } from '../harness/alternate.js';
import { scripted } from '../harness/contender.js';
import { atLeast, judge } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';

const options = benchCommand(
  'bench:bytes',
  'Measures pieces of 64 B, 1 KiB and 64 KiB, written to a byte ring of 1 MiB and read.',
)
  .parse()
  .opts<BenchOptions>();

const SIZES = [
  { bytes: 64, operations: 400_000, ofBare: 0.75, ofPeer: 0 },
  { bytes: 1024, operations: 200_000, ofBare: 0.9, ofPeer: 5 },
  { bytes: 65536, operations: 4000, ofBare: 0.9, ofPeer: 10 },
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
const contenders = SIZES.flatMap(({ bytes, operations }) => [
  ...KINDS.map(kind => {
    const count = kind === 'ringbuf.js' ? Math.ceil(operations / Math.max(2, bytes / 512)) : operations;
    return scripted(`${kind}-${bytes}`, `${bytes} B ${LABELS[kind]}`, count, pieces, kind, String(bytes));
  }),
  scripted(`threads-${bytes}`, `${bytes} B from thread to thread`, Math.ceil(operations / 4), threads, String(bytes)),
]);
const gates = SIZES.flatMap(({ bytes, ofBare, ofPeer }) => [
  ...['local', 'shared'].flatMap(kind => [
    atLeast(`${kind}-${bytes}`, ofBare, `bare-${kind}-${bytes}`),
    atLeast(`${kind}-${bytes}`, ofBare, `views-${kind}-${bytes}`),
  ]),
  ...(ofPeer === 0 ? [] : [atLeast(`shared-${bytes}`, ofPeer, `ringbuf.js-${bytes}`)]),
]);

const bar = progress('bytes');
const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
publish(report('bytes', plan(options).rounds, rows, judge(gates, rows)), 'piece', 'M/s', options.json);
