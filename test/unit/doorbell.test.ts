import { describe, expect, it } from 'vitest';
import * as doorbell from '../../src/core/doorbell.core.js';
import { SEAT_WORDS, SEATS_INDEX } from '../../src/core/seat.core.js';

/** Memory for so many seats, and a waiter set behind them. */
function setUp(seats: number): { words: Int32Array; set: number; bell: (seat: number) => number } {
  const set = SEATS_INDEX + (seats + 1) * SEAT_WORDS;
  const words = new Int32Array(new SharedArrayBuffer((set + 16) * 4));
  return { words, set, bell: seat => words[doorbell.bellIndex(seat)]! };
}

/** The seats whose bits are set. */
function waiting(words: Int32Array, set: number, seats: number): number[] {
  const found: number[] = [];
  for (let seat = 0; seat <= seats; seat++)
    if (((words[set + (seat >>> 5)]! >>> (seat & 31)) & 1) === 1) found.push(seat);
  return found;
}

describe('a doorbell', () => {
  it('moves on when it is rung, and a wait for its old value returns at once', () => {
    const { words, set, bell } = setUp(2);
    const heard = doorbell.arm(words, set, 2);
    expect([heard, waiting(words, set, 2), doorbell.someoneWaits(words, set, 2)]).toEqual([0, [2], 1]);
    expect(doorbell.ringOne(words, set, 2)).toBe(1);
    expect([bell(2), bell(1), waiting(words, set, 2)]).toEqual([1, 0, []]);
    const started = performance.now();
    doorbell.listen(words, 2, heard, Infinity);
    expect(performance.now() - started).toBeLessThan(50);
    expect([doorbell.disarm(words, set, 2), doorbell.ringOne(words, set, 2)]).toEqual([1, 0]);
  });

  it('is waited on for a slice at most', () => {
    const { words } = setUp(1);
    const started = performance.now();
    doorbell.listen(words, 1, 0, Infinity);
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(doorbell.SLICE_MS * 0.9);
    expect(took).toBeLessThan(doorbell.SLICE_MS * 10);
  });

  it('wraps', () => {
    const { words, set, bell } = setUp(1);
    words[doorbell.bellIndex(1)] = -1;
    expect(doorbell.arm(words, set, 1)).toBe(-1);
    doorbell.ringOne(words, set, 1);
    expect(bell(1)).toBe(0);
  });
});

describe('a waiter set', () => {
  it.each([1, 2, 31, 32, 33, 63, 64, 65, 127, 254, 255])('of %i seats rings all of them, in turn', seats => {
    const { words, set, bell } = setUp(seats);
    const all = Array.from({ length: seats }, (_, i) => i + 1);
    for (let round = 1; round <= 3; round++) {
      for (const seat of all) doorbell.arm(words, set, seat);
      expect(waiting(words, set, seats)).toEqual(all);
      for (const seat of all) {
        expect(doorbell.ringOne(words, set, seats)).toBe(1);
        expect(bell(seat)).toBe(round);
      }
      expect([doorbell.ringOne(words, set, seats), doorbell.someoneWaits(words, set, seats)]).toEqual([0, 0]);
    }
    for (const seat of all) expect(bell(seat)).toBe(3);
  });

  it.each([7, 32, 255])('of %i seats starves nobody who stays', seats => {
    const { words, set, bell } = setUp(seats);
    for (let seat = 1; seat <= seats; seat++) doorbell.arm(words, set, seat);
    for (let i = 0; i < seats * 4; i++) {
      doorbell.ringOne(words, set, seats);
      // Everybody who was rung sits down again at once.
      for (let seat = 1; seat <= seats; seat++) doorbell.arm(words, set, seat);
    }
    for (let seat = 1; seat <= seats; seat++) expect(bell(seat)).toBe(4);
  });

  it.each([31, 32, 255])('of %i seats rings one, one in particular, or all', seats => {
    const { words, set, bell } = setUp(seats);
    const some = [1, 5, seats - 1, seats];
    for (const seat of some) doorbell.arm(words, set, seat);
    expect([doorbell.ringSeat(words, set, seats), doorbell.ringSeat(words, set, seats)]).toEqual([1, 0]);
    expect([doorbell.disarm(words, set, 5), doorbell.disarm(words, set, 5)]).toEqual([0, 1]);
    doorbell.ringAll(words, set, seats);
    expect(some.map(bell)).toEqual([1, 0, 1, 1]);
    expect([waiting(words, set, seats), doorbell.someoneWaits(words, set, seats)]).toEqual([[], 0]);
  });

  it.each([-1, 2 ** 31 - 1, 256, 1000])('rings who waits even when its turn was damaged: %i', turn => {
    const { words, set, bell } = setUp(40);
    words[set + 8] = turn;
    doorbell.arm(words, set, 3);
    doorbell.arm(words, set, 40);
    expect([
      doorbell.ringOne(words, set, 40),
      doorbell.ringOne(words, set, 40),
      doorbell.ringOne(words, set, 40),
    ]).toEqual([1, 1, 0]);
    expect([bell(3), bell(40)]).toEqual([1, 1]);
  });

  it('rings no seat that there is none of, whatever its bits say', () => {
    const { words, set } = setUp(2);
    const before = words.slice();
    words.fill(-1, set, set + 8);
    doorbell.disarm(words, set, 1);
    doorbell.disarm(words, set, 2);
    for (let i = 0; i < 40; i++) doorbell.ringOne(words, set, 2);
    doorbell.ringAll(words, set, 2);
    const outside = words.slice(0, set);
    // Seat 0 is nobody: its record is there and means nothing.
    outside[doorbell.bellIndex(0)] = 0;
    expect(outside).toEqual(before.slice(0, set));
  });
});
