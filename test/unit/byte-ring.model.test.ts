import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOSED, Region, RingwellError } from '../../src/index.js';
import { type ByteRing, createTunedByteRing } from '../../src/ring/byte-ring.js';
import { random, seedFor } from './helpers.js';

const operations = Number(process.env.MODEL ?? 3e4);
const numRuns = Math.ceil(operations / 100);
const seed = seedFor('byte ring models');

const steps = fc.array(fc.tuple(fc.nat(20), fc.nat(80), fc.nat(80)), { minLength: 10, maxLength: 200 });
/** Where the positions begin: anywhere, but above all just below where they, or their words, wrap. */
const starts = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 30 - 1 }).map(start => start & -8),
  fc
    .tuple(fc.constantFrom(2 ** 29, 2 ** 30, 2 ** 31, 2 ** 32), fc.integer({ min: -9, max: 1 }))
    .map(([a, b]) => a + b * 8),
);
const capacities = fc.constantFrom(8, 16, 64, 256);
const elements = fc.constantFrom(1, 1, 2, 3, 4, 8);

/** What a byte ring is to be, in plain arrays: bytes, and where there are records their lengths. */
class Model {
  bytes: number[] = [];
  lengths: number[] = [];
  closed = false;
  writing = 0;
  reading = 0;
}

/** What a call answers, 0 for nothing, or the code it throws. */
function outcome(act: () => unknown): unknown {
  try {
    return act() ?? 0;
  } catch (error) {
    if (error instanceof RingwellError) return error.code;
    throw error;
  }
}

const padded = (length: number): number => Math.ceil(length / 4) * 4 + 4;

/** One step on a ring and on its model, and every law after it. */
function step(
  ring: ByteRing,
  model: Model,
  what: number,
  size: number,
  more: number,
  pick: (below: number) => number,
): void {
  const { capacity, elementBytes: e, records } = ring;
  const used = records ? model.lengths.reduce((n, length) => n + padded(length), 0) : model.bytes.length;
  const whole = size % e === 0;
  const segments = new Int32Array(4);
  const agree = (name: string, got: unknown, expected: unknown): void => {
    if (got !== expected) throw new Error(`${name} answered ${got}, expected ${expected}`);
  };
  const fill = Uint8Array.from({ length: size }, () => pick(256));
  const drained = (records ? model.lengths.length : model.bytes.length) === 0;
  const end = model.closed && drained;
  /** What a write of so many bytes comes to. */
  const written = (): number | string => {
    if (!whole) return 'ERR_USAGE';
    if (model.writing > 0) return 'ERR_USAGE';
    if (records && (size === 0 || size > capacity - 4)) return 'ERR_USAGE';
    if (model.closed) return 'ERR_CLOSED';
    if (records) return padded(size) <= capacity - used ? size : 0;
    return Math.min(size, capacity - used);
  };
  const put = (count: number, bytes: Uint8Array): void => {
    if (count === 0) return;
    model.bytes.push(...bytes.subarray(0, count));
    if (records) model.lengths.push(count);
  };
  const take = (count: number): number[] => {
    if (records && count > 0) model.lengths.shift();
    return model.bytes.splice(0, count);
  };
  const compare = (target: Uint8Array, expected: readonly number[]): void => {
    for (const [i, byte] of expected.entries()) agree(`byte ${i}`, target[i], byte);
    for (let i = expected.length; i < target.length; i++) agree(`byte ${i} behind`, target[i], 0);
  };
  const place = (i: number): number => (i < segments[1]! ? segments[0]! + i : segments[2]! + i - segments[1]!);

  if (what < 6) {
    const expected = written();
    agree(
      'write',
      outcome(() => (what === 0 ? ring.writeWait(fill, 0) : ring.write(fill))),
      expected,
    );
    if (typeof expected === 'number') put(expected, fill);
  } else if (what < 11) {
    const target = new Uint8Array(size);
    const most = size - (size % e);
    let expected: number | string;
    if (model.reading > 0) expected = 'ERR_USAGE';
    else if (end) expected = CLOSED;
    else if (records) expected = drained ? 0 : model.lengths[0]! > size ? 'ERR_USAGE' : model.lengths[0]!;
    else expected = Math.min(most, model.bytes.length);
    agree(
      'read',
      outcome(() => ring.read(target)),
      expected,
    );
    compare(target, typeof expected === 'number' && expected > 0 ? take(expected) : []);
  } else if (what === 11) {
    const target = new Uint8Array(size);
    const offset = more;
    const there = records ? (model.lengths[0] ?? 0) : model.bytes.length;
    const count = Math.max(0, Math.min(size - (size % e), there - offset));
    const bad = model.reading > 0 || offset % e !== 0 || offset > capacity;
    agree(
      'peek',
      outcome(() => ring.peek(target, offset)),
      bad ? 'ERR_USAGE' : end ? CLOSED : count,
    );
    compare(target, bad || end ? [] : model.bytes.slice(offset, offset + count));
  } else if (what === 12) {
    if (records) {
      const expected = model.reading > 0 ? 'ERR_USAGE' : end ? CLOSED : (model.lengths[0] ?? 0);
      agree(
        'skipRecord',
        outcome(() => ring.skipRecord()),
        expected,
      );
      if (typeof expected === 'number') take(Math.max(0, expected));
    } else {
      const bad = model.reading > 0 || !whole || size > capacity;
      const expected = bad ? 'ERR_USAGE' : end ? CLOSED : Math.min(size, model.bytes.length);
      agree(
        'skip',
        outcome(() => ring.skip(size)),
        expected,
      );
      if (typeof expected === 'number') take(Math.max(0, expected));
    }
  } else if (what < 15) {
    let expected: number | string;
    if (model.closed) expected = 'ERR_CLOSED';
    else if (records) {
      const bad = !whole || size === 0 || size > capacity - 4;
      expected = bad ? 'ERR_USAGE' : padded(size) <= capacity - used ? size : 0;
    } else expected = Math.min(size - (size % e), capacity - used);
    agree(
      'reserveWrite',
      outcome(() => ring.reserveWrite(size, segments)),
      expected,
    );
    if (typeof expected === 'number') {
      agree('segments', segments[1]! + segments[3]!, expected);
      model.writing = expected;
      const count = Math.min(expected, more - (more % e));
      for (let i = 0; i < expected; i++) ring.bytes[place(i)] = fill[i]!;
      agree(
        'commitWrite too many',
        outcome(() => ring.commitWrite(expected + e)),
        'ERR_USAGE',
      );
      if (what === 13) {
        agree(
          'commitWrite',
          outcome(() => ring.commitWrite(count)),
          0,
        );
        model.writing = 0;
        put(count, fill);
      }
    }
  } else if (what === 15) {
    agree(
      'commitWrite(0)',
      outcome(() => ring.commitWrite(0)),
      0,
    );
    model.writing = 0;
  } else if (what < 18) {
    let expected: number | string;
    if (end) expected = CLOSED;
    else if (records) expected = drained ? 0 : model.lengths[0]! > size ? 'ERR_USAGE' : model.lengths[0]!;
    else expected = Math.min(size - (size % e), model.bytes.length);
    agree(
      'reserveRead',
      outcome(() => ring.reserveRead(size, segments)),
      expected,
    );
    if (typeof expected === 'number') {
      model.reading = Math.max(0, expected);
      for (let i = 0; i < expected; i++) agree(`byte ${i} in place`, ring.bytes[place(i)], model.bytes[i]);
      if (what === 16) {
        const count = records ? model.reading : Math.min(model.reading, more - (more % e));
        agree(
          'commitRead',
          outcome(() => ring.commitRead(count)),
          0,
        );
        model.reading = 0;
        take(count);
      }
    }
  } else if (what === 18) {
    agree(
      'commitRead(0)',
      outcome(() => ring.commitRead(0)),
      0,
    );
    model.reading = 0;
  } else if (what === 19) {
    if (more > 5) return;
    agree(
      'reset',
      outcome(() => ring.reset()),
      model.reading > 0 ? 'ERR_USAGE' : 0,
    );
    if (model.reading === 0) {
      model.bytes = [];
      model.lengths = [];
    }
  } else if (more === 0) {
    ring.close();
    model.closed = true;
  }
  const now = records ? model.lengths.reduce((n, length) => n + padded(length), 0) : model.bytes.length;
  agree('length', ring.length, now);
  agree('freeSpace', ring.freeSpace, capacity - now);
  agree('closed', ring.closed, model.closed);
  if (records && model.lengths.length > 0) agree('peekRecordLength', ring.peekRecordLength(), model.lengths[0]);
}

function property(
  make: (capacity: number, elementBytes: number, records: boolean, start: number) => ByteRing,
  after = () => {},
) {
  return fc.property(
    capacities,
    elements,
    fc.boolean(),
    starts,
    steps,
    fc.nat(),
    (size, e, records, start, sequence, salt) => {
      const capacity = size - (size % e);
      const ring = make(capacity, e, records, start);
      const model = new Model();
      const pick = random(salt);
      for (const [what, count, more] of sequence) step(ring, model, what, count, more, pick);
      after();
    },
  );
}

describe(`${operations} operations`, () => {
  it('on a local byte ring agree with an array', () => {
    fc.assert(
      property((capacity, elementBytes, records, start) =>
        createTunedByteRing({ capacity, elementBytes, records }, start),
      ),
      { numRuns, seed },
    );
  });

  it('on a shared byte ring agree with an array', () => {
    let region: Region;
    fc.assert(
      property(
        (capacity, elementBytes, records, start) => {
          region = Region.create({ maxByteLength: 8192, seats: 2 });
          return createTunedByteRing({ region, name: 'ring', capacity, elementBytes, records }, start);
        },
        () => region.check(),
      ),
      { numRuns, seed },
    );
    expect(numRuns).toBeGreaterThan(0);
  });
});
