/** All that can be measured, by the names that `--only` knows. */
import { bytes } from '../bytes/groups.js';
import type { Group } from '../harness/group.js';
import { heap } from '../heap/groups.js';
import { traceGroups } from '../heap/traces.js';
import { objects, pairs, replace, treated } from '../pool/groups.js';
import { growth } from '../pool/growth.js';
import { safety } from '../pool/safety.js';
import { rings } from '../rings/groups.js';
import { latency } from '../rings/latency.js';
import { many } from '../rings/many.js';
import { single } from '../rings/single.js';
import { buffers } from './buffers.js';
import { queues } from './queues.js';
import { transport } from './transport.js';

export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly groups: () => Promise<readonly Group[]>;
  /** Also profiles: distributions, collections, memory. */
  readonly profiled?: boolean;
}

export const suites: readonly Suite[] = [
  {
    name: 'pool',
    title: 'pools, the ladder of allocators',
    groups: async () => [pairs, safety, treated, replace, growth, objects],
  },
  { name: 'buffers', title: 'buffers and allocators of JavaScript', groups: async () => [buffers] },
  { name: 'heap', title: 'the heap', groups: async () => [heap] },
  { name: 'traces', title: 'three recorded programs, replayed', groups: traceGroups },
  {
    name: 'rings',
    title: 'rings of integers',
    groups: async () => [...rings.filter(group => group !== latency), queues],
  },
  { name: 'transport', title: 'messages from thread to thread', groups: async () => [transport] },
  { name: 'bytes', title: 'byte rings', groups: async () => [bytes] },
  { name: 'latency', title: 'round trips, percentiles, collections', groups: async () => [latency], profiled: true },
];

function suite(wanted: string): Suite {
  return suites.find(({ name }) => name === wanted)!;
}

/** What `--quick` measures: the ladder, and rings from one to one and from many to many. */
export const quickSuites: readonly Suite[] = [
  { ...suite('pool'), groups: async () => [pairs] },
  { ...suite('rings'), groups: async () => [many, single] },
];
