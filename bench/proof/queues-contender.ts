/** One queue: `node queues-contender.js KIND`. */
import { createRequire } from 'node:module';
import { Ring } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const LENGTH = 64;
const require = createRequire(import.meta.url);
const kind = process.argv[2] ?? 'ring';

/** Puts so many numbers and takes them again; answers their sum. */
type Turns = (items: number) => number;

function oneByOne(put: (item: number) => unknown, take: () => number): Turns {
  return items => {
    let sum = 0;
    for (let done = 0; done < items; done += LENGTH) {
      for (let i = 1; i <= LENGTH; i++) put(i);
      for (let i = 1; i <= LENGTH; i++) sum = (sum + Math.imul(i, take())) | 0;
    }
    return sum;
  };
}

function inBulk(ring: Ring): Turns {
  const items = new Int32Array(LENGTH);
  return count => {
    let sum = 0;
    for (let done = 0; done < count; done += LENGTH) {
      for (let i = 1; i <= LENGTH; i++) items[i - 1] = i;
      ring.enqueueBulk(items, LENGTH);
      ring.dequeueBulk(items, LENGTH);
      for (let i = 1; i <= LENGTH; i++) sum = (sum + Math.imul(i, items[i - 1]!)) | 0;
    }
    return sum;
  };
}

const kinds: Record<string, () => Turns> = {
  ring: () => {
    const ring = Ring.create({ capacity: 4096 });
    return oneByOne(
      item => ring.enqueue(item),
      () => ring.dequeue(),
    );
  },
  bulk: () => inBulk(Ring.create({ capacity: 4096 })),
  denque: () => {
    const Denque = require('denque') as new () => { push: (item: number) => number; shift: () => number };
    const queue = new Denque();
    return oneByOne(
      item => queue.push(item),
      () => queue.shift(),
    );
  },
  array: () => {
    const queue: number[] = [];
    return oneByOne(
      item => queue.push(item),
      () => queue.shift()!,
    );
  },
};

const turns = kinds[kind]!();
let squares = 0;
for (let i = 1; i <= LENGTH; i++) squares += i * i;
verify(turns(LENGTH) === squares, 'the queue lost, doubled or turned round an item');
await serve(kind === 'ring' || kind === 'bulk' ? `ringwell, ${kind}` : kind, turns);
