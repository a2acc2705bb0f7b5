/** Many at once through a ring for many producers and many consumers: one thread in turns, and from thread to thread. */
import { type Contender, scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { atLeast } from '../harness/gates.js';
import type { Group } from './group.js';

/** A multiple of every size. */
const ITEMS = 2 ** 20;
const SIZES = [1, 8, 32, 256];
const FORMS = ['bulk', 'burst'];

function inTurns(key: string, label: string, ...args: string[]): Contender {
  return scripted(`turns-${key}`, `one thread, ${label}`, ITEMS, new URL('./turns.js', import.meta.url), ...args);
}

function toAnother(key: string, label: string, ...args: string[]): Contender {
  const module = new URL('./flow.js', import.meta.url);
  return scripted(`flow-${key}`, `1+1 spinning, ${label}`, ITEMS, module, 'multi', ...args, 'spins');
}

const shapes = [
  { key: 'one', label: 'one at a time', args: ['one', '1'] },
  ...FORMS.flatMap(form =>
    SIZES.map(size => ({ key: `${form}-${size}`, label: `${form} of ${size}`, args: [form, String(size)] })),
  ),
];

export const batches: Group = {
  name: 'batches',
  operation: 'item',
  unit: 'ns',
  gates: ['turns', 'flow'].flatMap(kind => FORMS.map(form => atLeast(`${kind}-${form}-32`, 3, `${kind}-one`))),
  contenders: async () =>
    [inTurns, toAnother].flatMap(of => {
      const contenders = shapes.map(({ key, label, args }) => of(key, label, ...args));
      return of === inTurns ? onOneCore(contenders) : contenders;
    }),
};
