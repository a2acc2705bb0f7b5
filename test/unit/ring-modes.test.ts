import { describe, expect, it } from 'vitest';
import { CLOSED, NONE, Pool, Region, Ring, type RingOptions } from '../../src/index.js';
import { createTunedRing } from '../../src/ring/ring.js';
import { refuses } from './helpers.js';

type Sides = Pick<RingOptions, 'producers' | 'consumers'>;
const MODES: readonly Required<Sides>[] = (['single', 'multi'] as const).flatMap(producers =>
  (['single', 'multi'] as const).map(consumers => ({ producers, consumers })),
);
const ring = (options: Partial<RingOptions> = {}, start?: number) => {
  const region = Region.create({ maxByteLength: 262144, seats: 4 });
  const all = { region, name: 'ring', capacity: 8, ...options };
  return { region, ring: start === undefined ? Ring.create(all) : createTunedRing(all, start) };
};
const batch = (...items: number[]) => Int32Array.from(items);

describe.each([undefined, 'shared'] as const)('a ring that is %s', where => {
  describe.each(MODES)('with $producers producer and $consumers consumer', modes => {
    const make = (options: Partial<RingOptions> = {}) =>
      where === undefined ? Ring.create({ capacity: 8, ...modes, ...options }) : ring({ ...modes, ...options }).ring;

    it('gives all of its capacity, in order, round and round', () => {
      const r = make();
      for (let round = 0; round < 5; round++) {
        for (let i = 1; i <= 8; i++) expect(r.enqueue(round * 10 + i)).toBe(true);
        expect(r.enqueue(99)).toBe(false);
        expect([r.length, r.freeSpace]).toEqual([8, 0]);
        for (let i = 1; i <= 8; i++) expect(r.dequeue()).toBe(round * 10 + i);
        expect([r.dequeue(), r.length]).toEqual([NONE, 0]);
      }
    });

    it('puts and takes in bulk all or none', () => {
      const r = make();
      const out = new Int32Array(8);
      expect(r.enqueueBulk(batch(1, 2, 3, 4, 5), 5)).toBe(true);
      expect(r.enqueueBulk(batch(6, 7, 8, 9), 4)).toBe(false);
      expect(r.length).toBe(5);
      expect(r.enqueueBulk(batch(6, 7, 8), 3)).toBe(true);
      expect(r.dequeueBulk(out, 8)).toBe(true);
      expect([...out]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(r.enqueueBulk(batch(9, 10), 2)).toBe(true);
      expect(r.dequeueBulk(out, 3)).toBe(false);
      expect(r.length).toBe(2);
      expect(r.dequeueBulk(out, 2)).toBe(true);
      expect([...out.subarray(0, 2)]).toEqual([9, 10]);
      expect([r.enqueueBulk(out, 0), r.dequeueBulk(out, 0), r.length]).toEqual([true, true, 0]);
    });

    it('puts and takes as much as there is in bursts', () => {
      const r = make();
      const out = new Int32Array(16);
      expect(r.enqueueBurst(batch(1, 2, 3, 4, 5), 5)).toBe(5);
      expect(r.enqueueBurst(batch(6, 7, 8, 9, 10), 5)).toBe(3);
      expect(r.enqueueBurst(batch(11), 1)).toBe(0);
      expect(r.dequeueBurst(out, 3)).toBe(3);
      expect(r.dequeueBurst(out.subarray(3), 13)).toBe(5);
      expect([...out.subarray(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect([r.dequeueBurst(out, 16), r.length]).toEqual([0, 0]);
    });

    it('refuses batches that are none, and puts nothing', () => {
      const r = make();
      for (const call of ['enqueueBulk', 'enqueueBurst', 'dequeueBulk', 'dequeueBurst'] as const) {
        refuses('ERR_USAGE', () => r[call]([1, 2] as never, 2));
        refuses('ERR_USAGE', () => r[call](new Float64Array(2) as never, 2));
        for (const count of [-1, 1.5, Number.NaN, 3, '2' as never])
          refuses('ERR_USAGE', () => r[call](batch(1, 2), count));
      }
      for (const wrong of [0, -1]) {
        refuses('ERR_USAGE', () => r.enqueueBulk(batch(1, wrong), 2));
        refuses('ERR_USAGE', () => r.enqueueBurst(batch(1, wrong), 2));
      }
      expect(r.length).toBe(0);
    });

    it('drains what was put before it was closed', () => {
      const r = make();
      r.enqueueBurst(batch(1, 2, 3), 3);
      r.close();
      refuses('ERR_CLOSED', () => r.enqueue(4));
      refuses('ERR_CLOSED', () => r.enqueueBulk(batch(4, 5), 2));
      refuses('ERR_CLOSED', () => r.enqueueBurst(batch(4, 5), 2));
      expect([r.dequeue(), r.dequeueBurst(new Int32Array(8), 8), r.dequeue(), r.dequeue()]).toEqual([
        1,
        2,
        CLOSED,
        CLOSED,
      ]);
    });

    it(`stages ${modes.producers === 'single' ? 'until it is told to publish' : 'nothing'}`, () => {
      const r = make();
      if (modes.producers === 'multi') {
        refuses('ERR_USAGE', () => r.stage(1));
        refuses('ERR_USAGE', () => r.flush());
        return;
      }
      for (let i = 1; i <= 5; i++) expect(r.stage(i)).toBe(true);
      if (where === 'shared') expect([r.dequeue(), r.length]).toEqual([NONE, 0]);
      r.flush();
      r.flush();
      expect([r.length, r.dequeue(), r.dequeue()]).toEqual([5, 1, 2]);
      for (let i = 6; i <= 10; i++) expect(r.stage(i)).toBe(true);
      expect(r.stage(11)).toBe(false); // full: what was staged is there now
      expect(r.length).toBe(8);
      for (let i = 3; i <= 10; i++) expect(r.dequeue()).toBe(i);
      r.stage(12);
      expect(r.enqueue(13)).toBe(true); // behind what was staged before
      r.stage(14);
      r.close();
      expect([r.dequeue(), r.dequeue(), r.dequeue(), r.dequeue()]).toEqual([12, 13, 14, CLOSED]);
    });

    it.runIf(modes.producers === 'single')('stages more than it keeps at a time', () => {
      const r = make({ capacity: 512 });
      for (let i = 1; i <= 512; i++) expect(r.stage(i)).toBe(true);
      expect(r.stage(513)).toBe(false);
      r.flush();
      for (let i = 1; i <= 512; i++) expect(r.dequeue()).toBe(i);
      expect(r.dequeue()).toBe(NONE);
    });

    it(`${modes.consumers === 'single' ? 'shows' : 'does not show'} what comes next`, () => {
      const r = make();
      if (modes.consumers === 'multi') {
        refuses('ERR_USAGE', () => r.peek());
        return;
      }
      expect(r.peek()).toBe(NONE);
      r.enqueue(5);
      expect([r.peek(), r.peek(), r.length, r.dequeue(), r.peek()]).toEqual([5, 5, 1, 5, NONE]);
      r.close();
      expect(r.peek()).toBe(CLOSED);
    });
  });

  it('overwrites the oldest when asked to', () => {
    const options = { capacity: 4, producers: 'single', consumers: 'single', overwrite: true } as const;
    const r = where === undefined ? Ring.create(options) : ring(options).ring;
    for (let i = 1; i <= 11; i++) expect(r.enqueue(i)).toBe(true);
    expect(r.length).toBe(4);
    expect(r.enqueueBulk(batch(12, 13), 2)).toBe(true);
    expect(r.stage(14)).toBe(true);
    r.flush();
    expect([r.dequeue(), r.peek(), r.dequeue(), r.dequeue(), r.dequeue(), r.dequeue()]).toEqual([
      11,
      12,
      12,
      13,
      14,
      NONE,
    ]);
  });
});

describe.each(MODES)('with $producers producer and $consumers consumer', modes => {
  it.each([2 ** 31 - 3, -3, 5])('goes round from position %i on', start => {
    const { region, ring: r } = ring({ ...modes, capacity: 4 }, start | 0);
    const out = new Int32Array(4);
    let next = 1;
    let expected = 1;
    for (let round = 0; round < 40; round++) {
      const items = Int32Array.from({ length: 1 + (round % 4) }, () => next++);
      if (round % 3 === 0) for (const item of items) expect(r.enqueue(item)).toBe(true);
      else expect(r.enqueueBulk(items, items.length)).toBe(true);
      if (round % 2 === 0) for (const _ of items) expect(r.dequeue()).toBe(expected++);
      else {
        expect(r.dequeueBurst(out, 4)).toBe(items.length);
        for (let i = 0; i < items.length; i++) expect(out[i]).toBe(expected++);
      }
      expect(r.length).toBe(0);
      region.check();
    }
  });

  it('lets one seat at a time have a side, and the next when it has gone', () => {
    const { region, ring: mine } = ring(modes);
    const other = Region.attach(region.share());
    const theirs = Ring.attach(other, 'ring');
    mine.enqueue(1);
    if (modes.producers === 'single') {
      for (const put of [
        () => theirs.enqueue(2),
        () => theirs.enqueueBulk(batch(2), 1),
        () => theirs.enqueueBurst(batch(2), 1),
        () => theirs.stage(2),
        () => theirs.enqueueWait(2, 1),
      ])
        refuses('ERR_USAGE', put);
    } else theirs.enqueue(2);
    expect(theirs.dequeue()).toBe(1);
    if (modes.consumers === 'single') {
      for (const take of [
        () => mine.dequeue(),
        () => mine.dequeueBulk(new Int32Array(1), 1),
        () => mine.dequeueBurst(new Int32Array(1), 1),
        () => mine.dequeueWait(1),
        () => mine.peek(),
      ])
        refuses('ERR_USAGE', take);
    }
    if (modes.producers === 'multi') expect(theirs.dequeue()).toBe(2);
    mine.enqueueBurst(batch(3, 4, 5), 3);
    expect(theirs.dequeue()).toBe(3);
    other.detach();
    expect([mine.dequeue(), mine.dequeue(), mine.dequeue()]).toEqual([4, 5, NONE]);
    const third = Ring.attach(Region.attach(region.share()), 'ring');
    if (modes.producers === 'single') refuses('ERR_USAGE', () => third.enqueue(6));
    region.check();
  });

  it('publishes what is staged when its seat leaves, and hands the side on where it stands', () => {
    if (modes.producers !== 'single') return;
    const { region, ring: mine } = ring(modes);
    for (let i = 0; i < 5; i++) {
      const other = Region.attach(region.share());
      const theirs = Ring.attach(other, 'ring');
      for (let k = 1; k <= 3; k++) theirs.stage(i * 3 + k);
      expect(mine.length).toBe(0);
      other.detach();
      for (let k = 1; k <= 3; k++) expect(mine.dequeue()).toBe(i * 3 + k);
    }
  });

  it('undoes what a dead seat had staged, and hands its sides on', () => {
    const { region, ring: mine } = ring(modes);
    const token = region.share();
    const theirs = Ring.attach(Region.attach(token), 'ring');
    theirs.enqueueBurst(batch(1, 2, 3), 3);
    expect(theirs.dequeue()).toBe(1);
    if (modes.producers === 'single') for (const item of [7, 8, 9]) theirs.stage(item);
    expect(region.recover(token).slotsReleased).toBe(0);
    region.check();
    expect(mine.enqueue(4)).toBe(true);
    expect([mine.dequeue(), mine.dequeue(), mine.dequeue(), mine.dequeue()]).toEqual([2, 3, 4, NONE]);
    if (modes.producers === 'single') {
      refuses('ERR_EVICTED', () => theirs.flush());
      refuses('ERR_EVICTED', () => theirs.enqueue(5));
    }
    expect(mine.length).toBe(0);
  });

  it('moves blocks with their handles, one or many at once', () => {
    const region = Region.create({ maxByteLength: 262144, seats: 4 });
    const pool = Pool.create({ region, name: 'pool', blockBytes: 16, capacity: 8 });
    const r = Ring.create({ region, name: 'ring', capacity: 8, carries: pool, ...modes });
    const other = Region.attach(region.share());
    const theirs = Ring.attach(other, 'ring');
    const theirPool = Pool.attach(other, 'pool');
    const handles = Int32Array.from({ length: 4 }, () => pool.acquire());
    // One twice, or one of nobody: nothing has changed.
    refuses('ERR_HANDLE', () => r.enqueueBulk(batch(handles[0]!, handles[0]!), 2));
    refuses('ERR_HANDLE', () => r.enqueueBurst(batch(handles[0]!, 12345), 2));
    expect([r.length, pool.liveCount]).toEqual([0, 4]);
    expect(r.enqueueBulk(handles, 4)).toBe(true);
    refuses('ERR_HANDLE', () => r.enqueue(handles[0]!));
    const taken = new Int32Array(8);
    expect(theirs.dequeueBurst(taken, 8)).toBe(4);
    expect([...taken.subarray(0, 4)]).toEqual([...handles]);
    theirPool.releaseBulk(taken, 4);
    expect(pool.liveCount).toBe(0);
    region.check();
  });

  it.runIf(modes.producers === 'single')('overwrites nothing after a handle that it did not stage', () => {
    const region = Region.create({ maxByteLength: 262144, seats: 4 });
    const pool = Pool.create({ region, name: 'pool', blockBytes: 16, capacity: 8 });
    const r = Ring.create({ region, name: 'ring', capacity: 2, carries: pool, ...modes });
    const [a, b, c] = [pool.acquire(), pool.acquire(), pool.acquire()];
    refuses('ERR_HANDLE', () => r.stage(12345));
    expect([r.enqueue(a), r.enqueue(b), r.stage(c)]).toEqual([true, true, false]);
    expect([r.dequeue(), r.dequeue(), r.stage(c)]).toEqual([a, b, true]);
    refuses('ERR_HANDLE', () => r.stage(12345));
    expect([r.stage(b), r.stage(a)]).toEqual([true, false]); // full: what was staged is there now
    expect([r.dequeue(), r.dequeue(), r.dequeue()]).toEqual([c, b, NONE]);
    for (const handle of [a, b, c]) pool.release(handle);
    expect(pool.liveCount).toBe(0);
    region.check();
  });
});

it('refuses modes that can not be', () => {
  refuses('ERR_USAGE', () => Ring.create({ capacity: 4, producers: 'one' as never }));
  refuses('ERR_USAGE', () => Ring.create({ capacity: 4, consumers: 1 as never }));
  refuses('ERR_USAGE', () => Ring.create({ capacity: 4, overwrite: 'yes' as never }));
  refuses('ERR_USAGE', () => Ring.create({ capacity: 4, overwrite: true }));
  const pool = Pool.create({ blockBytes: 16, capacity: 8 });
  refuses('ERR_USAGE', () =>
    Ring.create({ capacity: 4, overwrite: true, producers: 'single', consumers: 'single', carries: pool }),
  );
});

it('opens a ring only with the modes it has', () => {
  const { region } = ring({ producers: 'single' });
  refuses('ERR_GEOMETRY', () => Ring.open({ region, name: 'ring', capacity: 8 }));
  expect(Ring.open({ region, name: 'ring', capacity: 8, producers: 'single' }).capacity).toBe(8);
});

it('claims at most 256 at once where several may', () => {
  const { ring: r } = ring({ capacity: 512 });
  const items = Int32Array.from({ length: 600 }, (_, i) => i + 1);
  refuses('ERR_USAGE', () => r.enqueueBulk(items, 257));
  expect([r.enqueueBulk(items, 256), r.enqueueBurst(items, 600), r.length]).toEqual([true, 256, 512]);
  refuses('ERR_USAGE', () => r.dequeueBulk(items, 257));
  expect([r.dequeueBulk(items, 256), r.dequeueBurst(items, 600), r.length]).toEqual([true, 256, 0]);
  const { ring: lane } = ring({ capacity: 512, producers: 'single', consumers: 'single' });
  expect([lane.enqueueBulk(items, 512), lane.dequeueBulk(items, 512)]).toEqual([true, true]);
});

it('stays sound while it overwrites and nobody takes', () => {
  const { region, ring: r } = ring({ capacity: 4, producers: 'single', consumers: 'single', overwrite: true });
  const theirs = Ring.attach(Region.attach(region.share()), 'ring');
  for (let item = 1; item <= 1000; item++) r.enqueue(item);
  region.check();
  expect([theirs.length, theirs.peek(), theirs.dequeue(), theirs.length]).toEqual([4, 997, 997, 3]);
  expect([theirs.dequeue(), theirs.dequeue(), theirs.dequeue(), theirs.dequeue()]).toEqual([998, 999, 1000, NONE]);
  region.check();
});
