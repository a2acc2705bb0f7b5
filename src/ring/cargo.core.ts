/** What all rings do with the handles that they carry, and with who waits at them. */
import {
  BLOCK_LIVE,
  BLOCK_WORDS,
  blockTag,
  HANDLE_MASK,
  isHeldBlock,
  receiveBlock,
  sendBlock,
} from '../core/block.core.js';
import { ringOne, someoneWaits } from '../core/doorbell.core.js';
import { OWN_INDEX_BITS, OWN_QUEUE, OWN_RECORDS, OWN_SEAT, OWN_SEATS } from './own.js';

/** Whether an item is a handle of the carried pool that this seat holds. Answers 1 or 0. */
export function isCargo(words: Int32Array, own: Int32Array, item: number): number {
  const indexBits = own[OWN_INDEX_BITS]!;
  if ((item & HANDLE_MASK) !== item) return 0;
  return isHeldBlock(
    words,
    own[OWN_RECORDS]!,
    indexBits,
    (1 << indexBits) - 1,
    blockTag(BLOCK_LIVE, own[OWN_SEAT]!),
    item,
  );
}

/** Marks a handle's block as on its way. */
export function send(words: Int32Array, own: Int32Array, item: number): void {
  const indexBits = own[OWN_INDEX_BITS]!;
  const record = own[OWN_RECORDS]! + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS;
  sendBlock(words, record, item >>> indexBits, own[OWN_SEAT]!);
}

/** Marks a handle's block as on its way, if this seat holds it. Answers 1, or 0: then nothing has changed. */
export function load(words: Int32Array, own: Int32Array, item: number): number {
  if (isCargo(words, own, item) === 0) return 0;
  send(words, own, item);
  return 1;
}

/** Makes this seat the holder of a handle that it has taken. */
export function receive(words: Int32Array, own: Int32Array, item: number): void {
  const indexBits = own[OWN_INDEX_BITS]!;
  const record = own[OWN_RECORDS]! + (item & ((1 << indexBits) - 1)) * BLOCK_WORDS;
  receiveBlock(words, record, item >>> indexBits, own[OWN_SEAT]!);
}

/** Rings one seat of a waiter set, if anyone waits there. */
export function wakeOne(words: Int32Array, own: Int32Array, set: number): void {
  const waiters = own[OWN_QUEUE]! + set;
  // The usual case, at most 31 seats and nobody waiting, in one load.
  if (own[OWN_SEATS]! < 32 && Atomics.load(words, waiters) === 0) return;
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0) ringOne(words, waiters, own[OWN_SEATS]!);
}
