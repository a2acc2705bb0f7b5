/**
 * Replays a trace on a heap in a region. Arguments: the trace; `central` for a heap without caches; `footprint` to print how much
 * memory it took instead of serving rounds.
 */
import { Heap, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';
import { ALIGNED, CALLOC, EVENT_WORDS, FREE, MALLOC, parseTrace, REALLOC, traceText } from './trace.js';

const trace = parseTrace(traceText(process.argv[2]!));
const central = process.argv.includes('central');
const region = Region.create({ seats: 2, maxByteLength: 512 * 2 ** 20 });
const heap = Heap.create({ region, name: 'heap', caches: !central });
const pointers = new Int32Array(trace.blocks);

function replay(from: number, until: number): number {
  const { events } = trace;
  const bytes = heap.u8;
  for (let at = from * EVENT_WORDS; at < until * EVENT_WORDS; at += EVENT_WORDS) {
    const block = events[at + 1]!;
    let pointer = 0;
    switch (events[at]) {
      case MALLOC:
        pointer = heap.malloc(events[at + 2]!);
        break;
      case CALLOC:
        pointer = heap.calloc(1, events[at + 2]!);
        break;
      case REALLOC:
        pointer = heap.realloc(pointers[block]!, events[at + 2]!);
        break;
      case ALIGNED:
        pointer = heap.alignedAlloc(events[at + 3]!, events[at + 2]!);
        break;
      case FREE:
        heap.free(pointers[block]!);
        pointers[block] = 0;
        continue;
    }
    if (pointer === 0) throw new Error('Cannot replay: the heap is exhausted');
    bytes[pointer] = at;
    pointers[block] = pointer;
  }
  return pointers[0]!;
}

/** The heap counts what it reserves: whole pages that hold blocks, or are kept to hold them. */
function footprint(): { usableBytes: number; reservedBytes: number } {
  replay(0, trace.peakAfter);
  let usableBytes = 0;
  for (const pointer of pointers) if (pointer !== 0) usableBytes += heap.usableSize(pointer);
  replay(trace.peakAfter, trace.operations);
  heap.check();
  verify(heap.stats().liveBlocks === 0, 'blocks were lost');
  return { usableBytes, reservedBytes: heap.stats().reservedBytesMax };
}

if (process.argv.includes('footprint')) {
  process.stdout.write(`${JSON.stringify(footprint())}\n`);
} else {
  footprint();
  await serve(central ? 'ringwell, caches: false' : 'ringwell', operations => {
    verify(operations === trace.operations, 'a trace is replayed whole');
    return replay(0, operations);
  });
}
