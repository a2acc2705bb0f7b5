export { alternate, type Measured, type Plan, type Row } from './alternate.js';
export type { Absent, Contender } from './contender.js';
export { atLeast, atMost, type Gate, judge, type Verdict } from './gates.js';
export { describeMachine, type Machine, machine } from './machine.js';
export { count } from './options.js';
export { progress } from './progress.js';
export { figure, gateLines, rowTable } from './report.js';
export { type Summary, summarize } from './samples.js';
