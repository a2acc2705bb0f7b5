import { checkInteger, checkOptions, RingwellError, show } from '../core/errors.js';
import type { Seated } from '../core/store.js';
import {
  GRAIN_BYTES,
  GRAINS_MAX,
  initTape,
  RECORD_WORDS,
  RECORDS_MAX,
  TAPE_GATED,
  TAPE_GRAINS,
  TAPE_PAYLOAD,
  TAPE_RECORD_COUNT,
  TAPE_RECORDS,
  TAPE_WORDS,
} from '../core/tape.core.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS, HEADER_DIRTY, structuresOffset } from '../region/header.core.js';
import { KIND_BROADCAST } from '../region/kinds/index.js';
import { Region } from '../region/region.js';
import type { StructureKind } from '../region/structures.js';
import * as mine from './broadcast-own.js';
import * as at from './own.js';

/** How a broadcast is made. */
export interface BroadcastOptions {
  /** Bytes it holds, 256 to 2^28, rounded up to a power of two: how far a subscriber may be behind. */
  capacity: number;
  /** The sender waits for the slowest subscriber, instead of overwriting what that has not received. Default false: lossy. */
  gated?: boolean;
  /** The most subscriptions at a time, 1 to 1024; each takes 64 bytes. Default 16. */
  subscribers?: number;
}

/** Where a line of memory begins. */
const LINE_BYTES = 64;
const SUBSCRIBERS_DEFAULT = 16;

/** What a broadcast is really made with: capacity in grains. @throws {RingwellError} ERR_GEOMETRY, ERR_USAGE */
export function broadcastShape(options: BroadcastOptions): { grains: number; gated: boolean; records: number } {
  const what = 'Cannot create broadcast';
  checkOptions(options, `${what}: options`);
  const { gated = false, subscribers = SUBSCRIBERS_DEFAULT } = options;
  const bytes = checkInteger(options.capacity, 1, GRAINS_MAX * GRAIN_BYTES, `${what}: capacity`);
  const records = checkInteger(subscribers, 1, RECORDS_MAX, `${what}: subscribers`);
  if (typeof gated !== 'boolean')
    throw new RingwellError('ERR_USAGE', `${what}: gated must be a boolean, got ${show(gated)}`);
  return { grains: bytes <= 256 ? 32 : 1 << (29 - Math.clz32(bytes - 1)), gated, records };
}

type Shape = ReturnType<typeof broadcastShape>;

/** A region of one thread that holds one broadcast of that shape. */
export function privateRegion({ grains, records }: Shape): Region {
  const words = ENTRY_WORDS + TAPE_WORDS + records * RECORD_WORDS;
  const bytes = structuresOffset(1) + words * 4 + grains * GRAIN_BYTES + LINE_BYTES;
  return Region.create({ maxByteLength: bytes, seats: 1, shared: false });
}

/** Lays a broadcast out at the break, under the region's lock. Answers its part. @throws {RingwellError} ERR_GEOMETRY */
function layOut(attachment: Attachment, name: Uint8Array, { grains, gated, records }: Shape, start: number): number {
  const { words } = attachment;
  const entry = breakOffset(words) / 4;
  const tape = entry + ENTRY_WORDS;
  const end = tape + TAPE_WORDS + records * RECORD_WORDS;
  const payload = Math.ceil((end * 4) / LINE_BYTES) * LINE_BYTES;
  const bytes = checkRoom(words, payload + grains * GRAIN_BYTES - entry * 4, 'Cannot create broadcast');
  // Fresh memory is zero; adopted memory may hold anything.
  if (words[HEADER_DIRTY] !== 0) words.fill(0, entry, end);
  writeEntry(words, KIND_BROADCAST, bytes, name);
  initTape(words, tape, grains, records, payload, gated ? 1 : 0, start);
  publishEntry(words, entry);
  return tape;
}

/** The kind of structure that a broadcast is; `shape` and `start` matter to `create` only. */
export function broadcastKindOf<T extends Attached>(
  type: new (attachment: Attachment, tape: number) => T,
  shape: Shape,
  start: number,
): StructureKind<T> {
  return {
    title: 'broadcast',
    type,
    create: (attachment, name) => new type(attachment, layOut(attachment, name, shape, start)),
    attach: (attachment, entry) => new type(attachment, entry.part),
  };
}

/** The shape of one that exists. */
export function shapeOf(words: Int32Array, tape: number): Shape {
  return {
    grains: words[tape + TAPE_GRAINS]!,
    gated: words[tape + TAPE_GATED] === 1,
    records: words[tape + TAPE_RECORD_COUNT]!,
  };
}

/** A private array for the sender's side or for a subscription. */
export function openTape({ words, seat, seats, generation }: Seated, tape: number): Int32Array {
  const own = new Int32Array(at.OWN_WORDS);
  own[at.OWN_QUEUE] = tape;
  own[at.OWN_INDEX_MASK] = words[tape + TAPE_GRAINS]! - 1;
  own[mine.OWN_RECORDS] = words[tape + TAPE_RECORDS]!;
  own[mine.OWN_RECORD_COUNT] = words[tape + TAPE_RECORD_COUNT]!;
  own[at.OWN_SEAT] = seat;
  own[at.OWN_SEATS] = seats;
  own[at.OWN_SEAT_GENERATION] = generation;
  own[at.OWN_LIFE] = (generation << 8) | seat;
  own[mine.OWN_PAYLOAD] = words[tape + TAPE_PAYLOAD]! >>> 2;
  own[mine.OWN_GATED] = words[tape + TAPE_GATED]!;
  return own;
}
