/** A heap in a region. Arguments: the shape, its number, and `central` for a heap without caches. */
import { Heap, Region } from 'ringwell';
import { Crew } from '../harness/crew.js';
import { serve, verify } from '../harness/serve.js';
import type { HeapTask } from './crew-worker.js';
import { larsonWords, PIPE_WORDS, pairs, replaceSkewed, replaceSmall } from './work.js';

const [shape, number, kind] = process.argv.slice(2);
const count = Number(number);
const region = Region.create({ seats: 8, maxByteLength: 512 * 2 ** 20 });
const heap = Heap.create({ region, name: 'heap', caches: kind !== 'central' });
const name = kind === 'central' ? 'ringwell, caches: false' : 'ringwell';

const [one, other] = [heap.malloc(100), heap.malloc(100)];
heap.i32.fill(1, one >> 2, (one >> 2) + 25);
heap.i32.fill(2, other >> 2, (other >> 2) + 25);
verify(one !== 0 && heap.i32[(one >> 2) + 24] === 1 && heap.i32[other >> 2] === 2, 'blocks overlap');
heap.free(one);
heap.free(other);
let refused = false;
try {
  heap.free(one);
} catch {
  refused = true;
}
verify(refused, 'a double free was not caught');

/** Rounds by several threads. */
async function crewed(task: 'replace' | 'pipe' | 'larson', threads: number): Promise<(operations: number) => number> {
  const words = new Int32Array(new SharedArrayBuffer(4 * Math.max(PIPE_WORDS, larsonWords(threads))));
  const tasks = Array.from(
    { length: threads },
    (_, index): HeapTask => ({ region: region.share(), shape: task, index, threads, words }),
  );
  const crew = await Crew.start(new URL('./crew-worker.js', import.meta.url), tasks);
  // In a pipe, both do all of them: one the first half, one the other.
  const share = task === 'pipe' ? 1 : threads;
  return operations => crew.work(operations / share)[0]!;
}

let rounds = 0;
let warmBytes = 0;

/** What one thread allocates and another frees must not make memory grow for ever. */
function verifyFlat(): void {
  rounds++;
  if (rounds === 3) warmBytes = heap.stats().reservedBytes;
  if (rounds > 3) verify(heap.stats().reservedBytes <= 2 * warmBytes + 2 ** 20, 'memory grows from round to round');
}

switch (shape) {
  case 'pair':
    await serve(name, pairs(heap));
    break;
  case 'blocks':
    await serve(name, replaceSmall(heap, count));
    break;
  case 'replace':
    await serve(name, count === 1 ? replaceSkewed(heap) : await crewed('replace', count), verifyFlat);
    break;
  case 'pipe':
    await serve(name, await crewed('pipe', 2), verifyFlat);
    break;
  case 'larson':
    await serve(name, await crewed('larson', count), verifyFlat);
    break;
  default:
    throw new Error(`Cannot measure: no such shape as ${shape}`);
}
