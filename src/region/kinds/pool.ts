import { BLOCK_WORDS } from '../../core/block.core.js';
import { CANARY_BYTES, TREAT_GUARD } from '../../core/guard.core.js';
import { recoverStore } from '../../core/recover-store.core.js';
import { leaveBlocks } from '../../core/stock.core.js';
import * as store from '../../core/store.core.js';
import { handleMax, openStore, readStore } from '../../core/store.js';
import type { Kind } from './kind.js';

/** A pool: its part is a block store. */
export const poolKind: Kind = {
  title: 'pool',

  fits(words, at, end) {
    if (at + store.STORE_WORDS > end) return false;
    const capacityMax = words[at + store.STORE_CAPACITY_MAX]!;
    const indexBits = words[at + store.STORE_INDEX_BITS]!;
    const maskWords = (capacityMax + 31) >>> 5;
    const blockBytes = words[at + store.STORE_BLOCK_BYTES]!;
    const data = words[at + store.STORE_DATA_OFFSET]!;
    const stride = words[at + store.STORE_STRIDE_BYTES]!;
    const stockMax = words[at + store.STORE_STOCK_MAX]!;
    const treatment = words[at + store.STORE_TREATMENT]!;
    const canaryBytes = (treatment & TREAT_GUARD) !== 0 ? CANARY_BYTES : 0;
    const first = words[at + store.STORE_FIRST_GENERATION]!;
    const freeMask = words[at + store.STORE_FREE_MASK]!;
    const returnedMask = words[at + store.STORE_RETURNED_MASK]!;
    const records = words[at + store.STORE_RECORDS]!;
    return (
      capacityMax >= 1 &&
      indexBits >= 0 &&
      indexBits <= 20 &&
      capacityMax <= 1 << indexBits &&
      blockBytes >= 1 &&
      stockMax >= 0 &&
      stockMax <= capacityMax &&
      treatment >= 0 &&
      treatment < 8 &&
      first >= 1 &&
      first <= handleMax(indexBits) >>> indexBits &&
      // In this order, one behind the other.
      freeMask >= at + store.STORE_WORDS &&
      returnedMask >= freeMask + maskWords &&
      records >= returnedMask + maskWords &&
      records + BLOCK_WORDS * 2 ** indexBits <= end &&
      data >= (records + BLOCK_WORDS * 2 ** indexBits) * 4 + canaryBytes &&
      stride >= blockBytes + 2 * canaryBytes &&
      data + stride * capacityMax <= end * 4
    );
  },

  check: store.checkStore,

  recover(words, at, seats, dead) {
    const blocks = recoverStore(words, at, seats, dead);
    return { blocks, bytes: blocks * words[at + store.STORE_BLOCK_BYTES]! };
  },

  stop(words, at) {
    // Not 1: that is taken back when nobody waits.
    Atomics.store(words, at + store.STORE_ATTENTION, 2);
  },

  leave(seated, at) {
    leaveBlocks(seated.words, openStore(seated, readStore(seated.words, at)));
  },

  report(words, at) {
    return {
      capacity: Atomics.load(words, at + store.STORE_CAPACITY),
      capacityMax: words[at + store.STORE_CAPACITY_MAX]!,
      blockBytes: words[at + store.STORE_BLOCK_BYTES]!,
      liveCount: store.countLive(words, at, words[at + store.STORE_RECORDS]!, words[at + store.STORE_CAPACITY_MAX]!),
      touchedCount: Atomics.load(words, at + store.STORE_FRESH),
    };
  },
};
