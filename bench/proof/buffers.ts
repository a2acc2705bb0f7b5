/** Where JavaScript gets bytes from: 4096 of them, a word written, given back where there is a way to. */
import { scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { atMost } from '../harness/gates.js';
import type { Group } from '../harness/group.js';

const PAIRS = 0xffff;
/** Who walks a list of all blocks. */
const FEW = 0x3fff;

/** As `buffers-contender.ts` knows them. */
const PEERS: Record<string, number> = {
  'new Uint8Array': PAIRS,
  'Buffer.allocUnsafe': PAIRS,
  'Buffer.alloc': PAIRS,
  '@protobufjs/pool': PAIRS,
  'typedarray-pool': PAIRS * 8,
  '@thi.ng/malloc': FEW,
  '@daneren2005/shared-memory-objects': FEW,
  'local pool': PAIRS * 8,
  'shared pool': PAIRS * 8,
  'local heap': PAIRS * 8,
};
const OURS = ['local pool', 'shared pool', 'local heap'];
const LIVE = [1, 64];

const key = (name: string, live: number): string => `${name}-${live}`;

export const buffers: Group = {
  name: 'buffers',
  operation: 'pair',
  unit: 'ns',
  gates: [atMost('local pool-1', 1, 'typedarray-pool-1')],
  versus: LIVE.flatMap(live =>
    OURS.map(ours => ({
      ours: key(ours, live),
      peers: Object.keys(PEERS)
        .filter(name => !OURS.includes(name))
        .map(name => key(name, live)),
    })),
  ),
  contenders: async () =>
    onOneCore(
      LIVE.flatMap(live =>
        Object.entries(PEERS).map(([name, pairs]) =>
          scripted(
            key(name, live),
            `${name}, ${live} live`,
            Math.ceil(pairs / live) * live,
            new URL('./buffers-contender.js', import.meta.url),
            name,
            String(live),
          ),
        ),
      ),
    ),
};
