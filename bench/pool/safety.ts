/** What each safety of a pool costs, on a line of its own: every line has those of the line above, too. */
import { scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import type { Group } from '../harness/group.js';
import { PAIRS } from './ladder.js';

const treated = new URL('./treated.js', import.meta.url);

export const safety: Group = {
  name: 'safety',
  operation: 'pair',
  unit: 'ns',
  gates: [],
  versus: [
    { ours: 'checked', peers: ['bare'] },
    { ours: 'held', peers: ['checked'] },
    { ours: 'guarded', peers: ['checked'] },
    { ours: 'held-guarded', peers: ['held'] },
  ],
  contenders: async () =>
    onOneCore([
      scripted('bare', 'nothing: a stack of free blocks', PAIRS, new URL('./bare.js', import.meta.url)),
      scripted('checked', '+ handles checked: local pool', PAIRS, treated, 'local', 'plain'),
      scripted('held', '+ holder word, stamps, recovery: shared pool', PAIRS, treated, 'shared', 'plain'),
      scripted('guarded', 'local pool + guard', PAIRS, treated, 'local', 'guard'),
      scripted('held-guarded', 'shared pool + guard', PAIRS, treated, 'shared', 'guard'),
    ]),
};
