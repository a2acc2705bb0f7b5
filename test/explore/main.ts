/** The command line: explores every program and says what came of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { explore } from './explore.js';
import type { Program } from './program.js';
import { programFiles } from './programs.js';
import { reportOf } from './report.js';
import type { Finding, Outcome } from './search.js';

const USAGE = `Explores every interleaving of the programs in test/explore.

  --only TEXT     only programs whose name contains TEXT
  --long          the long programs too
  --list          names the programs and ends
  --states N      gives up after N states
  --trace FILE    writes the first finding's schedule to FILE
  --replay FILE   runs a schedule again, with --only to say of which program`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    long: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    states: { type: 'string' },
    trace: { type: 'string' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function loadAll(): Promise<{ programs: Program[]; failed: number }> {
  const programs: Program[] = [];
  let failed = 0;
  for (const file of programFiles) {
    try {
      const module = (await import(file)) as { programs: readonly Program[] };
      programs.push(...module.programs);
    } catch (error) {
      failed++;
      console.error(`FAILED  ${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { programs, failed };
}

/** Whether the outcome is what the program asks for. */
function isExpected(program: Program, outcome: Outcome): boolean {
  if (program.expect !== undefined) return outcome.finding?.kind === program.expect;
  return outcome.finding === null && (outcome.isComplete || program.preemptions !== undefined);
}

function verdictOf(program: Program, outcome: Outcome): string {
  const { finding } = outcome;
  if (finding !== null)
    return isExpected(program, outcome) ? `found, as it must be: ${finding.kind}` : `FOUND ${finding.kind}`;
  if (program.expect !== undefined) return `NOT FOUND: ${program.expect}`;
  if (program.preemptions !== undefined) return `clean up to ${program.preemptions} preemptions`;
  return outcome.isComplete ? 'clean' : 'GIVEN UP';
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
    if (options.trace !== undefined) {
      writeFileSync(options.trace, `${JSON.stringify({ program: program.name, ...outcome.finding })}\n`);
    }
  }
  return isGood;
}

function progressLine(program: Program, states: number, depth: number, ms: number): void {
  const text = `        ${program.name}: ${(states / 1e6).toFixed(1)} M states, depth ${depth}, ${(ms / 1000).toFixed(0)} s`;
  process.stdout.write(`\r\x1b[K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

function replayFile(programs: readonly Program[], file: string): void {
  const finding = JSON.parse(readFileSync(file, 'utf8')) as Finding & { program: string };
  const program = programs.find(p => p.name === finding.program);
  if (program === undefined) throw new Error(`Cannot replay ${file}: there is no program '${finding.program}'`);
  console.log(reportOf(program, finding));
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const { programs, failed } = await loadAll();
  if (options.replay !== undefined) {
    replayFile(programs, options.replay);
    return 0;
  }
  const { only } = options;
  const chosen = programs.filter(p => (only === undefined ? options.long || !p.long : p.name.includes(only)));
  if (options.list) {
    for (const program of programs) console.log(`${program.name}${program.long ? ' (long)' : ''}`);
    return failed === 0 ? 0 : 1;
  }
  const started = performance.now();
  let bad = failed;
  for (const program of chosen) if (!exploreOne(program)) bad++;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${chosen.length} programs in ${seconds} s, ${bad === 0 ? 'all as they should be' : `${bad} FAILED`}`);
  return bad === 0 && chosen.length > 0 ? 0 : 1;
}

process.exitCode = await main();
