/** `npm run bench:rings`: rings for many producers and many consumers. */
import { alternate } from '../harness/alternate.js';
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { atLeast, type Gate, judge } from '../harness/gates.js';
import { type NativeContender, native } from '../harness/native.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';

const ITEMS = 1_000_000;
const MESSAGES = 100_000;

const options = benchCommand(
  'bench:rings',
  'Measures a ring of 4096 items against its peers, on 1+1 and on 2+2 threads.',
)
  .parse()
  .opts<BenchOptions>();

function nativeRings(pairs: number): NativeContender[] {
  const shape = `${pairs}+${pairs}`;
  const common = { operations: ITEMS, args: [String(pairs)] };
  const ck = { source: 'ring-ck.cpp', libraries: ['-lck'], package: 'libck-dev' };
  const boost = { source: 'ring-boost.cpp', package: 'libboost-dev' };
  return [
    { ...common, ...ck, key: `ck-${shape}`, label: `${shape} ck_ring` },
    { ...common, ...boost, key: `boost-${shape}`, label: `${shape} boost::lockfree::queue` },
    { ...common, source: 'ring-vyukov.cpp', key: `vyukov-${shape}`, label: `${shape} C++ Vyukov, seq-cst` },
  ];
}

function ourRings(pairs: number): Contender[] {
  const shape = `${pairs}+${pairs}`;
  const module = new URL('./ring.js', import.meta.url);
  return [
    scripted(`ring-${shape}`, `${shape} ring`, ITEMS, module, String(pairs)),
    scripted(`carried-${shape}`, `${shape} ring that carries a pool`, ITEMS, module, String(pairs), 'carries'),
  ];
}

function gatesOf(pairs: number, ofVyukov: number): Gate[] {
  const shape = `${pairs}+${pairs}`;
  return [
    atLeast(`ring-${shape}`, 2, `ck-${shape}`),
    atLeast(`ring-${shape}`, 5, `boost-${shape}`),
    atLeast(`ring-${shape}`, ofVyukov, `vyukov-${shape}`),
  ];
}

const contenders: (Contender | Absent)[] = [];
for (const pairs of [1, 2]) {
  contenders.push(...(await Promise.all(nativeRings(pairs).map(native))), ...ourRings(pairs));
}
contenders.push(scripted('post-message', '1+1 postMessage', MESSAGES, new URL('./post-message.js', import.meta.url)));

const gates = [...gatesOf(1, 0.35), ...gatesOf(2, 0.2)];
const bar = progress('rings');
const rows = await alternate(contenders, { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
publish(report('rings', plan(options).rounds, rows, judge(gates, rows)), 'item', 'M/s', options.json);
