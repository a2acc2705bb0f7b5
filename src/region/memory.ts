import { checkInteger, RingwellError, show } from '../core/errors.js';

/** The most bytes a region can have: every offset is a positive 32-bit integer. */
export const BYTES_MAX: number = 2 ** 31 - 65536;
const PAGE_BYTES = 65536;

/** The bytes of a region, as they came about. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  readonly memory: WebAssembly.Memory | undefined;
  readonly shared: boolean;
  readonly byteLength: number;
  /** Adopted memory may hold anything; fresh memory is zero. */
  readonly dirty: boolean;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Reserves memory of its full size at once: the operating system commits a page when it is first touched. */
export function reserveMemory(byteLength: number, shared: boolean, backing: 'wasm' | 'buffer'): Memory {
  try {
    if (backing === 'wasm') {
      const pages = Math.ceil(byteLength / PAGE_BYTES);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
      return { buffer: memory.buffer, memory, shared, byteLength, dirty: false };
    }
    const buffer = shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength);
    return { buffer, memory: undefined, shared, byteLength, dirty: false };
  } catch (cause) {
    const error = new RingwellError('ERR_GEOMETRY', `Cannot create region: no room to reserve ${byteLength} bytes`);
    error.cause = cause;
    throw error;
  }
}

/** The bytes of what may be memory, of whatever realm; undefined when it is none. */
export function bufferOf(source: unknown): ArrayBufferLike | undefined {
  const buffer = tagOf(source) === 'WebAssembly.Memory' ? (source as WebAssembly.Memory).buffer : source;
  const kind = tagOf(buffer);
  return kind === 'SharedArrayBuffer' || kind === 'ArrayBuffer' ? (buffer as ArrayBufferLike) : undefined;
}

/** Takes the caller's memory, as much of it as `byteLength` says, or all. Never resized from here. @throws {RingwellError} */
export function adoptMemory(source: unknown, byteLength: number | undefined, what: string): Memory {
  const memory = tagOf(source) === 'WebAssembly.Memory' ? (source as WebAssembly.Memory) : undefined;
  const buffer = bufferOf(source);
  if (buffer === undefined) {
    throw new RingwellError(
      'ERR_ATTACH',
      `${what}: expected an ArrayBuffer, SharedArrayBuffer or WebAssembly.Memory, got ${show(source)}`,
    );
  }
  const most = Math.min(buffer.byteLength, BYTES_MAX) & ~3;
  const bytes = byteLength === undefined ? most : checkInteger(byteLength, 4, most, `${what}: maxByteLength`) & ~3;
  return { buffer, memory, shared: tagOf(buffer) === 'SharedArrayBuffer', byteLength: bytes, dirty: true };
}
