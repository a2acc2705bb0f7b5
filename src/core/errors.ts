import { typedArrayKind } from './typed-array.js';

/** What went wrong, for programs. The sentence beside it is for people. */
export type ErrorCode =
  /** A stale, doubled, foreign or garbage handle or pointer. */
  | 'ERR_HANDLE'
  /** A size, capacity or alignment that can't be. */
  | 'ERR_GEOMETRY'
  /**
   * Not a region, a wrong version, half-initialised, or an unknown or already used name; or a lock that another thread has held for
   * too long: if it has ended, recover its seat.
   */
  | 'ERR_ATTACH'
  /** No seat left, the seat is already taken, or this thread has left the region. */
  | 'ERR_SEAT'
  /** This seat was recovered while its thread still ran. */
  | 'ERR_EVICTED'
  /** Put into a closed ring. */
  | 'ERR_CLOSED'
  /** The wrong thread, argument or order of calls. */
  | 'ERR_USAGE'
  /** A law is broken; the region is poisoned. With `guard`: bytes around, or in, a block were overwritten; nothing is poisoned then. */
  | 'ERR_CORRUPTION';

/**
 * Every misuse throws one of these: a code, and a sentence that says what was expected and what came.
 *
 * Besides what a call itself names, every call on something in a region may throw ERR_SEAT after `detach`, ERR_EVICTED when this
 * seat was recovered, and ERR_CORRUPTION once the region is poisoned; a fast path may notice some calls later.
 */
export class RingwellError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'RingwellError';
    this.code = code;
  }
}

/** A value as it should stand in a message: short, and without running any code of the caller's. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return String(value);
  const kind = Array.isArray(value) ? 'array' : (typedArrayKind(value) ?? typeof value);
  return `${/^[aeioIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** A number option or argument that must be an integer in a range. @throws {RingwellError} */
export function checkInteger(
  value: unknown,
  least: number,
  most: number,
  what: string,
  code: ErrorCode = 'ERR_GEOMETRY',
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value + 0;
  throw new RingwellError(code, `${what} must be an integer from ${least} to ${most}, got ${show(value)}`);
}

/** A time-out in milliseconds: 0 polls, Infinity waits for ever. @throws {RingwellError} ERR_USAGE */
export function checkTimeout(timeoutMs: unknown): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new RingwellError('ERR_USAGE', `timeoutMs must be a number of at least 0, got ${show(timeoutMs)}`);
}

/** An options bag. @throws {RingwellError} ERR_USAGE */
export function checkOptions(options: unknown, what: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new RingwellError('ERR_USAGE', `${what} must be an object, got ${show(options)}`);
  }
}
