/**
 * Replays a trace on a heap. Arguments: the trace; `caches`, `central` (a heap in a region without caches) or `local`; `footprint`
 * to print how much memory it took instead of serving rounds.
 */
import { readFileSync } from 'node:fs';
import { Heap, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';
import type { Footprint } from './footprint.js';
import { ALIGNED, CALLOC, EVENT_WORDS, FREE, MALLOC, parseTrace, REALLOC, traceText } from './trace.js';

/** More than any trace takes, and more than anything else that this process maps: pages are resident when touched only. */
const HEAP_BYTES = 512 * 2 ** 20;
const NAMES: Record<string, string> = {
  caches: 'ringwell',
  central: 'ringwell, caches: false',
  local: 'ringwell, local',
};

const [, , traceName = '', kind = '', wanted] = process.argv;
const name = NAMES[kind];
if (name === undefined) throw new Error(`Cannot replay: expected caches, central or local, got ${kind}`);
const trace = parseTrace(traceText(traceName));
const heap =
  kind === 'local'
    ? Heap.create({ byteLength: HEAP_BYTES })
    : Heap.create({
        region: Region.create({ seats: 2, maxByteLength: HEAP_BYTES }),
        name: 'heap',
        caches: kind === 'caches',
      });
const pointers = new Int32Array(trace.blocks);

function replay(from: number, until: number, writesAll: boolean): number {
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
        // To no bytes would free it, and here a block of no bytes must stay a block.
        pointer = heap.realloc(pointers[block]!, Math.max(1, events[at + 2]!));
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
    if (writesAll) bytes.fill(1, pointer, pointer + events[at + 2]!);
    else bytes[pointer] = at;
    pointers[block] = pointer;
  }
  return pointers[0]!;
}

/** Bytes of mappings at least as long as the heap that are resident, with the heap's tables; undefined where nobody tells. */
function residentBytes(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  let isLong = false;
  let kilobytes = 0;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const range = /^([\da-f]+)-([\da-f]+) /.exec(line);
    if (range) isLong = Number.parseInt(range[2]!, 16) - Number.parseInt(range[1]!, 16) >= HEAP_BYTES;
    else if (isLong && line.startsWith('Rss:')) kilobytes += Number.parseInt(line.slice('Rss:'.length), 10);
  }
  return kilobytes * 1024;
}

/** What a heap has touched stays resident, so the last look is at the most. */
function footprint(): Footprint {
  const before = residentBytes();
  replay(0, trace.peakAfter, true);
  let usableBytes = 0;
  for (const pointer of pointers) if (pointer !== 0) usableBytes += heap.usableSize(pointer);
  replay(trace.peakAfter, trace.operations, true);
  const after = residentBytes();
  heap.check();
  verify(heap.stats().liveBlocks === 0, 'blocks were lost');
  return {
    usableBytes,
    reservedBytes: heap.stats().reservedBytesMax,
    residentBytes: before === undefined || after === undefined ? 0 : after - before,
  };
}

if (wanted === 'footprint') {
  process.stdout.write(`${JSON.stringify(footprint())}\n`);
} else {
  replay(0, trace.operations, false);
  verify(heap.stats().liveBlocks === 0, 'blocks were lost');
  await serve(name, operations => {
    verify(operations === trace.operations, 'a trace is replayed whole');
    return replay(0, operations, false);
  });
}
