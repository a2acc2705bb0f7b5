/** The pool on 1 to 4 threads, 64 blocks live on each. */
import { scripted } from '../harness/contender.js';
import type { Group } from '../harness/group.js';

const THREADS = [1, 2, 3, 4];

export const growth: Group = {
  name: 'threads',
  operation: 'pair',
  unit: 'ns',
  gates: [],
  versus: [{ ours: 'threads-1', peers: THREADS.slice(1).map(count => `threads-${count}`) }],
  contenders: async () =>
    THREADS.map(count => {
      const module = new URL('./threads.js', import.meta.url);
      const label = `shared pool, ${count} ${count === 1 ? 'thread' : 'threads'}`;
      return scripted(`threads-${count}`, label, count * 64 * 4096, module, String(count));
    }),
};
