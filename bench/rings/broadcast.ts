/** One sender and two subscribers, each of whom receives all; beside a ring from one to one. */
import { scripted } from '../harness/contender.js';
import { atLeast } from '../harness/gates.js';
import type { Group } from './group.js';

const MESSAGES = 200_000;
const flow = new URL('./broadcast-flow.js', import.meta.url);

export const broadcast: Group = {
  name: 'broadcast',
  operation: 'message',
  unit: 'M/s',
  gates: [atLeast('broadcast-2', 0.6, 'one')],
  contenders: async () => [
    scripted('one', 'ring, 1+1, one at a time', MESSAGES, new URL('./flow.js', import.meta.url), 'single', 'one'),
    scripted('broadcast-1', 'broadcast, gated, 1 subscriber', MESSAGES, flow, '1'),
    scripted('broadcast-2', 'broadcast, gated, 2 subscribers, each', MESSAGES, flow, '2'),
  ],
};
