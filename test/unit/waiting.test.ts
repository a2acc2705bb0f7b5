import { describe, expect, it } from 'vitest';
import { WaitQueue } from '../../src/core/wait-queue.js';
import { CLOSED, NONE, Pool, type Region, Ring } from '../../src/index.js';
import type { SharedPool } from '../../src/pool/shared-pool.js';
import type { SharedRing } from '../../src/ring/shared-ring.js';
import { expectCounts, poolsOf, rejects, ringsOf, seatsOf } from './helpers.js';

/** Every bit that is set in any waiter set of a region's structures: nobody waits when there is none. */
function waiterBits(region: Region): number {
  const { words } = region.attachment;
  let bits = 0;
  for (const { kind, part } of region.attachment.entries()) {
    const sets = kind.title === 'pool' ? [part + 48] : [part + 64, part + 80];
    for (const set of sets) for (let i = 0; i < 8; i++) bits |= words[set + i]!;
  }
  return bits;
}

const soon = (ms = 5): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** A signal that counts its listeners. */
function countedSignal(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  const kept = new Set<unknown>();
  signal.addEventListener = (type: string, listener: never, options?: never) => {
    kept.add(listener);
    count = kept.size;
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    kept.delete(listener);
    count = kept.size;
    remove(type, listener);
  };
  return { controller, listeners: () => count };
}

function setUp(capacity = 1): { regions: [Region, Region]; pools: SharedPool[]; rings: SharedRing[] } {
  const regions = seatsOf(2) as [Region, Region];
  return { regions, pools: poolsOf(regions, 2, { stockMax: 0 }), rings: ringsOf(regions, capacity) };
}

describe.each([
  ['one seat', 0],
  ['another seat', 1],
])('an asynchronous wait that is served by %s', (_, by) => {
  it('for a block gives it in the order of waiting', async () => {
    const { regions, pools } = setUp();
    const server = pools[by]!;
    const held = [server.acquire(), server.acquire()];
    const got: number[] = [];
    const waits = [0, 1, 2].map(async i => {
      const handle = await pools[0]!.acquireAsync();
      got.push(i);
      return handle;
    });
    expect(waiterBits(regions[0])).not.toBe(0);
    for (const handle of held) server.release(handle);
    const [first] = await Promise.all([waits[0]!, waits[1]!]);
    expectCounts(server, 2);
    server.release(first!);
    await waits[2];
    expect(got).toEqual([0, 1, 2]);
    expectCounts(server, 2);
    expect(waiterBits(regions[0])).toBe(0);
    regions[1].check();
  });

  it('for a block gets it where the stocks have room too', async () => {
    const pools = poolsOf(seatsOf(2), 4, { stockMax: 2 });
    const server = pools[by]!;
    const held = [1, 2, 3, 4].map(() => server.acquire());
    const wait = pools[0]!.acquireAsync();
    server.release(held[0]!);
    expect(await wait).toBeGreaterThan(0);
    expectCounts(server, 4);
  });

  it('for an item takes them in order', async () => {
    const { regions, rings } = setUp(2);
    const waits = Array.from({ length: 20 }, () => rings[0]!.dequeueAsync());
    for (let item = 1; item <= 20; item++) {
      while (!rings[by]!.enqueue(item)) await soon(1);
    }
    expect(await Promise.all(waits)).toEqual(Array.from({ length: 20 }, (_x, i) => i + 1));
    expect([waiterBits(regions[0]), rings[0]!.length]).toEqual([0, 0]);
  });

  it('for room puts the items in order', async () => {
    const { regions, rings } = setUp(2);
    const waits = Array.from({ length: 20 }, (_x, i) => rings[0]!.enqueueAsync(i + 1));
    const got: number[] = [];
    while (got.length < 20) {
      const item = rings[by]!.dequeue();
      if (item === NONE) await soon(1);
      else got.push(item);
    }
    await Promise.all(waits);
    expect(got).toEqual(Array.from({ length: 20 }, (_x, i) => i + 1));
    expect([waiterBits(regions[0]), rings[0]!.length]).toEqual([0, 0]);
  });

  it('on two rings and a pool at once', async () => {
    const { regions, pools, rings } = setUp();
    const second = Ring.create({ region: regions[0], name: 'second', capacity: 1 });
    const theirs = by === 0 ? second : Ring.attach(regions[1], 'second');
    const held = [pools[by]!.acquire(), pools[by]!.acquire()];
    const item = rings[0]!.dequeueAsync();
    const other = second.dequeueAsync();
    const block = pools[0]!.acquireAsync();
    theirs.enqueue(7);
    expect(await other).toBe(7);
    pools[by]!.release(held[0]!);
    expect(await block).not.toBe(0);
    rings[by]!.enqueue(8);
    expect(await item).toBe(8);
    expectCounts(pools[0]!, 2);
    expect(waiterBits(regions[0])).toBe(0);
  });

  it('loops over a ring until it is closed and drained', async () => {
    const { regions, rings } = setUp(2);
    const got: number[] = [];
    const loop = (async () => {
      for await (const item of rings[0]!) got.push(item);
    })();
    for (let item = 1; item <= 50; item++) await rings[by]!.enqueueAsync(item);
    rings[by]!.close();
    await loop;
    expect(got).toEqual(Array.from({ length: 50 }, (_x, i) => i + 1));
    expect(waiterBits(regions[0])).toBe(0);
  });
});

describe('many waiters of two seats', () => {
  it('are all served, each once', async () => {
    const { regions, rings } = setUp(4);
    const takes = Array.from({ length: 200 }, (_x, i) => rings[i % 2]!.dequeueAsync());
    const puts = Array.from({ length: 200 }, (_x, i) => rings[(i >> 1) % 2]!.enqueueAsync(i + 1));
    await Promise.all(puts);
    const items = await Promise.all(takes);
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_x, i) => i + 1));
    expect([waiterBits(regions[0]), rings[0]!.length]).toEqual([0, 0]);
    regions[0].check();
  });
});

describe('an abort', () => {
  it('before the wait rejects with its reason, and announces nothing', async () => {
    const { regions, pools, rings } = setUp();
    const signal = AbortSignal.abort('never');
    await expect(rings[0]!.dequeueAsync({ signal })).rejects.toBe('never');
    await expect(rings[0]!.enqueueAsync(5, { signal })).rejects.toBe('never');
    await expect(pools[0]!.acquireAsync({ signal })).rejects.toBe('never');
    expect([waiterBits(regions[0]), rings[0]!.length]).toEqual([0, 0]);
    expectCounts(pools[0]!, 0);
  });

  it('during the wait rejects with its reason, and leaves no bit and no listener', async () => {
    const { regions, pools, rings } = setUp();
    rings[1]!.enqueue(1);
    const held = [pools[1]!.acquire(), pools[1]!.acquire()];
    const second = Ring.create({ region: regions[0], name: 'second', capacity: 1 });
    const { controller, listeners } = countedSignal();
    const { signal } = controller;
    const waits = [
      rings[0]!.enqueueAsync(2, { signal }),
      second.dequeueAsync({ signal }),
      pools[0]!.acquireAsync({ signal }),
    ];
    expect(listeners()).toBe(3);
    expect(waiterBits(regions[0])).not.toBe(0);
    controller.abort('enough');
    for (const wait of waits) await expect(wait).rejects.toBe('enough');
    expect([waiterBits(regions[0]), listeners()]).toEqual([0, 0]);
    for (const handle of held) pools[1]!.release(handle);
    expect([rings[0]!.dequeue(), rings[0]!.dequeue(), second.enqueue(9), second.dequeue()]).toEqual([1, NONE, true, 9]);
    await soon();
    expectCounts(pools[0]!, 0);
  });

  it('after the wait does nothing', async () => {
    const { rings } = setUp(2);
    const { controller, listeners } = countedSignal();
    const wait = rings[0]!.dequeueAsync({ signal: controller.signal });
    rings[1]!.enqueue(3);
    expect(await wait).toBe(3);
    expect(listeners()).toBe(0);
    controller.abort();
    rings[1]!.enqueue(4);
    expect(rings[0]!.dequeue()).toBe(4);
  });

  it('of one leaves the others waiting, and they are served', async () => {
    const { regions, rings } = setUp(2);
    const controllers = [0, 1, 2].map(() => new AbortController());
    const waits = controllers.map(({ signal }) => rings[0]!.dequeueAsync({ signal }));
    controllers[0]!.abort('a');
    controllers[2]!.abort('c');
    await expect(waits[0]).rejects.toBe('a');
    await expect(waits[2]).rejects.toBe('c');
    expect(waiterBits(regions[0])).not.toBe(0);
    rings[1]!.enqueue(6);
    expect(await waits[1]).toBe(6);
    expect(waiterBits(regions[0])).toBe(0);
  });

  it('at the moment the item comes takes it or leaves it to another', async () => {
    for (let round = 0; round < 50; round++) {
      const { regions, rings } = setUp(2);
      const controller = new AbortController();
      const wait = rings[0]!.dequeueAsync({ signal: controller.signal }).catch(() => 0);
      const next = rings[1]!.dequeueAsync();
      rings[1]!.enqueue(1);
      if (round % 2 === 0) await Promise.resolve();
      controller.abort();
      rings[1]!.enqueue(2);
      const first = await wait;
      const second = await next;
      const left = rings[0]!.dequeue();
      expect([first, second, left].filter(item => item > 0).sort()).toEqual([1, 2]);
      expect(waiterBits(regions[0])).toBe(0);
    }
  });
});

describe('a blocking wait beside an asynchronous one of the same thread', () => {
  it('leaves it waiting', async () => {
    const { regions, pools, rings } = setUp();
    const item = rings[0]!.dequeueAsync();
    expect(rings[0]!.dequeueWait(5)).toBe(NONE);
    const held = [pools[1]!.acquire(), pools[1]!.acquire()];
    const block = pools[0]!.acquireAsync();
    expect(pools[0]!.acquireWait(5)).toBe(0);
    rings[1]!.enqueue(4);
    pools[1]!.release(held[0]!);
    expect([await item, (await block) > 0]).toEqual([4, true]);
    expectCounts(pools[0]!, 2);
    expect(waiterBits(regions[0])).toBe(0);
  });

  it('for the other side of a full ring leaves it waiting', async () => {
    const { regions, rings } = setUp();
    rings[1]!.enqueue(1);
    const put = rings[0]!.enqueueAsync(2);
    expect(rings[0]!.enqueueWait(3, 5)).toBe(false);
    expect(rings[1]!.dequeue()).toBe(1);
    await put;
    expect(rings[1]!.dequeue()).toBe(2);
    expect(waiterBits(regions[0])).toBe(0);
  });
});

describe('a blocking wait', () => {
  it.each([0, 1, 30])('ends after %i ms when nothing comes', timeoutMs => {
    const { regions, pools, rings } = setUp();
    const held = [pools[1]!.acquire(), pools[1]!.acquire()];
    const second = Ring.create({ region: regions[0], name: 'second', capacity: 1 });
    second.enqueue(1);
    for (const wait of [
      () => pools[0]!.acquireWait(timeoutMs),
      () => rings[0]!.dequeueWait(timeoutMs),
      () => Number(second.enqueueWait(2, timeoutMs)),
    ]) {
      const started = performance.now();
      expect(wait()).toBe(0);
      expect(performance.now() - started).toBeGreaterThanOrEqual(timeoutMs * 0.95);
      expect(performance.now() - started).toBeLessThan(timeoutMs + 500);
    }
    expect(waiterBits(regions[0])).toBe(0);
    for (const handle of held) pools[1]!.release(handle);
    expectCounts(pools[0]!, 0);
  });

  it('ends at once where there is something, whatever the time-out', () => {
    const { pools, rings } = setUp();
    expect([rings[0]!.enqueueWait(1, Infinity), rings[1]!.dequeueWait(Infinity)]).toEqual([true, 1]);
    expect(pools[0]!.acquireWait(Infinity)).not.toBe(0);
    rings[0]!.close();
    expect(rings[1]!.dequeueWait()).toBe(CLOSED);
    expectCounts(pools[1]!, 1);
  });

  it('ends at once in a region that nobody else can be in', () => {
    const [region] = seatsOf(1, { shared: false });
    const ring = Ring.create({ region: region!, name: 'r', capacity: 1 });
    const pool = Pool.create({ region: region!, name: 'p', blockBytes: 8, capacity: 1 });
    pool.acquire();
    expect([ring.dequeueWait(), ring.enqueue(1), ring.enqueueWait(2), pool.acquireWait()]).toEqual([
      NONE,
      true,
      false,
      0,
    ]);
  });
});

describe('an asynchronous wait in a region that is not shared', () => {
  it('is served too', async () => {
    const [region] = seatsOf(1, { shared: false });
    const ring = Ring.create({ region: region!, name: 'r', capacity: 1 });
    const takes = [ring.dequeueAsync(), ring.dequeueAsync()];
    await ring.enqueueAsync(1);
    await ring.enqueueAsync(2);
    expect(await Promise.all(takes)).toEqual([1, 2]);
    expect(waiterBits(region!)).toBe(0);
  });
});

describe('a detach', () => {
  it('ends the waits of its thread with an error, and not those of others', async () => {
    const { regions, pools, rings } = setUp();
    const held = [pools[1]!.acquire(), pools[1]!.acquire()];
    const mine = [rings[0]!.dequeueAsync(), rings[0]!.dequeueAsync(), pools[0]!.acquireAsync()];
    const theirs = rings[1]!.dequeueAsync();
    regions[0].detach();
    for (const wait of mine) await rejects('ERR_SEAT', wait);
    rings[1]!.enqueue(5);
    expect(await theirs).toBe(5);
    for (const handle of held) pools[1]!.release(handle);
    expectCounts(pools[1]!, 0);
    expect(waiterBits(regions[1])).toBe(0);
  });
});

describe('a wait queue', () => {
  it('fails one waiter for what its look throws, and goes on with the next', async () => {
    const queue = new WaitQueue();
    let looks = 0;
    const bad = queue.wait(() => {
      if (looks++ > 0) throw new Error('broken');
      return undefined;
    }, {});
    let left = 0;
    const good = queue.wait(
      () => looks > 1 || undefined,
      {},
      () => left++,
    );
    queue.serve();
    expect(queue.size).toBe(2);
    queue.serve();
    await expect(bad).rejects.toThrow('broken');
    expect([await good, left, queue.size]).toEqual([true, 1, 0]);
  });
});
