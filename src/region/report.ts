import { SEAT_GENERATION_SHIFT, SEAT_STATE_MASK, seatIndex } from '../core/seat.core.js';
import type { Attachment } from './attachment.js';
import { breakOffset } from './header.core.js';

/** A seat as `inspect` tells it. */
export interface SeatReport {
  /** From 1. */
  readonly seat: number;
  /** Which life of it. */
  readonly generation: number;
  readonly state: 'free' | 'reserved' | 'attached' | 'leaving' | 'evicted';
}

/** A structure as `inspect` tells it. Bytes are of the whole structure. */
export interface StructureReport {
  readonly name: string;
  readonly kind: string;
  readonly byteLength: number;
  /** Pools: blocks. Rings: items. All others: bytes. */
  readonly capacity: number;
  /** Pools: the most blocks it can be resized to. */
  readonly capacityMax?: number;
  /** Pools: bytes a block. */
  readonly blockBytes?: number;
  /** Pools: blocks in somebody's hands, or on their way. */
  readonly liveCount?: number;
  /** Pools: blocks that were ever handed out; the memory of the others is untouched. */
  readonly touchedCount?: number;
  /** Heaps: bytes of pages that hold blocks, or are kept to. */
  readonly reservedBytes?: number;
  /** Rings: items in it. Broadcasts: subscriptions. */
  readonly length?: number;
  readonly closed?: boolean;
}

/** What is in a region, at a moment. */
export interface RegionReport {
  readonly usedBytes: number;
  readonly maxByteLength: number;
  readonly seats: readonly SeatReport[];
  readonly structures: readonly StructureReport[];
}

const STATES = ['free', 'reserved', 'attached', 'leaving', 'evicted'] as const;

/** Reads a region as it stands; others may run meanwhile. Seats that were never used are left out. */
export function reportOf(attachment: Attachment): RegionReport {
  const { words, seats } = attachment;
  const seatReports: SeatReport[] = [];
  for (let seat = 1; seat <= seats; seat++) {
    const word = Atomics.load(words, seatIndex(seat));
    if (word === 0) continue;
    const state = STATES[word & SEAT_STATE_MASK] ?? 'evicted';
    seatReports.push({ seat, generation: word >>> SEAT_GENERATION_SHIFT, state });
  }
  const structures = attachment.entries().map(({ name, kind, bytes, part }) => ({
    name,
    kind: kind.title,
    byteLength: bytes,
    ...kind.report(words, part),
  }));
  return {
    usedBytes: breakOffset(words),
    maxByteLength: attachment.memory.byteLength,
    seats: seatReports,
    structures: structures.reverse(),
  };
}
