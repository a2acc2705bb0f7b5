import { BellWatch } from '../core/bell-watch.js';
import { ring } from '../core/doorbell.core.js';
import { RingwellError } from '../core/errors.js';
import { isSeated, poisonSeats, SEAT_POISONED, seatIndex } from '../core/seat.core.js';
import { UNSEATED } from '../core/status.js';
import { type Entry, readEntries } from './directory.js';
import { HEADER_SEATS } from './header.core.js';
import type { Memory } from './memory.js';

/** What a structure's object does when its thread leaves the region: gives everything private back. */
export interface Attached {
  leave(): void;
}

/** One thread's place in a region: the words, its seat, its bell, and the structures it has opened. Internal. */
export class Attachment {
  readonly words: Int32Array;
  readonly memory: Memory;
  readonly seats: number;
  readonly seat: number;
  readonly generation: number;
  readonly waiting: BellWatch;
  readonly opened: Map<string, Attached> = new Map<string, Attached>();
  left = false;
  /** What this thread has to leave still while it detaches: not empty afterwards where another has held a lock for too long. */
  toLeave: Attached[] = [];

  constructor(memory: Memory, words: Int32Array, seats: number, seat: number, generation: number) {
    this.memory = memory;
    this.words = words;
    this.seats = seats;
    this.seat = seat;
    this.generation = generation;
    this.waiting = new BellWatch(words, seat, generation, memory.shared);
  }

  /** @throws {RingwellError} when this thread is no longer seated, or the region is poisoned. */
  ensureSeated(): void {
    if (this.left || isSeated(this.words, this.seat, this.generation) === 0) throw this.unseated();
  }

  /** Why this thread may not go on. */
  unseated(): RingwellError {
    if (this.left) return new RingwellError('ERR_SEAT', `Seat ${this.seat}: this region was detached in this thread`);
    const word = Atomics.load(this.words, seatIndex(this.seat));
    if ((word & SEAT_POISONED) !== 0) {
      return new RingwellError(
        'ERR_CORRUPTION',
        'The region is poisoned: a law was found broken in it, nothing in it can be trusted',
      );
    }
    // A wait that ends here has taken the seat's bit out of a waiter set, and it may have been the next thread's: that one looks again.
    ring(this.words, this.seat);
    return new RingwellError('ERR_EVICTED', `Seat ${this.seat} was recovered while its thread still ran`);
  }

  /** Throws for what a shared function answered when it had to do with the seat. */
  checkStatus(status: number): void {
    if (status === UNSEATED) throw this.unseated();
  }

  /** The structures in the region, newest first. A damaged chain poisons the region. @throws {RingwellError} ERR_CORRUPTION */
  entries(): readonly Entry[] {
    if (this.words[HEADER_SEATS] !== this.seats) throw this.poison(HEADER_SEATS, 'the header has changed');
    const entries = readEntries(this.words);
    if (typeof entries === 'number') throw this.poison(entries, 'a structure entry is damaged');
    return entries;
  }

  /** A law is broken: makes every thread stop, and answers the error to throw. */
  poison(index: number, law: string): RingwellError {
    poisonSeats(this.words, this.seats);
    const entries = readEntries(this.words);
    if (typeof entries !== 'number') {
      // The fast paths look at these words, and so come to the slow ones, which look at the seat.
      for (const { kind, part } of entries) kind.stop(this.words, part);
    }
    for (let seat = 1; seat <= this.seats; seat++) ring(this.words, seat);
    return new RingwellError('ERR_CORRUPTION', `The region is poisoned: ${law} (word ${index})`);
  }
}
