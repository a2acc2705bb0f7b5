/** Measures suites, in passes over all their groups, and keeps what there is when it is interrupted. */
import { Presets, SingleBar } from 'cli-progress';
import { Alternation } from '../harness/alternate.js';
import { judge } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { machine } from '../harness/machine.js';
import { type Profile, profileCount, profiles } from './profile.js';
import { compareRows, oursOf, type Result, result, type Section } from './result.js';
import type { Suite } from './suites.js';

/** Of each process. */
const WARMUPS = 2;
/**
 * Each with new processes, and as long after the one before as all groups take: what differs from process to process, and from
 * minute to minute, counts as noise.
 */
const PASSES = 3;
/** Steps of the bar that a group has in a pass. */
const STEPS = 100;

interface Part {
  readonly suite: Suite;
  readonly group: Group;
  readonly alternation: Alternation;
}

export async function run(
  command: string,
  suites: readonly Suite[],
  rounds: number,
  signal: AbortSignal,
): Promise<Result> {
  const began = new Date();
  const parts = await partsOf(suites, signal);
  const profiled = suites.some(suite => suite.profiled);
  const found: Profile[] = [];
  const total = (parts.length * PASSES + (profiled ? 1 : 0)) * STEPS;
  const bar = progressBar(total);
  const measuring = Date.now();
  const tell = (groups: number, what: string): void => {
    const left = timeLeft(Date.now() - measuring, (groups * STEPS) / total);
    bar.update(groups * STEPS, { what, left });
  };
  let begun = 0;
  try {
    for (let pass = 0; pass < PASSES; pass++) {
      const share = Math.floor(((pass + 1) * rounds) / PASSES) - Math.floor((pass * rounds) / PASSES);
      for (const { suite, group, alternation } of parts) {
        if (signal.aborted || share === 0) break;
        const onRound = (done: number, all: number): void => tell(begun + done / all, `${suite.name}: ${group.name}`);
        await alternation.pass({ rounds: share, warmups: WARMUPS, signal, onRound });
        begun++;
      }
    }
    if (profiled) {
      found.push(...(await profiles(signal, done => tell(begun + done / profileCount, 'profiles'))));
    }
  } finally {
    bar.stop();
  }
  const sections = parts.map(part => sectionOf(part, rounds, signal)).filter(wasReached);
  const seconds = Math.round((Date.now() - began.getTime()) / 1000);
  const complete = !signal.aborted;
  return result({
    command,
    machine: machine(),
    began: began.toISOString(),
    seconds,
    complete,
    sections,
    profiles: found,
  });
}

/** After an abort, some groups have nothing but what is missing. */
function wasReached({ rows }: Section): boolean {
  return rows.some(row => !('needs' in row));
}

/** Finds all contenders. Compiles those that have to be. */
async function partsOf(suites: readonly Suite[], signal: AbortSignal): Promise<Part[]> {
  const parts: Part[] = [];
  for (const suite of suites) {
    for (const group of await suite.groups()) {
      if (signal.aborted) return parts;
      parts.push({ suite, group, alternation: new Alternation(await group.contenders()) });
    }
  }
  return parts;
}

function sectionOf({ suite, group, alternation }: Part, rounds: number, signal: AbortSignal): Section {
  const { name, operation, unit } = group;
  const rows = alternation.rows();
  if (!signal.aborted) rows.push(...(group.others?.(rounds) ?? []));
  return {
    suite: suite.name,
    name,
    operation,
    unit,
    rows,
    ours: oursOf(group, rows),
    gates: judge(group.gates, rows),
    comparisons: compareRows(group, rows),
  };
}

/** On the standard error, when that is a terminal. */
function progressBar(total: number): SingleBar {
  const format = '[{bar}] {percentage}% | {left}{what}';
  const bar = new SingleBar(
    { format, stream: process.stderr, noTTYOutput: false, hideCursor: true, gracefulExit: false },
    Presets.legacy,
  );
  bar.start(total, 0, { what: '', left: '' });
  return bar;
}

/** As long as what is done took, in proportion; nothing as long as that is a guess. */
function timeLeft(elapsedMs: number, part: number): string {
  if (part < 0.02) return '';
  const seconds = Math.round((elapsedMs * (1 - part)) / part / 1000);
  return `${seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`} left | `;
}
