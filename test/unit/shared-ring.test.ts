import { describe, expect, it } from 'vitest';
import { CLOSED, NONE, type Region, Ring } from '../../src/index.js';
import type { SharedRing } from '../../src/ring/shared-ring.js';
import { MiB, refuses, ringsOf, seatsOf } from './helpers.js';

function setUp(capacity: number, start = 0): { regions: [Region, Region]; ring: SharedRing; other: SharedRing } {
  const regions = seatsOf(2) as [Region, Region];
  const [ring, other] = ringsOf(regions, capacity, start) as [SharedRing, SharedRing];
  return { regions, ring, other };
}

describe('a shared ring', () => {
  it('gives items back in order, whoever puts and takes', () => {
    const { regions, ring, other } = setUp(4);
    expect([ring.length, ring.freeSpace, ring.dequeue(), other.dequeueWait(0)]).toEqual([0, 4, NONE, NONE]);
    for (const [i, item] of [5, 1, 2 ** 31 - 1, 9].entries()) {
      expect([ring, other][i % 2]!.enqueue(item)).toBe(true);
      expect([ring.length, other.freeSpace]).toEqual([i + 1, 3 - i]);
    }
    expect([ring.enqueue(7), other.enqueue(7), ring.enqueueWait(7, 0), ring.enqueueWait(7, 2)]).toEqual(
      new Array(4).fill(false),
    );
    regions[0].check();
    expect([other.dequeue(), ring.dequeue(), ring.dequeue(), other.dequeue()]).toEqual([5, 1, 2 ** 31 - 1, 9]);
    expect([ring.dequeue(), other.dequeue(), ring.dequeueWait(2), ring.length]).toEqual([NONE, NONE, NONE, 0]);
    regions[1].check();
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [100, 128],
    [1025, 2048],
    [5000, 8192],
  ])('of %i items holds %i', (asked, capacity) => {
    const regions = seatsOf(2) as [Region, Region];
    const ring = Ring.create({ region: regions[0], name: 'ring', capacity: asked });
    const other = Ring.attach(regions[1], 'ring');
    expect([ring.capacity, other.capacity]).toEqual([capacity, capacity]);
    for (let lap = 0; lap < 3; lap++) {
      for (let i = 1; i <= capacity; i++) expect(ring.enqueue(i)).toBe(true);
      expect([other.length, other.freeSpace, ring.enqueue(1)]).toEqual([capacity, 0, false]);
      regions[0].check();
      for (let i = 1; i <= capacity; i++) expect(other.dequeue()).toBe(i);
      expect([ring.length, other.dequeue()]).toEqual([0, NONE]);
      regions[0].check();
    }
  });

  const starts = [2 ** 31 - 5, 2 ** 31, 2 ** 32 - 5, 2 ** 32 - 1, 2 ** 21 * 2 - 3, 2 ** 30 - 1];
  it.each([1, 2, 4, 16, 1024, 4096].flatMap(capacity => starts.map(start => [capacity, start] as const)))(
    'of %i items goes on when its counters pass %i, over several laps',
    (capacity, start) => {
      const { regions, ring, other } = setUp(capacity, start | 0);
      let [next, taken] = [1, 1];
      const steps = Math.min(capacity, 3);
      for (let round = 0; round < 40; round++) {
        for (let i = 0; i < (round % 3 === 0 ? capacity : steps); i++) {
          if (!(round % 2 === 0 ? ring : other).enqueue(next)) break;
          next++;
        }
        expect([ring.length, other.freeSpace]).toEqual([next - taken, capacity - next + taken]);
        for (let i = 0; i <= round % 4 && taken < next; i++) expect(other.dequeue()).toBe(taken++);
        regions[0].check();
      }
      while (taken < next) expect(ring.dequeue()).toBe(taken++);
      expect([ring.dequeue(), other.dequeue(), ring.length]).toEqual([NONE, NONE, 0]);
    },
  );

  it.each([1, 2, 64])('of %i items is found by a seat that was away for many laps', capacity => {
    const { regions, ring, other } = setUp(capacity, -7);
    for (let item = 1; item <= 10_000; item++) {
      expect(ring.enqueue(item)).toBe(true);
      expect(ring.dequeue()).toBe(item);
      if (item % 3333 === 0) expect([other.dequeue(), other.length]).toEqual([NONE, 0]);
    }
    expect(other.enqueue(1)).toBe(true);
    expect(other.dequeue()).toBe(1);
    regions[1].check();
  });

  it('of the largest size is there', () => {
    const [region] = seatsOf(2, { maxByteLength: 600 * MiB }) as [Region];
    const ring = Ring.create({ region, name: 'r', capacity: 2 ** 25 + 1 });
    expect([ring.capacity, ring.enqueue(5), ring.length, ring.dequeue(), ring.dequeue()]).toEqual([
      2 ** 26,
      true,
      1,
      5,
      NONE,
    ]);
  });
});

describe('closing', () => {
  it('before anything: CLOSED at once', () => {
    const { regions, ring, other } = setUp(2);
    other.close();
    ring.close();
    expect([ring.closed, other.closed, ring.dequeue(), other.dequeueWait()]).toEqual([true, true, CLOSED, CLOSED]);
    refuses('ERR_CLOSED', () => ring.enqueue(1));
    refuses('ERR_CLOSED', () => other.enqueueWait(1));
    expect(ring.length).toBe(0);
    regions[0].check();
  });

  it.each([1, 2, 4])('with items in a ring of %i: they are still taken', capacity => {
    for (let items = 1; items <= capacity; items++) {
      const { regions, ring, other } = setUp(capacity);
      for (let item = 1; item <= items; item++) ring.enqueue(item);
      other.close();
      for (let tries = 0; tries < 5; tries++) refuses('ERR_CLOSED', () => ring.enqueue(9));
      expect(ring.length).toBe(items);
      for (let item = 1; item <= items; item++) expect(other.dequeue()).toBe(item);
      for (let tries = 0; tries < 5; tries++) {
        refuses('ERR_CLOSED', () => other.enqueue(9));
        expect([ring.dequeue(), other.dequeueWait(), ring.length, ring.freeSpace]).toEqual([
          CLOSED,
          CLOSED,
          0,
          capacity,
        ]);
      }
      regions[0].check();
    }
  });

  it('is seen by a seat that comes later', () => {
    const { regions, ring } = setUp(2);
    ring.enqueue(3);
    ring[Symbol.dispose]();
    const late = Ring.open({ region: regions[1], name: 'ring', capacity: 2 });
    expect([late.closed, late.dequeue(), late.dequeue()]).toEqual([true, 3, CLOSED]);
  });

  it('wakes who waits for an item or for room', async () => {
    const { ring, other } = setUp(1);
    const takes = [ring.dequeueAsync(), other.dequeueAsync()];
    ring.close();
    expect(await Promise.all(takes)).toEqual([CLOSED, CLOSED]);
    const full = setUp(1);
    full.ring.enqueue(1);
    const puts = [full.ring.enqueueAsync(2), full.other.enqueueAsync(3)];
    full.other.close();
    for (const put of puts) await expect(put).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect([full.ring.dequeue(), full.ring.dequeue()]).toEqual([1, CLOSED]);
  });
});
