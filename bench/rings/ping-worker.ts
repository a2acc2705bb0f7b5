/** One thread of a ping-pong: it spins for every item, and sends the next. */
import { Region, type RegionToken, Ring } from 'ringwell';
import { crewTask, joinCrew } from '../harness/crew.js';

export interface PingTask {
  readonly region: RegionToken;
  readonly role: 'ping' | 'pong';
}

const task = crewTask<PingTask>();
const region = Region.attach(task.region);
const there = Ring.attach(region, 'there');
const back = Ring.attach(region, 'back');

/** Answers how many came back as they went. */
function ping(count: number): number {
  let right = 0;
  for (let item = 1; item <= count; item++) {
    there.enqueue(item);
    let answer = back.dequeue();
    while (answer === 0) answer = back.dequeue();
    if (answer === item) right++;
  }
  return right;
}

function pong(count: number): number {
  for (let i = 0; i < count; i++) {
    let item = there.dequeue();
    while (item === 0) item = there.dequeue();
    back.enqueue(item);
  }
  return count;
}

joinCrew(task.role === 'ping' ? ping : pong);
