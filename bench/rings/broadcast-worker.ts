/** One thread of a broadcast: the sender of the numbers from 1, or one of those who receive all of them. */
import { Broadcast, Region, type RegionToken } from 'ringwell';
import { backOff, crewTask, joinCrew } from '../harness/crew.js';
import { spin } from '../harness/spin.js';

export interface BroadcastTask {
  readonly role: 'sender' | 'subscriber';
  /** Looks again at once when there is nothing to do, instead of sleeping. */
  readonly spins: boolean;
  readonly region: RegionToken;
}

const task = crewTask<BroadcastTask>();
const rest = task.spins ? spin : backOff;
const all = Broadcast.attach(Region.attach(task.region), 'all');
const bytes = new Uint8Array(8);
const word = new Int32Array(bytes.buffer);

function send(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) {
    word[0] = i;
    while (!all.send(bytes, i)) rest();
    sum = (sum + i) | 0;
  }
  return sum;
}

const subscriber = task.role === 'subscriber' ? all.subscribe() : undefined;

function receive(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    while (subscriber!.receive(bytes) === 0) rest();
    sum = (sum + word[0]!) | 0;
  }
  return sum;
}

joinCrew(task.role === 'sender' ? send : receive);
