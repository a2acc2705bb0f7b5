import { describe, expect, it } from 'vitest';
import { ByteRing, CLOSED, MessageRing, Region, Ring, waitAny, waitAnyAsync } from '../../src/index.js';
import { refuses, rejects } from './helpers.js';

function setUp() {
  const region = Region.create({ maxByteLength: 262144, seats: 4 });
  const other = Region.attach(region.share());
  const many = Ring.create({ region, name: 'many', capacity: 4 });
  const single = Ring.create({ region, name: 'single', capacity: 4, producers: 'single', consumers: 'single' });
  const bytes = ByteRing.create({ region, name: 'bytes', capacity: 64 });
  const messages = MessageRing.create({ region, name: 'messages', capacity: 4096 });
  return {
    region,
    other,
    messages,
    rings: [many, single, bytes] as const,
    putters: {
      many: Ring.attach(other, 'many'),
      single: Ring.attach(other, 'single'),
      bytes: ByteRing.attach(other, 'bytes'),
      messages: MessageRing.attach(other, 'messages'),
    },
  };
}

describe('waitAny', () => {
  it('answers -1 when time runs out, and leaves nobody waiting', () => {
    const { rings, region } = setUp();
    expect(waitAny(rings, 0)).toBe(-1);
    const started = performance.now();
    expect(waitAny(rings, 30)).toBe(-1);
    expect(performance.now() - started).toBeGreaterThan(25);
    for (const { kind, part } of region.attachment.entries()) {
      const sets = kind.title === 'ring' ? [64, 80] : kind.title === 'byte ring' ? [96, 112] : [];
      for (const set of sets) expect(region.attachment.words[part + set]).toBe(0);
    }
  });

  it('answers which ring has something, and takes nothing', () => {
    const { rings, putters } = setUp();
    putters.single.enqueue(7);
    expect([waitAny(rings), waitAny(rings)]).toEqual([1, 1]);
    expect(rings[1].dequeue()).toBe(7);
    putters.bytes.write(Uint8Array.of(1, 2));
    expect(waitAny(rings)).toBe(2);
    expect(rings[2].read(new Uint8Array(8))).toBe(2);
    putters.many.enqueue(9);
    expect([waitAny(rings), rings[0].dequeue(), waitAny(rings, 0)]).toEqual([0, 9, -1]);
  });

  it('waits for messages beside items', async () => {
    const { rings, messages, putters } = setUp();
    const both = [rings[0], messages];
    expect(waitAny(both, 5)).toBe(-1);
    putters.messages.send(Uint8Array.of(1, 2, 3), 7);
    expect([waitAny(both), waitAny(both)]).toEqual([1, 1]);
    expect(messages.receive((_, bytes, type) => expect([bytes, type]).toEqual([3, 7]))).toBe(1);
    expect(waitAny(both, 0)).toBe(-1);
    const later = waitAnyAsync(both);
    setTimeout(() => putters.messages.send(Uint8Array.of(9), 1), 5);
    expect(await later).toBe(1);
    expect(messages.receive(() => {})).toBe(1);
    putters.messages.close();
    expect(waitAny(both)).toBe(1);
  });

  it('takes turns, so that a busy ring does not hide the others', () => {
    const { rings, putters } = setUp();
    for (let i = 1; i <= 3; i++) {
      putters.many.enqueue(i);
      putters.single.enqueue(i);
      putters.bytes.write(Uint8Array.of(i));
    }
    const seen = [0, 0, 0];
    for (let i = 0; i < 9; i++) seen[waitAny(rings)]!++;
    expect(seen).toEqual([3, 3, 3]);
  });

  it('answers a ring that is closed and drained', () => {
    const { rings, putters } = setUp();
    putters.many.enqueue(1);
    putters.many.close();
    expect([waitAny(rings), rings[0].dequeue(), waitAny(rings), rings[0].dequeue()]).toEqual([0, 1, 0, CLOSED]);
  });

  it('refuses what it can not wait for', () => {
    const { rings } = setUp();
    const elsewhere = setUp().rings;
    for (const call of [waitAny, waitAnyAsync]) {
      refuses('ERR_USAGE', () => call([]));
      refuses('ERR_USAGE', () => call(undefined as never));
      refuses('ERR_USAGE', () => call([{}]));
      refuses('ERR_USAGE', () => call([undefined as never]));
      refuses('ERR_USAGE', () => call([Ring.create({ capacity: 4 })]));
      refuses('ERR_USAGE', () => call([rings[0], elsewhere[0]]));
    }
    for (const timeoutMs of [-1, Number.NaN, '1']) refuses('ERR_USAGE', () => waitAny(rings, timeoutMs as never));
  });

  it('refuses a ring whose consumer is another seat', () => {
    const { rings, putters } = setUp();
    putters.single.dequeue();
    expect(refuses('ERR_USAGE', () => waitAny(rings, 0)).message).toMatch(/^ring\.waitAny: /);
  });
});

describe('waitAnyAsync', () => {
  it('resolves when any of them has something', async () => {
    const { rings, putters } = setUp();
    const waits = waitAnyAsync(rings);
    setTimeout(() => putters.bytes.write(Uint8Array.of(1)), 5);
    expect(await waits).toBe(2);
    const again = waitAnyAsync(rings.slice(0, 2));
    setTimeout(() => putters.single.enqueue(3), 5);
    expect(await again).toBe(1);
    const end = waitAnyAsync(rings.slice(0, 1));
    setTimeout(() => putters.many.close(), 5);
    expect(await end).toBe(0);
  });

  it('stands beside other waits for the same rings', async () => {
    const { rings, putters } = setUp();
    const any = waitAnyAsync(rings);
    const item = rings[0].dequeueAsync();
    putters.many.enqueue(1);
    putters.many.enqueue(2);
    expect(await item).toBe(1);
    expect(await any).toBe(0);
    expect(rings[0].dequeue()).toBe(2);
  });

  it('rejects with the reason of an abort, and with what looking throws', async () => {
    const { rings, region } = setUp();
    const controller = new AbortController();
    const aborted = waitAnyAsync(rings, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const left = waitAnyAsync(rings);
    region.detach();
    await rejects('ERR_SEAT', left);
  });
});
