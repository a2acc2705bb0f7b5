/** Queues of integers in one thread: 64 put, 64 taken, again and again. */
import { scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { atLeast } from '../harness/gates.js';
import type { Group } from '../harness/group.js';

const ITEMS = 2 ** 20;

export const queues: Group = {
  name: 'queues',
  operation: 'item',
  unit: 'ns',
  gates: [atLeast('ring', 0.5, 'denque')],
  versus: ['ring', 'bulk'].map(ours => ({ ours, peers: ['denque', 'array'] })),
  contenders: async () =>
    onOneCore(
      Object.entries({ ring: 'local ring', bulk: 'local ring, bulk of 64', denque: 'denque', array: 'Array' }).map(
        ([kind, label]) => scripted(kind, label, ITEMS, new URL('./queues-contender.js', import.meta.url), kind),
      ),
    ),
};
