/** What happens to items, blocks and waits where something ends in the middle: a ring, a seat, a wait, a take. */
import { describe, expect, it } from 'vitest';
import { QUEUE_SLOTS, SLOT_FULL, SLOT_TAKEN, SLOT_WORDS, slotTag } from '../../src/core/slot.core.js';
import { CLOSED, NONE, Pool, Region, Ring, type RingOptions, waitAny, waitAnyAsync } from '../../src/index.js';
import { refuses } from './helpers.js';

type Sides = Required<Pick<RingOptions, 'producers' | 'consumers'>>;
const SINGLE: Sides = { producers: 'single', consumers: 'single' };
const MODES: readonly Sides[] = (['single', 'multi'] as const).flatMap(producers =>
  (['single', 'multi'] as const).map(consumers => ({ producers, consumers })),
);
const batch = (...items: number[]) => Int32Array.from(items);
const tick = () => new Promise(resolve => setTimeout(resolve, 5));

/** A ring, and the same one seen by another seat. */
function pair(options: Partial<RingOptions>) {
  const region = Region.create({ maxByteLength: 262144, seats: 4 });
  const pool = Pool.create({ region, name: 'pool', blockBytes: 16, capacity: 8 });
  const carries = options.carries === undefined ? {} : { carries: pool };
  const ring = Ring.create({ region, name: 'ring', capacity: 8, ...options, ...carries });
  const token = region.share();
  const other = Region.attach(token);
  return {
    region,
    pool,
    ring,
    token,
    other,
    theirs: Ring.attach(other, 'ring'),
    theirPool: Pool.attach(other, 'pool'),
  };
}
const CARRIED = true as never;

describe.each(MODES)('with $producers producer and $consumers consumer', modes => {
  it('an aborted wait leaves the other waits of its thread armed', async () => {
    const { ring, theirs } = pair(modes);
    const stop = new AbortController();
    const first = ring.dequeueAsync({ signal: stop.signal });
    const second = waitAnyAsync([ring]);
    await tick();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await tick();
    theirs.enqueue(7);
    expect(await second).toBe(0);
    expect(ring.dequeue()).toBe(7);
  });

  it('an aborted waitAnyAsync, or a blocking wait, leaves others armed too', async () => {
    const { ring, theirs } = pair(modes);
    const stop = new AbortController();
    const any = waitAnyAsync([ring], { signal: stop.signal });
    const another = waitAnyAsync([ring]);
    const item = ring.dequeueAsync();
    await tick();
    stop.abort(new Error('enough'));
    await expect(any).rejects.toThrow('enough');
    expect(waitAny([ring], 1)).toBe(-1);
    expect(ring.dequeueWait(1)).toBe(NONE);
    await tick();
    theirs.enqueue(7);
    expect(await another).toBe(0);
    expect(await item).toBe(7);
  });

  it('a wait for room that ends leaves the next one armed', async () => {
    const { ring, theirs } = pair({ ...modes, capacity: 1 });
    expect(ring.enqueue(1)).toBe(true);
    const stop = new AbortController();
    const first = ring.enqueueAsync(2, { signal: stop.signal });
    const second = ring.enqueueAsync(3);
    await tick();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(ring.enqueueWait(4, 1)).toBe(false);
    await tick();
    expect(theirs.dequeue()).toBe(1);
    await second;
    expect(theirs.dequeue()).toBe(3);
  });

  it('says CLOSED to who looks only where nothing comes any more', () => {
    const { ring, theirs } = pair(modes);
    if (modes.consumers !== 'single') return refuses('ERR_USAGE', () => ring.peek());
    theirs.enqueue(1);
    theirs.close();
    expect([ring.peek(), ring.dequeue(), ring.peek(), ring.peek(), ring.dequeue()]).toEqual([
      1,
      1,
      CLOSED,
      CLOSED,
      CLOSED,
    ]);
    refuses('ERR_CLOSED', () => theirs.enqueue(2));
    expect([ring.length, ring.dequeue()]).toEqual([0, CLOSED]);
  });

  it('gives staged blocks back when the ring was closed meanwhile', () => {
    if (modes.producers !== 'single') return;
    for (const end of ['flush', 'close', 'dispose', 'detach'] as const) {
      const { ring, pool, other, theirs, theirPool } = pair({ ...modes, carries: CARRIED });
      const blocks = [theirPool.acquire(), theirPool.acquire()];
      for (const block of blocks) expect(theirs.stage(block)).toBe(true);
      ring.close();
      expect(ring.dequeue()).toBe(CLOSED);
      if (end === 'detach') {
        // Nobody's, as all blocks that a leaving thread holds.
        other.detach();
        for (const block of blocks) pool.release(block);
      } else {
        if (end === 'flush') refuses('ERR_CLOSED', () => theirs.flush());
        if (end === 'close') refuses('ERR_CLOSED', () => theirs.close());
        if (end === 'dispose') refuses('ERR_CLOSED', () => theirs[Symbol.dispose]());
        for (const block of blocks) expect(theirPool.isLive(block)).toBe(true);
        for (const block of blocks) theirPool.release(block);
        theirs.close();
      }
      expect(pool.liveCount).toBe(0);
    }
  });

  it('delivers what was staged when its thread detaches from an open ring', () => {
    if (modes.producers !== 'single') return;
    const { ring, pool, other, theirs, theirPool } = pair({ ...modes, carries: CARRIED });
    const block = theirPool.acquire();
    theirs.stage(block);
    other.detach();
    expect(ring.dequeue()).toBe(block);
    pool.release(block);
    expect(pool.liveCount).toBe(0);
  });

  it('has nothing of an evicted thread put, or taken back from others', () => {
    const { region, ring, pool, token, theirs, theirPool } = pair({ ...modes, carries: CARRIED });
    const blocks = batch(theirPool.acquire(), theirPool.acquire(), theirPool.acquire());
    if (modes.producers === 'single') theirs.stage(blocks[2]!);
    else theirs.enqueue(blocks[2]!);
    region.recover(token);
    expect(pool.liveCount).toBe(modes.producers === 'single' ? 0 : 1);
    if (modes.producers === 'single') refuses('ERR_EVICTED', () => theirs.flush());
    for (const call of [
      () => theirs.enqueueBulk(blocks, 2),
      () => theirs.enqueueBurst(blocks, 2),
      () => theirs.enqueue(blocks[0]!),
    ])
      expect(call).toThrow(/ERR_(EVICTED|HANDLE)|was recovered|live handle/);
    if (modes.producers !== 'single') pool.release(ring.dequeue());
    expect([ring.length, pool.liveCount]).toEqual([0, 0]);
    region.check();
  });

  it('refuses what only says that it is an Int32Array', () => {
    const { ring } = pair(modes);
    const forged = { length: 2, 0: 1, 1: 2, [Symbol.toStringTag]: 'Int32Array' };
    const bytes = Object.setPrototypeOf(new Uint8Array(4), Int32Array.prototype);
    for (const items of [forged, Object.create(Int32Array.prototype), bytes, new Uint32Array(2), [1, 2], null]) {
      for (const call of ['enqueueBulk', 'enqueueBurst', 'dequeueBulk', 'dequeueBurst'] as const)
        refuses('ERR_USAGE', () => ring[call](items as never, 1));
    }
    expect(ring.length).toBe(0);
  });

  it('takes a batch back whole when one of it is no item, or not held', () => {
    const { ring, pool, theirPool } = pair({ ...modes, carries: CARRIED });
    const mine = pool.acquire();
    const foreign = theirPool.acquire();
    for (const [items, code] of [
      [batch(mine, 0), 'ERR_USAGE'],
      [batch(mine, foreign), 'ERR_HANDLE'],
      [batch(mine, mine), 'ERR_HANDLE'],
    ] as const) {
      refuses(code, () => ring.enqueueBulk(items, 2));
      refuses(code, () => ring.enqueueBurst(items, 2));
      expect([ring.length, pool.isLive(mine)]).toEqual([0, true]);
    }
    expect(ring.enqueueBulk(batch(mine), 1)).toBe(true);
    expect(ring.dequeue()).toBe(mine);
  });
});

it('says how many were put where a later one is wrong', () => {
  const { ring } = pair({ capacity: 1024 });
  const items = new Int32Array(600).map((_, i) => i + 1);
  items[300] = -5;
  expect(ring.enqueueBurst(items, 600)).toBe(256);
  refuses('ERR_USAGE', () => ring.enqueueBurst(items.subarray(256), 344));
  expect(ring.length).toBe(256);
});

describe('a ring that overwrites', () => {
  const options = { ...SINGLE, overwrite: true, capacity: 4 };

  it('says that it is full while its oldest is being taken, and drops nothing for that', () => {
    const { region, ring, theirs } = pair(options);
    for (const item of [1, 2, 3, 4]) ring.enqueue(item);
    expect(theirs.peek()).toBe(1); // the consumer's side is theirs
    const { words } = region.attachment;
    const queue = region.attachment.entries().find(entry => entry.name === 'ring')!.part;
    const oldest = words[queue + QUEUE_SLOTS]!;
    words[oldest] = (words[oldest]! - SLOT_FULL) | slotTag(SLOT_TAKEN, 2);
    expect([ring.enqueue(5), ring.enqueueBulk(batch(5, 6), 2), ring.enqueueBurst(batch(5, 6), 2)]).toEqual([
      false,
      false,
      0,
    ]);
    expect(ring.stage(5)).toBe(false);
    words[oldest] = (words[oldest]! & ~slotTag(7, 255)) | SLOT_FULL;
    expect(ring.enqueue(5)).toBe(true);
    expect([2, 3, 4, 5].map(() => theirs.dequeue())).toEqual([2, 3, 4, 5]);
  });

  it('has dropped what is older when a batch comes upon one that is being taken', () => {
    const { region, ring, theirs } = pair(options);
    for (const item of [1, 2, 3, 4]) ring.enqueue(item);
    expect(theirs.peek()).toBe(1);
    const { words } = region.attachment;
    const queue = region.attachment.entries().find(entry => entry.name === 'ring')!.part;
    const second = words[queue + QUEUE_SLOTS]! + SLOT_WORDS;
    words[second] = (words[second]! - SLOT_FULL) | slotTag(SLOT_TAKEN, 2);
    expect(ring.enqueueBulk(batch(5, 6), 2)).toBe(false);
    words[second] = (words[second]! & ~slotTag(7, 255)) | SLOT_FULL;
    expect(ring.length).toBe(3);
    expect(ring.enqueueBulk(batch(7, 8), 2)).toBe(true);
    expect([3, 4, 7, 8].map(() => theirs.dequeue())).toEqual([3, 4, 7, 8]);
  });

  it('goes on when its consumer died over the oldest, once that is recovered', () => {
    const { region, ring, token, theirs } = pair(options);
    for (const item of [1, 2, 3, 4]) ring.enqueue(item);
    expect(theirs.peek()).toBe(1);
    const { words } = region.attachment;
    const queue = region.attachment.entries().find(entry => entry.name === 'ring')!.part;
    const oldest = words[queue + QUEUE_SLOTS]!;
    words[oldest] = (words[oldest]! - SLOT_FULL) | slotTag(SLOT_TAKEN, 2);
    expect(ring.enqueue(5)).toBe(false);
    region.recover(token);
    expect([ring.enqueue(5), ring.enqueue(6)]).toEqual([true, true]);
    expect([3, 4, 5, 6].map(() => ring.dequeue())).toEqual([3, 4, 5, 6]);
  });

  it('drops as many as a batch takes, of one or of many', () => {
    const { ring } = pair({ ...options, capacity: 1024 });
    const items = new Int32Array(1024).map((_, i) => i + 1);
    expect(ring.enqueueBurst(items, 1024)).toBe(1024);
    expect(ring.enqueueBulk(items, 256)).toBe(true);
    refuses('ERR_USAGE', () => ring.enqueueBulk(items, 257));
    expect(ring.enqueueBulk(new Int32Array(1025).fill(1), 1025)).toBe(false);
    expect([ring.length, ring.dequeue()]).toEqual([1024, 257]);
    expect(ring.enqueueBurst(items, 1024)).toBe(1024);
    const out = new Int32Array(1024);
    expect(ring.dequeueBurst(out, 1024)).toBe(1024);
    expect(out).toEqual(items);
  });

  it('puts nothing into a closed ring, and drops nothing', () => {
    const { ring } = pair(options);
    for (const item of [1, 2, 3, 4]) ring.enqueue(item);
    ring.close();
    refuses('ERR_CLOSED', () => ring.enqueue(5));
    refuses('ERR_CLOSED', () => ring.enqueueBulk(batch(5, 6), 2));
    expect([1, 2, 3, 4].map(() => ring.dequeue())).toEqual([1, 2, 3, 4]);
    expect(ring.dequeue()).toBe(CLOSED);
  });
});
