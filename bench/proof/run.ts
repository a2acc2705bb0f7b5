/** Measures suites, group after group, and keeps what there is when it is interrupted. */
import { Presets, SingleBar } from 'cli-progress';
import { alternate, type Row } from '../harness/alternate.js';
import { judge } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { machine } from '../harness/machine.js';
import { type Profile, profileCount, profiles } from './profile.js';
import { compareRows, oursOf, type Result, result, type Section } from './result.js';
import type { Suite } from './suites.js';

const WARMUPS = 2;
/** Steps of the bar that a group has. */
const STEPS = 100;

export async function run(suites: readonly Suite[], rounds: number, signal: AbortSignal): Promise<Result> {
  const began = new Date();
  const found: { sections: Section[]; profiles: Profile[] } = { sections: [], profiles: [] };
  const groups: { suite: Suite; group: Group }[] = [];
  for (const suite of suites) groups.push(...(await suite.groups()).map(group => ({ suite, group })));
  const profiled = suites.some(suite => suite.profiled);
  const bar = progressBar((groups.length + (profiled ? 1 : 0)) * STEPS);
  try {
    for (const [index, { suite, group }] of groups.entries()) {
      if (signal.aborted) break;
      const onPart = (part: number): void =>
        bar.update((index + part) * STEPS, { what: `${suite.name}: ${group.name}` });
      const section = await measured(suite.name, group, rounds, signal, onPart);
      if (section.rows.length > 0) found.sections.push(section);
    }
    if (profiled) {
      const onDone = (done: number): void =>
        bar.update((groups.length + done / profileCount) * STEPS, { what: 'profiles' });
      found.profiles.push(...(await profiles(signal, onDone)));
    }
  } finally {
    bar.stop();
  }
  const seconds = Math.round((Date.now() - began.getTime()) / 1000);
  return result({ machine: machine(), began: began.toISOString(), seconds, complete: !signal.aborted, ...found });
}

async function measured(
  suite: string,
  group: Group,
  rounds: number,
  signal: AbortSignal,
  onPart: (part: number) => void,
): Promise<Section> {
  const { name, operation, unit } = group;
  onPart(0);
  const onRound = (done: number, total: number): void => onPart(done / total);
  const rows: Row[] = await alternate(await group.contenders(), { rounds, warmups: WARMUPS, onRound, signal });
  if (!signal.aborted) rows.push(...(group.others?.(rounds) ?? []));
  const gates = judge(group.gates, rows);
  return { suite, name, operation, unit, rows, ours: oursOf(group), gates, comparisons: compareRows(group, rows) };
}

/** On the standard error, when that is a terminal. */
function progressBar(total: number): SingleBar {
  const format = '[{bar}] {percentage}% | {eta_formatted} left | {what}';
  const bar = new SingleBar(
    { format, stream: process.stderr, noTTYOutput: false, hideCursor: true, etaBuffer: 200, gracefulExit: false },
    Presets.legacy,
  );
  bar.start(total, 0, { what: '' });
  return bar;
}
