/** What a caller may hand to a ring, or leave behind in it, without taking anything from the others. */
import { describe, expect, it } from 'vitest';
import {
  QUEUE_HEAD,
  QUEUE_SLOTS,
  QUEUE_TAIL,
  SLOT_CLAIMED,
  SLOT_FULL,
  SLOT_WORDS,
  slotTag,
} from '../../src/core/slot.core.js';
import { CLOSED, NONE, Region, Ring, type RingOptions, waitAnyAsync } from '../../src/index.js';
import { refuses } from './helpers.js';

type Sides = Required<Pick<RingOptions, 'producers' | 'consumers'>>;
const SINGLE: Sides = { producers: 'single', consumers: 'single' };
const MODES: readonly Partial<RingOptions>[] = [{}, { producers: 'single' }, SINGLE, { ...SINGLE, overwrite: true }];
const batch = (...items: number[]) => Int32Array.from(items);
const tick = () => new Promise(resolve => setTimeout(resolve, 5));

function ringOf(options: Partial<RingOptions> = {}) {
  const region = Region.create({ maxByteLength: 262144, seats: 4 });
  const ring = Ring.create({ region, name: 'ring', capacity: 8, ...options });
  const seen = () => Ring.attach(Region.attach(region.share()), 'ring');
  return { region, ring, seen };
}

it('takes a batch over slots where others were waited for, who then took nothing', async () => {
  for (const form of ['dequeueBulk', 'dequeueBurst'] as const) {
    const { ring, seen } = ringOf();
    const [theirs, others] = [seen(), seen()];
    const waits = [waitAnyAsync([theirs]), waitAnyAsync([others])];
    await tick();
    for (const item of [1, 2, 3, 4]) ring.enqueue(item);
    expect(await Promise.all(waits)).toEqual([0, 0]);
    const out = new Int32Array(4);
    expect(Number(theirs[form](out, 4))).toBe(form === 'dequeueBulk' ? 1 : 4);
    expect(out).toEqual(batch(1, 2, 3, 4));
    for (let item = 1; item <= 20; item++) expect([ring.enqueue(item), others.dequeue()]).toEqual([true, item]);
    expect([ring.length, others.dequeue()]).toEqual([0, NONE]);
  }
});

/** Where a ring of the region stands, for what only a death at one certain moment, or damage, would do. */
function wordsOf(region: Region) {
  const { words } = region.attachment;
  const queue = region.attachment.entries().find(entry => entry.name === 'ring')!.part;
  return { words, queue, slots: words[queue + QUEUE_SLOTS]! };
}

it('gives a slot back that was skipped, however far behind the shared positions are', () => {
  const { region, ring } = ringOf({ capacity: 4 });
  const token = region.share();
  const dead = Ring.attach(Region.attach(token), 'ring');
  for (let item = 1; item <= 12; item++) expect([ring.enqueue(item), dead.dequeue()]).toEqual([true, item]);
  const { words, queue, slots } = wordsOf(region);
  // As if it had died over the next put, and others before they could move the positions on.
  ring.enqueue(99);
  words[slots] = (words[slots]! & ~slotTag(7, 0)) | slotTag(SLOT_CLAIMED, token.seat);
  for (const item of [13, 14]) ring.enqueue(item);
  words[queue + QUEUE_HEAD] = 0;
  words[queue + QUEUE_TAIL] = 0;
  region.recover(token);
  const theirs = Ring.attach(Region.attach(region.share()), 'ring');
  expect([theirs.dequeue(), theirs.dequeue(), theirs.dequeue(), ring.length]).toEqual([13, 14, NONE, 0]);
  expect([1, 2, 3, 4, 5].map(item => ring.enqueue(item))).toEqual([true, true, true, true, false]);
});

it('gets past skipped slots in bursts where a batch of 256 would reach over them', () => {
  const { region, ring } = ringOf({ capacity: 512 });
  const token = region.share();
  Region.attach(token);
  const items = new Int32Array(300).map((_, i) => i + 1);
  expect(ring.enqueueBurst(items, 100)).toBe(100);
  const { words, slots } = wordsOf(region);
  ring.enqueue(999);
  words[slots + 100 * SLOT_WORDS] = words[slots + 100 * SLOT_WORDS]! - SLOT_FULL + slotTag(SLOT_CLAIMED, token.seat);
  expect(ring.enqueueBurst(items.subarray(100), 200)).toBe(200);
  region.recover(token);
  const out = new Int32Array(300);
  expect(ring.dequeueBulk(out, 256)).toBe(false);
  expect([ring.dequeueBurst(out, 256), ring.dequeueBurst(out.subarray(256), 44)]).toEqual([256, 44]);
  expect(out).toEqual(items);
  expect([ring.length, ring.enqueueBurst(new Int32Array(512).fill(1), 512)]).toEqual([0, 512]);
});

it('loses and doubles nothing by an evicted thread that goes on until it has to look around', () => {
  const { region, ring } = ringOf({ capacity: 4 });
  const token = region.share();
  const evicted = Ring.attach(Region.attach(token), 'ring');
  for (const item of [1, 2]) evicted.enqueue(item);
  region.recover(token);
  const put = [1, 2];
  const taken: number[] = [];
  const go = (act: () => void) => {
    try {
      act();
      return '';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const ends: string[] = [];
  for (let item = 3; item < 10; item++) {
    ends.push(go(() => evicted.enqueue(item) && put.push(item)));
    region.check();
  }
  expect(ends.at(-1)).toBe('ERR_EVICTED');
  taken.push(ring.dequeue());
  for (let i = 0; i < 8; i++) {
    ends.push(go(() => taken.push(evicted.dequeue())));
    region.check();
  }
  expect(ends.at(-1)).toBe('ERR_EVICTED');
  expect(taken).toEqual(put);
  expect(put.length).toBeLessThanOrEqual(4);
  // Whoever has the seat now is not disturbed, and what was left can be used whole.
  const next = Ring.attach(Region.attach(region.share()), 'ring');
  for (const item of [1, 2, 3, 4]) expect(next.enqueue(item)).toBe(true);
  expect([next.enqueue(5), ...[1, 2, 3, 4, 5].map(() => ring.dequeue())]).toEqual([false, 1, 2, 3, 4, NONE]);
});

it('comes to an end in a damaged ring that overwrites', () => {
  const { region, ring } = ringOf({ ...SINGLE, overwrite: true, capacity: 4 });
  for (const item of [1, 2, 3, 4]) ring.enqueue(item);
  const { words, slots } = wordsOf(region);
  words[slots] = 0x70000000;
  expect(ring.enqueue(5)).toBe(false);
});

describe.each(MODES)('a ring with %o', modes => {
  it('answers the same for nothing, and for more than it could ever hold, here as there', () => {
    for (const { ring } of [ringOf(modes), { ring: Ring.create({ capacity: 8, ...modes }) }]) {
      const items = new Int32Array(9).fill(1);
      expect([ring.enqueueBulk(items, 9), ring.dequeueBulk(items, 9), ring.length]).toEqual([false, false, 0]);
      ring.close();
      for (const form of ['Bulk', 'Burst'] as const) {
        expect(Number(ring[`enqueue${form}`](items, 0))).toBe(form === 'Bulk' ? 1 : 0);
        expect(Number(ring[`dequeue${form}`](items, 0))).toBe(form === 'Bulk' ? 1 : 0);
      }
    }
  });

  it('refuses to go beyond the end of an array, whatever length it claims', () => {
    class Longer extends Int32Array {
      override get length(): number {
        return 100;
      }
    }
    const claims = Object.defineProperty(batch(1, 2), 'length', { value: 100 });
    for (const items of [new Longer(2).fill(1), claims]) {
      for (const { ring } of [ringOf(modes), { ring: Ring.create({ capacity: 8, ...modes }) }]) {
        for (const item of [1, 2, 3, 4]) ring.enqueue(item);
        for (const call of ['enqueueBulk', 'enqueueBurst', 'dequeueBulk', 'dequeueBurst'] as const)
          refuses('ERR_USAGE', () => ring[call](items, 3));
        expect([1, 2, 3, 4, 5].map(() => ring.dequeue())).toEqual([1, 2, 3, 4, NONE]);
      }
    }
  });
});

describe('a signal that is none', () => {
  it('is refused when nobody could stop listening to it', async () => {
    const { ring } = ringOf();
    await expect(ring.dequeueAsync({ signal: { addEventListener() {} } as never })).rejects.toMatchObject({
      code: 'ERR_USAGE',
    });
  });

  it('takes no item from its own wait, and no wake from others, by throwing', async () => {
    const { ring, seen } = ringOf();
    const theirs = seen();
    let abort = () => {};
    const signal = {
      reason: new Error('enough'),
      addEventListener: (_: string, listener: () => void) => {
        abort = listener;
      },
      removeEventListener: () => {
        throw new Error('hostile');
      },
    } as never;
    const first = ring.dequeueAsync({ signal });
    const second = ring.dequeueAsync();
    await tick();
    theirs.enqueue(1);
    expect(await first).toBe(1);
    abort();
    await tick();
    theirs.enqueue(2);
    expect(await second).toBe(2);
    theirs.close();
    expect(await ring.dequeueAsync()).toBe(CLOSED);
  });
});
