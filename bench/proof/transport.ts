/** Messages of 64 bytes from one thread to another, by all means that there are. */
import { scripted } from '../harness/contender.js';
import { atLeast } from '../harness/gates.js';
import type { Group } from '../harness/group.js';

/** As `transport-contender.ts` knows them, with messages a round. */
const KINDS: Record<string, number> = {
  'message ring': 100_000,
  'byte ring': 100_000,
  postMessage: 20_000,
  MessageChannel: 20_000,
  'thread-stream': 50_000,
  piscina: 5_000,
  multithreading: 5_000,
};
const OURS = ['message ring', 'byte ring'];
const PEERS = Object.keys(KINDS).filter(kind => !OURS.includes(kind));

export const transport: Group = {
  name: 'transport',
  operation: 'message',
  unit: 'M/s',
  gates: [atLeast('message ring', 8, 'postMessage')],
  versus: OURS.map(ours => ({ ours, peers: PEERS })),
  contenders: async () =>
    Object.entries(KINDS).map(([kind, messages]) =>
      scripted(kind, kind, messages, new URL('./transport-contender.js', import.meta.url), kind),
    ),
};
