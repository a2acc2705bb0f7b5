import { RingwellError, show } from '../core/errors.js';
import {
  breakOffset,
  ENTRY_BYTES,
  ENTRY_KIND,
  ENTRY_NAME,
  ENTRY_NAME_BYTES,
  ENTRY_PART,
  ENTRY_PREVIOUS,
  ENTRY_WORDS,
  HEADER_NEWEST,
  HEADER_SEATS,
  structuresOffset,
} from './header.core.js';
import { KIND_POOL, type Kind, kindOf } from './kinds/index.js';

const NAME_BYTES_MAX = (ENTRY_WORDS - ENTRY_NAME) * 4;

/** A structure's entry, read and checked. Indices are of words. */
export interface Entry {
  readonly index: number;
  readonly kind: Kind;
  readonly bytes: number;
  readonly name: string;
  readonly part: number;
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
  const kind = kindOf(words[index + ENTRY_KIND]!);
  const part = words[index + ENTRY_PART]!;
  if (bytes < ENTRY_WORDS * 4 || index + bytes / 4 > end || bytes % 64 !== 0) return undefined;
  if (nameBytes < 0 || nameBytes > NAME_BYTES_MAX || kind === undefined) return undefined;
  if (part < index + ENTRY_WORDS || !kind.fits(words, part, index + bytes / 4)) return undefined;
  const at = (index + ENTRY_NAME) * 4;
  // TextDecoder refuses shared memory in browsers: copy the few bytes out first.
  const copy = new Uint8Array(words.buffer, at, nameBytes).slice();
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(copy));
  return { index, kind, bytes, name, part };
}

/** The index of the first word of an entry chain that is damaged, or the entries, newest first. */
export function readEntries(words: Int32Array): readonly Entry[] | number {
  const entries: Entry[] = [];
  let end = words.length;
  for (let index = Atomics.load(words, HEADER_NEWEST); index !== 0; index = words[index + ENTRY_PREVIOUS]!) {
    const entry = readEntry(words, index, end);
    if (entry === undefined) return index;
    entries.push(entry);
    end = index; // the one before ends where this one begins, or earlier
  }
  for (const { index, kind, part } of entries) {
    const pool = kind.carries?.(words, part) ?? 0;
    if (pool !== 0 && !entries.some(other => other.part === pool && other.kind === kindOf(KIND_POOL))) return index;
  }
  return entries;
}

/**
 * Writes an entry for a structure that begins at the break, its part right behind the entry; `publishEntry` makes it exist.
 * Answers its index.
 */
export function writeEntry(words: Int32Array, kind: number, bytes: number, name: Uint8Array): number {
  const index = breakOffset(words) / 4;
  words.fill(0, index, index + ENTRY_WORDS);
  words[index + ENTRY_KIND] = kind;
  words[index + ENTRY_BYTES] = bytes;
  words[index + ENTRY_PREVIOUS] = Atomics.load(words, HEADER_NEWEST);
  words[index + ENTRY_PART] = index + ENTRY_WORDS;
  words[index + ENTRY_NAME_BYTES] = name.length;
  new Uint8Array(words.buffer, (index + ENTRY_NAME) * 4, name.length).set(name);
  return index;
}

/** From this store on the structure exists. */
export function publishEntry(words: Int32Array, index: number): void {
  Atomics.store(words, HEADER_NEWEST, index);
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
