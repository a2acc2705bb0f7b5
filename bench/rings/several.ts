/** One consumer that waits for any of several rings with `waitAny`; one producer that feeds them in turn. */
import { scripted } from '../harness/contender.js';
import type { Group } from './group.js';

const ITEMS = 500_000;
const COUNTS = [1, 2, 4, 8];

export const several: Group = {
  name: 'several',
  operation: 'item',
  unit: 'M/s',
  gates: [],
  versus: COUNTS.slice(1).map(count => ({ ours: `several-${count}`, peers: ['several-1'] })),
  contenders: async () =>
    COUNTS.map(count => {
      const label = `waiting for any of ${count} ${count === 1 ? 'ring' : 'rings'}`;
      return scripted(
        `several-${count}`,
        label,
        ITEMS,
        new URL('./several-contender.js', import.meta.url),
        String(count),
      );
    }),
};
