import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ByteRing, CLOSED } from '../../src/index.js';
import { drainTo, drainToAsync, fillFrom, fillFromAsync } from '../../src/node/index.js';
import { refuses, rejects, seatsOf } from './helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'ringwell-'));
afterAll(() => rmSync(folder, { recursive: true }));
const content = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
const source = join(folder, 'source');
writeFileSync(source, content);

/** Opens both files for one test. */
async function withFiles(act: (from: number, to: number, result: () => Uint8Array) => unknown): Promise<void> {
  const target = join(folder, 'target');
  const [from, to] = [openSync(source, 'r'), openSync(target, 'w')];
  try {
    await act(from, to, () => readFileSync(target));
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

const rings = (): [string, ByteRing][] => [
  ['local', ByteRing.create({ capacity: 64 })],
  ['shared', ByteRing.create({ region: seatsOf(1)[0]!, name: 'ring', capacity: 64 })],
];

describe.each(rings().map(([name]) => name))('a %s byte ring', name => {
  const make = (): ByteRing => rings().find(([title]) => title === name)![1];

  it('carries a file to another, also around the end of the circle', () =>
    withFiles((from, to, result) => {
      const ring = make();
      let done = 0;
      for (let bytes = 0; bytes !== CLOSED; ) {
        bytes = fillFrom(ring, from, { bytesMax: 50 });
        for (let count = 1; count > 0; ) {
          count = drainTo(ring, to, { bytesMax: 37 });
          done += Math.max(0, count);
        }
      }
      expect(done).toBe(1000);
      expect(Buffer.compare(result(), content)).toBe(0);
    }));

  it('waits on both sides without blocking', () =>
    withFiles(async (from, to, result) => {
      const ring = make();
      const filling = (async () => {
        while ((await fillFromAsync(ring, from)) !== CLOSED);
        ring.close();
      })();
      let done = 0;
      for (;;) {
        const count = await drainToAsync(ring, to, { bytesMax: 13 });
        if (count === CLOSED) break;
        done += count;
      }
      await filling;
      expect(done).toBe(1000);
      expect(Buffer.compare(result(), content)).toBe(0);
    }));

  it('answers 0 when it is full, or empty, -1 at the end, and throws when it is closed', () =>
    withFiles((from, to) => {
      const ring = make();
      expect(drainTo(ring, to)).toBe(0);
      expect(fillFrom(ring, from, { position: 990 })).toBe(10);
      expect(fillFrom(ring, from, { position: 1000 })).toBe(CLOSED);
      expect(fillFrom(ring, from)).toBe(54);
      expect(fillFrom(ring, from)).toBe(0);
      ring.close();
      refuses('ERR_CLOSED', () => fillFrom(ring, from));
      expect(drainTo(ring, to)).toBe(64);
      expect(drainTo(ring, to)).toBe(CLOSED);
    }));

  it('keeps everything where it was when the system refuses', () =>
    withFiles(async (from, to) => {
      const ring = make();
      expect(() => fillFrom(ring, to)).toThrow(/EBADF/);
      await expect(fillFromAsync(ring, to)).rejects.toThrow(/EBADF/);
      expect(ring.length).toBe(0);
      expect(ring.write(content.subarray(0, 5))).toBe(5);
      expect(() => drainTo(ring, from)).toThrow(/EBADF/);
      await expect(drainToAsync(ring, from)).rejects.toThrow(/EBADF/);
      expect(ring.length).toBe(5);
      const target = new Uint8Array(5);
      expect(ring.read(target)).toBe(5);
      expect([...target]).toEqual([...content.subarray(0, 5)]);
    }));

  it('lets nobody between while a read is under way, and waits no longer when aborted', () =>
    withFiles(async (from, to) => {
      const ring = make();
      const filling = fillFromAsync(ring, from);
      refuses('ERR_USAGE', () => ring.write(content));
      expect(await filling).toBe(64);
      const abort = new AbortController();
      const more = fillFromAsync(ring, from, { signal: abort.signal }).catch(error => error);
      abort.abort(new Error('enough'));
      expect(String(await more)).toMatch('enough');
      expect(drainTo(ring, to)).toBe(64);
      const none = drainToAsync(ring, to, { signal: AbortSignal.abort(new Error('enough')) }).catch(error => error);
      expect(String(await none)).toMatch('enough');
    }));
});

it('waits a while for room, and for bytes', () =>
  withFiles((from, to) => {
    const ring = ByteRing.create({ region: seatsOf(1)[0]!, name: 'ring', capacity: 64 });
    expect(drainTo(ring, to, { timeoutMs: 5 })).toBe(0);
    expect(fillFrom(ring, from, { timeoutMs: 5 })).toBe(64);
    const start = performance.now();
    expect(fillFrom(ring, from, { timeoutMs: 20 })).toBe(0);
    expect(performance.now() - start).toBeGreaterThan(15);
    refuses('ERR_USAGE', () => fillFrom(ring, from, { timeoutMs: -1 }));
    refuses('ERR_USAGE', () => drainTo(ring, to, { timeoutMs: Number.NaN }));
  }));

it('misuse is refused', async () => {
  const ring = ByteRing.create({ capacity: 64 });
  for (const wrong of [-1, 1.5, Number.NaN, '1', null, undefined]) {
    refuses('ERR_USAGE', () => fillFrom(ring, wrong as never));
    refuses('ERR_USAGE', () => drainTo(ring, wrong as never));
    await rejects('ERR_USAGE', fillFromAsync(ring, wrong as never));
    await rejects('ERR_USAGE', drainToAsync(ring, wrong as never));
  }
  for (const options of [null, 5, { bytesMax: 0 }, { bytesMax: 1.5 }, { position: -1 }, { position: '0' }])
    refuses('ERR_USAGE', () => fillFrom(ring, 0, options as never));
  for (const other of [undefined, {}, new Uint8Array(4)]) refuses('ERR_USAGE', () => fillFrom(other as never, 0));
  refuses('ERR_USAGE', () => fillFrom(ByteRing.create({ capacity: 64, records: true }), 0));
  refuses('ERR_USAGE', () => drainTo(ByteRing.create({ capacity: 64, elementBytes: 4 }), 0));
});
