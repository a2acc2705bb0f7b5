import { describe, expect, it } from 'vitest';
import { checkInteger, checkTimeout, RingwellError, show } from '../../src/core/errors.js';
import * as surface from '../../src/index.js';
import { refuses } from './helpers.js';

describe('an error', () => {
  it('is an Error with a code and a sentence', () => {
    const error = new RingwellError('ERR_USAGE', 'Cannot do that');
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.message]).toEqual(['RingwellError', 'ERR_USAGE', 'Cannot do that']);
    expect(String(error)).toBe('RingwellError: Cannot do that');
  });

  it('says what was expected and what came', () => {
    const error = refuses('ERR_GEOMETRY', () => surface.Pool.create({ blockBytes: 0.5, capacity: 1 }));
    expect(error.message).toBe('Cannot create pool: blockBytes must be an integer from 1 to 2147418112, got 0.5');
  });

  it.each([
    ['a string', '"a string"'],
    ['x'.repeat(50), `"${'x'.repeat(40)}..."`],
    [-0, '-0'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [12n, '12n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 2], 'an array'],
    [() => 1, 'a function'],
    [{ a: 1 }, 'an object'],
    [new Int32Array(2), 'an Int32Array'],
    [new Uint8Array(2), 'a Uint8Array'],
  ])('shows %o shortly', (value, shown) => expect(show(value)).toBe(shown));

  it('runs no code of the value it shows', () => {
    let ran = 0;
    const trap = new Proxy({}, { get: () => ++ran, ownKeys: () => [String(++ran)] });
    const own = { toString: () => String(++ran), valueOf: () => ++ran, [Symbol.toPrimitive]: () => ++ran };
    expect([show(trap), show(own)].every(text => text.includes('object'))).toBe(true);
    expect(ran).toBe(0);
  });
});

describe('a checked number', () => {
  it('is answered when it is in its range', () => {
    expect([checkInteger(1, 1, 3, 'n'), checkInteger(3, 1, 3, 'n')]).toEqual([1, 3]);
  });

  it('is never minus zero', () => expect(Object.is(checkInteger(-0, 0, 1, 'n'), 0)).toBe(true));

  it.each([0, 4, 1.5, Number.NaN, Infinity, '2', null, undefined, 2n, [2], { valueOf: () => 2 }])(
    'is refused when it is %o',
    value => void refuses('ERR_GEOMETRY', () => checkInteger(value, 1, 3, 'n')),
  );

  it.each([0, 1, 0.5, 1e9, Infinity])('may be %o milliseconds', value => expect(checkTimeout(value)).toBe(value));
  it.each([-1, Number.NaN, '5', null, undefined, 5n])(
    'of milliseconds is refused when it is %o',
    value => void refuses('ERR_USAGE', () => checkTimeout(value)),
  );
});

describe('the public surface', () => {
  it('is what it promises, and nothing else', () => {
    expect(Object.keys(surface).sort()).toEqual([
      'Arena',
      'Broadcast',
      'ByteRing',
      'CLOSED',
      'Heap',
      'MessageRing',
      'NONE',
      'ObjectPool',
      'Pool',
      'Region',
      'Ring',
      'RingwellError',
      'waitAny',
      'waitAnyAsync',
    ]);
    expect([surface.NONE, surface.CLOSED]).toEqual([0, -1]);
  });

  it('knows its own kinds', () => {
    const pool = surface.Pool.create({ blockBytes: 1, capacity: 1 });
    const ring = surface.Ring.create({ capacity: 1 });
    expect([pool instanceof surface.Pool, ring instanceof surface.Ring]).toEqual([true, true]);
    const others: unknown[] = [ring, null, 5, {}];
    expect(others.some(value => value instanceof surface.Pool)).toBe(false);
    expect([pool as unknown, undefined, ''].some(value => value instanceof surface.Ring)).toBe(false);
  });
});
