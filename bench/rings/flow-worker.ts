/** One thread of a flow: the only producer of the numbers from 1, or the only consumer, in the form that its task names. */
import { RingBuffer } from 'ringbuf.js';
import { Region, type RegionToken, Ring } from 'ringwell';
import { backOff, crewTask, joinCrew } from '../harness/crew.js';
import { spin } from '../harness/spin.js';

export interface FlowTask {
  readonly role: 'producer' | 'consumer';
  /** `one`: item by item. `staged`: item by item, published in batches, taken in bursts. `bulk`, `burst`: with arrays. `ringbuf`: ringbuf.js, with arrays. */
  readonly form: string;
  /** Items in a batch. */
  readonly size: number;
  /** Looks again at once when there is nothing to do, instead of sleeping. */
  readonly spins: boolean;
  readonly region?: RegionToken;
  readonly buffer?: SharedArrayBuffer;
}

type Work = (operations: number) => number;

const task = crewTask<FlowTask>();
const { size } = task;
const rest = task.spins ? spin : backOff;
const items = new Int32Array(size);

function fill(first: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    items[i] = first + i;
    sum = (sum + first + i) | 0;
  }
  return sum;
}

function total(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = (sum + items[i]!) | 0;
  return sum;
}

function produceOne(ring: Ring, count: number): number {
  let sum = 0;
  for (let item = 1; item <= count; item++) {
    while (!ring.enqueue(item)) rest();
    sum = (sum + item) | 0;
  }
  return sum;
}

function consumeOne(ring: Ring, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let item = ring.dequeue();
    while (item === 0) {
      rest();
      item = ring.dequeue();
    }
    sum = (sum + item) | 0;
  }
  return sum;
}

function produceStaged(ring: Ring, count: number): number {
  let sum = 0;
  for (let item = 1; item <= count; item++) {
    while (!ring.stage(item)) rest();
    sum = (sum + item) | 0;
    if (item % size === 0) ring.flush();
  }
  ring.flush();
  return sum;
}

function produceBulk(ring: Ring, count: number): number {
  let sum = 0;
  for (let first = 1; first <= count; first += size) {
    const part = Math.min(size, count - first + 1);
    sum = (sum + fill(first, part)) | 0;
    while (!ring.enqueueBulk(items, part)) rest();
  }
  return sum;
}

function consumeBulk(ring: Ring, count: number): number {
  let sum = 0;
  for (let done = 0; done < count; done += size) {
    const part = Math.min(size, count - done);
    while (!ring.dequeueBulk(items, part)) rest();
    sum = (sum + total(part)) | 0;
  }
  return sum;
}

function produceBurst(ring: Ring, count: number): number {
  let sum = 0;
  let first = 1;
  while (first <= count) {
    fill(first, Math.min(size, count - first + 1));
    const put = ring.enqueueBurst(items, Math.min(size, count - first + 1));
    if (put === 0) rest();
    sum = (sum + total(put)) | 0;
    first += put;
  }
  return sum;
}

function consumeBurst(ring: Ring, count: number): number {
  let sum = 0;
  for (let done = 0; done < count; ) {
    const taken = ring.dequeueBurst(items, Math.min(size, count - done));
    if (taken === 0) rest();
    sum = (sum + total(taken)) | 0;
    done += taken;
  }
  return sum;
}

function producePeer(ring: RingBuffer, count: number): number {
  let sum = 0;
  for (let first = 1; first <= count; first += size) {
    const part = Math.min(size, count - first + 1);
    sum = (sum + fill(first, part)) | 0;
    for (let put = 0; put < part; ) {
      const more = ring.push(items, part - put, put);
      if (more === 0) rest();
      put += more;
    }
  }
  return sum;
}

function consumePeer(ring: RingBuffer, count: number): number {
  let sum = 0;
  for (let done = 0; done < count; ) {
    const taken = ring.pop(items, Math.min(size, count - done));
    if (taken === 0) rest();
    sum = (sum + total(taken)) | 0;
    done += taken;
  }
  return sum;
}

function ourWork(): Work {
  const ring = Ring.attach(Region.attach(task.region!), 'ring');
  const forms: Record<
    string,
    [produce: (ring: Ring, count: number) => number, consume: (ring: Ring, count: number) => number]
  > = {
    one: [produceOne, consumeOne],
    staged: [produceStaged, consumeBurst],
    bulk: [produceBulk, consumeBulk],
    burst: [produceBurst, consumeBurst],
  };
  const work = forms[task.form]![task.role === 'producer' ? 0 : 1];
  return count => work(ring, count);
}

function peerWork(): Work {
  const ring = new RingBuffer(task.buffer!, Int32Array);
  return task.role === 'producer' ? count => producePeer(ring, count) : count => consumePeer(ring, count);
}

joinCrew(task.form === 'ringbuf' ? peerWork() : ourWork());
