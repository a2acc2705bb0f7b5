/** Small regions, laid out by the shipped code, for programs to start from. */

import * as slot from '../../dist/core/slot.core.js';
import { OWN_STOCK_MAX } from '../../dist/core/store.core.js';
import { openStore, readStore, type Seated, type Store } from '../../dist/core/store.js';
import { createTunedPool } from '../../dist/pool/pool.js';
import type { Attachment } from '../../dist/region/attachment.js';
import { Region } from '../../dist/region/region.js';
import { openOwn } from '../../dist/ring/open-own.js';
import { createTunedRing } from '../../dist/ring/ring.js';
import { openLane } from '../../dist/ring/single-ring.js';

/** A region's inner side, which its public type leaves out. */
export function attachmentIn(region: Region): Attachment {
  return (region as unknown as { attachment: Attachment }).attachment;
}

/** A region whose seats 1 to `seats` are all attached, and which has some to spare. */
export function layOutRegion(seats: number, spare = 0): Region {
  const region = Region.create({ maxByteLength: 65536, seats: seats + spare });
  for (let seat = 2; seat <= seats; seat++) Region.attach(region.share());
  return region;
}

/** The words of a region, without the unused ones at its end. */
export function wordsOf(region: Region): Int32Array {
  return attachmentIn(region).words.slice(0, region.usedBytes >>> 2);
}

/** What a seat's attachment is to the shipped code that opens structures. */
export function seatedAt(region: Region, seat: number): Seated {
  return { ...attachmentIn(region), words: attachmentIn(region).words, seat, generation: 1 } as Parameters<
    typeof openStore
  >[0];
}

/** A pool of one-word blocks; generations start at `firstGeneration`. */
export function layOutPool(
  region: Region,
  capacity: number,
  stockMax: number,
  firstGeneration = 1,
  capacityMax = capacity,
): { store: Store; own: (seat: number) => Int32Array } {
  createTunedPool(
    { region, name: 'pool', blockBytes: 4, capacity, capacityMax, alignment: 4 },
    { stockMax, firstGeneration },
  );
  const words = attachmentIn(region).words;
  const entry = attachmentIn(region).entries()[0]!;
  const store = readStore(words, entry.part);
  return {
    store,
    own: seat => {
      const own = openStore(seatedAt(region, seat), store);
      own[OWN_STOCK_MAX] = stockMax;
      return own;
    },
  };
}

/** A ring whose counters start at `start`, carrying the pool of that store where one is given. */
export function layOutRing(
  region: Region,
  capacity: number,
  start: number,
  carries = false,
): { queue: number; slots: number; own: (seat: number) => Int32Array } {
  const pool = attachmentIn(region).opened.get('pool');
  const carried = carries ? { carries: pool as never } : {};
  createTunedRing({ region, name: 'ring', capacity, ...carried }, start | 0);
  const queue = attachmentIn(region).entries()[0]!.part;
  return { queue, slots: queue + slot.QUEUE_WORDS, own: seat => openOwn(seatedAt(region, seat), queue) };
}

/** A ring with one producer and one consumer. Seats have no sides yet. */
export function layOutLane(
  region: Region,
  capacity: number,
  start: number,
  carries = false,
): { queue: number; slots: number; own: (seat: number) => Int32Array } {
  const pool = attachmentIn(region).opened.get('pool');
  const carried = carries ? { carries: pool as never } : {};
  createTunedRing({ region, name: 'ring', capacity, producers: 'single', consumers: 'single', ...carried }, start);
  const queue = attachmentIn(region).entries()[0]!.part;
  return { queue, slots: queue + slot.QUEUE_WORDS, own: seat => openLane(seatedAt(region, seat), queue) };
}

/** A thread's private arrays of two structures in one, the second of which begins at `at`. */
export function sideBySide(
  first: (seat: number) => Int32Array,
  second: (seat: number) => Int32Array,
  at: number,
): (seat: number) => Int32Array {
  return seat => {
    const both = new Int32Array(at + second(seat).length);
    both.set(first(seat));
    both.set(second(seat), at);
    return both;
  };
}

/** What is looked at plainly first in a lane: whether it is closed, whose its sides are, and the slot that is put next. */
export function laneHints(queue: number, slots: number, capacity: number): (readonly [number, number])[] {
  return [
    [queue + slot.QUEUE_CLOSED, queue + slot.QUEUE_CONSUMER + 1],
    [slots, slots + capacity],
  ];
}

/** What a word is, for people. */
export function namer(parts: readonly (readonly [name: string, from: number])[]): (word: number) => string {
  const sorted = [...parts, ['region', 0] as const].sort((a, b) => b[1] - a[1]);
  return word => {
    const [name, from] = sorted.find(part => part[1] <= word)!;
    return `${name}+${word - from}`;
  };
}

/** What is looked at plainly first (core/slot.core.ts): the slot words of a queue, and whether it is closed. Items are not hints. */
export function queueHints(queue: number, slots: number, capacity: number): (readonly [number, number])[] {
  const slotWords = Array.from({ length: capacity }, (_, i) => {
    const at = slots + i * slot.SLOT_WORDS;
    return [at, at + 1] as const;
  });
  return [[queue + slot.QUEUE_CLOSED, queue + slot.QUEUE_CLOSED + 1], ...slotWords];
}

/** The items of a queue. */
export function itemHints(slots: number, capacity: number): (readonly [number, number])[] {
  return Array.from({ length: capacity }, (_, i) => {
    const at = slots + i * slot.SLOT_WORDS + 1;
    return [at, at + 1] as const;
  });
}
