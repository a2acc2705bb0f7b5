import { BLOCK_WORDS } from '../core/block.core.js';
import * as core from '../core/store.core.js';
import { readStore, type Store } from '../core/store.js';
import type { Attachment } from '../region/attachment.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS, HEADER_DIRTY } from '../region/header.core.js';
import { KIND_POOL } from '../region/kinds/index.js';
import { firstGeneration, type PoolGeometry } from './geometry.js';

/** The largest stock: beyond it, larger batches save nothing measurable. */
const STOCK_MAX = 1024;
const LINE_WORDS = 16;

/** Sizes and starting counters that only tests set. */
export interface StoreTuning {
  readonly stockMax?: number;
  readonly firstGeneration?: number;
}

function lines(words: number): number {
  return Math.ceil(words / LINE_WORDS) * LINE_WORDS;
}

/** Builds a block store at the break, under the region's lock. @throws {RingwellError} ERR_GEOMETRY when there is no room */
export function createStore(
  attachment: Attachment,
  name: Uint8Array,
  geometry: PoolGeometry,
  tuning: StoreTuning,
): Store {
  const { words, seats } = attachment;
  const entry = breakOffset(words) / 4;
  const index = entry + ENTRY_WORDS;
  const maskWords = lines((geometry.capacityMax + 31) >>> 5);
  const freeMask = index + core.STORE_WORDS;
  const returnedMask = freeMask + maskWords;
  const records = returnedMask + maskWords;
  const tables = records + BLOCK_WORDS * 2 ** geometry.indexBits;
  const dataOffset = Math.ceil((tables * 4) / geometry.alignment) * geometry.alignment + geometry.leadBytes;
  const end = dataOffset + geometry.strideBytes * geometry.capacityMax;
  const bytes = checkRoom(words, end - entry * 4, 'Cannot create pool');
  const stockMax = tuning.stockMax ?? Math.min(STOCK_MAX, Math.floor(geometry.capacityMax / (2 * seats)));
  // Fresh memory is zero, and stays untouched until a block is first taken; adopted memory may hold anything.
  words.fill(0, entry, words[HEADER_DIRTY] === 0 ? freeMask : tables);
  writeEntry(words, KIND_POOL, bytes, name);
  words[index + core.STORE_CAPACITY_MAX] = geometry.capacityMax;
  words[index + core.STORE_CAPACITY] = geometry.capacity;
  words[index + core.STORE_BLOCK_BYTES] = geometry.blockBytes;
  words[index + core.STORE_STRIDE_BYTES] = geometry.strideBytes;
  words[index + core.STORE_INDEX_BITS] = geometry.indexBits;
  words[index + core.STORE_FIRST_GENERATION] = tuning.firstGeneration ?? firstGeneration(geometry.indexBits);
  words[index + core.STORE_RECORDS] = records;
  words[index + core.STORE_FREE_MASK] = freeMask;
  words[index + core.STORE_RETURNED_MASK] = returnedMask;
  words[index + core.STORE_DATA_OFFSET] = dataOffset;
  words[index + core.STORE_STOCK_MAX] = stockMax;
  words[index + core.STORE_TREATMENT] = geometry.treatment;
  words[index + core.STORE_KEEP] = geometry.keep ? 1 : 0;
  publishEntry(words, entry);
  return readStore(words, index);
}
