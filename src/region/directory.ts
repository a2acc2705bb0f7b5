import { BLOCK_WORDS } from '../core/block.core.js';
import { RingwellError, show } from '../core/errors.js';
import { checkQueue, QUEUE_CAPACITY, QUEUE_CARRIED, QUEUE_SLOTS, QUEUE_WORDS, SLOT_WORDS } from '../core/slot.core.js';
import * as store from '../core/store.core.js';
import { handleMax } from '../core/store.js';
import {
  breakOffset,
  ENTRY_BYTES,
  ENTRY_KIND,
  ENTRY_NAME,
  ENTRY_NAME_BYTES,
  ENTRY_PREVIOUS,
  ENTRY_QUEUE,
  ENTRY_STORE,
  ENTRY_WORDS,
  HEADER_NEWEST,
  HEADER_SEATS,
  structuresOffset,
} from './header.core.js';

/** What a structure is, as its entry says it. */
export const KIND_POOL = 1;
export const KIND_RING = 2;
export const KIND_NAMES: readonly string[] = ['', 'pool', 'ring'];

const NAME_BYTES_MAX = (ENTRY_WORDS - ENTRY_NAME) * 4;

/** A structure's entry, read and checked. Indices are of words; 0 is none. */
export interface Entry {
  readonly index: number;
  readonly kind: number;
  readonly bytes: number;
  readonly name: string;
  readonly store: number;
  readonly queue: number;
}

/** A name as it goes into an entry. @throws {RingwellError} ERR_USAGE */
export function encodeName(name: unknown, what: string): Uint8Array {
  // Half a surrogate pair has no bytes of its own: it would be found under another name, or under none.
  const bytes = typeof name === 'string' && name.isWellFormed() ? new TextEncoder().encode(name) : new Uint8Array(0);
  if (bytes.length >= 1 && bytes.length <= NAME_BYTES_MAX) return bytes;
  throw new RingwellError(
    'ERR_USAGE',
    `${what}: name must be a well-formed string of 1 to ${NAME_BYTES_MAX} bytes, got ${show(name)}`,
  );
}

/** The entry at an index, or undefined when it cannot be one: the region is damaged there. */
function readEntry(words: Int32Array, index: number, end: number): Entry | undefined {
  const first = structuresOffset(words[HEADER_SEATS]!) / 4;
  if (index < first || index % 16 !== 0 || index + ENTRY_WORDS > end) return undefined;
  const bytes = words[index + ENTRY_BYTES]!;
  const nameBytes = words[index + ENTRY_NAME_BYTES]!;
  const kind = words[index + ENTRY_KIND]!;
  if (bytes < ENTRY_WORDS * 4 || index + bytes / 4 > end || bytes % 64 !== 0) return undefined;
  if (nameBytes < 0 || nameBytes > NAME_BYTES_MAX || KIND_NAMES[kind] === undefined || kind === 0) return undefined;
  const at = (index + ENTRY_NAME) * 4;
  // TextDecoder refuses shared memory in browsers: copy the few bytes out first.
  const copy = new Uint8Array(words.buffer, at, nameBytes).slice();
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(copy));
  return { index, kind, bytes, name, store: words[index + ENTRY_STORE]!, queue: words[index + ENTRY_QUEUE]! };
}

/** The index of the first word of an entry chain that is damaged, or the entries, newest first. */
export function readEntries(words: Int32Array): readonly Entry[] | number {
  const entries: Entry[] = [];
  let end = words.length;
  for (let index = Atomics.load(words, HEADER_NEWEST); index !== 0; index = words[index + ENTRY_PREVIOUS]!) {
    const entry = readEntry(words, index, end);
    if (entry === undefined || !partsFit(words, entry)) return index;
    entries.push(entry);
    end = index; // the one before ends where this one begins, or earlier
  }
  for (const { index, queue } of entries) {
    // What a ring carries is a store of this region.
    const carried = queue === 0 ? 0 : words[queue + QUEUE_CARRIED]!;
    if (carried !== 0 && !entries.some(entry => entry.store === carried)) return index;
  }
  return entries;
}

/** Whether the parts that an entry names lie inside it, with a geometry that holds together. */
function partsFit(words: Int32Array, entry: Entry): boolean {
  const end = entry.index + entry.bytes / 4;
  const inside = (from: number, length: number): boolean =>
    from >= entry.index + ENTRY_WORDS && length >= 0 && from + length <= end;
  if (entry.kind === KIND_POOL) {
    const at = entry.store;
    if (entry.queue !== 0 || !inside(at, store.STORE_WORDS)) return false;
    const capacityMax = words[at + store.STORE_CAPACITY_MAX]!;
    const indexBits = words[at + store.STORE_INDEX_BITS]!;
    const maskWords = (capacityMax + 31) >>> 5;
    const blockBytes = words[at + store.STORE_BLOCK_BYTES]!;
    const data = words[at + store.STORE_DATA_OFFSET]!;
    const stride = words[at + store.STORE_STRIDE_BYTES]!;
    const stockMax = words[at + store.STORE_STOCK_MAX]!;
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
      first >= 1 &&
      first <= handleMax(indexBits) >>> indexBits &&
      // In this order, one behind the other.
      freeMask >= at + store.STORE_WORDS &&
      returnedMask >= freeMask + maskWords &&
      records >= returnedMask + maskWords &&
      inside(records, BLOCK_WORDS * 2 ** indexBits) &&
      data >= (records + BLOCK_WORDS * 2 ** indexBits) * 4 &&
      stride >= blockBytes &&
      data + stride * capacityMax <= end * 4
    );
  }
  const at = entry.queue;
  if (entry.store !== 0 || !inside(at, QUEUE_WORDS)) return false;
  const capacity = words[at + QUEUE_CAPACITY]!;
  return capacity >= 1 && (capacity & (capacity - 1)) === 0 && inside(words[at + QUEUE_SLOTS]!, capacity * SLOT_WORDS);
}

/** Writes an entry for a structure that begins at the break; `publishEntry` makes it exist. Answers its index. */
export function writeEntry(words: Int32Array, kind: number, bytes: number, name: Uint8Array): number {
  const index = breakOffset(words) / 4;
  words.fill(0, index, index + ENTRY_WORDS);
  words[index + ENTRY_KIND] = kind;
  words[index + ENTRY_BYTES] = bytes;
  words[index + ENTRY_PREVIOUS] = Atomics.load(words, HEADER_NEWEST);
  words[index + ENTRY_NAME_BYTES] = name.length;
  new Uint8Array(words.buffer, (index + ENTRY_NAME) * 4, name.length).set(name);
  return index;
}

/** From this store on the structure exists. */
export function publishEntry(words: Int32Array, index: number): void {
  Atomics.store(words, HEADER_NEWEST, index);
}

/** Walks the laws of everything an entry names. Answers 0, or the index of the first word that breaks one. */
export function checkEntry(words: Int32Array, entry: Entry): number {
  const seats = words[HEADER_SEATS]!;
  if (entry.store !== 0) return store.checkStore(words, entry.store, seats);
  return checkQueue(words, entry.queue, seats);
}

/** A structure's size, checked against what is left. @throws {RingwellError} ERR_GEOMETRY */
export function checkRoom(words: Int32Array, bytes: number, what: string): number {
  const left = words.length * 4 - breakOffset(words);
  const aligned = Math.ceil(bytes / 64) * 64;
  if (aligned <= left) return aligned;
  throw new RingwellError(
    'ERR_GEOMETRY',
    `${what}: needs ${aligned} bytes, and ${left} of the region's ${words.length * 4} are left`,
  );
}
