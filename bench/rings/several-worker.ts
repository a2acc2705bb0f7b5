/** A producer that puts numbers into its own ring, or the consumer of all rings, who waits for any of them. */
import { Region, type RegionToken, Ring, waitAny } from 'ringwell';
import { backOff, crewTask, joinCrew } from '../harness/crew.js';

export interface SeveralTask {
  readonly region: RegionToken;
  /** Its own ring; -1: it takes from all. */
  readonly index: number;
  readonly rings: number;
}

const { region: token, index, rings: count } = crewTask<SeveralTask>();
const region = Region.attach(token);
const rings = Array.from({ length: count }, (_, i) => Ring.attach(region, `ring ${i}`));

/** The items go round the rings: each gets as many. */
function produce(items: number): number {
  let sum = 0;
  for (let item = 1; item <= items; item++) {
    const ring = rings[item % count]!;
    while (!ring.enqueue(item)) backOff();
    sum = (sum + item) | 0;
  }
  return sum;
}

function consume(items: number): number {
  let sum = 0;
  for (let taken = 0; taken < items; ) {
    const ring = rings[waitAny(rings)]!;
    for (let item = ring.dequeue(); item > 0; item = ring.dequeue()) {
      sum = (sum + item) | 0;
      taken++;
    }
  }
  return sum;
}

joinCrew(index < 0 ? consume : produce);
