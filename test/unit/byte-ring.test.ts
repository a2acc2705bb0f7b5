import { describe, expect, it } from 'vitest';
import { ByteRing, CLOSED, Region } from '../../src/index.js';
import { createTunedByteRing, type ByteRing as Ring } from '../../src/ring/byte-ring.js';
import { random, refuses, rejects, runChild, seatsOf, snapshot } from './helpers.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const counting = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i + 1);

/** Writer and reader of one ring: the same local object, or two seats. */
function pairs(
  options: { capacity: number; elementBytes?: number; records?: boolean },
  start = 0,
): [string, Ring, Ring][] {
  const local = createTunedByteRing(options, start);
  const [one, two] = seatsOf(2);
  const writer = createTunedByteRing({ region: one!, name: 'ring', ...options }, start);
  return [
    ['local', local, local],
    ['shared', writer, ByteRing.attach(two!, 'ring')],
  ];
}

describe.each(pairs({ capacity: 8 }, 2 ** 30 - 3))('a %s byte ring', (_, writer, reader) => {
  it('holds as many bytes as it has, and answers how many fitted', () => {
    expect(writer.write(counting(5))).toBe(5);
    expect(writer.write(counting(5))).toBe(3);
    expect([writer.length, writer.freeSpace, writer.capacity]).toEqual([8, 0, 8]);
    expect(writer.write(counting(1))).toBe(0);
    const target = new Uint8Array(10);
    expect(reader.peek(target.subarray(0, 3), 4)).toBe(3);
    expect([...target.subarray(0, 3)]).toEqual([5, 1, 2]);
    expect(reader.read(target)).toBe(8);
    expect([...target]).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 0, 0]);
    expect(reader.read(target)).toBe(0);
  });

  it('is written and read in place, in two segments where it wraps', () => {
    const segments = new Int32Array(4);
    expect(writer.reserveWrite(100, segments)).toBe(8);
    expect(segments[1]! + segments[3]!).toBe(8);
    expect(segments[2]).toBe(0);
    for (let i = 0; i < segments[1]!; i++) writer.bytes[segments[0]! + i] = i + 1;
    for (let i = 0; i < segments[3]!; i++) writer.bytes[segments[2]! + i] = segments[1]! + i + 1;
    expect(reader.length).toBe(0);
    writer.commitWrite(6);
    expect(reader.reserveRead(4, segments)).toBe(4);
    expect(reader.bytes[segments[0]!]).toBe(1);
    reader.commitRead(4);
    expect(reader.skip(9 - 1)).toBe(2);
    expect(reader.length).toBe(0);
  });

  it('may reserve again, and gives a reservation up with 0', () => {
    const segments = new Int32Array(4);
    expect(writer.reserveWrite(3, segments)).toBe(3);
    expect(writer.reserveWrite(2, segments)).toBe(2);
    refuses('ERR_USAGE', () => writer.commitWrite(3));
    refuses('ERR_USAGE', () => writer.write(bytes(1)));
    writer.commitWrite(0);
    expect(writer.write(bytes(1))).toBe(1);
    expect(reader.reserveRead(5, segments)).toBe(1);
    refuses('ERR_USAGE', () => reader.read(new Uint8Array(1)));
    refuses('ERR_USAGE', () => reader.skip(1));
    refuses('ERR_USAGE', () => reader.reset());
    reader.commitRead(0);
    expect(reader.length).toBe(1);
    reader.reset();
    expect(reader.length).toBe(0);
  });

  it('is read to the end after it was closed, and then says CLOSED', () => {
    const segments = new Int32Array(4);
    writer.write(bytes(7));
    writer.close();
    writer.close();
    expect(reader.closed).toBe(true);
    refuses('ERR_CLOSED', () => writer.write(bytes(1)));
    refuses('ERR_CLOSED', () => writer.write(bytes()));
    refuses('ERR_CLOSED', () => writer.reserveWrite(1, segments));
    const target = new Uint8Array(4);
    expect(reader.read(target)).toBe(1);
    expect(reader.read(target)).toBe(CLOSED);
    expect(reader.peek(target)).toBe(CLOSED);
    expect(reader.skip(1)).toBe(CLOSED);
    expect(reader.reserveRead(1, segments)).toBe(CLOSED);
    expect(reader.readWait(target)).toBe(CLOSED);
    reader.reset();
  });
});

describe.each(pairs({ capacity: 32, records: true }, 2 ** 30 - 8))(
  'a %s byte ring with records',
  (_, writer, reader) => {
    it('takes a record whole or not at all', () => {
      expect(writer.write(counting(13))).toBe(13);
      expect(writer.length).toBe(20);
      expect(writer.write(counting(9))).toBe(0);
      expect(writer.write(counting(8))).toBe(8);
      expect(writer.freeSpace).toBe(0);
      expect(reader.peekRecordLength()).toBe(13);
      const target = new Uint8Array(12);
      refuses('ERR_USAGE', () => reader.read(target));
      expect(reader.peek(target, 3)).toBe(10);
      expect([...target.subarray(0, 10)]).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
      expect(reader.skipRecord()).toBe(13);
      expect(reader.read(target)).toBe(8);
      expect(reader.skipRecord()).toBe(0);
    });

    it('takes one as long as the ring but its length, and refuses a longer one and an empty one', () => {
      expect(writer.write(counting(28))).toBe(28);
      expect(reader.read(new Uint8Array(28))).toBe(28);
      refuses('ERR_USAGE', () => writer.write(counting(29)));
      refuses('ERR_USAGE', () => writer.write(bytes()));
      refuses('ERR_USAGE', () => writer.reserveWrite(29, new Int32Array(4)));
    });

    it('is written in place, with the length that is committed, and read in place whole', () => {
      const segments = new Int32Array(4);
      expect(writer.reserveWrite(10, segments)).toBe(10);
      writer.commitWrite(3);
      expect(reader.peekRecordLength()).toBe(3);
      refuses('ERR_USAGE', () => reader.reserveRead(2, segments));
      expect(reader.reserveRead(100, segments)).toBe(3);
      refuses('ERR_USAGE', () => reader.commitRead(2));
      reader.commitRead(3);
      expect(reader.length).toBe(0);
      refuses('ERR_USAGE', () => reader.skip(1));
    });
  },
);

describe('pieces of changing sizes', () => {
  it('come out as they went in, through views that are kept and through others', () => {
    for (const [, writer, reader] of pairs({ capacity: 1024 }, 2 ** 30 - 2048)) {
      const pick = random(7);
      // Each size several times round, so that what is kept for one is met by the next at the same places.
      for (const size of [128, 256, 128, 96, 64, 512, 128, 1000, 128, 256, 1024, 65, 128]) {
        for (let round = 0; round < 20; round++) {
          const source = Uint8Array.from({ length: size }, () => pick(256));
          const target = new Uint8Array(size);
          expect(writer.write(source)).toBe(size);
          expect(reader.read(target)).toBe(size);
          expect(Buffer.compare(target, source)).toBe(0);
        }
      }
    }
  });
});

describe('small pieces', () => {
  /** More than go to one target before it is read into word by word. */
  const often = 100;

  it.each([
    ['words', 0, 64],
    ['some words', 0, 12],
    ['parts of words', 0, 7],
    ['words that lie across words', 1, 8],
    ['more than go word by word', 0, 132],
  ])('come out again and again into one target: %s', (_, start, count) => {
    for (const [, writer, reader] of pairs({ capacity: 256 })) {
      const memory = new Uint8Array(start + count + 8);
      const target = memory.subarray(start, start + count + 4);
      writer.write(counting(start));
      reader.skip(start);
      for (let i = 0; i < often; i++) {
        const piece = counting(count).map(byte => byte + i);
        writer.write(piece);
        memory.fill(255);
        expect(reader.read(target)).toBe(count);
        expect([...memory]).toEqual([...Array(start).fill(255), ...piece, ...Array(8).fill(255)]);
      }
    }
  });

  it('come out into targets by turns', () => {
    const ring = ByteRing.create({ capacity: 256 });
    const targets = [new Uint8Array(16), new Uint8Array(16), new Uint8Array(16)];
    for (let i = 0; i < 3 * often; i++) {
      const piece = counting(16).map(byte => byte + i);
      const target = targets[Math.floor(i / 90) % 3]!;
      ring.write(piece);
      expect(ring.read(target)).toBe(16);
      expect(target).toEqual(piece);
    }
  });

  it('come out into a target that has shrunk with its buffer', () => {
    const ring = ByteRing.create({ capacity: 256 });
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const buffer = new Resizable(16, { maxByteLength: 16 });
    const target = new Uint8Array(buffer);
    for (let i = 0; i < often; i++) {
      ring.write(counting(16));
      ring.read(target);
    }
    buffer.resize(8);
    ring.write(counting(16).reverse());
    expect(ring.read(target)).toBe(8);
    expect([...target]).toEqual([16, 15, 14, 13, 12, 11, 10, 9]);
  });
});

describe('elements', () => {
  it('go in and out whole, also where they lie across the end of the circle', () => {
    for (const [, writer, reader] of pairs({ capacity: 24, elementBytes: 6 })) {
      expect(writer.capacity).toBe(30);
      expect(writer.write(counting(24))).toBe(24);
      expect(writer.write(counting(12))).toBe(6);
      refuses('ERR_USAGE', () => writer.write(counting(7)));
      refuses('ERR_USAGE', () => reader.skip(5));
      refuses('ERR_USAGE', () => reader.peek(new Uint8Array(6), 4));
      const target = new Uint8Array(17);
      expect(reader.read(target)).toBe(12);
      expect(reader.length).toBe(18);
      refuses('ERR_USAGE', () => reader.readWait(new Uint8Array(5)));
      refuses('ERR_USAGE', () => reader.readWait(target, 4));
    }
  });
});

describe('misuse', () => {
  it('of options is refused', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 29 + 1, '8', undefined, null, 8n])
      refuses('ERR_GEOMETRY', () => ByteRing.create({ capacity: capacity as number }));
    for (const elementBytes of [0, -1, 1.5, 9, 3, '1'])
      refuses('ERR_GEOMETRY', () => ByteRing.create({ capacity: 8, elementBytes: elementBytes as number }));
    refuses('ERR_USAGE', () => ByteRing.create({ capacity: 8, records: 1 as never }));
    refuses('ERR_USAGE', () => ByteRing.create(undefined as never));
    refuses('ERR_USAGE', () => ByteRing.create({ capacity: 8, name: 'x' } as never));
    const region = Region.create({ maxByteLength: 65536 });
    refuses('ERR_GEOMETRY', () => ByteRing.create({ region, name: 'large', capacity: 65536 }));
    const ring = ByteRing.create({ region, name: 'ring', capacity: 9 });
    expect(ring.capacity).toBe(16);
    refuses('ERR_ATTACH', () => ByteRing.create({ region, name: 'ring', capacity: 16 }));
    refuses('ERR_ATTACH', () => ByteRing.attach(region, 'other'));
    expect(ByteRing.attach(region, 'ring')).toBe(ring);
    expect(ByteRing.open({ region, name: 'ring', capacity: 16 })).toBe(ring);
    refuses('ERR_GEOMETRY', () => ByteRing.open({ region, name: 'ring', capacity: 17 }));
    refuses('ERR_GEOMETRY', () => ByteRing.open({ region, name: 'ring', capacity: 16, records: true }));
    refuses('ERR_GEOMETRY', () => ByteRing.open({ region, name: 'ring', capacity: 16, elementBytes: 2 }));
    expect(ring instanceof ByteRing).toBe(true);
  });

  it('of a call is refused, and changes no byte', () => {
    const region = Region.create({ maxByteLength: 16384 });
    const ring = ByteRing.create({ region, name: 'ring', capacity: 16 });
    const records = ByteRing.create({ region, name: 'records', capacity: 16, records: true });
    for (const each of [ring, records]) {
      each.write(bytes(1, 2, 3));
      each.peek(new Uint8Array(1));
    }
    const before = snapshot(region);
    const segments = new Int32Array(4);
    for (const wrong of [
      undefined,
      null,
      5,
      'abc',
      [1, 2],
      new ArrayBuffer(8),
      new Int8Array(4),
      new Uint16Array(4),
      {},
      Object.defineProperty(new Uint8Array(4), 'length', { value: -1 }),
      Object.defineProperty(new Uint8Array(4), 'length', { value: Number.NaN }),
    ]) {
      for (const each of [ring, records]) {
        refuses('ERR_USAGE', () => each.write(wrong as never));
        refuses('ERR_USAGE', () => each.writeWait(wrong as never, 0));
        refuses('ERR_USAGE', () => each.read(wrong as never));
        refuses('ERR_USAGE', () => each.readWait(wrong as never, 1, 0));
        refuses('ERR_USAGE', () => each.peek(wrong as never));
        refuses('ERR_USAGE', () => each.reserveWrite(4, wrong as never));
        refuses('ERR_USAGE', () => each.reserveRead(4, wrong as never));
      }
    }
    for (const wrong of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '1', null, 1n]) {
      refuses('ERR_USAGE', () => ring.skip(wrong as never));
      refuses('ERR_USAGE', () => ring.peek(new Uint8Array(1), wrong as never));
      refuses('ERR_USAGE', () => ring.reserveWrite(wrong as never, segments));
      refuses('ERR_USAGE', () => ring.reserveRead(wrong as never, segments));
      refuses('ERR_USAGE', () => ring.commitWrite(wrong as never));
      refuses('ERR_USAGE', () => ring.commitRead(wrong as never));
      refuses('ERR_USAGE', () => ring.readWait(new Uint8Array(4), wrong as never, 0));
    }
    refuses('ERR_USAGE', () => ring.readWait(new Uint8Array(4), 5, 0));
    refuses('ERR_USAGE', () => ring.readWait(new Uint8Array(64), 17, 0));
    refuses('ERR_USAGE', () => ring.readWait(new Uint8Array(4), 1, -1));
    refuses('ERR_USAGE', () => ring.writeWait(new Uint8Array(4), Number.NaN));
    refuses('ERR_USAGE', () => ring.commitWrite(1));
    refuses('ERR_USAGE', () => ring.commitRead(1));
    refuses('ERR_USAGE', () => ring.reserveWrite(1, new Int32Array(3)));
    refuses('ERR_USAGE', () => ring.peekRecordLength());
    refuses('ERR_USAGE', () => ring.skipRecord());
    refuses('ERR_USAGE', () => records.reserveWrite(0, segments));
    expect(Buffer.compare(snapshot(region), before)).toBe(0);
  });

  it('of a side that another seat has is refused, until that one detaches or is recovered', () => {
    const [one, two, three] = seatsOf(3) as [Region, Region, Region];
    const a = ByteRing.create({ region: one, name: 'ring', capacity: 16 });
    const b = ByteRing.attach(two, 'ring');
    const c = ByteRing.attach(three, 'ring');
    a.write(bytes(1, 2, 3, 4));
    refuses('ERR_USAGE', () => b.write(bytes(1)));
    refuses('ERR_USAGE', () => b.reserveWrite(1, new Int32Array(4)));
    refuses('ERR_USAGE', () => b.commitWrite(0));
    expect(b.read(new Uint8Array(1))).toBe(1);
    refuses('ERR_USAGE', () => a.read(new Uint8Array(1)));
    refuses('ERR_USAGE', () => c.skip(1));
    refuses('ERR_USAGE', () => c.reset());
    two.detach();
    refuses('ERR_SEAT', () => b.read(new Uint8Array(1)));
    const target = new Uint8Array(1);
    expect(c.read(target)).toBe(1);
    expect(target[0]).toBe(2);
    one.recover(three.seat);
    expect(a.read(target)).toBe(1);
    expect(target[0]).toBe(3);
    expect(a.length).toBe(1);
    one.check();
  });

  it('of damaged positions poisons the region', () => {
    const region = Region.create({ maxByteLength: 16384 });
    const ring = ByteRing.create({ region, name: 'ring', capacity: 16 });
    ring.write(bytes(1));
    const words = new Int32Array(region.buffer);
    const tail = (ring.bytes.byteOffset >>> 2) - 128 + 32;
    expect(words[tail]! & 0xffffff).toBe(4);
    words[tail] = 4 * 400;
    refuses('ERR_CORRUPTION', () => ring.read(new Uint8Array(8)));
    refuses('ERR_CORRUPTION', () => region.check());
  });
});

describe('waiting', () => {
  it('asynchronously writes all, in the order of the calls, as the reader makes room', async () => {
    for (const [, writer, reader] of pairs({ capacity: 8 })) {
      const first = writer.writeAsync(counting(20));
      const second = writer.writeAsync(counting(3));
      await new Promise(resolve => setTimeout(resolve, 5));
      refuses('ERR_USAGE', () => writer.write(bytes(1)));
      const got: number[] = [];
      const target = new Uint8Array(5);
      while (got.length < 23) got.push(...target.subarray(0, await reader.readAsync(target)));
      expect(got).toEqual([...counting(20), ...counting(3)]);
      expect([await first, await second]).toEqual([20, 3]);
      expect(writer.write(bytes(1))).toBe(1);
    }
  });

  it('asynchronously for several bytes ends when they are there, or the ring is closed', async () => {
    for (const [, writer, reader] of pairs({ capacity: 8 })) {
      const target = new Uint8Array(8);
      const read = reader.readAsync(target, { bytesMin: 4 });
      let done = false;
      void read.then(() => {
        done = true;
      });
      writer.write(counting(3));
      await new Promise(resolve => setTimeout(resolve, 5));
      expect(done).toBe(false);
      writer.write(counting(2));
      expect(await read).toBe(5);
      const rest = reader.readAsync(target, { bytesMin: 8 });
      writer.write(counting(1));
      writer.close();
      expect(await rest).toBe(1);
      expect(await reader.readAsync(target)).toBe(CLOSED);
      await rejects('ERR_CLOSED', writer.writeAsync(bytes(1)));
    }
  });

  it('ends with an abort: nothing read, and what was written is told', async () => {
    for (const [, writer, reader] of pairs({ capacity: 8 })) {
      const reason = new Error('enough');
      const abort = new AbortController();
      const read = reader.readAsync(new Uint8Array(4), { signal: abort.signal }).catch(error => error);
      abort.abort(reason);
      expect(await read).toBe(reason);
      const later = new AbortController();
      const half = writer.writeAsync(counting(12), { signal: later.signal });
      const none = writer.writeAsync(counting(2), { signal: later.signal }).catch(error => error);
      await new Promise(resolve => setTimeout(resolve, 5));
      later.abort(reason);
      expect([await half, await none]).toEqual([8, reason]);
      expect(reader.skip(8)).toBe(8);
      expect(writer.write(bytes(1))).toBe(1);
    }
  });

  it('rejects misuse', async () => {
    for (const [, writer, reader] of pairs({ capacity: 8 })) {
      await rejects('ERR_USAGE', writer.writeAsync('x' as never));
      await rejects('ERR_USAGE', writer.writeAsync(bytes(1), { signal: 5 as never }));
      await rejects('ERR_USAGE', reader.readAsync(5 as never));
      await rejects('ERR_USAGE', reader.readAsync(new Uint8Array(4), { bytesMin: 5 }));
      await rejects('ERR_USAGE', reader.readAsync(new Uint8Array(4), null as never));
    }
  });

  it('times out with what there is', () => {
    const [, , reader] = pairs({ capacity: 8 })[1]!;
    const [, writer] = pairs({ capacity: 8 })[1]!;
    expect(reader.readWait(new Uint8Array(4), 1, 5)).toBe(0);
    expect(writer.writeWait(counting(12), 5)).toBe(8);
    expect(writer.writeWait(counting(12), 5)).toBe(0);
  });

  it('ends when the region is left', async () => {
    const [one] = seatsOf(2);
    const ring = ByteRing.create({ region: one!, name: 'ring', capacity: 8 });
    const read = ring.readAsync(new Uint8Array(1));
    one!.detach();
    await rejects('ERR_SEAT', read);
  });

  it('works between threads that only block, without a busy core, and wakes at the threshold', async () => {
    const { code, output } = await runChild(`
      import { Worker, isMainThread, workerData } from 'node:worker_threads';
      import { ByteRing, Region } from 'DIST/index.js';
      const region = Region.create({ maxByteLength: 65536 });
      const ring = ByteRing.create({ region, name: 'ring', capacity: 64 });
      const worker = new Worker(\`
        import { workerData } from 'node:worker_threads';
        import { ByteRing, Region } from 'DIST/index.js';
        const region = Region.attach(workerData);
        const ring = ByteRing.attach(region, 'ring');
        const target = new Uint8Array(48);
        let sum = 0, least = 99;
        for (;;) {
          const count = ring.readWait(target, 32);
          if (count === -1) break;
          if (!ring.closed) least = Math.min(least, count);
          for (let i = 0; i < count; i++) sum += target[i];
        }
        if (least < 32) throw new Error('woken for ' + least);
        console.log('sum', sum);
      \`, { eval: true, workerData: region.share(), execArgv: ['--input-type=module'] });
      for (let i = 0; i < 100; i++) {
        if (ring.writeWait(new Uint8Array(100).fill(i)) !== 100) throw new Error('short');
        if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 2));
      }
      ring.close();
    `);
    expect(output).toMatch('sum 495000');
    expect(code).toBe(0);
  });
});
