/** One thread puts a batch and takes it again: `node turns.js FORM SIZE`, a ring of 4096 items for many on both sides. */
import { Region, Ring } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const [form = 'bulk', batch = '32'] = process.argv.slice(2);
const size = Number(batch);
const ring = Ring.create({ region: Region.create({ seats: 4 }), name: 'ring', capacity: 4096 });
const source = Int32Array.from({ length: size }, (_, i) => i + 1);
const target = new Int32Array(size);

function one(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) {
    ring.enqueue(i);
    sum = (sum + ring.dequeue()) | 0;
  }
  return sum;
}

function bulk(count: number): number {
  let done = 0;
  for (let i = 0; i < count; i += size) {
    ring.enqueueBulk(source, size);
    if (ring.dequeueBulk(target, size)) done += size;
  }
  return done;
}

function burst(count: number): number {
  let done = 0;
  for (let i = 0; i < count; i += size) {
    ring.enqueueBurst(source, size);
    done += ring.dequeueBurst(target, size);
  }
  return done;
}

if (form === 'one') {
  verify(one(1000) === 500_500, 'an item came out other than it went in');
} else {
  verify((form === 'bulk' ? bulk : burst)(8 * size) === 8 * size, 'an item is lost');
  verify(
    source.every((item, i) => item === target[i]),
    'an item came out other than it went in',
  );
}
await serve('ringwell', form === 'one' ? one : form === 'bulk' ? bulk : burst);
