/** All that can be measured, by the names that `--only` knows. */
import { bytes } from '../bytes/groups.js';
import type { Group } from '../harness/group.js';
import { heap } from '../heap/groups.js';
import { traceGroups } from '../heap/traces.js';
import { objects, pairs, replace, treated } from '../pool/groups.js';
import { batches } from '../rings/batches.js';
import { latency } from '../rings/latency.js';
import { many } from '../rings/many.js';
import { single } from '../rings/single.js';
import { buffers } from './buffers.js';

export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly groups: () => Promise<readonly Group[]>;
  /** Also profiles: distributions, collections, memory. */
  readonly profiled?: boolean;
}

export const suites: readonly Suite[] = [
  { name: 'pool', title: 'pools, the ladder of allocators', groups: async () => [pairs, replace, objects, treated] },
  { name: 'buffers', title: 'buffers and allocators of JavaScript', groups: async () => [buffers] },
  { name: 'heap', title: 'the heap', groups: async () => [heap] },
  { name: 'traces', title: 'three recorded programs, replayed', groups: traceGroups },
  { name: 'rings', title: 'rings of integers', groups: async () => [many, single, batches] },
  { name: 'bytes', title: 'byte rings', groups: async () => [bytes] },
  { name: 'latency', title: 'round trips, percentiles, collections', groups: async () => [latency], profiled: true },
];

/** What `--quick` measures: the ladder, and rings from one to one and from many to many. */
export const quickSuites: readonly Suite[] = [
  { ...suites[0]!, groups: async () => [pairs] },
  { ...suites[4]!, groups: async () => [many, single] },
];
