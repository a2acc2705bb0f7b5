import { describe, expect, it } from 'vitest';
import { Arena, type ArenaOptions, Heap, Region } from '../../src/index.js';
import { codeOf } from './helpers.js';

const kinds: readonly (readonly [string, (options: ArenaOptions) => Arena])[] = [
  ['of its own', options => Arena.create(options)],
  ['over a heap', options => Arena.create({ ...options, heap: Heap.create({ byteLength: 2 ** 20 }) })],
  ['over a region', options => Arena.create({ ...options, region: Region.create({ maxByteLength: 2 ** 21 }) })],
];

describe.each(kinds)('an arena %s', (_name, make) => {
  it('hands out bytes one behind the other, aligned, until it is full', () => {
    const arena = make({ byteLength: 1000 });
    const first = arena.allocate(10);
    const second = arena.allocate(10);
    expect([first % 16, second - first]).toEqual([0, 16]);
    const odd = arena.allocate(3, 1);
    expect(odd).toBe(second + 10);
    expect(arena.allocate(8, 64) % 64).toBe(0);
    while (arena.allocate(16) !== 0);
    expect(arena.usedBytes).toBeGreaterThan(900);
    arena.u8.fill(1, first, first + arena.byteLength);
    arena.reset();
    expect(arena.usedBytes).toBe(0);
    expect(arena.allocate(10)).toBe(first);
  });

  it('goes back to a mark', () => {
    const arena = make({ byteLength: 1000 });
    arena.allocate(100);
    const mark = arena.mark();
    const block = arena.allocate(50);
    arena.allocate(50);
    arena.rewind(mark);
    expect(arena.mark()).toBe(mark);
    expect(arena.allocate(50)).toBe(block);
  });

  it('finds writes after a reset, with guard', () => {
    const arena = make({ byteLength: 1000, guard: true });
    const block = arena.allocate(100);
    arena.u8.fill(1, block, block + 100);
    arena.reset();
    arena.u8[block + 20] = 3;
    expect(codeOf(() => arena.allocate(100))).toBe('ERR_CORRUPTION');
    expect(arena.allocate(100)).toBe(block);
    arena.u8[block + 104] = 3; // beyond what was allocated
    expect(codeOf(() => arena.allocate(100))).toBe('ERR_CORRUPTION');
  });

  it('refuses what can not be', () => {
    const arena = make({ byteLength: 1000 });
    arena.allocate(100);
    for (const bytes of [-1, 0.5, Number.NaN, 2 ** 32, '8']) {
      expect(codeOf(() => arena.allocate(bytes as number))).toBe('ERR_GEOMETRY');
      expect(codeOf(() => arena.rewind(bytes as number))).toBe('ERR_USAGE');
    }
    for (const alignment of [0, 3, -16, 2 ** 20])
      expect(codeOf(() => arena.allocate(1, alignment))).toBe('ERR_GEOMETRY');
    expect(codeOf(() => arena.rewind(101))).toBe('ERR_USAGE');
    expect(arena.usedBytes).toBe(100);
  });

  it('hands nothing out once it is disposed', () => {
    const arena = make({ byteLength: 1000 });
    arena[Symbol.dispose]();
    arena[Symbol.dispose]();
    expect(arena.allocate(1)).toBe(0);
  });
});

describe('arenas', () => {
  it('put large allocations aside, into their heap, and free them when rewound', () => {
    const heap = Heap.create({ byteLength: 2 ** 20 });
    const arena = Arena.create({ byteLength: 4096, heap });
    arena.allocate(100);
    const mark = arena.mark();
    const large = arena.allocate(100_000);
    const other = arena.allocate(2000, 256);
    expect(other % 256).toBe(0);
    expect(arena.usedBytes).toBeLessThan(200);
    expect(heap.stats().liveBlocks).toBe(3);
    arena.rewind(mark);
    expect(heap.stats().liveBlocks).toBe(1);
    expect(codeOf(() => heap.free(large))).toBe('ERR_HANDLE');
    arena.allocate(100_000);
    arena[Symbol.dispose]();
    expect(heap.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  });

  it('are made of good options only', () => {
    const region = Region.create({ maxByteLength: 2 ** 20 });
    const heap = Heap.create({ byteLength: 65536 });
    for (const byteLength of [0, 15, -1, 1.5, 2 ** 31]) {
      expect(codeOf(() => Arena.create({ byteLength }))).toBe('ERR_GEOMETRY');
    }
    expect(codeOf(() => Arena.create({ byteLength: 2 ** 20, heap }))).toBe('ERR_GEOMETRY');
    expect(codeOf(() => Arena.create({ byteLength: 2 ** 20, region }))).toBe('ERR_GEOMETRY');
    const bad = [{ heap, region }, { heap: {} }, { region: {} }, { guard: 1 }];
    for (const options of bad) {
      expect(codeOf(() => Arena.create({ byteLength: 100, ...options } as ArenaOptions))).toBe('ERR_USAGE');
    }
    expect(heap.stats().liveBlocks).toBe(0);
  });
});
