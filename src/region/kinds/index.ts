import { broadcastKind } from './broadcast.js';
import { byteRingKind } from './byte-ring.js';
import { heapKind } from './heap.js';
import type { Kind } from './kind.js';
import { messageRingKind } from './message-ring.js';
import { poolKind } from './pool.js';
import { ringKind } from './ring.js';

export type { Kind } from './kind.js';

/** What a structure is, as its entry says it. */
export const KIND_POOL = 1;
export const KIND_RING = 2;
export const KIND_HEAP = 3;
export const KIND_BYTE_RING = 4;
export const KIND_MESSAGE_RING = 5;
export const KIND_BROADCAST = 6;

const KINDS: readonly (Kind | undefined)[] = [
  undefined,
  poolKind,
  ringKind,
  heapKind,
  byteRingKind,
  messageRingKind,
  broadcastKind,
];

/** The kind of that number, or undefined: then the entry that says so is damaged. */
export function kindOf(number: number): Kind | undefined {
  return KINDS[number];
}
