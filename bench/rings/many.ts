/** One at a time through a ring for many producers and many consumers, on 1+1 and on 2+2 threads. */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { atLeast, type Gate } from '../harness/gates.js';
import { type NativeContender, native } from '../harness/native.js';
import type { Group } from './group.js';

const ITEMS = 1_000_000;
const MESSAGES = 100_000;

/** Threads that find nothing to do sleep, as ours must; or yield and look again at once, as only native ones can. */
function nativeRings(pairs: number, yields: boolean): NativeContender[] {
  const shape = `${pairs}+${pairs}${yields ? '-yields' : ''}`;
  const label = `${pairs}+${pairs}${yields ? ' yielding' : ''}`;
  const common = { operations: ITEMS, args: yields ? [String(pairs), 'yields'] : [String(pairs)] };
  const ck = { source: 'ring-ck.cpp', libraries: ['-lck'], package: 'libck-dev' };
  const boost = { source: 'ring-boost.cpp', package: 'libboost-dev' };
  return [
    { ...common, ...ck, key: `ck-${shape}`, label: `${label} ck_ring` },
    { ...common, ...boost, key: `boost-${shape}`, label: `${label} boost::lockfree::queue` },
    { ...common, source: 'ring-vyukov.cpp', key: `vyukov-${shape}`, label: `${label} C++ Vyukov, seq-cst` },
  ];
}

function ourRings(pairs: number): Contender[] {
  const shape = `${pairs}+${pairs}`;
  const module = new URL('./ring.js', import.meta.url);
  return [
    scripted(`ring-${shape}`, `${shape} ring`, ITEMS, module, String(pairs)),
    scripted(`carried-${shape}`, `${shape} ring that carries a pool`, ITEMS, module, String(pairs), 'carries'),
  ];
}

/** Against native threads that wait as such programs do: they never sleep. The rows of those that sleep, as ours must, stand beside. */
function gatesOf(pairs: number, ofVyukov: number): Gate[] {
  const shape = `${pairs}+${pairs}`;
  return [
    atLeast(`ring-${shape}`, 2, `ck-${shape}-yields`),
    atLeast(`ring-${shape}`, 5, `boost-${shape}-yields`),
    atLeast(`ring-${shape}`, ofVyukov, `vyukov-${shape}-yields`),
  ];
}

async function contenders(): Promise<(Contender | Absent)[]> {
  const all: (Contender | Absent)[] = [];
  for (const pairs of [1, 2]) {
    // One after the other: the second finds compiled what the first compiled.
    for (const yields of [false, true]) all.push(...(await Promise.all(nativeRings(pairs, yields).map(native))));
    all.push(...ourRings(pairs));
  }
  all.push(scripted('post-message', '1+1 postMessage', MESSAGES, new URL('./post-message.js', import.meta.url)));
  return all;
}

export const many: Group = {
  name: 'many',
  operation: 'item',
  unit: 'M/s',
  gates: [...gatesOf(1, 0.35), ...gatesOf(2, 0.2)],
  versus: ['1+1', '2+2'].map(shape => ({
    ours: `ring-${shape}`,
    peers: [
      // Not those that sleep: whether two sleepers meet or take turns is the machine's mood, which lasts for minutes.
      ...['ck', 'boost', 'vyukov'].map(name => `${name}-${shape}-yields`),
      ...(shape === '1+1' ? ['post-message'] : []),
    ],
  })),
  contenders,
};
