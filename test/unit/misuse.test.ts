import { describe, expect, it } from 'vitest';
import { type ErrorCode, Pool, type PoolOptions, Region, Ring } from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';
import { expectCode, expectUnchanged, refuses, rejects, seatsOf, snapshot } from './helpers.js';

/** What misuse happens to: a region with one of everything, and a block in every state. */
function setUp() {
  const [region, other] = seatsOf(2, { seats: 4 }) as [Region, Region];
  const pool = createTunedPool(
    { region, name: 'pool', blockBytes: 16, capacity: 8 },
    { stockMax: 2, firstGeneration: 77 },
  );
  const second = createTunedPool({ region, name: 'second', blockBytes: 16, capacity: 8 }, { firstGeneration: 4000 });
  const ring = Ring.create({ region, name: 'ring', capacity: 2 });
  const cargo = Ring.create({ region, name: 'cargo', capacity: 2, carries: pool });
  const theirs = Pool.attach(other, 'pool');
  const live = pool.acquire();
  const stale = pool.acquire();
  pool.release(stale);
  const remote = pool.acquire();
  theirs.release(remote);
  const held = theirs.acquire();
  const moving = pool.acquire();
  cargo.enqueue(moving);
  const foreign = second.acquire();
  return { region, other, pool, second, ring, cargo, theirs, live, stale, remote, held, moving, foreign };
}
type Setting = ReturnType<typeof setUp>;
type Misuse = [string, ErrorCode, (setting: Setting) => unknown];

/** Runs a misuse, and asserts that it threw (or rejected) as told, and that no byte of the region has changed. */
async function misuse(code: ErrorCode, act: (setting: Setting) => unknown): Promise<void> {
  const setting = setUp();
  const before = snapshot(setting.region);
  const counts = (): unknown[] => [
    setting.pool.liveCount,
    setting.second.liveCount,
    setting.ring.length,
    setting.cargo.length,
  ];
  const counted = counts();
  let thrown: unknown = 'nothing';
  try {
    await act(setting);
  } catch (error) {
    thrown = error;
  }
  expectCode(thrown, code);
  expectUnchanged(setting.region, before);
  expect(counts()).toEqual(counted);
  setting.region.check();
}

/** A value that is not the number it should be, passed as if it were. */
const as = <T>(value: unknown): T => value as T;

const nonCounts: unknown[] = [
  0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  '16',
  '',
  null,
  true,
  [4],
  {},
  4n,
  Symbol('n'),
  { valueOf: () => 4 },
];
const nonHandles: unknown[] = [
  0,
  -0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 30,
  2 ** 31,
  2 ** 31 - 1,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  5n,
  '5',
  '',
  null,
  undefined,
  true,
  Symbol('h'),
  [1],
  {},
  () => 1,
  new Date(616),
  { valueOf: () => 616 },
];
const nonItems: unknown[] = [
  0,
  -0,
  -1,
  1.5,
  Number.NaN,
  Infinity,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  5n,
  '5',
  null,
  undefined,
  true,
  Symbol('i'),
  [1],
  { valueOf: () => 1 },
];
const nonTimes: unknown[] = [-1, Number.NaN, -Infinity, '5', null, 5n, {}, true];
const nonSignals: unknown[] = [null, 5, 'signal', {}, true, () => 1, new AbortController()];

describe('sizes that can not be', () => {
  const rows: Misuse[] = [
    ...nonCounts.flatMap((n): Misuse[] => [
      ['blockBytes', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: as(n), capacity: 4 })],
      ['capacity', 'ERR_GEOMETRY', ({ region }) => Pool.create({ region, name: 'x', blockBytes: 4, capacity: as(n) })],
      ['ring capacity', 'ERR_GEOMETRY', ({ region }) => Ring.create({ region, name: 'x', capacity: as(n) })],
      ['local ring capacity', 'ERR_GEOMETRY', () => Ring.create({ capacity: as(n) })],
      ['open', 'ERR_GEOMETRY', ({ region }) => Pool.open({ region, name: 'pool', blockBytes: 16, capacity: as(n) })],
    ]),
    ...nonCounts
      .filter(n => n !== null)
      .flatMap((n): Misuse[] => [
        ['alignment', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 4, capacity: 4, alignment: as(n) })],
        ['seats', 'ERR_GEOMETRY', () => Region.create({ seats: as(n), maxByteLength: 65536 })],
        ['maxByteLength', 'ERR_GEOMETRY', () => Region.create({ maxByteLength: as(n) })],
      ]),
    ['3 for an alignment', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 4, capacity: 4, alignment: 3 })],
    ['2^17 for an alignment', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 4, capacity: 4, alignment: 2 ** 17 })],
    ['2^20 + 1 blocks', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 1, capacity: 2 ** 20 + 1 })],
    ['2^31 bytes a block', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 2 ** 31, capacity: 1 })],
    ['2^31 bytes in all', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 2 ** 21, capacity: 2 ** 10 })],
    ['2^26 + 1 items', 'ERR_GEOMETRY', () => Ring.create({ capacity: 2 ** 26 + 1 })],
    ['256 seats', 'ERR_GEOMETRY', () => Region.create({ seats: 256 })],
    ['2^31 bytes of a region', 'ERR_GEOMETRY', () => Region.create({ maxByteLength: 2 ** 31 })],
    ['2^31 - 64 KiB + 1 bytes', 'ERR_GEOMETRY', () => Region.create({ maxByteLength: 2 ** 31 - 65535 })],
    ['no blockBytes', 'ERR_GEOMETRY', () => Pool.create(as({ capacity: 4 }))],
    ['no capacity', 'ERR_GEOMETRY', ({ region }) => Ring.create(as({ region, name: 'x' }))],
    [
      'more than there is room for',
      'ERR_GEOMETRY',
      ({ region }) => Pool.create({ region, name: 'x', blockBytes: 2 ** 17, capacity: 3 }),
    ],
    [
      'another size of a pool',
      'ERR_GEOMETRY',
      ({ region }) => Pool.open({ region, name: 'pool', blockBytes: 17, capacity: 8 }),
    ],
    ['another size of a ring', 'ERR_GEOMETRY', ({ region }) => Ring.open({ region, name: 'ring', capacity: 3 })],
    ['no cargo any more', 'ERR_GEOMETRY', ({ region }) => Ring.open({ region, name: 'cargo', capacity: 2 })],
    ['a length beyond the block', 'ERR_GEOMETRY', ({ pool, live }) => pool.setLength(live, 17)],
    ['a negative length', 'ERR_GEOMETRY', ({ pool, live }) => pool.setLength(live, -1)],
    ['half a length', 'ERR_GEOMETRY', ({ pool, live }) => pool.setLength(live, 0.5)],
    ['a length in words', 'ERR_GEOMETRY', ({ pool, live }) => pool.setLength(live, as('4'))],
  ];
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));
});

describe('options that are none', () => {
  const rows: Misuse[] = [null, 5, 'x', () => 1].flatMap((options): Misuse[] => [
    ['of a pool', 'ERR_USAGE', () => Pool.create(as(options))],
    ['of an opened pool', 'ERR_USAGE', () => Pool.open(as(options))],
    ['of a ring', 'ERR_USAGE', () => Ring.create(as(options))],
    ['of an opened ring', 'ERR_USAGE', () => Ring.open(as(options))],
    ['of a region', 'ERR_USAGE', () => Region.create(as(options))],
    ['of a wait for a block', 'ERR_USAGE', ({ pool }) => pool.acquireAsync(as(options))],
    ['of a wait for an item', 'ERR_USAGE', ({ ring }) => ring.dequeueAsync(as(options))],
    ['of a wait for room', 'ERR_USAGE', ({ ring }) => ring.enqueueAsync(5, as(options))],
    ['of a local wait for an item', 'ERR_USAGE', () => Ring.create({ capacity: 1 }).dequeueAsync(as(options))],
    [
      'of a local wait for a block',
      'ERR_USAGE',
      () => Pool.create({ capacity: 1, blockBytes: 1 }).acquireAsync(as(options)),
    ],
    [
      'the region of a pool',
      'ERR_USAGE',
      () => Pool.create({ region: as(options), name: 'x', blockBytes: 1, capacity: 1 }),
    ],
    ['the region of a ring', 'ERR_USAGE', () => Ring.attach(as(options), 'ring')],
  ]);
  rows.push(
    ['nothing for a pool', 'ERR_USAGE', () => Pool.create(as(undefined))],
    ['nothing for a ring', 'ERR_USAGE', () => Ring.create(as(undefined))],
    [
      'a name without a region',
      'ERR_USAGE',
      () => Pool.create({ name: 'x', blockBytes: 1, capacity: 1 } as PoolOptions),
    ],
    ['a region without a name', 'ERR_USAGE', ({ region }) => Ring.create({ region, capacity: 1 })],
    ['open without a region', 'ERR_USAGE', () => Pool.open(as({ blockBytes: 1, capacity: 1 }))],
    ['an empty name', 'ERR_USAGE', ({ region }) => Pool.attach(region, '')],
    ['a name of 65 bytes', 'ERR_USAGE', ({ region }) => Ring.attach(region, 'x'.repeat(65))],
    ['a number for a name', 'ERR_USAGE', ({ region }) => Ring.attach(region, as(5))],
    ['a backing that there is none of', 'ERR_USAGE', () => Region.create({ backing: as('disk') })],
    ['a shared that is no boolean', 'ERR_USAGE', () => Region.create({ shared: as('no') })],
    ...[{}, null, 5, 'pool'].flatMap((carries): Misuse[] => [
      [
        'cargo that is no pool',
        'ERR_USAGE',
        ({ region }) => Ring.create({ region, name: 'x', capacity: 1, carries: as(carries) }),
      ],
      ['local cargo that is no pool', 'ERR_USAGE', () => Ring.create({ capacity: 1, carries: as(carries) })],
    ]),
    [
      'the pool of another seat for cargo',
      'ERR_USAGE',
      ({ region, theirs }) => Ring.create({ region, name: 'x', capacity: 1, carries: theirs }),
    ],
    ...nonSignals.flatMap((signal): Misuse[] => [
      ['a signal that is none', 'ERR_USAGE', ({ ring }) => ring.dequeueAsync({ signal: as(signal) })],
      ['a signal that is none, for a block', 'ERR_USAGE', ({ pool }) => pool.acquireAsync({ signal: as(signal) })],
    ]),
  );
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));
});

describe('handles that are none', () => {
  const calls = ['release', 'view', 'offsetOf', 'lengthOf'] as const;
  it.each(nonHandles.map(handle => [handle]))('are refused by every call: %o', async handle => {
    for (const call of calls) {
      await misuse('ERR_HANDLE', ({ pool }) => pool[call](as(handle)));
      await misuse('ERR_HANDLE', () => Pool.create({ blockBytes: 1, capacity: 8 })[call](as(handle)));
    }
    await misuse('ERR_HANDLE', ({ pool }) => pool.setLength(as(handle), 1));
    const { pool, theirs } = setUp();
    expect([pool.isLive(as(handle)), theirs.isLive(as(handle))]).toEqual([false, false]);
  });

  const wrong = ['stale', 'remote', 'foreign'] as const;
  it.each(wrong.flatMap(which => calls.map(call => [which, call] as const)))(
    'are refused: a %s one by %s',
    async (which, call) => {
      await misuse('ERR_HANDLE', setting => setting.pool[call](setting[which]));
      await misuse('ERR_HANDLE', setting => setting.theirs[call](setting[which]));
    },
  );

  const rows: Misuse[] = [
    ['one that is on its way', 'ERR_HANDLE', ({ pool, moving }) => pool.release(moving)],
    ['one that is on its way, elsewhere', 'ERR_HANDLE', ({ theirs, moving }) => theirs.release(moving)],
    ['one of another pool', 'ERR_HANDLE', ({ second, live }) => second.release(live)],
    ['one that another seat holds, put into a ring', 'ERR_HANDLE', ({ cargo, held }) => cargo.enqueue(held)],
    ['one that is on its way already', 'ERR_HANDLE', ({ cargo, moving }) => cargo.enqueue(moving)],
    ['a released one, put into a ring', 'ERR_HANDLE', ({ cargo, stale }) => cargo.enqueue(stale)],
    ['one released elsewhere, put into a ring', 'ERR_HANDLE', ({ cargo, remote }) => cargo.enqueue(remote)],
    ['one released elsewhere, put into a ring later', 'ERR_HANDLE', ({ cargo, remote }) => cargo.enqueueAsync(remote)],
    ['a foreign one, put into a ring', 'ERR_HANDLE', ({ cargo, foreign }) => cargo.enqueueWait(foreign, 1)],
  ];
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));

  it('never run code of their own', async () => {
    const trap = new Proxy(() => 0, {
      get: (_t, key) => {
        throw new Error(`ran ${String(key)}`);
      },
      getPrototypeOf: () => {
        throw new Error('ran');
      },
    });
    await misuse('ERR_HANDLE', ({ pool }) => pool.release(as(trap)));
    await misuse('ERR_USAGE', ({ ring }) => ring.enqueue(as(trap)));
    await misuse('ERR_GEOMETRY', ({ pool, live }) => pool.setLength(live, as(trap)));
    await misuse('ERR_USAGE', ({ ring }) => ring.dequeueWait(as(trap)));
  });
});

describe('items and times that are none', () => {
  const rows: Misuse[] = [
    ...nonItems.flatMap((item): Misuse[] => [
      ['an item', 'ERR_USAGE', ({ ring }) => ring.enqueue(as(item))],
      ['an item, waiting', 'ERR_USAGE', ({ ring }) => ring.enqueueWait(as(item), 5)],
      ['an item, later', 'ERR_USAGE', ({ ring }) => ring.enqueueAsync(as(item))],
      ['an item of a local ring', 'ERR_USAGE', () => Ring.create({ capacity: 2 }).enqueue(as(item))],
      ['cargo', 'ERR_USAGE', ({ cargo }) => cargo.enqueue(as(item))],
    ]),
    ...nonTimes.flatMap((time): Misuse[] => [
      ['a time for an item', 'ERR_USAGE', ({ ring }) => ring.dequeueWait(as(time))],
      ['a time for room', 'ERR_USAGE', ({ ring }) => ring.enqueueWait(5, as(time))],
      ['a time for a block', 'ERR_USAGE', ({ pool }) => pool.acquireWait(as(time))],
      ['a local time for an item', 'ERR_USAGE', () => Ring.create({ capacity: 2 }).dequeueWait(as(time))],
      ['a local time for room', 'ERR_USAGE', () => Ring.create({ capacity: 2 }).enqueueWait(1, as(time))],
      [
        'a local time for a block',
        'ERR_USAGE',
        () => Pool.create({ blockBytes: 1, capacity: 2 }).acquireWait(as(time)),
      ],
    ]),
  ];
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));
});

const nonArrays: unknown[] = [
  undefined,
  null,
  5,
  'handles',
  [1, 2, 3],
  {},
  { length: 4 },
  new Float64Array(4),
  new Uint32Array(4),
  new Uint8Array(16),
  new BigInt64Array(4),
  new DataView(new ArrayBuffer(16)),
  new ArrayBuffer(16),
  new Proxy(new Int32Array(4), {
    getPrototypeOf: () => {
      throw new Error('ran');
    },
  }),
];
const nonBatchCounts: unknown[] = [-1, 5, 1.5, Number.NaN, Infinity, 2 ** 32, '2', null, undefined, true, 2n, {}, [2]];
const both: [string, (setting: Setting) => Pool][] = [
  ['shared', ({ pool }) => pool],
  ['local', () => Pool.create({ blockBytes: 16, capacity: 8 })],
  ['guarded', () => Pool.create({ blockBytes: 16, capacity: 8, guard: true, zero: 'release' })],
];

describe('batches that are none', () => {
  const calls = ['acquireBulk', 'acquireBurst', 'releaseBulk'] as const;
  const rows = both.flatMap(([kind, of]) =>
    calls.flatMap((call): Misuse[] => [
      ...nonArrays.map((array): Misuse => [`array of ${call}, ${kind}`, 'ERR_USAGE', s => of(s)[call](as(array), 2)]),
      ...nonBatchCounts.map(
        (count): Misuse => [`count of ${call}, ${kind}`, 'ERR_USAGE', s => of(s)[call](new Int32Array(4), as(count))],
      ),
    ]),
  );
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));

  it.each(['stale', 'remote', 'foreign', 'moving'] as const)('are refused: a %s handle at their head', which =>
    misuse('ERR_HANDLE', setting => setting.pool.releaseBulk(Int32Array.of(setting[which], setting.live), 2)),
  );

  it.each([0, -1, -(2 ** 31), 2 ** 31 - 1, 2 ** 30, 5])('are refused: %i at the head of one', handle =>
    misuse('ERR_HANDLE', setting => setting.pool.releaseBulk(Int32Array.of(handle, setting.live), 2)),
  );
});

describe('capacities and treatments that are none', () => {
  const rows: Misuse[] = [
    ...nonCounts.flatMap((n): Misuse[] => [
      ...both.map(([kind, of]): Misuse => [`resize, ${kind}`, 'ERR_GEOMETRY', s => of(s).resize(as(n))]),
    ]),
    ...nonCounts
      .filter(n => n !== null)
      .flatMap((n): Misuse[] => [
        ['capacityMax', 'ERR_GEOMETRY', () => Pool.create({ blockBytes: 4, capacity: 1, capacityMax: as(n) })],
      ]),
    ...both.map(([kind, of]): Misuse => [`beyond capacityMax, ${kind}`, 'ERR_GEOMETRY', s => of(s).resize(9)]),
    [
      'less capacityMax than capacity',
      'ERR_GEOMETRY',
      ({ region }) => Pool.create({ region, name: 'x', blockBytes: 4, capacity: 5, capacityMax: 4 }),
    ],
    [
      '2^20 + 1 to grow to',
      'ERR_GEOMETRY',
      () => Pool.create({ blockBytes: 1, capacity: 1, capacityMax: 2 ** 20 + 1 }),
    ],
    [
      'more to grow to than there is room for',
      'ERR_GEOMETRY',
      ({ region }) => Pool.create({ region, name: 'x', blockBytes: 2 ** 17, capacity: 1, capacityMax: 3 }),
    ],
    [
      'another capacityMax',
      'ERR_GEOMETRY',
      ({ region }) => Pool.open({ region, name: 'pool', blockBytes: 16, capacity: 8, capacityMax: 9 }),
    ],
    [
      'another zero',
      'ERR_GEOMETRY',
      ({ other }) => Pool.open({ region: other, name: 'pool', blockBytes: 16, capacity: 8, zero: 'acquire' }),
    ],
    ...['always', '', 0, 1, true, false, null, {}].map(
      (zero): Misuse => ['zero', 'ERR_USAGE', () => Pool.create({ blockBytes: 4, capacity: 1, zero: as(zero) })],
    ),
    ...['yes', 0, 1, null, {}].flatMap((flag): Misuse[] => [
      [
        'guard',
        'ERR_USAGE',
        ({ region }) => Pool.create({ region, name: 'x', blockBytes: 4, capacity: 1, guard: as(flag) }),
      ],
      ['local guard', 'ERR_USAGE', () => Pool.create({ blockBytes: 4, capacity: 1, guard: as(flag) })],
    ]),
  ];
  it.each(rows)('are refused: %s (%s)', (_, code, act) => misuse(code, act));
});

describe('holding and letting go', () => {
  const wrong = ['stale', 'remote', 'foreign'] as const;
  const rows: Misuse[] = [
    ...wrong.flatMap((which): Misuse[] => [
      [`adopting a ${which} one`, 'ERR_HANDLE', s => s.pool.adopt(s[which])],
      [`disowning a ${which} one`, 'ERR_HANDLE', s => s.pool.disown(s[which])],
    ]),
    ['adopting what another holds', 'ERR_HANDLE', ({ pool, held }) => pool.adopt(held)],
    ['disowning what another holds', 'ERR_HANDLE', ({ pool, held }) => pool.disown(held)],
    ['adopting what is on its way', 'ERR_HANDLE', ({ pool, moving }) => pool.adopt(moving)],
    ['disowning what is on its way', 'ERR_HANDLE', ({ pool, moving }) => pool.disown(moving)],
    ['disowning twice', 'ERR_HANDLE', ({ theirs, live }) => theirs.disown(live)],
    ...nonHandles.flatMap((handle): Misuse[] => [
      ['adopting', 'ERR_HANDLE', ({ pool }) => pool.adopt(as(handle))],
      ['disowning', 'ERR_HANDLE', ({ pool }) => pool.disown(as(handle))],
      ['adopting from a local pool', 'ERR_HANDLE', () => Pool.create({ blockBytes: 1, capacity: 8 }).adopt(as(handle))],
      ['disowning in a local pool', 'ERR_HANDLE', () => Pool.create({ blockBytes: 1, capacity: 8 }).disown(as(handle))],
      [
        'releasing to a guarded pool',
        'ERR_HANDLE',
        () => Pool.create({ blockBytes: 1, capacity: 8, guard: true }).release(as(handle)),
      ],
    ]),
  ];
  it.each(rows)('is refused: %s (%s)', (_, code, act) => misuse(code, act));

  it('goes from hand to hand', () => {
    const { pool, theirs, live, region } = setUp();
    pool.disown(live);
    refuses('ERR_HANDLE', () => pool.disown(live));
    theirs.adopt(live);
    theirs.adopt(live);
    refuses('ERR_HANDLE', () => pool.adopt(live));
    theirs.release(live);
    refuses('ERR_HANDLE', () => theirs.adopt(live));
    region.check();
  });
});

describe('a closed ring', () => {
  it('refuses items, whoever puts them', async () => {
    const { region, other, ring } = setUp();
    ring.close();
    const before = snapshot(region);
    for (const seat of [ring, Ring.attach(other, 'ring')]) {
      refuses('ERR_CLOSED', () => seat.enqueue(1));
      refuses('ERR_CLOSED', () => seat.enqueueWait(1));
    }
    expectUnchanged(region, before);
    await rejects('ERR_CLOSED', ring.enqueueAsync(1));
    expect([ring.length, ring.closed]).toEqual([0, true]);
  });
});

describe('what is no token', () => {
  it.each([
    undefined,
    null,
    5,
    'x',
    {},
    { ringwell: 1 },
    { ringwell: 1, seat: 9, generation: 1 },
    { ringwell: 1, seat: 2, generation: '1' },
  ])('is no token to cancel: %o', async token => {
    const code = typeof token === 'object' && token !== null && 'ringwell' in token ? 'ERR_SEAT' : 'ERR_ATTACH';
    await misuse(code, ({ region }) => region.cancel(as(token)));
  });
});
