/** Messages of 64 bytes from one thread to another, by all means that there are. */
import { fileURLToPath } from 'node:url';
import type { Contender } from '../harness/contender.js';
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
  'multithreading, a number': 5_000,
};
const OURS = ['message ring', 'byte ring'];
const PEERS = Object.keys(KINDS).filter(kind => !OURS.includes(kind));

function contender(kind: string, messages: number): Contender {
  const file = fileURLToPath(new URL('./transport-contender.js', import.meta.url));
  const before = kind.startsWith('multithreading')
    ? ['--import', new URL('./newer-node.js', import.meta.url).href]
    : [];
  return { key: kind, label: kind, operations: messages, command: [process.execPath, ...before, file, kind] };
}

export const transport: Group = {
  name: 'transport',
  operation: 'message',
  unit: 'M/s',
  gates: [atLeast('message ring', 8, 'postMessage')],
  versus: OURS.map(ours => ({ ours, peers: PEERS })),
  contenders: async () => Object.entries(KINDS).map(([kind, messages]) => contender(kind, messages)),
};
