import { describe, expect, it } from 'vitest';
import { Pool, Region, Ring } from '../../src/index.js';
import { expectCounts, MiB, refuses } from './helpers.js';

const memories: [string, () => ArrayBufferLike | WebAssembly.Memory][] = [
  ['an ArrayBuffer', () => new ArrayBuffer(MiB)],
  ['a SharedArrayBuffer', () => new SharedArrayBuffer(MiB)],
  ['a WebAssembly.Memory', () => new WebAssembly.Memory({ initial: 16 })],
  ['a shared WebAssembly.Memory', () => new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })],
];

function bytesOf(memory: ArrayBufferLike | WebAssembly.Memory): Uint8Array {
  return new Uint8Array(memory instanceof WebAssembly.Memory ? memory.buffer : memory);
}

describe.each(memories)('%s', (_, make) => {
  it.each([0, 0xff, 0x5a])('may be adopted when it is full of %i', fill => {
    const memory = make();
    const bytes = bytesOf(memory).fill(fill);
    const region = Region.create({ buffer: memory, seats: 4 });
    expect(region.maxByteLength).toBe(MiB);
    expect(region.buffer).toBe(bytes.buffer);
    expect(region.memory).toBe(memory instanceof WebAssembly.Memory ? memory : undefined);
    const pool = Pool.create({ region, name: 'pool', blockBytes: 24, capacity: 33 });
    const ring = Ring.create({ region, name: 'ring', capacity: 64, carries: pool });
    expectCounts(pool, 0);
    expect([ring.length, ring.closed]).toEqual([0, false]);
    const handles = Array.from({ length: 33 }, () => pool.acquire());
    expect(handles.every(handle => handle !== 0) && new Set(handles).size === 33).toBe(true);
    expect(pool.acquire()).toBe(0);
    expectCounts(pool, 33);
    for (const handle of handles) {
      expect(pool.lengthOf(handle)).toBe(0);
      expect(ring.enqueue(handle)).toBe(true);
    }
    for (const handle of handles) expect(ring.dequeue()).toBe(handle);
    for (const handle of handles) pool.release(handle);
    expectCounts(pool, 0);
    region.check();
    // What no structure has reserved is as it was.
    expect(bytes.subarray(region.usedBytes).every(byte => byte === fill)).toBe(true);
  });

  it('holds a region up to maxByteLength only', () => {
    const memory = make();
    const bytes = bytesOf(memory).fill(0xff);
    const region = Region.create({ buffer: memory, maxByteLength: 65_538, seats: 2 });
    expect(region.maxByteLength).toBe(65_536);
    const pool = Pool.create({ region, name: 'pool', blockBytes: 32_000, capacity: 2 });
    for (let i = 0; i < 2; i++) pool.view(pool.acquire()).fill(1);
    refuses('ERR_GEOMETRY', () => Pool.create({ region, name: 'more', blockBytes: 32_000, capacity: 1 }));
    expect(bytes.subarray(65_536).every(byte => byte === 0xff)).toBe(true);
    expectCounts(pool, 2);
    region.check();
  });

  it('is not adopted twice, and may be once it is cleared', () => {
    const memory = make();
    const region = Region.create({ buffer: memory });
    Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 4 });
    refuses('ERR_ATTACH', () => Region.create({ buffer: memory }));
    bytesOf(memory).fill(0, 0, 64);
    const again = Region.create({ buffer: memory });
    refuses('ERR_ATTACH', () => Pool.attach(again, 'pool'));
    const pool = Pool.create({ region: again, name: 'pool', blockBytes: 8, capacity: 4 });
    expectCounts(pool, 0);
    again.check();
  });
});

describe('adopted shared memory', () => {
  it.each(memories.filter(([name]) => /[sS]hared/.test(name)))('that is %s can be attached', (_, make) => {
    const memory = make();
    const token = Region.create({ buffer: memory, maxByteLength: MiB / 2 }).share();
    expect(token.memory).toBe(memory);
    const other = Region.attach(token);
    expect([other.seat, other.maxByteLength]).toEqual([2, MiB / 2]);
  });

  it('that grows later leaves the region as it is', () => {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 32, shared: true });
    const region = Region.create({ buffer: memory });
    const token = region.share();
    memory.grow(16);
    const other = Region.attach(token);
    expect([region.maxByteLength, other.maxByteLength]).toEqual([MiB, MiB]);
    const pool = Pool.create({ region: other, name: 'p', blockBytes: 4, capacity: 4 });
    const handle = Pool.attach(region, 'p').acquire();
    pool.release(handle);
    expectCounts(pool, 0);
  });
});

describe('what is not memory', () => {
  it.each([null, 5, 'x', {}, [], new Uint8Array(4096), { buffer: new ArrayBuffer(4096) }, () => 1])(
    'is refused: %o',
    buffer => void refuses('ERR_ATTACH', () => Region.create({ buffer: buffer as ArrayBuffer })),
  );

  it('is refused when it is too small, or gone', () => {
    refuses('ERR_GEOMETRY', () => Region.create({ buffer: new ArrayBuffer(0) }));
    refuses('ERR_GEOMETRY', () => Region.create({ buffer: new ArrayBuffer(2000) }));
    refuses('ERR_GEOMETRY', () => Region.create({ buffer: new ArrayBuffer(4096), maxByteLength: 8192 }));
    const gone = new ArrayBuffer(MiB);
    structuredClone(gone, { transfer: [gone] });
    refuses('ERR_GEOMETRY', () => Region.create({ buffer: gone }));
  });
});
