import { checkInteger, checkOptions } from '../core/errors.js';
import {
  claimTag,
  FRAME_WORDS,
  FRAMES_HEAD,
  FRAMES_PAYLOAD,
  FRAMES_UNITS,
  FRAMES_WORDS,
  initFrames,
  POSITION_MASK,
  UNIT_BYTES,
  UNITS_MAX,
} from '../core/frame.core.js';
import type { Seated } from '../core/store.js';
import type { Attached, Attachment } from '../region/attachment.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS, HEADER_DIRTY, structuresOffset } from '../region/header.core.js';
import { KIND_MESSAGE_RING } from '../region/kinds/index.js';
import { Region } from '../region/region.js';
import type { StructureKind } from '../region/structures.js';
import * as core from './message-ring.core.js';

/** How a message ring is made. */
export interface MessageRingOptions {
  /** Bytes of payload it holds, 256 to 2^28, rounded up to a power of two. A message is at most a quarter of that. */
  capacity: number;
}

/** Below this no message of a whole unit would fit in a quarter. */
const CAPACITY_MIN = 4 * UNIT_BYTES;

/** The capacity a ring really gets, in bytes. @throws {RingwellError} ERR_GEOMETRY */
export function messageRingCapacity(options: MessageRingOptions): number {
  checkOptions(options, 'Cannot create message ring: options');
  const most = UNITS_MAX * UNIT_BYTES;
  const capacity = checkInteger(options.capacity, 1, most, 'Cannot create message ring: capacity');
  return capacity <= CAPACITY_MIN ? CAPACITY_MIN : 1 << (32 - Math.clz32(capacity - 1));
}

function bytesFor(units: number): number {
  return (ENTRY_WORDS + FRAMES_WORDS + units * FRAME_WORDS) * 4 + units * UNIT_BYTES;
}

/** A region of one thread that holds one ring of that capacity. */
export function privateRegion(capacity: number): Region {
  const bytes = structuresOffset(1) + bytesFor(capacity / UNIT_BYTES) + UNIT_BYTES;
  return Region.create({ maxByteLength: bytes, seats: 1, shared: false });
}

/** Lays a ring out at the break, under the region's lock. Answers its part. @throws {RingwellError} ERR_GEOMETRY */
function layOut(attachment: Attachment, name: Uint8Array, units: number, start: number): number {
  const { words } = attachment;
  const entry = breakOffset(words) / 4;
  const frames = entry + ENTRY_WORDS;
  const records = frames + FRAMES_WORDS;
  const end = records + units * FRAME_WORDS;
  const payload = Math.ceil((end * 4) / UNIT_BYTES) * UNIT_BYTES;
  const bytes = checkRoom(words, payload + units * UNIT_BYTES - entry * 4, 'Cannot create message ring');
  // Fresh memory is zero; adopted memory may hold anything.
  words.fill(0, entry, words[HEADER_DIRTY] === 0 ? records : end);
  writeEntry(words, KIND_MESSAGE_RING, bytes, name);
  initFrames(words, frames, units, payload, start);
  publishEntry(words, entry);
  return frames;
}

/** The kind of structure that a message ring is; `units` and `start` matter to `create` only. */
export function messageRingKindOf<T extends Attached>(
  type: new (attachment: Attachment, frames: number) => T,
  capacity: number,
  start: number,
): StructureKind<T> {
  return {
    title: 'message ring',
    type,
    create: (attachment, name) => new type(attachment, layOut(attachment, name, capacity / UNIT_BYTES, start)),
    attach: (attachment, entry) => new type(attachment, entry.part),
  };
}

/** A seat's private array for a ring, and what never changes about it. */
export function openFrames(seated: Seated, frames: number): { own: Int32Array; units: number; payload: number } {
  const { words, seat, seats, generation } = seated;
  const units = words[frames + FRAMES_UNITS]!;
  const head = Atomics.load(words, frames + FRAMES_HEAD);
  const own = new Int32Array(core.OWN_WORDS);
  own[core.OWN_FRAMES] = frames;
  own[core.OWN_RECORDS] = frames + FRAMES_WORDS;
  own[core.OWN_UNIT_BITS] = 31 - Math.clz32(units);
  own[core.OWN_SEAT] = seat;
  own[core.OWN_SEATS] = seats;
  own[core.OWN_SEAT_GENERATION] = generation;
  own[core.OWN_HEAD] = head;
  own[core.OWN_HEAD_SEEN] = head & POSITION_MASK;
  // As no gate is: the first claim looks at the seat.
  own[core.OWN_GATE] = -1;
  own[core.OWN_TAG] = claimTag(seat, generation);
  return { own, units, payload: words[frames + FRAMES_PAYLOAD]! };
}
