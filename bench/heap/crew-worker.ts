/** One thread of a round on a heap. */
import { Heap, Region, type RegionToken } from 'ringwell';
import { crewTask, joinCrew } from '../harness/crew.js';
import { consume, larson, produce, randomOf, replaceSkewed } from './work.js';

export interface HeapTask {
  readonly region: RegionToken;
  readonly shape: 'replace' | 'pipe' | 'larson';
  readonly index: number;
  readonly threads: number;
  readonly words: Int32Array;
}

const { region: token, shape, index, threads, words } = crewTask<HeapTask>();
const heap = Heap.attach(Region.attach(token), 'heap');

if (shape === 'replace') joinCrew(replaceSkewed(heap));
if (shape === 'larson') joinCrew(larson(heap, words, index, threads));
joinCrew(index === 0 ? produce(heap, words, randomOf(0)) : consume(heap, words));
