import { describe, expect, it } from 'vitest';
import { SEAT_ATTACHED, SEAT_GENERATION_SHIFT, SEAT_RESERVED, seatIndex } from '../../src/core/seat.core.js';
import { Arena, Pool, Region, Ring } from '../../src/index.js';
import { expectUnchanged, MiB, poolsOf, refuses, rejects, seatsOf, snapshot } from './helpers.js';

describe('a region', () => {
  it('is shared, of 64 MiB, with 16 seats, unless asked otherwise', () => {
    const region = Region.create();
    expect(region.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([region.maxByteLength, region.seat, region.memory]).toEqual([64 * MiB, 1, undefined]);
    expect(region.buffer.byteLength).toBe(64 * MiB);
    for (let seat = 2; seat <= 16; seat++) expect(region.share().seat).toBe(seat);
    refuses('ERR_SEAT', () => region.share());
  });

  it.each([
    ['wasm', true, SharedArrayBuffer],
    ['buffer', true, SharedArrayBuffer],
    ['wasm', false, ArrayBuffer],
    ['buffer', false, ArrayBuffer],
  ] as const)('comes from %s, shared: %s', (backing, shared, type) => {
    const region = Region.create({ maxByteLength: MiB, backing, shared });
    expect(region.buffer).toBeInstanceOf(type);
    expect(region.memory !== undefined).toBe(backing === 'wasm');
    expect(region.maxByteLength).toBe(MiB);
    const pool = Pool.create({ region, name: 'pool', blockBytes: 32, capacity: 4 });
    const handle = pool.acquire();
    pool.view(handle).fill(7);
    expect(new Uint8Array(region.buffer, pool.offsetOf(handle), 32).every(byte => byte === 7)).toBe(true);
    pool.release(handle);
    expect([pool.liveCount, pool.freeCount]).toEqual([0, 4]);
    region.check();
    if (shared) expect(Region.attach(region.share()).seat).toBe(2);
    else refuses('ERR_USAGE', () => region.share());
  });

  it('rounds its size up to 64 bytes', () => {
    expect(Region.create({ maxByteLength: 10_001 }).maxByteLength).toBe(10_048);
  });

  it('may be as small as its header and seats, and has no room then', () => {
    const region = Region.create({ maxByteLength: 512, seats: 1 });
    expect([region.usedBytes, region.maxByteLength]).toEqual([512, 512]);
    refuses('ERR_GEOMETRY', () => Ring.create({ region, name: 'r', capacity: 1 }));
    expect(region.usedBytes).toBe(512);
    region.check();
    refuses('ERR_GEOMETRY', () => Region.create({ maxByteLength: 448, seats: 1 }));
  });

  it('may have one seat or 255', () => {
    refuses('ERR_SEAT', () => Region.create({ maxByteLength: MiB, seats: 1 }).share());
    const many = Region.create({ maxByteLength: MiB, seats: 255 });
    const tokens = Array.from({ length: 254 }, () => many.share());
    expect(tokens.at(-1)!.seat).toBe(255);
    refuses('ERR_SEAT', () => many.share());
    expect(Region.attach(tokens.at(-1)!).seat).toBe(255);
    many.check();
    expect(many.inspect().seats).toHaveLength(255);
  });

  it('tells what is in it', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region, name: 'packets', blockBytes: 100, capacity: 10 });
    const ring = Ring.create({ region, name: 'work', capacity: 5, carries: pool });
    ring.enqueue(pool.acquire());
    pool.acquire();
    const token = region.share.bind(region);
    refuses('ERR_SEAT', token);
    const report = other.inspect();
    expect(report.structures).toMatchObject([
      { name: 'packets', kind: 'pool', capacity: 10, blockBytes: 100, liveCount: 2, touchedCount: 2 },
      { name: 'work', kind: 'ring', capacity: 8, length: 1, closed: false },
    ]);
    expect(report.seats).toEqual([
      { seat: 1, generation: 1, state: 'attached' },
      { seat: 2, generation: 1, state: 'attached' },
    ]);
    const bytes = report.structures.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(report.usedBytes).toBe(region.usedBytes);
    expect(bytes).toBe(region.usedBytes - (64 + 3 * 32) * 4);
    expect(report.maxByteLength).toBe(2 ** 18);
  });

  it('is looked at without being changed', () => {
    const [region] = seatsOf(1) as [Region];
    Pool.create({ region, name: 'p', blockBytes: 8, capacity: 4 }).acquire();
    const before = snapshot(region);
    region.check();
    region.inspect();
    expectUnchanged(region, before);
  });
});

describe('a token', () => {
  it('has a seat, a generation and the memory, and survives structured clone', () => {
    const region = Region.create({ maxByteLength: MiB });
    const token = structuredClone(region.share());
    expect(token).toMatchObject({ ringwell: 1, seat: 2, generation: 1 });
    expect(Region.attach(token).seat).toBe(2);
  });

  it('attaches once', () => {
    const region = Region.create({ maxByteLength: MiB });
    const token = region.share();
    const second = Region.attach(token);
    const before = snapshot(region);
    expect(refuses('ERR_SEAT', () => Region.attach(token)).message).toContain('one token, one thread');
    expectUnchanged(region, before);
    second.detach();
    refuses('ERR_SEAT', () => Region.attach(token));
  });

  it('may be cancelled once while unused', () => {
    const region = Region.create({ maxByteLength: MiB, seats: 2 });
    const token = region.share();
    refuses('ERR_SEAT', () => region.share());
    region.cancel(token);
    refuses('ERR_SEAT', () => Region.attach(token));
    refuses('ERR_SEAT', () => region.cancel(token));
    const again = region.share();
    expect([again.seat, again.generation]).toEqual([2, 2]);
    refuses('ERR_SEAT', () => Region.attach(token));
    refuses('ERR_SEAT', () => region.cancel(token));
    const other = Region.attach(again);
    refuses('ERR_SEAT', () => region.cancel(again));
    other.detach();
    refuses('ERR_SEAT', () => region.cancel(again));
  });

  it('still attaches when the generation of its seat has wrapped', () => {
    const region = Region.create({ maxByteLength: MiB, seats: 2 });
    const { words } = region.attachment;
    words[seatIndex(2)] = 0xfffffc << SEAT_GENERATION_SHIFT;
    const lives: number[] = [];
    for (let i = 0; i < 4; i++) {
      const token = region.share();
      lives.push(token.generation);
      const other = Region.attach(token);
      expect([other.seat, words[seatIndex(2)]! & 0xff]).toEqual([2, SEAT_ATTACHED]);
      expect(Pool.open({ region: other, name: 'p', blockBytes: 1, capacity: 8 }).acquire()).not.toBe(0);
      other.detach();
    }
    // Never 0, which recovery puts where a life stands; and odd and even take turns: a message ring tells two lives by that.
    expect(lives).toEqual([0xfffffd, 0xfffffe, 1, 2]);
    region.cancel(region.share());
    expect(words[seatIndex(2)]! & 0xff).not.toBe(SEAT_RESERVED);
  });
});

describe('a constructor that only TypeScript hides', () => {
  it('refuses to be called', () => {
    for (const Made of [Region, Arena] as unknown as (new (
      ...args: unknown[]
    ) => unknown)[]) {
      for (const args of [[], [{}], [{ byteLength: 64 }]]) refuses('ERR_USAGE', () => new Made(...args));
    }
  });
});

describe('a region that is detached', () => {
  it('frees its seat for another life, and refuses everything else', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region, name: 'p', blockBytes: 8, capacity: 4 });
    const ring = Ring.create({ region, name: 'r', capacity: 4 });
    const handle = pool.acquire();
    region.detach();
    const before = snapshot(region);
    const calls: (() => unknown)[] = [
      () => region.share(),
      () => region.check(),
      () => region.inspect(),
      () => region.cancel({ ringwell: 1, seat: 1, generation: 1, memory: region.buffer as SharedArrayBuffer }),
      () => pool.acquire(),
      () => pool.acquireWait(1),
      () => pool.release(handle),
      () => ring.enqueue(1),
      () => ring.enqueueWait(1, 1),
      () => ring.dequeue(),
      () => ring.dequeueWait(1),
      () => ring.close(),
      () => Pool.attach(region, 'p'),
      () => Ring.create({ region, name: 'r2', capacity: 1 }),
    ];
    for (const call of calls) refuses('ERR_SEAT', call);
    expectUnchanged(region, before);
    expect(other.share()).toMatchObject({ seat: 1, generation: 2 });
    expect(Pool.attach(other, 'p').liveCount).toBe(1);
  });

  it('fails its async calls too', async () => {
    const [region] = seatsOf(2) as [Region];
    const pool = Pool.create({ region, name: 'p', blockBytes: 8, capacity: 4 });
    const ring = Ring.create({ region, name: 'r', capacity: 4 });
    region.detach();
    const before = snapshot(region);
    await rejects('ERR_SEAT', pool.acquireAsync());
    await rejects('ERR_SEAT', ring.dequeueAsync());
    await rejects('ERR_SEAT', ring.enqueueAsync(1));
    expectUnchanged(region, before);
  });

  it('may be detached and disposed again, and so may what it opened', () => {
    const [region] = seatsOf(2) as [Region];
    const pool = Pool.create({ region, name: 'p', blockBytes: 8, capacity: 4 });
    const ring = Ring.create({ region, name: 'r', capacity: 4 });
    region.detach();
    const before = snapshot(region);
    region.detach();
    region[Symbol.dispose]();
    pool[Symbol.dispose]();
    ring[Symbol.dispose]();
    expectUnchanged(region, before);
  });

  it('does not free a seat that has got another life meanwhile', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const { words } = region.attachment;
    words[seatIndex(2)] = (9 << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED;
    refuses('ERR_EVICTED', () => other.share());
    other.detach();
    expect(words[seatIndex(2)]).toBe((9 << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED);
  });
});

describe('a poisoned region', () => {
  it('stops every seat with ERR_CORRUPTION', () => {
    const regions = seatsOf(2) as [Region, Region];
    const pools = poolsOf(regions, 8, { stockMax: 0 });
    const handle = pools[1]!.acquire();
    const { words } = regions[0].attachment;
    words[seatIndex(2)]! |= 0x7; // a state that there is none of
    refuses('ERR_CORRUPTION', () => regions[0].check());
    for (const [i, region] of regions.entries()) {
      refuses('ERR_CORRUPTION', () => region.check());
      refuses('ERR_CORRUPTION', () => region.share());
      refuses('ERR_CORRUPTION', () => pools[i]!.acquire());
    }
    refuses('ERR_CORRUPTION', () => pools[1]!.release(handle));
  });
});
