import { describe, expect, it } from 'vitest';
import { type ErrorCode, Region, type RegionToken } from '../../src/index.js';
import {
  HEADER_BYTES,
  HEADER_MAGIC,
  HEADER_SEATS,
  HEADER_STATE,
  HEADER_VERSION,
  MAGIC,
  VERSION,
} from '../../src/region/header.core.js';
import { refuses } from './helpers.js';

/** A value that is not what it should be, passed as if it were. */
const as = <T>(value: unknown): T => value as T;

describe('memory that holds no region', () => {
  /** A token over memory that was damaged in one way. */
  function damaged(change: (words: Int32Array) => void, bytes = 2 ** 18): RegionToken {
    const region = Region.create({ maxByteLength: 2 ** 18, seats: 4 });
    const token = region.share();
    const memory = new SharedArrayBuffer(bytes);
    new Uint8Array(memory).set(new Uint8Array(region.buffer).subarray(0, bytes));
    change(new Int32Array(memory));
    return { ...token, memory };
  }
  const swap = (word: number): number =>
    ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  const rows: [string, ErrorCode, () => RegionToken][] = [
    ['zeroed', 'ERR_ATTACH', () => damaged(words => words.fill(0))],
    ['full of ones', 'ERR_ATTACH', () => damaged(words => words.fill(-1))],
    ['half made', 'ERR_ATTACH', () => damaged(words => words.fill(0, HEADER_STATE, HEADER_STATE + 1))],
    [
      'of another version',
      'ERR_ATTACH',
      () => damaged(words => words.fill(VERSION - 1, HEADER_VERSION, HEADER_VERSION + 1)),
    ],
    ['of another byte order', 'ERR_ATTACH', () => damaged(words => words.set(words.map(swap)))],
    ['truncated to half', 'ERR_ATTACH', () => damaged(() => {}, 2 ** 17)],
    ['truncated to its header', 'ERR_ATTACH', () => damaged(() => {}, 256)],
    ['truncated to one word', 'ERR_ATTACH', () => damaged(() => {}, 4)],
    ['empty', 'ERR_ATTACH', () => damaged(() => {}, 0)],
    ['of another program', 'ERR_ATTACH', () => damaged(words => words.fill(0x7f454c46))],
    ['of no seats', 'ERR_ATTACH', () => damaged(words => words.fill(0, HEADER_SEATS, HEADER_SEATS + 1))],
    ['of 256 seats', 'ERR_ATTACH', () => damaged(words => words.fill(256, HEADER_SEATS, HEADER_SEATS + 1))],
    ['of negative seats', 'ERR_ATTACH', () => damaged(words => words.fill(-4, HEADER_SEATS, HEADER_SEATS + 1))],
    ['of odd bytes', 'ERR_ATTACH', () => damaged(words => words.fill(65537, HEADER_BYTES, HEADER_BYTES + 1))],
    ['of negative bytes', 'ERR_ATTACH', () => damaged(words => words.fill(-65536, HEADER_BYTES, HEADER_BYTES + 1))],
    [
      'of more bytes than there are',
      'ERR_ATTACH',
      () => damaged(words => words.fill(2 ** 18 + 64, HEADER_BYTES, HEADER_BYTES + 1)),
    ],
    [
      'of too few bytes for its seats',
      'ERR_ATTACH',
      () => damaged(words => words.fill(512, HEADER_BYTES, HEADER_BYTES + 1)),
    ],
    ['of a seat that is not reserved', 'ERR_SEAT', () => damaged(words => words.fill(0, 128, 129))],
    ['of a seat of another generation', 'ERR_SEAT', () => ({ ...damaged(() => {}), generation: 2 })],
    ['of seat 0', 'ERR_SEAT', () => ({ ...damaged(() => {}), seat: 0 })],
    ['of the seat beyond the last', 'ERR_SEAT', () => ({ ...damaged(() => {}), seat: 5 })],
    ['of a seat and a half', 'ERR_SEAT', () => ({ ...damaged(() => {}), seat: 1.5 })],
    ['of a huge generation', 'ERR_SEAT', () => ({ ...damaged(() => {}), generation: 2 ** 24 + 1 })],
    ['of a generation that is none', 'ERR_SEAT', () => ({ ...damaged(() => {}), generation: as('1') })],
    ['of no memory', 'ERR_ATTACH', () => ({ ...damaged(() => {}), memory: as(undefined) })],
    ['of a view', 'ERR_ATTACH', () => ({ ...damaged(() => {}), memory: as(new Uint8Array(4096)) })],
    ['of another kind of token', 'ERR_ATTACH', () => ({ ...damaged(() => {}), ringwell: as(2) })],
    ['of nothing', 'ERR_ATTACH', () => as(undefined)],
    ['of null', 'ERR_ATTACH', () => as(null)],
    ['of a string', 'ERR_ATTACH', () => as('token')],
    ['of a seat in use', 'ERR_SEAT', () => ({ ...damaged(() => {}), seat: 1 })],
  ];
  it.each(rows)('is refused: %s (%s)', (_, code, make) => {
    const token = make();
    const before = token?.memory instanceof SharedArrayBuffer ? new Uint8Array(token.memory).slice() : undefined;
    refuses(code, () => Region.attach(token));
    if (before !== undefined) expect(Buffer.from(token.memory as SharedArrayBuffer).equals(before)).toBe(true);
  });

  it('says so when the byte order is another', () => {
    expect(
      refuses('ERR_ATTACH', () => Region.attach(damaged(words => words.fill(swap(MAGIC), HEADER_MAGIC, 1)))).message,
    ).toContain('byte order');
  });
});
