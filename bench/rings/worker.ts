/** One thread of a ring's round: a producer of handles or numbers, or a consumer of them. */
import { Pool, Region, type RegionToken, Ring } from 'ringwell';
import { backOff, crewTask, joinCrew } from '../harness/crew.js';

export interface RingTask {
  readonly region: RegionToken;
  readonly role: 'producer' | 'consumer';
  /** Of a producer: its first number, and the step to its next. */
  readonly first: number;
  readonly step: number;
  readonly carries: boolean;
}

const task = crewTask<RingTask>();
const region = Region.attach(task.region);
const ring = Ring.attach(region, 'ring');

function produce(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const item = task.first + i * task.step;
    while (!ring.enqueue(item)) backOff();
    sum = (sum + item) | 0;
  }
  return sum;
}

function consume(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let item = ring.dequeue();
    while (item === 0) {
      backOff();
      item = ring.dequeue();
    }
    sum = (sum + item) | 0;
  }
  return sum;
}

function produceBlocks(pool: Pool): (count: number) => number {
  return count => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      let handle = pool.acquire();
      while (handle === 0) {
        backOff();
        handle = pool.acquire();
      }
      while (!ring.enqueue(handle)) backOff();
      sum = (sum + handle) | 0;
    }
    return sum;
  };
}

function consumeBlocks(pool: Pool): (count: number) => number {
  return count => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      let handle = ring.dequeue();
      while (handle === 0) {
        backOff();
        handle = ring.dequeue();
      }
      sum = (sum + handle) | 0;
      pool.release(handle);
    }
    return sum;
  };
}

if (task.carries) {
  const pool = Pool.attach(region, 'blocks');
  joinCrew(task.role === 'producer' ? produceBlocks(pool) : consumeBlocks(pool));
} else {
  joinCrew(task.role === 'producer' ? produce : consume);
}
