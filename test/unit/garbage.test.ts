import { describe, expect, it } from 'vitest';
import { runChild } from './helpers.js';

/** Pairs of hot operations; what allocated but a byte for each would cause a scavenge in every megabyte or so. */
const pairs = Number(process.env.GARBAGE ?? 1e7);

const program = (setUp: string, body: string): string => `
import { PerformanceObserver } from 'node:perf_hooks';
import { Arena, Broadcast, ByteRing, Heap, ObjectPool, Pool, Region, Ring } from 'DIST/index.js';
let collections = 0;
// Scavenges only: V8 also collects old space now and then because time has passed, whatever a program does.
const isScavenge = entry => entry.detail.kind === 1;
new PerformanceObserver(list => { collections += list.getEntries().filter(isScavenge).length; }).observe({ entryTypes: ['gc'] });
const region = Region.create({ maxByteLength: 2 ** 20, seats: 4 });
const other = Region.attach(region.share());
${setUp}
let sink = 0;
const add = n => { sink = (sink + n) | 0; };
function run(count) { for (let i = 0; i < count; i++) { ${body} } }
for (let i = 0; i < 20; i++) run(50_000);
// Entries are delivered from the event loop: those of the warm-up first.
const settle = () => new Promise(resolve => setTimeout(resolve, 50));
await settle();
globalThis.gc();
await settle();
collections = 0;
run(${pairs});
await settle();
const clean = collections;
// And a loop that does make garbage is seen, or this would prove nothing.
let kept = [];
for (let i = 0; i < 3e6; i++) kept = [i, kept.length];
await settle();
console.log(JSON.stringify([clean, collections > clean, sink !== 0]));
process.exit();
`;

const sharedPool = (stock: string) =>
  `const pool = Pool.create({ region, name: 'pool', blockBytes: 64, capacity: ${stock} }); const theirs = Pool.attach(other, 'pool');`;
const sharedRing =
  "const ring = Ring.create({ region, name: 'ring', capacity: 64 }); const theirs = Ring.attach(other, 'ring');";
const sharedHeap = (caches: boolean) =>
  `const heap = Heap.create({ region, name: 'heap', byteLength: 2 ** 18, caches: ${caches} }); const theirs = Heap.attach(other, 'heap');`;
const use = 'add(pool.offsetOf(h)); add(pool.view(h).length); pool.setLength(h, i & 63); add(pool.lengthOf(h));';

describe(`${pairs} pairs of hot operations`, () => {
  it.each([
    [
      'a local pool',
      'const pool = Pool.create({ blockBytes: 64, capacity: 64 });',
      `const h = pool.acquire(); ${use} pool.release(h);`,
    ],
    ['a shared pool', sharedPool('256'), `const h = pool.acquire(); ${use} pool.release(h);`],
    ['a shared pool without stocks', sharedPool('4'), 'const h = pool.acquire(); add(h); pool.release(h);'],
    ['a shared pool, released elsewhere', sharedPool('256'), 'const h = pool.acquire(); add(h); theirs.release(h);'],
    ['a local ring', 'const ring = Ring.create({ capacity: 64 });', 'ring.enqueue(i + 1); add(ring.dequeue());'],
    ['a shared ring', sharedRing, 'ring.enqueue(i + 1); add(theirs.dequeue());'],
    ['large numbers in a shared ring', sharedRing, 'ring.enqueue(2147483647 - i); add(ring.dequeue());'],
    [
      'a ring that is empty and full',
      sharedRing,
      'add(ring.dequeue() + 1); for (let j = 0; j < 66; j += 65) add(ring.enqueue(1) ? 1 : 0); ring.dequeue(); ring.dequeue();',
    ],
    [
      'a ring that carries a pool',
      `${sharedPool('4')} const ring = Ring.create({ region, name: 'ring', capacity: 4, carries: pool });`,
      'ring.enqueue(pool.acquire()); const h = ring.dequeue(); add(h); pool.release(h);',
    ],
    [
      'a local byte ring',
      'const ring = ByteRing.create({ capacity: 65536 }); const a = new Uint8Array(64);',
      'ring.write(a); ring.write(a); add(ring.read(a)); add(ring.read(a));',
    ],
    [
      'a shared byte ring',
      `const ring = ByteRing.create({ region, name: 'ring', capacity: 65536 }); const theirs = ByteRing.attach(other, 'ring');
       const a = new Uint8Array(1024);`,
      'ring.write(a); add(theirs.read(a)); add(theirs.read(a) + 1);',
    ],
    [
      'a shared byte ring, in place',
      `const ring = ByteRing.create({ region, name: 'ring', capacity: 65536 }); const theirs = ByteRing.attach(other, 'ring');
       const s = new Int32Array(4);`,
      'ring.reserveWrite(100, s); ring.commitWrite(99); add(theirs.reserveRead(200, s)); theirs.commitRead(99);',
    ],
    ...[false, true].map(gated => [
      `a broadcast, gated: ${gated}`,
      `const all = Broadcast.create({ region, name: 'all', capacity: 4096, gated: ${gated} }); const theirs = Broadcast.attach(other, 'all');
       const one = theirs.subscribe(); const two = theirs.subscribe(); const [a, b, c] = [1, 2, 3].map(() => new Uint8Array(8));`,
      'all.send(a, i); add(one.receive(b) + one.type); add(two.receive(c) + two.lost);',
    ]),
    ...[false, true].map(overwrite => [
      `a ring of single sides, overwriting: ${overwrite}`,
      `const ring = Ring.create({ region, name: 'ring', capacity: 64, producers: 'single', consumers: 'single', overwrite: ${overwrite} });`,
      'ring.enqueue(i + 1); ring.enqueue(i + 2); add(ring.dequeue()); if ((i & 64) === 0) add(ring.dequeue());',
    ]),
    ...['producers', 'consumers'].map(side => [
      `a ring with single ${side}`,
      `const ring = Ring.create({ region, name: 'ring', capacity: 64, ${side}: 'single' }); const theirs = Ring.attach(other, 'ring');`,
      'ring.enqueue(i + 1); add(theirs.dequeue());',
    ]),
    [
      'a local heap',
      'const heap = Heap.create({ byteLength: 2 ** 18 });',
      'const p = heap.malloc(i & 4095); add(heap.usableSize(p)); heap.free(p);',
    ],
    ['a shared heap', sharedHeap(true), 'const p = heap.malloc(i & 4095); add(p); heap.free(p);'],
    ['a shared heap, freed elsewhere', sharedHeap(true), 'const p = heap.malloc(i & 4095); add(p); theirs.free(p);'],
    ['a heap without caches', sharedHeap(false), 'const p = heap.malloc(i & 4095); add(p); heap.free(p);'],
    [
      'a heap, moved and aligned',
      sharedHeap(true),
      `const p = heap.realloc(heap.calloc(1, i & 1023), 1 + (i & 511)); const q = heap.alignedAlloc(64, i & 255);
       add(p ^ q); heap.free(q); heap.free(p);`,
    ],
    [
      'an arena',
      'const arena = Arena.create({ byteLength: 4096, heap: Heap.create({ byteLength: 2 ** 18 }) });',
      'const mark = arena.mark(); add(arena.allocate(i & 2047)); if ((i & 3) === 0) arena.reset(); else arena.rewind(mark);',
    ],
    [
      'an object pool',
      'const pool = new ObjectPool({ create: () => ({ n: 1 }) });',
      'const o = pool.acquire(); add(o.n); pool.release(o);',
    ],
    // Whether the engine keeps a number or an array of arguments off the heap depends on what it has inlined, which differs from run to
    // run on a busy machine: what does allocate fails every time.
  ])('of %s cause no collection', { timeout: 30_000 + pairs / 1000, retry: 2 }, async (_, setUp, body) => {
    const { output } = await runChild(program(setUp, body), ['--expose-gc'], 30_000 + pairs / 1000);
    expect(output.trim()).toBe('[0,true,true]');
  });
});
