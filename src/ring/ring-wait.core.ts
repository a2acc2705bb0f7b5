/**
 * Waiting at a ring of many: armed, a search that finds nothing leaves the mark behind (core/slot.core.ts), so the next put or take
 * rings.
 */
import { now } from '../core/clock.js';
import { arm, disarm, listen, ringOne, someoneWaits } from '../core/doorbell.core.js';
import { QUEUE_ITEM_WAITERS, QUEUE_ROOM_WAITERS } from '../core/slot.core.js';
import { NONE } from '../core/status.js';
import { OWN_AWAITS, OWN_QUEUE, OWN_SEAT, OWN_SEATS } from './own.js';
import { AWAITS_ITEM, AWAITS_ROOM, dequeue, enqueue, findHead, findTail } from './ring.core.js';

/** Announces that this seat is about to wait for an item. Answers the bell to wait on; look again before waiting. */
export function armItems(words: Int32Array, own: Int32Array): number {
  own[OWN_AWAITS] = own[OWN_AWAITS]! | AWAITS_ITEM;
  return arm(words, own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS, own[OWN_SEAT]!);
}

/** Announces that this seat is about to wait for room. As `armItems`. */
export function armRoom(words: Int32Array, own: Int32Array): number {
  own[OWN_AWAITS] = own[OWN_AWAITS]! | AWAITS_ROOM;
  return arm(words, own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS, own[OWN_SEAT]!);
}

/**
 * Stops waiting for an item. While others do, the next of them is rung where there is an item, or the end; or else the slot is
 * marked for them: this seat may have been rung for an item that it did not take.
 */
export function leaveItems(words: Int32Array, own: Int32Array): void {
  const waiters = own[OWN_QUEUE]! + QUEUE_ITEM_WAITERS;
  disarm(words, waiters, own[OWN_SEAT]!);
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0 && findHead(words, own) !== NONE)
    ringOne(words, waiters, own[OWN_SEATS]!);
  own[OWN_AWAITS] = own[OWN_AWAITS]! & ~AWAITS_ITEM;
}

/** Stops waiting for room. As `leaveItems`. */
export function leaveRoom(words: Int32Array, own: Int32Array): void {
  const waiters = own[OWN_QUEUE]! + QUEUE_ROOM_WAITERS;
  disarm(words, waiters, own[OWN_SEAT]!);
  if (someoneWaits(words, waiters, own[OWN_SEATS]!) !== 0 && findTail(words, own) !== NONE)
    ringOne(words, waiters, own[OWN_SEATS]!);
  own[OWN_AWAITS] = own[OWN_AWAITS]! & ~AWAITS_ROOM;
}

/** As `enqueue`, but waits for room until the deadline (on `now`'s clock). Blocks the thread. */
export function enqueueWait(words: Int32Array, own: Int32Array, item: number, deadline: number): number {
  for (;;) {
    const bell = armRoom(words, own);
    const result = enqueue(words, own, item);
    const left = deadline - now();
    if (result !== NONE || left <= 0) {
      leaveRoom(words, own);
      return result;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}

/** As `dequeue`, but waits for an item until the deadline (on `now`'s clock). Blocks the thread. */
export function dequeueWait(words: Int32Array, own: Int32Array, deadline: number): number {
  for (;;) {
    const bell = armItems(words, own);
    const item = dequeue(words, own);
    const left = deadline - now();
    if (item !== NONE || left <= 0) {
      leaveItems(words, own);
      return item;
    }
    listen(words, own[OWN_SEAT]!, bell, left);
  }
}
