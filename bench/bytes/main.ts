/** `npm run bench:bytes`: the byte ring against two bare copies and against its peer. */
import { alternate } from '../harness/alternate.js';
import { judge } from '../harness/gates.js';
import { type BenchOptions, benchCommand, plan } from '../harness/options.js';
import { progress } from '../harness/progress.js';
import { publish, report } from '../harness/report.js';
import { bytes } from './groups.js';

const options = benchCommand(
  'bench:bytes',
  'Measures pieces of 64 B, 1 KiB and 64 KiB, written to a byte ring of 1 MiB and read.',
)
  .parse()
  .opts<BenchOptions>();

const bar = progress(bytes.name);
const rows = await alternate(await bytes.contenders(), { ...plan(options), onRound: bar.onRound }).finally(bar.stop);
publish(
  report(bytes.name, plan(options).rounds, rows, judge(bytes.gates, rows)),
  bytes.operation,
  bytes.unit,
  options.json,
);
