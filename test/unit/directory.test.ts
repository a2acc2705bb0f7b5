import { describe, expect, it, vi } from 'vitest';
import { Broadcast, Pool, Region, Ring } from '../../src/index.js';
import { HEADER_LOCK, HEADER_NEWEST, lockWord } from '../../src/region/header.core.js';
import { expectCounts, expectUnchanged, MiB, refuses, seatsOf, snapshot } from './helpers.js';

const sizes = { blockBytes: 8, capacity: 4 };

describe('a name', () => {
  const awkward = [
    'a',
    ' ',
    'x'.repeat(64),
    'é'.repeat(32),
    '🦈'.repeat(16),
    '__proto__',
    'constructor',
    'toString',
    '\0',
    'a\0b',
    '\ufeffbom',
    '\ufeff',
    'line\nbreak',
    '\u0301combining',
  ];

  it.each(awkward)('may be %j', name => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region, name, ...sizes });
    expect(Pool.attach(region, name)).toBe(pool);
    expect(Pool.attach(other, name).capacity).toBe(4);
    expect(Pool.open({ region: other, name, ...sizes })).toBe(Pool.attach(other, name));
    refuses('ERR_ATTACH', () => Pool.create({ region: other, name, ...sizes }));
    expect(region.inspect().structures.map(structure => structure.name)).toEqual([name]);
    expectCounts(pool, 0);
  });

  it('may be any of these in one region, each its own', () => {
    const [region, other] = seatsOf(2, { maxByteLength: MiB }) as [Region, Region];
    const pools = awkward.map(name => Pool.create({ region, name, ...sizes }));
    expect(new Set(pools).size).toBe(awkward.length);
    pools.forEach((pool, i) => {
      const handle = pool.acquire();
      pool.view(handle).fill(i + 1);
      expect(Pool.attach(other, awkward[i]!).view(handle)[0]).toBe(i + 1);
    });
    for (const pool of pools) expectCounts(pool, 1);
    region.check();
  });

  it.each(['', 'x'.repeat(65), 'é'.repeat(33), '🦈'.repeat(17), undefined, null, 5, {}, ['a'], '\ud800', 'a\udc00b'])(
    'may not be %j',
    name => {
      const [region] = seatsOf(2) as [Region];
      const before = snapshot(region);
      refuses('ERR_USAGE', () => Pool.create({ region, name: name as string, ...sizes }));
      refuses('ERR_USAGE', () => Pool.attach(region, name as string));
      refuses('ERR_USAGE', () => Pool.open({ region, name: name as string, ...sizes }));
      refuses('ERR_USAGE', () => Ring.create({ region, name: name as string, capacity: 1 }));
      expectUnchanged(region, before);
    },
  );
});

describe('create', () => {
  it('leaves nothing behind where it was cut short', () => {
    const region = Region.create({ maxByteLength: MiB });
    // As where the stack is used up: all is laid out, and not published.
    const store = Atomics.store;
    const spy = vi.spyOn(Atomics, 'store').mockImplementation(((words: Int32Array, index: number, value: number) => {
      if (index === HEADER_NEWEST) throw new RangeError('cut short');
      return store(words, index, value);
    }) as never);
    try {
      const lane = { capacity: 16_384, producers: 'single', consumers: 'single' } as const;
      expect(() => Ring.create({ region, name: 'lane', ...lane })).toThrow('cut short');
    } finally {
      spy.mockRestore();
    }
    const broadcast = Broadcast.create({ region, name: 'all', capacity: 4096, subscribers: 1024 });
    for (let i = 0; i < 1024; i++) broadcast.subscribe();
    region.check();
  });

  it('throws when the name is taken, by whatever kind, whoever took it', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    Pool.create({ region, name: 'pool', ...sizes });
    Ring.create({ region, name: 'ring', capacity: 2 });
    const before = snapshot(region);
    for (const seat of [region, other]) {
      refuses('ERR_ATTACH', () => Pool.create({ region: seat, name: 'pool', ...sizes }));
      refuses('ERR_ATTACH', () => Pool.create({ region: seat, name: 'ring', ...sizes }));
      refuses('ERR_ATTACH', () => Ring.create({ region: seat, name: 'pool', capacity: 2 }));
    }
    expectUnchanged(region, before);
  });

  it('throws when there is no room, and leaves the room there is', () => {
    const [region] = seatsOf(2) as [Region];
    const before = snapshot(region);
    const used = region.usedBytes;
    refuses('ERR_GEOMETRY', () => Pool.create({ region, name: 'a', blockBytes: 2 ** 18, capacity: 1 }));
    refuses('ERR_GEOMETRY', () => Pool.create({ region, name: 'a', blockBytes: 1, capacity: 2 ** 20, alignment: 1 }));
    refuses('ERR_GEOMETRY', () => Ring.create({ region, name: 'a', capacity: 2 ** 26 }));
    expectUnchanged(region, before);
    expect(region.usedBytes).toBe(used);
    const left = region.maxByteLength - used;
    // Entry 128 bytes, queue 384, 8 a slot.
    const capacity = 2 ** Math.floor(Math.log2((left - 512) / 8));
    expect(Ring.create({ region, name: 'a', capacity }).freeSpace).toBe(capacity);
    region.check();
  });

  it('fills a region to the last byte', () => {
    const used = Region.create({ maxByteLength: MiB, seats: 1 }).usedBytes;
    const region = Region.create({ maxByteLength: used + 512 + 64, seats: 1 });
    Ring.create({ region, name: 'r', capacity: 8 });
    expect(region.usedBytes).toBe(region.maxByteLength);
    refuses('ERR_GEOMETRY', () => Ring.create({ region, name: 's', capacity: 1 }));
    region.check();
  });
});

describe('attach', () => {
  it('throws for a name that nobody took, and for another kind', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    Pool.create({ region, name: 'pool', ...sizes });
    Ring.create({ region, name: 'ring', capacity: 2 });
    const before = snapshot(region);
    for (const seat of [region, other]) {
      refuses('ERR_ATTACH', () => Pool.attach(seat, 'nobody'));
      refuses('ERR_ATTACH', () => Pool.attach(seat, 'ring'));
      refuses('ERR_ATTACH', () => Ring.attach(seat, 'pool'));
      refuses('ERR_ATTACH', () => Ring.attach(seat, 'Ring'));
    }
    expectUnchanged(region, before);
  });

  it('answers one object per region object and name', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.create({ region, name: 'pool', ...sizes });
    const ring = Ring.create({ region, name: 'ring', capacity: 2 });
    expect(Pool.attach(region, 'pool')).toBe(pool);
    expect(Ring.attach(region, 'ring')).toBe(ring);
    expect(Pool.attach(other, 'pool')).not.toBe(pool);
    expect(Pool.attach(other, 'pool')).toBe(Pool.attach(other, 'pool'));
    expect(Ring.open({ region: other, name: 'ring', capacity: 2 })).toBe(Ring.attach(other, 'ring'));
  });
});

describe('open', () => {
  it('creates once and attaches afterwards', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.open({ region, name: 'pool', ...sizes });
    const used = region.usedBytes;
    const same = Pool.open({ region: other, name: 'pool', ...sizes });
    expect(region.usedBytes).toBe(used);
    same.release(pool.acquire());
    expectCounts(pool, 0);
    const ring = Ring.open({ region, name: 'ring', capacity: 5, carries: pool });
    expect(Ring.open({ region: other, name: 'ring', capacity: 8, carries: same }).capacity).toBe(ring.capacity);
  });

  it('throws when geometries differ, and changes nothing', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const pool = Pool.open({ region, name: 'pool', ...sizes });
    const second = Pool.open({ region, name: 'second', ...sizes });
    Ring.open({ region, name: 'ring', capacity: 4, carries: pool });
    const theirs = Pool.attach(other, 'pool');
    const before = snapshot(region);
    refuses('ERR_GEOMETRY', () => Pool.open({ region: other, name: 'pool', blockBytes: 9, capacity: 4 }));
    refuses('ERR_GEOMETRY', () => Pool.open({ region: other, name: 'pool', blockBytes: 8, capacity: 5 }));
    refuses('ERR_ATTACH', () => Pool.open({ region: other, name: 'ring', ...sizes }));
    refuses('ERR_GEOMETRY', () => Ring.open({ region: other, name: 'ring', capacity: 8, carries: theirs }));
    refuses('ERR_GEOMETRY', () => Ring.open({ region: other, name: 'ring', capacity: 4 }));
    refuses('ERR_GEOMETRY', () => Ring.open({ region, name: 'ring', capacity: 4, carries: second }));
    refuses('ERR_USAGE', () => Ring.open({ region: other, name: 'ring', capacity: 4, carries: pool }));
    expectUnchanged(region, before);
  });
});

describe('the lock', () => {
  it('is free after a create that failed', () => {
    const [region] = seatsOf(2) as [Region];
    refuses('ERR_GEOMETRY', () => Pool.create({ region, name: 'a', blockBytes: 2 ** 20, capacity: 1 }));
    expect(region.attachment.words[HEADER_LOCK]).toBe(0);
  });

  it('that a thread died with is refused after a while, with its name', () => {
    const [region] = seatsOf(2) as [Region];
    region.attachment.words[HEADER_LOCK] = lockWord(2, 1);
    expect(refuses('ERR_ATTACH', () => Pool.create({ region, name: 'a', ...sizes })).message).toContain('seat 2');
    expect(region.attachment.words[HEADER_LOCK]).toBe(lockWord(2, 1));
    region.check();
  });
});
