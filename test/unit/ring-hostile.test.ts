/** What a caller may hand to a ring, or leave behind in it, without taking anything from the others. */
import { describe, expect, it } from 'vitest';
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

describe.each(MODES)('a ring with %o', modes => {
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
