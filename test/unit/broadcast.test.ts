import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAPE_LAST, TAPE_LIMIT, TAPE_SENT, TAPE_SENT_END } from '../../src/core/tape.core.js';
import { Broadcast, CLOSED, NONE, Region, type Subscriber, waitAny, waitAnyAsync } from '../../src/index.js';
import { createStructure } from '../../src/region/structures.js';
import { broadcastKindOf } from '../../src/ring/broadcast-layout.js';
import { refuses, rejects, seatsOf } from './helpers.js';

const message = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const target = new Uint8Array(4096);
const tick = () => new Promise(resolve => setTimeout(resolve, 5));

/** The next message, as type, length and first byte; or the status. */
function next(subscriber: Subscriber): unknown {
  const length = subscriber.receive(target);
  return length <= 0 ? length : [subscriber.type, length, target[0]];
}

/** The same broadcast from every seat; positions start at `start`. */
function seats(count: number, options: { gated?: boolean; capacity?: number; subscribers?: number } = {}, start = 0) {
  const regions = seatsOf(count);
  const { gated = false, capacity = 1024, subscribers = 4 } = options;
  const shape = { grains: capacity / 8, gated, records: subscribers };
  const first = createStructure(regions[0], 'all', broadcastKindOf(Broadcast, shape, start));
  return { regions, all: [first, ...regions.slice(1).map(region => Broadcast.attach(region, 'all'))] };
}

describe.each([false, true])('a broadcast that is gated: %s', gated => {
  it('gives everything to everybody, from where they subscribed on', () => {
    const everyone = Broadcast.create({ capacity: 1024, gated });
    expect(everyone.send(message(5, 1), 1)).toBe(true);
    const early = everyone.subscribe();
    expect(everyone.send(message(1, 2), 2)).toBe(true);
    const late = everyone.subscribe();
    expect(everyone.send(message(240, 3), 2 ** 31 - 1)).toBe(true);
    expect([next(early), next(early), next(early)]).toEqual([[2, 1, 2], [2 ** 31 - 1, 240, 3], NONE]);
    expect([next(late), next(late), late.lost, early.lost]).toEqual([[2 ** 31 - 1, 240, 3], NONE, 0, 0]);
  });

  it('holds every byte, round and round, around the end', () => {
    for (const start of [0, 2 ** 30 - 5, 2 ** 29 - 1]) {
      const { all } = seats(2, { gated }, start);
      const subscriber = all[1]!.subscribe();
      for (let i = 1; i <= 400; i++) {
        const length = 1 + ((i * 37) % 240);
        const bytes = Uint8Array.from({ length }, (_, k) => i + k * 3);
        expect(all[0]!.send(bytes, i)).toBe(true);
        expect([subscriber.receive(target), subscriber.type, subscriber.lost]).toEqual([length, i, 0]);
        expect(target.subarray(0, length)).toEqual(bytes);
      }
    }
  });

  it('lets subscribers drain what was sent before it was closed', () => {
    const { all } = seats(2, { gated });
    const subscriber = all[1]!.subscribe();
    all[0]!.send(message(3, 9), 9);
    expect([all[1]!.closed, all[0]!.closed]).toEqual([false, false]);
    all[1]!.close();
    all[1]!.close();
    refuses('ERR_CLOSED', () => all[0]!.send(message(1, 1), 1));
    refuses('ERR_CLOSED', () => all[0]!.sendWait(message(1, 1), 1));
    expect([all[0]!.closed, next(subscriber), next(subscriber), next(subscriber)]).toEqual([
      true,
      [9, 3, 9],
      CLOSED,
      CLOSED,
    ]);
    expect(next(all[0]!.subscribe())).toBe(CLOSED);
  });

  it('has one sender: the first that sends, until it leaves or is recovered', () => {
    const { regions, all } = seats(3, { gated });
    const subscriber = all[2]!.subscribe();
    all[0]!.send(message(1, 1), 1);
    refuses('ERR_USAGE', () => all[1]!.send(message(1, 2), 2));
    regions[0]!.detach();
    expect(all[1]!.send(message(1, 2), 2)).toBe(true);
    expect([next(subscriber), next(subscriber), subscriber.lost]).toEqual([[1, 1, 1], [2, 1, 2], 0]);
    refuses('ERR_SEAT', () => all[0]!.send(message(1, 1), 1));
    refuses('ERR_SEAT', () => all[0]!.subscribe());
  });

  it('refuses what can not be sent, and sends nothing for it', () => {
    const everyone = Broadcast.create({ capacity: 1024, gated });
    const subscriber = everyone.subscribe();
    expect(everyone.messageBytesMax).toBe(248);
    const bad: [unknown, unknown][] = [
      [message(0, 0), 1],
      [message(249, 0), 1],
      ['text', 1],
      [[1, 2], 1],
      [new Uint32Array(2), 1],
      [message(1, 1), -1],
      [message(1, 1), 1.5],
      [message(1, 1), 2 ** 31],
      [message(1, 1), Number.NaN],
      [message(1, 1), '1'],
      [message(1, 1), undefined],
    ];
    for (const [source, type] of bad) {
      refuses('ERR_USAGE', () => everyone.send(source as never, type as never));
      refuses('ERR_USAGE', () => everyone.sendWait(source as never, type as never));
    }
    refuses('ERR_USAGE', () => everyone.sendWait(message(1, 1), 1, -1));
    expect(next(subscriber)).toBe(NONE);
  });

  it('keeps a message that is longer than the target', () => {
    const everyone = Broadcast.create({ capacity: 1024, gated });
    const subscriber = everyone.subscribe();
    everyone.send(message(100, 7), 7);
    refuses('ERR_USAGE', () => subscriber.receive(new Uint8Array(99)));
    refuses('ERR_USAGE', () => subscriber.receive('target' as never));
    expect([next(subscriber), next(subscriber)]).toEqual([[7, 100, 7], NONE]);
  });

  it('has as many subscribers as it was made for, and takes new ones when some leave', () => {
    const { all, regions } = seats(2, { gated, subscribers: 2 });
    const [a] = [all[0]!.subscribe(), all[1]!.subscribe()];
    refuses('ERR_USAGE', () => all[0]!.subscribe());
    a[Symbol.dispose]();
    a[Symbol.dispose]();
    refuses('ERR_USAGE', () => a.receive(target));
    refuses('ERR_USAGE', () => waitAny([a], 1));
    const b = all[0]!.subscribe();
    expect(regions[0]!.inspect().structures[0]).toMatchObject({
      kind: 'broadcast',
      length: 2,
      capacity: 1024,
      closed: false,
    });
    regions[1]!.detach();
    expect(regions[0]!.inspect().structures[0]).toMatchObject({ length: 1 });
    all[0]!.send(message(1, 1), 1);
    expect(next(b)).toEqual([1, 1, 1]);
    regions[0]!.check();
  });

  it('is woken by the next message, or the end, in every way to wait', async () => {
    const { all } = seats(2, { gated });
    const [a, b, c] = [all[1]!.subscribe(), all[1]!.subscribe(), all[1]!.subscribe()];
    expect([a.receiveWait(target, 0), a.receiveWait(target, 5), waitAny([a, b], 5)]).toEqual([NONE, NONE, -1]);
    refuses('ERR_USAGE', () => a.receiveWait(target, Number.NaN));
    const stop = new AbortController();
    const waits = [
      a.receiveAsync(new Uint8Array(8)),
      waitAnyAsync([b]),
      c.receiveAsync(target, { signal: stop.signal }),
    ];
    await tick();
    stop.abort(new Error('enough'));
    await expect(waits[2]).rejects.toThrow('enough');
    all[0]!.send(message(4, 4), 4);
    expect(await Promise.all(waits.slice(0, 2))).toEqual([4, 0]);
    expect([a.type, next(b), next(c)]).toEqual([4, [4, 4, 4], [4, 4, 4]]);
    const end = a.receiveAsync(target);
    const gone = b.receiveAsync(target);
    await tick();
    b[Symbol.dispose]();
    await rejects('ERR_USAGE', gone);
    all[0]!.close();
    expect(await end).toBe(CLOSED);
  });

  it.each([1, 2])('counts nothing as lost when its sender dies where it has written %i of two words', written => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const mine = Broadcast.create({ region, name: 'all', capacity: 1024, gated });
    const theirs = Broadcast.attach(other, 'all');
    const subscriber = mine.subscribe();
    theirs.send(message(1, 1), 1);
    const { words } = region.attachment;
    const part = region.attachment.entries()[0]!.part;
    // As `publish` does before the exchange: the number, then the end of that message with the last bits of the number.
    words[part + TAPE_SENT]!++;
    if (written > 1) words[part + TAPE_SENT_END] = (words[part + TAPE_SENT_END]! + 2 + 2 ** 30) | 0;
    region.recover(other.seat);
    for (let type = 2; type < 8; type++) {
      expect(mine.send(message(1, type), type)).toBe(true);
      if (type === 2) expect(next(subscriber)).toEqual([1, 1, 1]);
      expect([next(subscriber), subscriber.lost]).toEqual([[type, 1, type], 0]);
    }
    region.check();
  });

  it('takes back what a dead thread had, subscriptions and the sender', () => {
    const region = Region.create({ maxByteLength: 65536, seats: 4 });
    const mine = Broadcast.create({ region, name: 'all', capacity: 1024, gated });
    const token = region.share();
    const theirs = Broadcast.attach(Region.attach(token), 'all');
    const [gone, alsoGone] = [theirs.subscribe(), theirs.subscribe()];
    const subscriber = mine.subscribe();
    theirs.send(message(1, 1), 1);
    expect(region.recover(token).slotsReleased).toBe(2);
    expect(mine.send(message(1, 2), 2)).toBe(true);
    expect([next(subscriber), next(subscriber), subscriber.lost]).toEqual([[1, 1, 1], [2, 1, 2], 0]);
    refuses('ERR_EVICTED', () => theirs.send(message(1, 3), 3));
    refuses('ERR_EVICTED', () => {
      for (let i = 0; i < 4; i++) gone.receive(target);
    });
    refuses('ERR_EVICTED', () => theirs.subscribe());
    // Another has its record now, which the evicted one must leave alone.
    const after = mine.subscribe();
    alsoGone[Symbol.dispose]();
    gone[Symbol.dispose]();
    mine.send(message(1, 4), 4);
    expect(next(after)).toEqual([4, 1, 4]);
    region.check();
  });

  it.each([0, -1, -2, -500, 2 ** 30])('believes no header that was damaged: length %i', length => {
    const { regions, all } = seats(1, { gated });
    const subscriber = all[0]!.subscribe();
    all[0]!.send(message(77, 1), 12345);
    const words = new Int32Array(regions[0]!.buffer);
    // It stands at position 0, where a length is not scattered.
    const header = words.findIndex((word, i) => word === 77 && words[i + 1] === 12345);
    words[header] = length;
    refuses('ERR_CORRUPTION', () => subscriber.receive(target));
  });

  it('behaves as a list that everybody reads', () => {
    const capacity = 256;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 48 }) }, fc.integer({ min: -3, max: 0 })), {
          maxLength: 200,
        }),
        fc.integer(),
        (steps, start) => {
          const { all, regions } = seats(1, { gated, capacity, subscribers: 3 }, start);
          const everyone = all[0]!;
          const sent: number[] = [];
          let grains = 0;
          const readers = [everyone.subscribe(), everyone.subscribe()].map(subscriber => ({
            subscriber,
            at: 0,
            lost: 0,
            grains: 0,
            shown: 0,
          }));
          for (const step of steps) {
            if (step > 0) {
              const takes = 1 + Math.ceil(step / 8);
              const room = 32 - Math.max(...readers.map(reader => grains - reader.shown));
              expect(everyone.send(message(step, sent.length), sent.length)).toBe(!gated || takes <= room);
              if (gated && takes > room) continue;
              sent.push(step);
              grains += takes;
              continue;
            }
            const reader = readers[-step % 2]!;
            const length = reader.subscriber.receive(target);
            if (length === NONE) {
              expect(reader.at).toBe(sent.length);
              reader.shown = grains;
              continue;
            }
            const type = reader.subscriber.type;
            reader.lost += type - reader.at;
            if (gated) expect(type).toBe(reader.at);
            // Lossy: nothing is missed that lies within three quarters of the circle.
            else if (type !== reader.at) expect(grains - reader.grains).toBeGreaterThan(24 - 8);
            for (let i = reader.at; i <= type; i++) reader.grains += 1 + Math.ceil(sent[i]! / 8);
            reader.at = type + 1;
            // A subscriber says where it is every eighth of the circle.
            if (reader.grains - reader.shown >= 4) reader.shown = reader.grains;
            expect([length, target[0], target[length - 1], reader.subscriber.lost]).toEqual([
              sent[type],
              type & 255,
              type & 255,
              reader.lost,
            ]);
          }
          regions[0]!.check();
        },
      ),
    );
  });
});

describe('a closed broadcast', () => {
  it('overwrites nothing for what is not sent any more', () => {
    const everyone = Broadcast.create({ capacity: 1024 });
    const subscriber = everyone.subscribe();
    for (let i = 1; i <= 32; i++) everyone.send(message(24, i), i);
    everyone.close();
    refuses('ERR_CLOSED', () => everyone.send(message(24, 33), 33));
    const received = Array.from({ length: 33 }, () => next(subscriber));
    expect([received[0], received[31], received[32], subscriber.lost]).toEqual([[1, 24, 1], [32, 24, 32], CLOSED, 0]);
  });
});

describe('a lossy broadcast', () => {
  it('tells a slow subscriber how many it missed, and goes on with the last', () => {
    const { all } = seats(2, { capacity: 256 });
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 100; i++) expect(all[0]!.send(message(24, i), i)).toBe(true);
    expect([next(subscriber), subscriber.lost]).toEqual([[100, 24, 100], 99]);
    expect(next(subscriber)).toBe(NONE);
    all[0]!.send(message(24, 101), 101);
    expect([next(subscriber), subscriber.lost]).toEqual([[101, 24, 101], 99]);
    for (let i = 102; i <= 106; i++) all[0]!.send(message(24, i), i);
    expect([next(subscriber), next(subscriber), subscriber.lost]).toEqual([[102, 24, 102], [103, 24, 103], 99]);
  });

  it('counts exactly what was missed where senders died before they said where their message begins', () => {
    const { all, regions } = seats(3, { capacity: 256 });
    const [first, second] = [all[0]!.subscribe(), all[0]!.subscribe()];
    const { words } = regions[0]!.attachment;
    const last = (all[0] as unknown as { tape: number }).tape + TAPE_LAST;
    for (let i = 1; i <= 39; i++) all[1]!.send(message(16, i), i);
    const before = words[last]!;
    for (const dying of [1, 2]) {
      all[dying]!.send(message(16, 39 + dying), 39 + dying);
      words[last] = before;
      regions[0]!.recover(regions[dying]!.seat);
    }
    for (let i = 39; i <= 41; i++) expect([next(first), first.lost]).toEqual([[i, 16, i], 38]);
    for (let i = 42; i <= 80; i++) all[0]!.send(message(16, i), i);
    expect([next(first), first.lost, next(second), second.lost]).toEqual([[80, 16, 80], 76, [80, 16, 80], 79]);
    expect([next(first), next(second)]).toEqual([NONE, NONE]);
  });

  it('goes to the end where what says where the last message begins is old', () => {
    const { all, regions } = seats(2, { capacity: 256 });
    const subscriber = all[1]!.subscribe();
    const { words } = regions[0]!.attachment;
    const last = (all[0] as unknown as { tape: number }).tape + TAPE_LAST;
    all[0]!.send(message(24, 1), 1);
    const before = words[last]!;
    for (let i = 2; i <= 100; i++) all[0]!.send(message(24, i), i);
    // As by a sender that was recovered behind the exchange of its first message, and goes on now.
    words[last] = before;
    expect(next(subscriber)).toBe(NONE);
    all[0]!.send(message(24, 101), 101);
    expect([next(subscriber), subscriber.lost]).toEqual([[101, 24, 101], 100]);
  });

  it('takes up the count where the numbers wrap', () => {
    const { all, regions } = seats(2, { capacity: 256 });
    const { words } = regions[0]!.attachment;
    const { tape } = all[0] as unknown as { tape: number };
    words[tape + TAPE_SENT] = 2 ** 31 - 4;
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 100; i++) all[0]!.send(message(24, i), i);
    expect([next(subscriber), subscriber.lost]).toEqual([[100, 24, 100], 99]);
  });

  it('is closed for a slow subscriber when that has the last, and knows how many it missed', () => {
    const { all } = seats(2, { capacity: 256 });
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 100; i++) all[0]!.send(message(24, i), i);
    all[0]!.close();
    expect([next(subscriber), next(subscriber), subscriber.lost]).toEqual([[100, 24, 100], CLOSED, 99]);
  });
});

describe('a lossy broadcast whose limit is damaged', () => {
  it('ends a receipt although whatever is copied counts as overrun', () => {
    const { regions, all } = seats(2);
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 3; i++) all[0]!.send(message(24, i), i);
    const { tape } = all[0] as unknown as { tape: number };
    new Int32Array(regions[0]!.buffer)[tape + TAPE_LIMIT] = 2 ** 29;
    expect(next(subscriber)).toBe(NONE);
  });
});

describe('a lossy subscriber that waits', () => {
  it('is woken by the next message also when it was overrun before', async () => {
    const { all } = seats(2, { capacity: 256 });
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 20; i++) all[0]!.send(message(24, i), i);
    expect([await subscriber.receiveAsync(target), subscriber.type, subscriber.lost]).toEqual([24, 20, 19]);
    const received = subscriber.receiveAsync(target);
    await tick();
    all[0]!.send(message(24, 21), 21);
    expect([await received, subscriber.type, subscriber.lost]).toEqual([24, 21, 19]);
  });
});

describe('a gated broadcast', () => {
  it('refuses to send while the slowest has no room, and misses nothing', () => {
    const { all } = seats(3, { capacity: 256, gated: true });
    const [quick, slow] = [all[1]!.subscribe(), all[2]!.subscribe()];
    for (let i = 1; i <= 8; i++) expect(all[0]!.send(message(24, i), i)).toBe(true);
    expect(all[0]!.send(message(24, 9), 9)).toBe(false);
    for (let i = 1; i <= 8; i++) expect(next(quick)).toEqual([i, 24, i]);
    expect([all[0]!.send(message(24, 9), 9), all[0]!.sendWait(message(24, 9), 9, 5)]).toEqual([false, false]);
    expect(next(slow)).toEqual([1, 24, 1]);
    expect(all[0]!.send(message(24, 9), 9)).toBe(true);
    slow[Symbol.dispose]();
    for (let i = 10; i <= 16; i++) expect(all[0]!.send(message(24, i), i)).toBe(true);
    for (let i = 9; i <= 16; i++) expect(next(quick)).toEqual([i, 24, i]);
    expect(quick.lost).toBe(0);
  });

  it('wakes a sender when half of the circle is free, and not before', async () => {
    const { all } = seats(2, { gated: true });
    const subscriber = all[1]!.subscribe();
    for (let i = 1; i <= 4; i++) expect(all[0]!.send(message(248, i), i)).toBe(true);
    let done = 0;
    const sent = all[0]!.sendAsync(message(1, 5), 5).then(() => done++);
    await tick();
    next(subscriber);
    await tick();
    expect(done).toBe(0);
    next(subscriber);
    await sent;
    expect([next(subscriber), next(subscriber), next(subscriber)]).toEqual([
      [3, 248, 3],
      [4, 248, 4],
      [5, 1, 5],
    ]);
  });

  it('shows what it has received an eighth of the circle at a time, when it finds no more, and at once to who waits', async () => {
    const { all } = seats(2, { gated: true });
    const subscriber = all[1]!.subscribe();
    const fill = (from: number): void => {
      for (let i = 0; i < 32; i++) expect(all[0]!.send(message(24, from + i), from + i)).toBe(true);
    };
    fill(1);
    for (let i = 1; i <= 3; i++) next(subscriber);
    expect(all[0]!.send(message(24, 33), 33)).toBe(false);
    next(subscriber);
    expect(all[0]!.send(message(24, 33), 33)).toBe(true);
    for (let i = 5; i <= 33; i++) expect(next(subscriber)).toEqual([i, 24, i]);
    expect(next(subscriber)).toBe(NONE);
    fill(34);
    const sent = all[0]!.sendAsync(message(24, 66), 66);
    await tick();
    for (let i = 34; i <= 49; i++) next(subscriber);
    await sent;
    for (let i = 50; i <= 66; i++) expect(next(subscriber)).toEqual([i, 24, i]);
  });

  it('wakes a sender that waits without blocking, when there is room and when the slowest dies', async () => {
    const region = Region.create({ maxByteLength: 65536, seats: 4 });
    const mine = Broadcast.create({ region, name: 'all', capacity: 256, gated: true });
    const token = region.share();
    const subscriber = Broadcast.attach(Region.attach(token), 'all').subscribe();
    for (let i = 1; i <= 8; i++) mine.send(message(24, i), i);
    let done = 0;
    const first = mine.sendAsync(message(24, 9), 9).then(() => done++);
    await tick();
    expect(done).toBe(0);
    for (let i = 1; i <= 4; i++) next(subscriber);
    await first;
    for (let i = 10; i <= 12; i++) expect(mine.send(message(24, i), i)).toBe(true);
    const second = mine.sendAsync(message(24, 13), 13);
    const stop = new AbortController();
    const third = mine.sendAsync(message(24, 14), 14, { signal: stop.signal });
    await tick();
    stop.abort(new Error('enough'));
    await expect(third).rejects.toThrow('enough');
    region.recover(token);
    await second;
  });
});

it('is made in a shape that can be', () => {
  const region = Region.create({ maxByteLength: 65536, seats: 2 });
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 28 + 1, '256'] as never[])
    refuses('ERR_GEOMETRY', () => Broadcast.create({ capacity }));
  for (const subscribers of [0, 1025, 1.5] as never[])
    refuses('ERR_GEOMETRY', () => Broadcast.create({ capacity: 256, subscribers }));
  refuses('ERR_USAGE', () => Broadcast.create({ capacity: 256, gated: 1 as never }));
  refuses('ERR_USAGE', () => Broadcast.create(undefined as never));
  refuses('ERR_GEOMETRY', () => Broadcast.create({ region, name: 'large', capacity: 65536 }));
  expect(Broadcast.create({ capacity: 1 }).capacity).toBe(256);
  expect(Broadcast.create({ capacity: 257 }).capacity).toBe(512);
  const one = Broadcast.open({ region, name: 'all', capacity: 1024 });
  expect(Broadcast.open({ region, name: 'all', capacity: 1000 })).toBe(one);
  expect(Broadcast.attach(region, 'all')).toBe(one);
  refuses('ERR_GEOMETRY', () => Broadcast.open({ region, name: 'all', capacity: 1024, gated: true }));
  refuses('ERR_GEOMETRY', () => Broadcast.open({ region, name: 'all', capacity: 2048 }));
  refuses('ERR_ATTACH', () => Broadcast.attach(region, 'none'));
  refuses('ERR_ATTACH', () => Broadcast.create({ region, name: 'all', capacity: 256 }));
  one[Symbol.dispose]();
  expect(one.closed).toBe(true);
});
