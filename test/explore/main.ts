/** The command line: explores every program and says what came of it. */
import { parseArgs } from 'node:util';
import { coverageReport, isCovered, siteCounts } from './coverage.js';
import { explore } from './explore.js';
import { loadEveryCore } from './loader.js';
import type { Program } from './program.js';
import { loadPrograms } from './programs.js';
import { reportOf } from './report.js';
import { scheduleOf, textOfSchedule } from './schedule.js';
import type { Outcome } from './search.js';

const USAGE = `Explores every interleaving of the programs in test/explore.

  --only TEXT     only programs whose name contains TEXT
  --long          the long programs too
  --list          names the programs and ends
  --states N      gives up after N states
  --replay TEXT   runs the schedule that a finding printed again, with --only to say of which program
  --coverage      which shared accesses of the core modules were executed, and at which a thread was killed;
                  the exit code is 1 when one was missed that excuses.ts does not excuse
  --first         ends at the first program that is not as it should be`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    states: { type: 'string' },
    replay: { type: 'string' },
    coverage: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Whether the outcome is what the program asks for. */
function isExpected(program: Program, outcome: Outcome): boolean {
  if (program.expect !== undefined) return outcome.finding?.kind === program.expect;
  return outcome.finding === null && !outcome.gaveUp;
}

function verdictOf(program: Program, outcome: Outcome): string {
  const { finding } = outcome;
  if (finding !== null)
    return isExpected(program, outcome) ? `found, as it must be: ${finding.kind}` : `FOUND ${finding.kind}`;
  if (program.expect !== undefined) return `NOT FOUND: ${program.expect}`;
  if (outcome.gaveUp) return 'GIVEN UP';
  if (program.preemptions !== undefined) return `clean up to ${program.preemptions} preemptions`;
  return 'clean';
}

function lineOf(program: Program, outcome: Outcome): string {
  const rate = Math.round(outcome.states / Math.max(outcome.ms, 1));
  const figures = [
    `${outcome.states.toLocaleString('en')} states`,
    `${outcome.transitions.toLocaleString('en')} transitions`,
    `${outcome.terminals.toLocaleString('en')} terminals`,
    `${(outcome.ms / 1000).toFixed(2)} s`,
    `${rate}k states/s`,
  ];
  return `${program.name}: ${verdictOf(program, outcome)}\n        ${figures.join(', ')}`;
}

const total = { states: 0, transitions: 0, kills: 0 };

function exploreOne(program: Program): boolean {
  const statesMax = options.states === undefined ? undefined : Number(options.states);
  const outcome = explore(program, {
    ...(statesMax === undefined ? {} : { statesMax }),
    ...(process.stdout.isTTY ? { progress: (states, depth, ms) => progressLine(program, states, depth, ms) } : {}),
  });
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  const isGood = isExpected(program, outcome);
  console.log(`${isGood ? 'ok     ' : 'FAILED '} ${lineOf(program, outcome)}`);
  if (outcome.finding !== null && (!isGood || options.only !== undefined)) {
    console.log(reportOf(program, outcome.finding).replaceAll(/^/gm, '        '));
    console.log(`        again: --only '${program.name}' --replay ${textOfSchedule(outcome.finding.schedule)}`);
  }
  total.states += outcome.states;
  total.transitions += outcome.transitions;
  total.kills += outcome.kills;
  return isGood;
}

function progressLine(program: Program, states: number, depth: number, ms: number): void {
  const text = `        ${program.name}: ${(states / 1e6).toFixed(1)} M states, depth ${depth}, ${(ms / 1000).toFixed(0)} s`;
  process.stdout.write(`\r\x1b[K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

function replayText(chosen: readonly Program[], text: string): void {
  const exact = chosen.filter(p => p.name === options.only);
  const program = exact[0] ?? chosen[0];
  if (program === undefined || (exact.length === 0 && chosen.length > 1))
    throw new Error(`Cannot replay: --only must name one program, and names ${chosen.length}`);
  console.log(`${program.name}\n${reportOf(program, { schedule: scheduleOf(text) })}`);
}

/** One line of all that was done, and which sites it came by. */
function sumUp(programs: number, ms: number, bad: number): void {
  const { sites, reached, killed } = siteCounts();
  const figures = [
    `${programs} programs`,
    `${total.states.toLocaleString('en')} states`,
    `${total.transitions.toLocaleString('en')} transitions`,
    `${total.kills.toLocaleString('en')} kills`,
    `${reached} of ${sites} shared accesses executed, ${killed} killed at`,
  ];
  const verdict = bad === 0 ? 'all as they should be' : `${bad} FAILED`;
  console.log(`total: ${figures.join(', ')}, in ${(ms / 1000).toFixed(1)} s, ${verdict}`);
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { programs, failed } = await loadPrograms();
  const { only } = options;
  const chosen = programs.filter(p => (only === undefined ? options.long || !p.long : p.name.includes(only)));
  if (options.replay !== undefined) {
    replayText(chosen, options.replay);
    return 0;
  }
  if (options.list) {
    for (const program of programs) console.log(`${program.name}${program.long ? ' (long)' : ''}`);
    return failed === 0 ? 0 : 1;
  }
  const started = performance.now();
  let bad = failed;
  for (const program of chosen) {
    if (exploreOne(program)) continue;
    bad++;
    if (options.first) break;
  }
  if (options.coverage) await loadEveryCore();
  sumUp(chosen.length, performance.now() - started, bad);
  if (options.coverage) console.log(coverageReport());
  return bad === 0 && chosen.length > 0 && (!options.coverage || isCovered()) ? 0 : 1;
}

process.exitCode = await main();
