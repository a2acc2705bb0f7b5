/** One thread of the messages' round: a producer of numbered messages, or the consumer of them all. */
import { MessageRing, Region, type RegionToken } from 'ringwell';
import { backOff, crewTask, joinCrew } from '../harness/crew.js';
import { spin } from '../harness/spin.js';

export interface MessageTask {
  readonly region: RegionToken;
  readonly role: 'producer' | 'consumer';
  readonly number: number;
  readonly producers: number;
  readonly form: string;
  readonly spins: boolean;
}

const BYTES = 64;
const task = crewTask<MessageTask>();
const { number, producers } = task;
const rest = task.spins ? spin : backOff;
const ring = MessageRing.attach(Region.attach(task.region), 'ring');
const source = new Uint8Array(BYTES);
const sourceWords = new Int32Array(source.buffer);
const LAST = BYTES / 4 - 1;

function send(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const item = i * producers + number + 1;
    sourceWords[0] = item;
    sourceWords[LAST] = item;
    while (!ring.send(source, number)) rest();
    sum = (sum + item) | 0;
  }
  return sum;
}

function claim(count: number): number {
  const { i32 } = ring;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const item = i * producers + number + 1;
    let offset = ring.tryClaim(BYTES, number);
    while (offset === 0) {
      rest();
      offset = ring.tryClaim(BYTES, number);
    }
    const at = offset >>> 2;
    i32[at] = item;
    for (let word = 1; word < LAST; word++) i32[at + word] = word;
    i32[at + LAST] = item;
    ring.commit(offset);
    sum = (sum + item) | 0;
  }
  return sum;
}

let sum = 0;

/** What is torn counts as another number. */
function take(offset: number, bytes: number): void {
  const first = ring.i32[offset >>> 2]!;
  sum = (sum + (first === ring.i32[(offset + bytes - 4) >>> 2] ? first : 1)) | 0;
}

function receive(count: number): number {
  sum = 0;
  for (let done = 0; done < count * producers; ) {
    const more = ring.receive(take);
    if (more === 0) rest();
    done += more;
  }
  return sum;
}

joinCrew(task.role === 'consumer' ? receive : task.form === 'claim' ? claim : send);
