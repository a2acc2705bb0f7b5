import { checkOptions, RingwellError } from '../core/errors.js';
import { Region } from '../region/region.js';
import {
  attachStructure,
  createStructure,
  type Named,
  openStructure,
  type StructureKind,
} from '../region/structures.js';
import { createTables, type HeapTuning, heapGeometry, localRegionBytes, PAGE_BYTES } from './geometry.js';
import { GuardedHeap } from './guarded-heap.js';
import { HeapBase, type HeapOptions } from './heap-base.js';
import { SharedHeap } from './shared-heap.js';

/** Blocks of any size: see the methods of `HeapBase`. */
export type Heap = HeapBase;

/** A heap's object as a thread has it: guarded or not. */
type SeatedHeap = SharedHeap | GuardedHeap;

function guarded(heap: SharedHeap): SeatedHeap {
  return heap.guard ? new GuardedHeap(heap) : heap;
}

function innerOf(heap: SeatedHeap): SharedHeap {
  return heap instanceof GuardedHeap ? heap.inner : heap;
}

function kindOf(options: HeapOptions | undefined, tuning: HeapTuning = {}): StructureKind<SeatedHeap> {
  return {
    title: 'heap',
    // Both classes are its subclasses; that it is abstract does not matter to `instanceof`.
    type: HeapBase as unknown as new () => SeatedHeap,
    create: (attachment, name) =>
      guarded(new SharedHeap(attachment, createTables(attachment, name, heapGeometry(options!), tuning), options)),
    attach: (attachment, entry) => guarded(new SharedHeap(attachment, entry.part, options)),
  };
}

/** Makes a heap in a region with sizes that only tests choose. */
export function createTunedHeap(options: HeapOptions & Named, tuning: HeapTuning): SharedHeap {
  heapGeometry(options);
  return innerOf(createStructure(options.region, options.name, kindOf(options, tuning)));
}

const LOCAL_BYTES = 64 * 2 ** 20;

/** A heap of this thread alone: in a region of its own. @throws {RingwellError} ERR_GEOMETRY */
function createLocal(options: HeapOptions): SeatedHeap {
  const byteLength = heapGeometry(options).byteLength ?? LOCAL_BYTES;
  const maxByteLength = Math.min(localRegionBytes(byteLength), 2 ** 31 - 65536);
  const region = Region.create({ maxByteLength, shared: false, seats: 1 });
  return createStructure(region, 'heap', kindOf({ ...options, byteLength }));
}

/** How heaps come about. */
interface HeapMaker {
  /**
   * Makes a heap: with a region and a name one for every attached thread, without them a local one for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for sizes that can't be, or that the region has no room for; ERR_ATTACH when the name
   * is taken; ERR_USAGE
   */
  create(options?: HeapOptions & Partial<Named>): Heap;
  /** This thread's object for a heap of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  attach(region: Region, name: string): Heap;
  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists with other sizes */
  open(options: HeapOptions & Named): Heap;
  [Symbol.hasInstance](value: unknown): value is Heap;
}

export const Heap: HeapMaker = {
  create(options = {}) {
    checkOptions(options, 'Cannot create heap: options');
    if (options.region === undefined && options.name === undefined) return createLocal(options);
    heapGeometry(options);
    return createStructure(options.region, options.name, kindOf(options));
  },

  attach(region, name) {
    return attachStructure(region, name, kindOf(undefined));
  },

  open(options) {
    const { byteLength, caches, guard } = heapGeometry(options);
    return openStructure(options.region, options.name, kindOf(options), found => {
      const heap = innerOf(found);
      const bytes = byteLength === undefined ? heap.byteLength : Math.ceil(byteLength / PAGE_BYTES) * PAGE_BYTES;
      if (heap.byteLength === bytes && heap.caches === caches && heap.guard === guard) return;
      const expected = `${bytes} bytes, caches ${caches}, guard ${guard}`;
      throw new RingwellError(
        'ERR_GEOMETRY',
        `Cannot open heap: expected ${expected}, found ${heap.byteLength} bytes, caches ${heap.caches}, guard ${heap.guard}`,
      );
    });
  },

  [Symbol.hasInstance](value): value is Heap {
    return value instanceof HeapBase;
  },
};
