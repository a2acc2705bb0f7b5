export { type Measured, type Plan, type Row, alternate } from './alternate.js';
export type { Absent, Contender } from './contender.js';
export { type Gate, type Verdict, atLeast, atMost, judge } from './gates.js';
export { type Machine, describeMachine, machine } from './machine.js';
export { count } from './options.js';
export { progress } from './progress.js';
export { figure, gateLines, rowTable } from './report.js';
export { type Summary, summarize } from './samples.js';
