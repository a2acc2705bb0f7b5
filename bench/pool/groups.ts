/** The groups of rows of `bench:pool`. */
import { type Contender, scripted } from '../harness/contender.js';
import { onOneCore } from '../harness/cores.js';
import { atLeast, atMost } from '../harness/gates.js';
import type { Group } from '../harness/group.js';
import { nativeRungs, PAIRS, scriptedRungs } from './ladder.js';

function threads(key: string, label: string, count: number, ...how: string[]): Contender {
  return scripted(key, label, count * 64 * 8192, new URL('./threads.js', import.meta.url), String(count), ...how);
}

const natives = ['brk', 'glibc', 'jemalloc', 'mimalloc', 'tcmalloc', 'boost-pool', 'static-buffer'];
const scripts = ['array-buffer', 'alloc-unsafe'];

export const pairs: Group = {
  name: 'ladder',
  operation: 'pair',
  unit: 'ns',
  gates: [
    atMost('local-pool', 1, 'tcmalloc'),
    atMost('shared-pool', 1.5, 'tcmalloc'),
    atLeast('two-threads', 1.6, 'one-thread'),
  ],
  versus: ['heap-central', 'heap', 'local-pool', 'shared-pool'].map(ours => ({
    ours,
    peers: [...natives, ...scripts],
  })),
  contenders: async () => [
    ...(await nativeRungs()),
    ...scriptedRungs(),
    threads('one-thread', 'shared pool, 64 live, 1 thread', 1),
    threads('two-threads', 'shared pool, 64 live, 2 threads', 2),
    threads('two-apart', 'a shared pool each, 64 live, 2 threads', 2, 'apart'),
  ],
};

const TREATMENTS: Record<string, string> = {
  plain: 'plain',
  guard: 'guarded',
  acquire: 'cleared on acquire',
  release: 'cleared on release',
  touch: 'plain, all 4096 bytes written',
};

const sizes = [64, 1024, 16384, 262144, 1048576];

export const replace: Group = {
  name: 'replace',
  operation: 'replace',
  unit: 'ns',
  gates: [],
  versus: ['local', 'shared'].map(kind => ({
    ours: `${kind}-1024`,
    peers: sizes.filter(size => size !== 1024).map(size => `${kind}-${size}`),
  })),
  contenders: async () => {
    const module = new URL('./replace.js', import.meta.url);
    return onOneCore(
      ['local', 'shared'].flatMap(kind =>
        sizes.map(size => {
          const label = `${kind} pool, ${size.toLocaleString('en')} blocks`;
          return scripted(`${kind}-${size}`, label, PAIRS, module, kind, String(size));
        }),
      ),
    );
  },
};

const OBJECTS = { ringwell: 'ObjectPool', reusify: 'reusify', 'object-pool': '@smikhalevski/object-pool', new: 'new' };

export const objects: Group = {
  name: 'objects',
  operation: 'pair',
  unit: 'ns',
  gates: [atLeast('ringwell-1', 0.9, 'reusify-1'), atLeast('ringwell-64', 0.9, 'reusify-64')],
  versus: [1, 64].map(live => ({
    ours: `ringwell-${live}`,
    peers: ['reusify', 'object-pool', 'new'].map(kind => `${kind}-${live}`),
  })),
  contenders: async () => {
    const module = new URL('./objects.js', import.meta.url);
    return onOneCore(
      [1, 64].flatMap(live =>
        Object.entries(OBJECTS).map(([kind, name]) =>
          scripted(`${kind}-${live}`, `${name}, ${live} live`, PAIRS + 1, module, kind, String(live)),
        ),
      ),
    );
  },
};

export const treated: Group = {
  name: 'treated',
  operation: 'pair',
  unit: 'ns',
  // Against a pair that uses its block: the bare one is a tenth of that.
  gates: [atMost('local-guard', 3, 'local-touch'), atMost('shared-guard', 3, 'shared-touch')],
  versus: ['local', 'shared'].flatMap(kind =>
    ['guard', 'acquire', 'release'].map(treatment => ({ ours: `${kind}-${treatment}`, peers: [`${kind}-plain`] })),
  ),
  contenders: async () => {
    const module = new URL('./treated.js', import.meta.url);
    return onOneCore(
      ['local', 'shared'].flatMap(kind =>
        Object.entries(TREATMENTS).map(([treatment, label]) => {
          const count = treatment === 'plain' || treatment === 'guard' ? PAIRS : PAIRS >> 4;
          return scripted(`${kind}-${treatment}`, `${kind} pool, ${label}`, count, module, kind, treatment);
        }),
      ),
    );
  },
};
