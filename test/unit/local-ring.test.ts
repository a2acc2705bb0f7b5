import { describe, expect, it } from 'vitest';
import { CLOSED, NONE, Pool, Ring } from '../../src/index.js';
import { LocalRing } from '../../src/ring/local-ring.js';
import { refuses, rejects } from './helpers.js';

describe('a local ring', () => {
  it('gives items back in order', () => {
    const ring = Ring.create({ capacity: 4 });
    expect([ring.length, ring.freeSpace, ring.dequeue()]).toEqual([0, 4, NONE]);
    for (const item of [5, 1, 2 ** 31 - 1, 9]) expect(ring.enqueue(item)).toBe(true);
    expect([ring.length, ring.freeSpace, ring.enqueue(7), ring.enqueueWait(7)]).toEqual([4, 0, false, false]);
    expect([5, 1, 2 ** 31 - 1, 9].map(() => ring.dequeue())).toEqual([5, 1, 2 ** 31 - 1, 9]);
    expect([ring.dequeue(), ring.dequeueWait(), ring.length]).toEqual([NONE, NONE, 0]);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [5, 8],
    [1000, 1024],
    [1025, 2048],
    [2 ** 20 + 1, 2 ** 21],
  ])('of %i items holds %i', (asked, capacity) => {
    const ring = Ring.create({ capacity: asked });
    expect(ring.capacity).toBe(capacity);
    for (let i = 1; i <= capacity; i++) ring.enqueue(i);
    expect([ring.length, ring.enqueue(1)]).toEqual([capacity, false]);
  });

  it.each([2 ** 31 - 5, -5, 2 ** 31 - 1, -1, 0])('goes on when its counters pass %i and further', start => {
    const ring = new LocalRing({ capacity: 4 }, start | 0);
    let [next, taken] = [1, 1];
    for (let round = 0; round < 50; round++) {
      while (ring.enqueue(next)) next++;
      expect([ring.length, ring.freeSpace]).toEqual([4, 0]);
      for (let i = 0; i <= round % 4; i++) expect(ring.dequeue()).toBe(taken++);
      expect(ring.length).toBe(next - taken);
    }
  });

  it('says CLOSED when it is closed and drained', () => {
    const ring = Ring.create({ capacity: 2 });
    ring.enqueue(3);
    ring.close();
    ring.close();
    expect(ring.closed).toBe(true);
    refuses('ERR_CLOSED', () => ring.enqueue(4));
    expect([ring.length, ring.dequeue(), ring.dequeue(), ring.dequeueWait(5)]).toEqual([1, 3, CLOSED, CLOSED]);
    ring[Symbol.dispose]();
  });

  it('carries a pool: live handles only', () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 2 });
    const ring = Ring.create({ capacity: 2, carries: pool });
    const handle = pool.acquire();
    refuses('ERR_HANDLE', () => ring.enqueue(handle + 1));
    refuses('ERR_HANDLE', () => ring.enqueue(2 ** 31 - 1));
    expect(ring.length).toBe(0);
    ring.enqueue(handle);
    const taken = ring.dequeue();
    expect(taken).toBe(handle);
    pool.release(taken);
    refuses('ERR_HANDLE', () => ring.enqueue(handle));
    expect([pool.liveCount, pool.freeCount, ring.length]).toEqual([0, 2, 0]);
  });
});

describe('waiting on a local ring', () => {
  it('takes an item that comes later, in the order of waiting', async () => {
    const ring = Ring.create({ capacity: 2 });
    const waits = [ring.dequeueAsync(), ring.dequeueAsync(), ring.dequeueAsync()];
    for (const item of [1, 2, 3]) expect(ring.enqueue(item)).toBe(true);
    expect(ring.length).toBe(0);
    expect(await Promise.all(waits)).toEqual([1, 2, 3]);
  });

  it('puts an item when there is room, in the order of waiting', async () => {
    const ring = Ring.create({ capacity: 2 });
    const waits = [1, 2, 3, 4, 5].map(item => ring.enqueueAsync(item));
    expect([ring.length, ring.freeSpace]).toEqual([2, 0]);
    expect([1, 2, 3, 4, 5].map(() => ring.dequeue())).toEqual([1, 2, 3, 4, 5]);
    await Promise.all(waits);
    expect(ring.length).toBe(0);
  });

  it('puts an item once when somebody waits for it', async () => {
    const ring = Ring.create({ capacity: 4 });
    const [a, b] = [ring.dequeueAsync(), ring.dequeueAsync()];
    await ring.enqueueAsync(5);
    expect(await a).toBe(5);
    expect(ring.length).toBe(0);
    await ring.enqueueAsync(6);
    expect(await b).toBe(6);
    expect([ring.length, ring.dequeue()]).toEqual([0, NONE]);
  });

  it('takes an item once when somebody waits for its room', async () => {
    const ring = Ring.create({ capacity: 1 });
    const puts = [1, 2, 3, 4].map(item => ring.enqueueAsync(item));
    expect(await ring.dequeueAsync()).toBe(1);
    expect(await ring.dequeueAsync()).toBe(2);
    expect([ring.dequeue(), ring.dequeue(), ring.dequeue()]).toEqual([3, 4, NONE]);
    await Promise.all(puts);
  });

  it('ends when the ring is closed', async () => {
    const empty = Ring.create({ capacity: 1 });
    const takes = [empty.dequeueAsync(), empty.dequeueAsync()];
    empty.close();
    expect(await Promise.all(takes)).toEqual([CLOSED, CLOSED]);
    const full = Ring.create({ capacity: 1 });
    full.enqueue(1);
    const puts = [full.enqueueAsync(2), full.enqueueAsync(3)];
    full.close();
    for (const put of puts) await rejects('ERR_CLOSED', put);
    expect([full.dequeue(), full.dequeue()]).toEqual([1, CLOSED]);
    await rejects('ERR_CLOSED', full.enqueueAsync(4));
    expect(await full.dequeueAsync()).toBe(CLOSED);
  });

  it('ends with the reason of its signal, and leaves the item where it is', async () => {
    const ring = Ring.create({ capacity: 1 });
    const controllers = [1, 2, 3].map(() => new AbortController());
    const takes = controllers.map(({ signal }) => ring.dequeueAsync({ signal }));
    controllers[0]!.abort('no');
    await expect(takes[0]).rejects.toBe('no');
    ring.enqueue(8);
    expect(await takes[1]).toBe(8);
    controllers[1]!.abort();
    controllers[2]!.abort();
    await expect(takes[2]).rejects.toMatchObject({ name: 'AbortError' });
    ring.enqueue(9);
    expect([ring.length, ring.dequeue()]).toEqual([1, 9]);
    await expect(ring.dequeueAsync({ signal: controllers[2]!.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is a loop that ends with the ring', async () => {
    const ring = Ring.create({ capacity: 2 });
    const got: number[] = [];
    const loop = (async () => {
      for await (const item of ring) got.push(item);
    })();
    for (let item = 1; item <= 10; item++) await ring.enqueueAsync(item);
    ring.close();
    await loop;
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('may be left by break', async () => {
    const ring = Ring.create({ capacity: 4 });
    for (const item of [1, 2, 3]) ring.enqueue(item);
    for await (const item of ring) if (item === 2) break;
    expect([ring.closed, ring.dequeue(), ring.dequeue()]).toEqual([false, 3, NONE]);
  });
});

describe('waiting on a local pool', () => {
  it('gives the blocks that come back in the order of waiting', async () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 2 });
    const held = [pool.acquire(), pool.acquire()];
    const got: number[] = [];
    const waits = [0, 1, 2].map(async i => {
      const handle = await pool.acquireAsync();
      got.push(i);
      return handle;
    });
    pool.release(held[1]!);
    pool.release(held[0]!);
    expect([pool.liveCount, pool.freeCount]).toEqual([2, 0]);
    const [a] = await Promise.all([waits[0]!, waits[1]!]);
    pool.release(a!);
    await waits[2];
    expect([got, pool.liveCount]).toEqual([[0, 1, 2], 2]);
  });

  it('ends with the reason of its signal, and takes no block', async () => {
    const pool = Pool.create({ blockBytes: 8, capacity: 1 });
    const held = pool.acquire();
    const controller = new AbortController();
    const wait = pool.acquireAsync({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    pool.release(held);
    expect([pool.liveCount, pool.freeCount]).toEqual([0, 1]);
  });
});
