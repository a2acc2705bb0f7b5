import * as core from './store.core.js';

/** A block store's geometry, copied out of the region once. */
export interface Store {
  readonly index: number;
  readonly capacityMax: number;
  readonly blockBytes: number;
  readonly strideBytes: number;
  readonly indexBits: number;
  readonly records: number;
  readonly freeMask: number;
  readonly returnedMask: number;
  readonly dataOffset: number;
  readonly stockMax: number;
  readonly treatment: number;
}

/** A thread's seat, as far as a private array needs it. */
export interface Seated {
  readonly words: Int32Array;
  readonly seats: number;
  readonly seat: number;
  readonly generation: number;
}

/** The largest handle: the last generation of the last index. */
export function handleMax(indexBits: number): number {
  return 2 ** (indexBits + Math.min(20, 30 - indexBits)) - 1;
}

/** Copies a store's geometry; the entry has been checked (region/directory.ts). */
export function readStore(words: Int32Array, index: number): Store {
  return {
    index,
    capacityMax: words[index + core.STORE_CAPACITY_MAX]!,
    blockBytes: words[index + core.STORE_BLOCK_BYTES]!,
    strideBytes: words[index + core.STORE_STRIDE_BYTES]!,
    indexBits: words[index + core.STORE_INDEX_BITS]!,
    records: words[index + core.STORE_RECORDS]!,
    freeMask: words[index + core.STORE_FREE_MASK]!,
    returnedMask: words[index + core.STORE_RETURNED_MASK]!,
    dataOffset: words[index + core.STORE_DATA_OFFSET]!,
    stockMax: words[index + core.STORE_STOCK_MAX]!,
    treatment: words[index + core.STORE_TREATMENT]!,
  };
}

/** A seat's private array for a store, with an empty stock. */
export function openStore(seated: Seated, store: Store): Int32Array {
  const own = new Int32Array(core.OWN_STOCK + Math.max(1, store.stockMax));
  own[core.OWN_STORE] = store.index;
  own[core.OWN_SEAT] = seated.seat;
  own[core.OWN_SEATS] = seated.seats;
  own[core.OWN_SEAT_GENERATION] = seated.generation;
  own[core.OWN_INDEX_BITS] = store.indexBits;
  own[core.OWN_HANDLE_MAX] = handleMax(store.indexBits);
  own[core.OWN_RECORDS] = store.records;
  own[core.OWN_FREE_MASK] = store.freeMask;
  own[core.OWN_RETURNED_MASK] = store.returnedMask;
  own[core.OWN_STOCK_MAX] = store.stockMax;
  own[core.OWN_CAPACITY_MAX] = store.capacityMax;
  return own;
}
