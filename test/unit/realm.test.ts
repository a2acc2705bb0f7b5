import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Broadcast, ByteRing, MessageRing, Pool, Region, Ring } from '../../src/index.js';

describe('arrays of another realm are as good', () => {
  const bytes = (length: number): Uint8Array => runInNewContext(`new Uint8Array(${length}).fill(1)`) as Uint8Array;
  const integers = (length: number): Int32Array => runInNewContext(`new Int32Array(${length}).fill(1)`) as Int32Array;

  it('are not of this one', () => expect(bytes(1) instanceof Uint8Array).toBe(false));

  for (const region of [undefined, Region.create({ maxByteLength: 2 ** 20 })]) {
    const named = (name: string): { region?: Region; name?: string } => (region === undefined ? {} : { region, name });
    describe(region === undefined ? 'local' : 'in a region', () => {
      it('for a batch of a pool', () => {
        const pool = Pool.create({ ...named('pool'), blockBytes: 8, capacity: 64 });
        const handles = integers(2);
        expect([pool.acquireBulk(handles, 2), pool.liveCount]).toEqual([true, 2]);
        pool.releaseBulk(handles, 2);
      });

      it('for a batch of a ring', () =>
        expect(Ring.create({ ...named('ring'), capacity: 4 }).enqueueBulk(integers(2), 2)).toBe(true));

      it('for a byte ring', () => {
        const ring = ByteRing.create({ ...named('bytes'), capacity: 64 });
        expect([ring.write(bytes(5)), ring.read(bytes(3)), ring.reserveRead(3, integers(4))]).toEqual([5, 3, 2]);
      });

      it('for messages', () => {
        const ring = MessageRing.create({ ...named('messages'), capacity: 1024 });
        expect([ring.send(bytes(5), 1), ring.receive(() => {})]).toEqual([true, 1]);
        const broadcast = Broadcast.create({ ...named('broadcast'), capacity: 1024 });
        const subscriber = broadcast.subscribe();
        expect([broadcast.send(bytes(5), 1), subscriber.receive(bytes(8))]).toEqual([true, 5]);
      });
    });
  }
});
