import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arm, bellIndex } from '../../src/core/doorbell.core.js';
import { emptyFrame, FRAMES_ROOM_WAITERS, FRAMES_WORDS } from '../../src/core/frame.core.js';
import type { Region } from '../../src/region/region.js';
import { createStructure } from '../../src/region/structures.js';
import { MessageRing } from '../../src/ring/message-ring.js';
import { messageRingKindOf } from '../../src/ring/message-ring-layout.js';
import { refuses, rejects, seatsOf } from './helpers.js';

/** What a ring holds: every message's bytes and type, received. */
function received(ring: MessageRing, limit?: number): { bytes: number[]; type: number }[] {
  const all: { bytes: number[]; type: number }[] = [];
  ring.receive(
    (offset, bytes, type) => all.push({ bytes: [...ring.bytes.subarray(offset, offset + bytes)], type }),
    limit,
  );
  return all;
}

const message = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

/** The same ring from every seat; positions start at `start`. */
function ringsOf(count: number, capacity: number, start = 0): MessageRing[] {
  const regions = seatsOf(count);
  const first = createStructure(regions[0], 'messages', messageRingKindOf(MessageRing, capacity, start));
  return [first, ...regions.slice(1).map(region => MessageRing.attach(region, 'messages'))];
}

describe('a message ring', () => {
  it('delivers bytes and types in the order of the claims', () => {
    const ring = MessageRing.create({ capacity: 1024 });
    expect(ring.send(message(3, 7), 1)).toBe(true);
    expect(ring.send(message(0, 0), 2 ** 31 - 1)).toBe(true);
    expect(ring.send(message(100, 9), 3)).toBe(true);
    expect(received(ring)).toEqual([
      { bytes: [7, 7, 7], type: 1 },
      { bytes: [], type: 2 ** 31 - 1 },
      { bytes: Array(100).fill(9), type: 3 },
    ]);
    expect(ring.receive(() => {})).toBe(0);
  });

  it('holds its whole capacity, and refuses more until something is received', () => {
    const ring = MessageRing.create({ capacity: 1000 });
    expect({ capacity: ring.capacity, most: ring.messageBytesMax }).toEqual({ capacity: 1024, most: 256 });
    for (let i = 0; i < 16; i++) expect(ring.send(message(64, i), i)).toBe(true);
    expect(ring.send(message(1, 1), 1)).toBe(false);
    expect(ring.tryClaim(1, 1)).toBe(0);
    expect(received(ring, 1)).toHaveLength(1);
    expect(ring.send(message(1, 1), 1)).toBe(true);
  });

  it('wakes who waits at a seat beyond the first 31, for room or for a message', async () => {
    const rings = ringsOf(34, 256);
    const [first, last] = [rings[0]!, rings[33]!];
    for (let i = 0; i < 4; i++) expect(first.send(message(64, i), i)).toBe(true);
    // As `sendWait` before it blocks.
    const words = new Int32Array(first.bytes.buffer);
    const { frames } = last as unknown as { frames: number };
    const bell = arm(words, frames + FRAMES_ROOM_WAITERS, 34);
    expect(received(first)).toHaveLength(4);
    expect(words[bellIndex(34)]).not.toBe(bell);
    const others = ringsOf(34, 256);
    const types: number[] = [];
    const one = others[33]!.receiveAsync((_, __, type) => types.push(type));
    expect(others[0]!.send(message(1, 8), 8)).toBe(true);
    await one;
    expect(types).toEqual([8]);
  });

  it('is written in place: claims may be committed in another order, and aborted ones are not received', () => {
    const ring = MessageRing.create({ capacity: 1024 });
    const [a, b, c] = [ring.tryClaim(8, 1), ring.tryClaim(8, 2), ring.tryClaim(8, 3)];
    expect([a, b, c].every(offset => offset > 0 && offset % 64 === 0)).toBe(true);
    ring.f64[c / 8] = 0.5;
    ring.commit(c);
    ring.abort(b);
    expect(ring.receive(() => {})).toBe(0);
    ring.i32[a / 4] = 5;
    ring.commit(a);
    const values: number[] = [];
    ring.receive((offset, _, type) => values.push(type === 1 ? ring.i32[offset / 4]! : ring.f64[offset / 8]!));
    expect(values).toEqual([5, 0.5]);
  });

  it('refuses to settle what is not claimed, doubled, foreign or garbage, and changes nothing', () => {
    const [ring, other] = ringsOf(2, 1024) as [MessageRing, MessageRing];
    const offset = ring.tryClaim(8, 1);
    refuses('ERR_HANDLE', () => other.commit(offset));
    for (const bad of [offset + 64, offset + 8, 0, -64, 0.5, Number.NaN, 2 ** 40, '64', undefined, null, {}]) {
      refuses('ERR_HANDLE', () => ring.commit(bad as number));
      refuses('ERR_HANDLE', () => ring.abort(bad as number));
    }
    ring.commit(offset);
    refuses('ERR_HANDLE', () => ring.commit(offset));
    refuses('ERR_HANDLE', () => ring.abort(offset));
    expect(received(ring)).toHaveLength(1);
  });

  it('refuses lengths, types, sources, handlers, limits and capacities that cannot be', () => {
    const ring = MessageRing.create({ capacity: 1024 });
    for (const bytes of [-1, 0.5, 257, Number.NaN, '8', undefined])
      refuses('ERR_USAGE', () => ring.tryClaim(bytes as number, 0));
    for (const type of [-1, 2 ** 31, 0.5, '1', undefined]) refuses('ERR_USAGE', () => ring.tryClaim(8, type as number));
    for (const source of [new Uint8Array(257), [1], new Int32Array(1), undefined, null])
      refuses('ERR_USAGE', () => ring.send(source as Uint8Array, 0));
    for (const handler of [undefined, null, 1, {}]) refuses('ERR_USAGE', () => ring.receive(handler as never));
    for (const limit of [-1, 0.5, Number.NaN, '1']) refuses('ERR_USAGE', () => ring.receive(() => {}, limit as number));
    for (const capacity of [0, -1, 0.5, 2 ** 28 + 1, Number.NaN, '64', undefined])
      refuses('ERR_GEOMETRY', () => MessageRing.create({ capacity: capacity as number }));
    refuses('ERR_USAGE', () => ring.sendWait(message(1, 1), 1, -1));
    expect(ring.receive(() => {})).toBe(0);
  });

  it('counts a message whose handler throws as received, and keeps those behind it', () => {
    const ring = MessageRing.create({ capacity: 1024 });
    for (const type of [1, 2, 3]) ring.send(message(8, type), type);
    expect(() =>
      ring.receive((_, __, type) => {
        if (type === 2) throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(received(ring).map(({ type }) => type)).toEqual([3]);
  });

  it('lets a handler send, but not receive', () => {
    const ring = MessageRing.create({ capacity: 256 });
    ring.send(message(8, 1), 1);
    ring.receive(() => {
      refuses('ERR_USAGE', () => ring.receive(() => {}));
      expect(ring.send(message(8, 2), 2)).toBe(true);
      while (ring.send(message(8, 3), 3));
      expect(ring.sendWait(message(8, 4), 4)).toBe(false);
    }, 1);
    expect(received(ring).map(({ type }) => type)).toEqual([2, 3, 3]);
  });

  it('has one consumer, until that detaches or is recovered', () => {
    const regions = seatsOf(3);
    const rings = regions.map(region => MessageRing.open({ region, name: 'messages', capacity: 1024 }));
    const [a, b, c] = rings as [MessageRing, MessageRing, MessageRing];
    for (const type of [1, 2, 3]) a.send(message(8, type), type);
    expect(received(a, 1)).toHaveLength(1);
    refuses('ERR_USAGE', () => b.receive(() => {}));
    regions[0]!.detach();
    expect(received(b, 1).map(({ type }) => type)).toEqual([2]);
    refuses('ERR_USAGE', () => c.receive(() => {}));
    regions[2]!.recover(regions[1]!.seat);
    expect(received(c).map(({ type }) => type)).toEqual([3]);
    regions[2]!.check();
  });

  it('delivers what is behind the open claim of a dead thread once that is recovered, also on a full ring', () => {
    const regions = seatsOf(3);
    const [dead, alive, consumer] = regions.map(region =>
      MessageRing.open({ region, name: 'messages', capacity: 256 }),
    ) as [MessageRing, MessageRing, MessageRing];
    expect(dead.tryClaim(64, 1)).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) expect(alive.send(message(64, i), 2)).toBe(true);
    expect(alive.send(message(64, 1), 2)).toBe(false);
    expect(consumer.receive(() => {})).toBe(0);
    expect(regions[1]!.recover(regions[0]!.seat).slotsReleased).toBe(1);
    expect(received(consumer)).toHaveLength(3);
    expect(alive.send(message(64, 1), 2)).toBe(true);
    refuses('ERR_EVICTED', () => dead.receive(() => {}));
    regions[1]!.check();
  });

  it('takes nothing more once closed, and is drained when the open claims have ended', () => {
    const ring = MessageRing.create({ capacity: 1024 });
    const offset = ring.tryClaim(8, 1);
    ring.close();
    refuses('ERR_CLOSED', () => ring.send(message(1, 1), 1));
    refuses('ERR_CLOSED', () => ring.tryClaim(1, 1));
    expect(ring.receive(() => {})).toBe(0);
    ring.commit(offset);
    expect(received(ring)).toHaveLength(1);
    expect(ring.receive(() => {})).toBe(-1);
    expect(ring.receiveWait(() => {}, 0)).toBe(-1);
    expect(ring.closed).toBe(true);
  });

  it('waits asynchronously, and ends by an abort, an error of the handler, or the close', async () => {
    const [ring, other] = ringsOf(2, 1024) as [MessageRing, MessageRing];
    const types: number[] = [];
    const one = ring.receiveAsync((_, __, type) => types.push(type));
    other.send(message(8, 1), 5);
    expect([await one, types]).toEqual([1, [5]]);
    const stop = new AbortController();
    const aborted = ring.receiveAsync(() => {}, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await rejects(
      'ERR_USAGE',
      other.receiveAsync(() => {}),
    );
    other.send(message(8, 1), 6);
    const failing = ring.receiveAsync(() => {
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    const last = ring.receiveAsync(() => {});
    other.close();
    expect(await last).toBe(-1);
  });

  it('times out of a wait', () => {
    const [ring] = ringsOf(2, 256) as [MessageRing];
    expect(ring.receiveWait(() => {}, 5)).toBe(0);
    while (ring.send(message(64, 1), 1));
    expect(ring.sendWait(message(64, 1), 1, 5)).toBe(false);
  });

  it('throws after its thread has left, also when that happened in a handler', () => {
    const regions = seatsOf(2);
    const [a, b] = regions.map(region => MessageRing.open({ region, name: 'messages', capacity: 256 })) as [
      MessageRing,
      MessageRing,
    ];
    for (const type of [1, 2]) a.send(message(8, type), type);
    expect(a.receive(() => regions[0]!.detach())).toBe(1);
    refuses('ERR_SEAT', () => a.receive(() => {}));
    refuses('ERR_SEAT', () => a.send(message(8, 1), 1));
    expect(received(b).map(({ type }) => type)).toEqual([2]);
  });

  it('poisons the region when a frame is damaged', () => {
    const [ring, other] = ringsOf(2, 256) as [MessageRing, MessageRing];
    ring.send(message(8, 1), 1);
    const at = ring.i32.lastIndexOf((1 << 11) | 2);
    ring.i32[at] = (99 << 11) | 2;
    refuses('ERR_CORRUPTION', () => ring.receive(() => {}));
    refuses('ERR_CORRUPTION', () => other.receive(() => {}));
  });

  it('poisons the region when a frame is empty for another lap than the one it is in', () => {
    const [region] = seatsOf(1) as [Region];
    const ring = MessageRing.create({ region, name: 'messages', capacity: 512 });
    const { words } = region.attachment;
    words[region.attachment.entries()[0]!.part + FRAMES_WORDS] = emptyFrame(300 << 3, 3);
    refuses('ERR_CORRUPTION', () => ring.send(message(1, 1), 1));
  });
});

describe('a message ring and its model', () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), seat: fc.nat(1), bytes: fc.nat(256) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const), seat: fc.nat(1), bytes: fc.nat(256) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('commit' as const), seat: fc.nat(3), bytes: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), seat: fc.nat(3), bytes: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('receive' as const), seat: fc.nat(0), bytes: fc.nat(8) }) },
  );

  it.each([0, 2 ** 28 - 9, 2 ** 29 - 9])('agree, positions starting at %i', start => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), commands => {
        const rings = ringsOf(2, 1024, start | 0);
        const model: { type: number; bytes: number; state: 'open' | 'full' | 'gone'; offset: number; seat: number }[] =
          [];
        let type = 0;
        for (const { kind, seat, bytes } of commands) {
          if (kind === 'send' || kind === 'claim') {
            const ring = rings[seat]!;
            const offset = ring.tryClaim(bytes, ++type);
            // A claim of a quarter always fits when no more than half of the ring can be in use.
            const used = model
              .filter(m => m.state !== 'gone')
              .reduce((n, m) => n + Math.max(64, (m.bytes + 63) & ~63), 0);
            if (offset === 0) {
              expect(used + bytes).toBeGreaterThan(256);
              continue;
            }
            ring.bytes.fill(type & 255, offset, offset + bytes);
            if (kind === 'send') ring.commit(offset);
            model.push({ type, bytes, state: kind === 'send' ? 'full' : 'open', offset, seat });
          } else if (kind === 'commit' || kind === 'abort') {
            const open = model.filter(m => m.state === 'open');
            if (open.length === 0) continue;
            const one = open[bytes % open.length]!;
            rings[one.seat]![kind](one.offset);
            one.state = kind === 'commit' ? 'full' : 'gone';
          } else {
            const ring = rings[0]!;
            let passed = 0;
            ring.receive((offset, length, got) => {
              while (model[passed]?.state === 'gone') passed++;
              const expected = model[passed++];
              expect({ state: expected?.state, type: got, length }).toEqual({
                state: 'full',
                type: expected?.type,
                length: expected?.bytes,
              });
              expect(ring.bytes.subarray(offset, offset + length).every(byte => byte === (got & 255))).toBe(true);
            }, bytes);
            model.splice(0, passed);
          }
        }
        return true;
      }),
      { numRuns: 150 },
    );
  });
});
