/** Tells people what was found: runs the schedule again and writes one line a step. */
import {
  DONE,
  ExplorerError,
  KIND_NAMES,
  LOAD,
  LOCAL,
  NOTIFY,
  READ,
  STORE,
  WAIT,
  WAIT_ANSWERS,
  WAIT_TIMED_OUT,
  WRITE,
} from './access.js';
import { KILL, Machine, TIME_OUT } from './machine.js';
import { type Node, placeOf } from './node.js';
import { type Program, threadName } from './program.js';
import type { Finding, Schedule } from './search.js';

/** One step of a schedule, as it went. */
export interface Step {
  readonly thread: number;
  readonly text: string;
  /** Whether another thread moved before. */
  readonly isSwitch: boolean;
}

/** Runs a schedule on a new machine. Answers its steps, and the machine as it stands then. */
export function replay(program: Program, schedule: Schedule): { steps: Step[]; machine: Machine } {
  const machine = new Machine(program);
  const steps: Step[] = [];
  let last = -1;
  for (const [i, code] of schedule.entries()) {
    const thread = code >>> 6;
    if (!machine.canStep(thread, code & 63))
      throw new ExplorerError(`Cannot replay: thread ${thread} can't take step ${i + 1} of the schedule`);
    const before = machine.node(thread);
    const value = before.word >= 0 ? machine.state.get(before.word) : 0;
    const parked = machine.threads.map((_, t) => machine.isParked(t));
    machine.step(thread, code & 63);
    const what = describe(program, machine, before, code & 63, value, parked[thread]!, thread);
    const woken = machine.threads.flatMap((_, t) =>
      t !== thread && parked[t] && !machine.isParked(t) ? [threadName(program, t)] : [],
    );
    const wakes = woken.length > 0 && machine.lastValue > 0 ? `: ${woken.join(', ')}` : '';
    steps.push({
      thread,
      text: `${callOf(before).padEnd(28)} ${what}${wakes}${ending(before, machine.lastValue)}`,
      isSwitch: last !== thread,
    });
    last = thread;
  }
  return { steps, machine };
}

/** A finding, or what a schedule leads to, as text. */
export function reportOf(program: Program, finding: Pick<Finding, 'schedule'> & Partial<Finding>): string {
  const { steps, machine } = replay(program, finding.schedule);
  const names = machine.threads.map((_, t) => threadName(program, t));
  const width = Math.max(...names.map(name => name.length));
  const lines = steps.map(({ thread, text, isSwitch }, i) => {
    const place = `${String(i + 1).padStart(4)} ${isSwitch ? '>' : ' '} ${names[thread]!.padEnd(width)}`;
    return `${place}  ${text}`.trimEnd();
  });
  const next = machine.threads.flatMap((_, t) => {
    const node = machine.node(t);
    if (node.kind >= DONE) return [];
    const state = machine.isParked(t) ? 'parked at' : 'next:';
    const access = node.kind === LOCAL ? '' : `${KIND_NAMES[node.kind]} ${nameOf(program, node.word)}`;
    return [`     - ${names[t]!.padEnd(width)}  ${callOf(node).padEnd(28)} ${state} ${access} (${placeOf(node)})`];
  });
  const title = finding.kind === undefined ? [] : [`${finding.kind}: ${finding.reason}`];
  return [...title, ...lines, ...next].join('\n');
}

function nameOf(program: Program, word: number): string {
  return program.nameOf?.(word) ?? `word ${word}`;
}

function callOf(node: Node): string {
  if (node.kind >= DONE) return '';
  return `${node.op.name}(${node.op.args.map(String).join(', ')})`;
}

function describe(
  program: Program,
  machine: Machine,
  node: Node,
  variant: number,
  before: number,
  wasParked: boolean,
  thread: number,
): string {
  if (variant === KILL) return wasParked ? 'DIES while parked' : 'DIES';
  const place = placeOf(node);
  if (variant === TIME_OUT) return `${place}  wait ${nameOf(program, node.word)} -> timed-out`;
  if (node.kind === LOCAL) return 'touches nothing shared';
  const word = nameOf(program, node.word);
  const access = `${place}  ${KIND_NAMES[node.kind]} ${word}`;
  switch (node.kind) {
    case READ:
      return `${access} -> ${machine.lastValue}${variant > 0 ? `  (stale: it is ${before})` : ''}`;
    case LOAD:
      return `${access} -> ${before}`;
    case WRITE:
      return `${access} = ${(before & node.b) | node.a}  (was ${before})`;
    case STORE:
      return `${access} = ${node.a}  (was ${before})`;
    case NOTIFY:
      return `${access} -> ${machine.lastValue} woken`;
    case WAIT:
      if (machine.isParked(thread)) return `${access} while ${node.a} -> parks`;
      return `${access} while ${node.a} -> ${before === node.a ? WAIT_ANSWERS[WAIT_TIMED_OUT] : `not-equal, it is ${before}`}`;
    default:
      return `${access} -> ${before}, now ${machine.state.get(node.word)}`;
  }
}

/** The answer, when the step ended the operation. */
function ending(before: Node, value: number): string {
  const edge = before.edges[before.values.indexOf(value)];
  return edge?.ends ? `   => ${edge.answer === undefined ? 'done' : String(edge.answer)}` : '';
}
