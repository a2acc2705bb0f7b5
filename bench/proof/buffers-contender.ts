/** One of those that hand out buffers: `node buffers-contender.js NAME LIVE`, so many blocks live at a time. */
import { createRequire } from 'node:module';
import { MemPool } from '@thi.ng/malloc';
import { Heap, Pool, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';
import { importTypeScript } from './typescript-only.js';

const BYTES = 4096;
const require = createRequire(import.meta.url);
const [name = 'local pool', live = '1'] = process.argv.slice(2);
const liveCount = Number(live);

/** Gives so many blocks, writes a word in each, takes them back; again and again. */
type Pairs = (count: number) => number;

type Words = Uint8Array | Uint32Array;

/** What is used of a package whose own types are TypeScript sources. */
interface SharedMemoryObjects {
  readonly MemoryHeap: new (options: {
    bufferSize: number;
  }) => { allocUI32: (count: number) => { readonly data: Uint32Array; free: () => void } };
}

function objects<Block>(allocate: () => Block, free: (block: Block) => void, wordsOf: (block: Block) => Words): Pairs {
  const held = Array.from({ length: liveCount }, allocate);

  for (const [i, block] of held.entries()) wordsOf(block).fill(i);
  verify(
    held.map(wordsOf).every((words, i) => words.byteLength >= BYTES && words.every(word => word === i)),
    'two live blocks overlap',
  );
  for (const block of held) free(block);
  return count => {
    for (let done = 0; done < count; done += liveCount) {
      for (let i = 0; i < liveCount; i++) {
        const block = allocate();
        wordsOf(block)[0] = i;
        held[i] = block;
      }
      for (let i = 0; i < liveCount; i++) free(held[i]!);
    }
    return wordsOf(held[0]!)[0]!;
  };
}

function views(allocate: () => Uint8Array, free: (bytes: Uint8Array) => void): Pairs {
  return objects(allocate, free, bytes => bytes);
}

function pointers(
  allocate: () => number,
  free: (pointer: number) => void,
  offsetOf: (p: number) => number,
  memory: Uint8Array,
): Pairs {
  const held = new Int32Array(liveCount);
  const pairs: Pairs = count => {
    for (let done = 0; done < count; done += liveCount) {
      for (let i = 0; i < liveCount; i++) {
        const pointer = allocate();
        memory[offsetOf(pointer)] = i;
        held[i] = pointer;
      }
      for (let i = 0; i < liveCount; i++) free(held[i]!);
    }
    return held[0]!;
  };
  const blocks = Array.from({ length: liveCount }, allocate);
  const starts = blocks.map(offsetOf).sort((a, b) => a - b);
  verify(
    starts.every((start, i) => i === 0 || start - starts[i - 1]! >= BYTES),
    'two live blocks overlap',
  );
  for (const block of blocks) free(block);
  return pairs;
}

function poolPairs(pool: Pool): Pairs {
  return pointers(
    () => pool.acquire(),
    handle => pool.release(handle),
    handle => pool.offsetOf(handle),
    new Uint8Array(pool.buffer),
  );
}

const nothing = (): void => {};
const contenders: Record<string, () => Pairs | Promise<Pairs>> = {
  'new Uint8Array': () => views(() => new Uint8Array(BYTES), nothing),
  'Buffer.alloc': () => views(() => Buffer.alloc(BYTES), nothing),
  'Buffer.allocUnsafe': () => views(() => Buffer.allocUnsafe(BYTES), nothing),
  '@protobufjs/pool': () => {
    const slabs = require('@protobufjs/pool') as (
      allocate: (size: number) => Uint8Array,
      slice: (this: Uint8Array, start: number, end: number) => Uint8Array,
      size: number,
    ) => (size: number) => Uint8Array;
    const take = slabs(size => new Uint8Array(size), Uint8Array.prototype.subarray, 16 * BYTES);
    return views(() => take(BYTES), nothing);
  },
  'typedarray-pool': () => {
    const pool = require('typedarray-pool') as {
      mallocUint8: (size: number) => Uint8Array;
      freeUint8: (bytes: Uint8Array) => void;
    };
    return views(
      () => pool.mallocUint8(BYTES),
      bytes => pool.freeUint8(bytes),
    );
  },
  '@thi.ng/malloc': () => {
    const pool = new MemPool({ size: 2 ** 20 });
    return pointers(
      () => pool.malloc(BYTES),
      pointer => verify(pool.free(pointer), 'a live block was not freed'),
      pointer => pointer,
      new Uint8Array(pool.buf),
    );
  },
  '@daneren2005/shared-memory-objects': async () => {
    const { MemoryHeap } = await importTypeScript<SharedMemoryObjects>(
      require.resolve('@daneren2005/shared-memory-objects'),
    );
    const heap = new MemoryHeap({ bufferSize: 2 ** 20 });
    return objects(
      () => heap.allocUI32(BYTES / 4),
      memory => memory.free(),
      ({ data }) => data,
    );
  },
  'local pool': () => poolPairs(Pool.create({ blockBytes: BYTES, capacity: 1024 })),
  'shared pool': () =>
    poolPairs(Pool.create({ region: Region.create({ seats: 4 }), name: 'blocks', blockBytes: BYTES, capacity: 1024 })),
  'local heap': () => {
    const heap = Heap.create({ byteLength: 16 * 2 ** 20 });
    return pointers(
      () => heap.malloc(BYTES),
      pointer => heap.free(pointer),
      pointer => pointer,
      heap.u8,
    );
  },
};

const pairs = await contenders[name]!();
verify(pairs(1024) >= 0, 'no blocks');
await serve(/ (?:pool|heap)$/.test(name) ? `ringwell, ${name}` : name, pairs);
