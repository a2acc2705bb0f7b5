import { describe, expect, it } from 'vitest';
import { bellIndex } from '../../src/core/doorbell.core.js';
import { FRAMES_CONSUMER, FRAMES_GATE } from '../../src/core/frame.core.js';
import { PARITY } from '../../src/core/lane.core.js';
import { SEAT_GENERATION_SHIFT, seatIndex } from '../../src/core/seat.core.js';
import { QUEUE_CONSUMER, QUEUE_HEAD, QUEUE_PRODUCER } from '../../src/core/slot.core.js';
import { DONE, UNSEATED } from '../../src/core/status.js';
import { STREAM_READER, STREAM_WRITER } from '../../src/core/stream.core.js';
import { Broadcast, ByteRing, CLOSED, Heap, MessageRing, NONE, Pool, Region, Ring } from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';
import * as sender from '../../src/ring/broadcast.core.js';
import { openTape } from '../../src/ring/broadcast-layout.js';
import { OWN_GATE } from '../../src/ring/message-ring.core.js';
import { openFrames } from '../../src/ring/message-ring-layout.js';
import { claim } from '../../src/ring/message-sender.core.js';
import { openOwn } from '../../src/ring/open-own.js';
import { OWN_LAP_SHIFT, OWN_SLOTS, OWN_TAIL } from '../../src/ring/own.js';
import * as run from '../../src/ring/run.core.js';
import * as batch from '../../src/ring/single-batch.core.js';
import * as single from '../../src/ring/single-ring.core.js';
import { openLane } from '../../src/ring/single-ring.js';
import { refuses, seatsOf } from './helpers.js';

const LANE = { producers: 'single', consumers: 'single' } as const;

/** The private array of a thread that uses the functions behind the newest structure, a lane. */
function laneOf({ attachment }: Region): Int32Array {
  return openLane(attachment, attachment.entries()[0]!.part);
}

describe('a thread that was recovered while it still ran', () => {
  it.each([0, 4])('gets none of the blocks that are others’ now (stocks of %i)', stockMax => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const options = { region: mine, name: 'pool', blockBytes: 8, capacity: 16 };
    const pool = createTunedPool(options, { stockMax });
    const theirs = Pool.attach(other, 'pool');
    const held = theirs.acquire();
    theirs.release(theirs.acquire()); // one in its stock, where it has one
    mine.recover(other.seat);
    const taken = Int32Array.from({ length: 16 }, () => pool.acquire());
    expect([...taken].every(handle => handle !== 0)).toBe(true);
    expect(new Set([...taken].map(handle => handle & 15)).size).toBe(16);
    const batch = new Int32Array(4);
    for (const call of [
      () => theirs.acquire(),
      () => theirs.acquireBurst(batch, 4),
      () => theirs.acquireBulk(batch, 4),
      () => theirs.acquireWait(1),
      () => theirs.release(held),
      () => theirs.release(taken[0]!),
    ])
      refuses('ERR_EVICTED', call);
    expect(pool.liveCount).toBe(16);
    pool.releaseBulk(taken, 16);
    expect(pool.liveCount).toBe(0);
    mine.check();
  });

  it.each([{}, { zero: 'release' as const }, { guard: true }])(
    'releases nothing that the next thread of its seat has now (%j)',
    treatment => {
      const [mine, other] = seatsOf(2, { seats: 2 }) as [Region, Region];
      const pool = Pool.create({ region: mine, name: 'pool', blockBytes: 32, capacity: 16, keep: true, ...treatment });
      const theirs = Pool.attach(other, 'pool');
      const [kept, released] = [theirs.acquire(), theirs.acquire()];
      mine.recover(other.seat);
      const heir = Region.attach(mine.share());
      expect(heir.seat).toBe(other.seat);
      const next = Pool.attach(heir, 'pool');
      next.adopt(kept);
      next.release(released);
      const again = next.acquire();
      for (const handle of [kept, again]) next.view(handle).fill(7);
      for (const handle of [kept, again]) {
        refuses('ERR_EVICTED', () => theirs.release(handle));
        refuses('ERR_EVICTED', () => theirs.releaseBulk(Int32Array.of(handle), 1));
        expect(next.view(handle).every(byte => byte === 7)).toBe(true);
        next.release(handle);
      }
      expect(pool.liveCount).toBe(0);
      mine.check();
    },
  );

  it.each([{}, { caches: false }, { guard: true }])(
    'gets and frees nothing of a heap’s that is others’ now (%j)',
    options => {
      const [mine, other] = seatsOf(2, { seats: 2 }) as [Region, Region];
      const heap = Heap.create({ region: mine, name: 'heap', byteLength: 2 ** 17, ...options });
      const theirs = Heap.attach(other, 'heap');
      const held = [16, 16, 16, 9000].map(bytes => theirs.malloc(bytes));
      theirs.free(held.pop()!);
      theirs.free(held.pop()!); // one in its stock, where it has one, or in its quarantine
      mine.recover(other.seat);
      const heir = Heap.attach(Region.attach(mine.share()), 'heap');
      // All that there is, so that whatever the evicted has is another's.
      const taken = new Map<number, number>();
      for (let i = 0; i < 1000; i++) taken.set(heir.malloc(16), 2);
      for (let pointer = heap.malloc(16); pointer !== 0; pointer = heap.malloc(16)) taken.set(pointer, 1);
      for (const [pointer, owner] of taken) heap.u8.fill(owner, pointer, pointer + 16);
      for (const call of [
        () => theirs.malloc(16),
        () => theirs.calloc(1, 9000),
        () => theirs.realloc(held[0]!, 5000),
        () => theirs.free(held[0]!),
        () => theirs.free([...taken.keys()].at(-1)!),
        () => theirs.trim(),
        () => theirs.adopt(held[0]!),
      ])
        refuses('ERR_EVICTED', call);
      theirs[Symbol.dispose]();
      other.detach();
      for (const [pointer, owner] of taken) {
        expect(heap.u8[pointer]).toBe(owner);
        heap.free(pointer);
      }
      heap.trim();
      heap.check();
      expect(heap.stats().liveBlocks).toBe(0);
    },
  );

  it.each(['is woken', 'detaches', 'ends another wait'])(
    'and %s takes no wait of the next thread of its seat away',
    async how => {
      const [mine, other] = seatsOf(2, { seats: 2 }) as [Region, Region];
      const pool = Pool.create({ region: mine, name: 'pool', blockBytes: 8, capacity: 1 });
      const only = pool.acquire();
      const theirs = Pool.attach(other, 'pool');
      const evicted = theirs.acquireAsync().catch(error => error.code);
      await new Promise(resolve => setTimeout(resolve, 5));
      mine.recover(other.seat);
      const heir = Region.attach(mine.share());
      const waiting = Pool.attach(heir, 'pool').acquireAsync();
      if (how === 'detaches') other.detach();
      expect(await evicted).toBe(how === 'detaches' ? 'ERR_SEAT' : 'ERR_EVICTED');
      if (how === 'ends another wait') refuses('ERR_EVICTED', () => theirs.acquireWait(5));
      await new Promise(resolve => setTimeout(resolve, 5));
      pool.release(only);
      expect(await waiting).not.toBe(0);
    },
  );

  it.each([true, false])('moves nothing of a subscriber that has its place now (gated: %s)', gated => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const broadcast = Broadcast.create({ region: mine, name: 'news', capacity: 256, gated, subscribers: 1 });
    const theirs = Broadcast.attach(other, 'news').subscribe();
    mine.recover(other.seat);
    const heir = broadcast.subscribe();
    const [message, target] = [Uint8Array.of(7), new Uint8Array(1)];
    expect(broadcast.send(message, 1)).toBe(true);
    refuses('ERR_EVICTED', () => theirs.receive(target));
    theirs[Symbol.dispose]();
    for (let i = 0; i < 40; i++) {
      expect(heir.receive(target)).toBe(1);
      expect(broadcast.send(message, 1)).toBe(true);
    }
    mine.check();
  });

  it('damages no broadcast that has gone on without it', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const broadcast = Broadcast.create({ region: mine, name: 'news', capacity: 256, gated: true });
    const theirs = Broadcast.attach(other, 'news').subscribe();
    const [message, target] = [new Uint8Array(40).fill(255), new Uint8Array(40)];
    for (let i = 0; i < 2; i++) broadcast.send(Uint8Array.of(1), 1);
    theirs.receive(target);
    mine.recover(other.seat);
    for (let i = 0; i < 20; i++) expect(broadcast.send(message, 1)).toBe(true);
    refuses('ERR_EVICTED', () => theirs.receive(target));
    mine.check();
  });

  it('moves nothing of a lane that another takes from now, in the middle of its take', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const own = laneOf(other);
    for (let item = 1; item <= 4; item++) lane.enqueue(item);
    expect(single.front(other.attachment.words, own)).toBe(1);
    mine.recover(other.seat);
    // At the very position at which the other stands.
    expect(lane.peek()).toBe(1);
    expect(single.moveHead(other.attachment.words, own, 1)).toBe(UNSEATED);
    expect(Array.from({ length: 5 }, () => lane.dequeue())).toEqual([1, 2, 3, 4, NONE]);
    expect(single.take(other.attachment.words, own)).toBe(UNSEATED);
  });

  it('overwrites no item of a lane at which it waits no more', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 1, ...LANE });
    const own = laneOf(other);
    const { words } = other.attachment;
    expect(single.asConsumer(words, own)).toBe(DONE);
    single.armTake(words, own);
    mine.recover(other.seat);
    expect([lane.enqueue(1), lane.dequeue(), lane.enqueue(2)]).toEqual([true, 1, true]);
    // Woken, it announces itself once more before it looks.
    single.armTake(words, own);
    expect(single.take(words, own)).toBe(UNSEATED);
    expect([lane.dequeue(), lane.dequeue()]).toEqual([2, NONE]);
    mine.check();
  });

  it.each([1, 2, 3, 4])('leads the next producer nowhere by what it still writes of a bulk (at slot %i)', first => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const own = laneOf(other);
    const { words } = other.attachment;
    for (let item = 1; item <= first; item++)
      expect([single.put(words, own, item), lane.dequeue()]).toEqual([DONE, item]);
    expect(batch.roomFor(words, own, 2)).toBe(2);
    mine.recover(other.seat);
    // The second of its bulk, whose first it does not publish.
    const next = first + 1;
    batch.writeSlot(words, own[OWN_SLOTS]! + (next & 3), (next << own[OWN_LAP_SHIFT]!) & PARITY, 9);
    for (let item = 50; item < 60; item++) {
      expect(lane.enqueue(item)).toBe(true);
      expect(lane.dequeue()).toBe(item);
      // That slot was written, and nobody can tell it from one that was put.
      if (item === 50) expect(lane.dequeue()).toBe(9);
    }
    mine.check();
  });

  it('publishes nothing in a lane from its recovery on, however many others were recovered there', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const { words } = mine.attachment;
    let region = other;
    const seen: number[] = [];
    let slot = 0;
    for (let i = 0; i < 5; i++) {
      const own = laneOf(region);
      expect(single.asProducer(words, own)).toBe(DONE);
      // As `publish`, in the middle of which the recovery comes.
      slot = own[OWN_SLOTS]! + own[OWN_TAIL]!;
      seen.push(words[slot]!);
      mine.recover(region.seat);
      region = Region.attach(mine.share());
    }
    for (const before of seen) expect(Atomics.compareExchange(words, slot, before, 5)).not.toBe(before);
    expect([lane.enqueue(7), lane.dequeue(), lane.dequeue()]).toEqual([true, 7, NONE]);
    mine.check();
  });

  it('leaves a lane as it is where it is full, or sealed', () => {
    for (const sealed of [false, true]) {
      const [mine, other] = seatsOf(2) as [Region, Region];
      const lane = Ring.create({ region: mine, name: 'lane', capacity: 2, ...LANE });
      const own = laneOf(other);
      for (const item of [1, 2]) expect(single.put(other.attachment.words, own, item)).toBe(DONE);
      if (sealed) {
        expect([lane.dequeue(), lane.dequeue()]).toEqual([1, 2]);
        lane.close();
        expect(lane.dequeue()).toBe(CLOSED);
      }
      mine.recover(other.seat);
      if (sealed) expect(lane.dequeue()).toBe(CLOSED);
      else expect([lane.dequeue(), lane.dequeue(), lane.dequeue()]).toEqual([1, 2, NONE]);
      mine.check();
    }
  });

  it('goes behind what comes into a lane after all: by looks at slot and side that an engine has swapped', () => {
    for (const [capacity, dequeued] of [
      [4, [1, 5, 9, NONE]],
      [1, [1, NONE]],
    ] as const) {
      const [mine, other] = seatsOf(2) as [Region, Region];
      const lane = Ring.create({ region: mine, name: 'lane', capacity, ...LANE });
      const own = laneOf(other);
      const { words } = other.attachment;
      if (capacity > 1) expect(single.put(words, own, 1)).toBe(DONE);
      else expect(single.asProducer(words, own)).toBe(DONE);
      const slot = own[OWN_SLOTS]! + own[OWN_TAIL]!;
      mine.recover(other.seat);
      lane.stage(9);
      // As `publish`, which has seen the slot as it is now, and the side as it was.
      Atomics.store(words, slot, capacity > 1 ? 5 : 1);
      if (capacity > 1) lane.flush();
      else expect(refuses('ERR_USAGE', () => lane.flush()).message).toContain('recovered while it still ran');
      expect(single.put(words, own, 6)).toBe(UNSEATED);
      expect(Array.from(dequeued, () => lane.dequeue())).toEqual(dequeued);
      mine.check();
    }
  });

  it('takes no item of the next producer, a lap later, for a slot that is not put', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 1, ...LANE });
    const own = laneOf(other);
    const { words } = other.attachment;
    expect(single.asProducer(words, own)).toBe(DONE);
    mine.recover(other.seat);
    expect([lane.enqueue(2), lane.dequeue(), lane.enqueue(3)]).toEqual([true, 2, true]);
    // As `put`, in whose middle the recovery came.
    expect(single.publish(words, own, 1, 1)).toBe(NONE);
    expect(lane.dequeue()).toBe(3);
    mine.check();
  });

  it('takes no bulk back where the next producer has put', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const own = laneOf(other);
    const { words } = other.attachment;
    expect(single.asProducer(words, own)).toBe(DONE);
    mine.recover(other.seat);
    lane.enqueue(5);
    lane.enqueue(6);
    // As `enqueueBulk`, in whose middle the recovery came.
    expect(batch.publishBatch(words, own, 1, 2)).toBe(UNSEATED);
    expect(Array.from({ length: 3 }, () => lane.dequeue())).toEqual([5, 6, NONE]);
    mine.check();
  });

  it.each([true, false])('sends its last message before that of the next sender, or not at all (gated: %s)', gated => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const broadcast = Broadcast.create({ region: mine, name: 'news', capacity: 256, gated });
    const { words } = other.attachment;
    const tape = other.attachment.entries()[0]!.part;
    const own = openTape(other.attachment, tape);
    const listener = broadcast.subscribe();
    const heard = (): number[] => [listener.receive(new Uint8Array(1)), listener.type];
    expect(sender.reserve(words, own, 2)).toBe(DONE);
    mine.recover(other.seat);
    const heir = openTape(mine.attachment, tape);
    expect(sender.reserve(words, heir, 2)).toBe(DONE);
    // As `send`, in whose middle the recovery came.
    expect(sender.publish(words, own, 1, 5, 2)).toBe(DONE);
    expect(sender.publish(words, heir, 1, 6, 2)).toBe(NONE);
    expect(sender.reserve(words, heir, 2)).toBe(DONE);
    expect(sender.publish(words, heir, 1, 7, 2)).toBe(DONE);
    expect(sender.reserve(words, own, 2)).toBe(UNSEATED);
    // The first may be of either: both have written it.
    expect([heard()[0], heard(), heard()[0]]).toEqual([1, [1, 7], 0]);
    mine.check();
  });

  it.each(['another seat', 'the same seat'])(
    'takes, and wipes, no message of the next consumer, which has %s',
    where => {
      const [mine, other] = seatsOf(2) as [Region, Region];
      const ring = MessageRing.create({ region: mine, name: 'messages', capacity: 512 });
      const theirs = MessageRing.attach(other, 'messages');
      let sent = 0;
      const got: number[] = [];
      const sendEight = (): void => {
        for (let i = 0; i < 8; i++) if (ring.send(Uint8Array.of(sent + 1), 1)) sent++;
      };
      const take = (offset: number): void => {
        got.push(ring.bytes[offset]!);
      };
      let heir = ring;
      const recover = (): void => {
        mine.recover(other.seat);
        if (where === 'the same seat') heir = MessageRing.attach(Region.attach(mine.share()), 'messages');
        heir.receive(take);
        sendEight();
      };
      sendEight();
      // In the handler; then it calls again.
      refuses('ERR_EVICTED', () => theirs.receive(recover, 1));
      refuses('ERR_EVICTED', () => theirs.receive(take));
      heir.receive(take);
      expect(got).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
      expect(sent).toBeGreaterThan(8);
      for (let round = 0; round < 3; round++) {
        sendEight();
        heir.receive(take);
      }
      expect(got).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
      mine.check();
    },
  );

  it('commits no claim of the next thread of its seat', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const ring = MessageRing.create({ region: mine, name: 'messages', capacity: 512 });
    const theirs = MessageRing.attach(other, 'messages');
    const claimed = theirs.tryClaim(8, 1);
    mine.recover(other.seat);
    const next = MessageRing.attach(Region.attach(mine.share()), 'messages');
    refuses('ERR_EVICTED', () => theirs.commit(claimed));
    const offset = next.tryClaim(8, 2);
    refuses('ERR_EVICTED', () => theirs.commit(offset));
    expect(ring.receive(() => {})).toBe(0);
    next.commit(offset);
    const types: number[] = [];
    ring.receive((_offset, _length, type) => types.push(type));
    expect(types).toEqual([2]);
    // Of the life after the next one, too, whose claims look like its own.
    mine.recover(other.seat);
    const third = MessageRing.attach(Region.attach(mine.share()), 'messages');
    const theirLast = third.tryClaim(8, 3);
    refuses('ERR_EVICTED', () => theirs.commit(theirLast));
    expect(ring.receive(() => {})).toBe(0);
    third.commit(theirLast);
    expect(ring.receive(() => {})).toBe(1);
    mine.check();
  });

  it('claims nothing in a message ring any more', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    MessageRing.create({ region: mine, name: 'messages', capacity: 512 });
    const theirs = MessageRing.attach(other, 'messages');
    theirs.send(Uint8Array.of(1), 1);
    mine.recover(other.seat);
    const before = mine.attachment.words.slice();
    refuses('ERR_EVICTED', () => theirs.tryClaim(8, 1));
    const bell = bellIndex(other.seat);
    expect([...before.keys()].filter(i => mine.attachment.words[i] !== before[i] && i !== bell)).toEqual([]);
  });

  it.each(['free', 'given out again'])('holds up no message when it ends in a claim, its seat being %s', seat => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const ring = MessageRing.create({ region: mine, name: 'messages', capacity: 512 });
    const frames = mine.attachment.entries()[0]!.part;
    const { words } = other.attachment;
    const { own } = openFrames(other.attachment, frames);
    mine.recover(other.seat);
    if (seat !== 'free') Region.attach(mine.share());
    // It ends behind the exchange that claims, before it looks at the gate.
    own[OWN_GATE] = words[frames + FRAMES_GATE]!;
    expect(claim(words, own, 100, 1)).toBe(1);
    ring.send(Uint8Array.of(7), 2);
    const types: number[] = [];
    ring.receive((_offset, _length, type) => types.push(type));
    expect(types).toEqual([2]);
    for (let i = 0; i < 20; i++) {
      expect(ring.send(new Uint8Array(100), 3)).toBe(true);
      expect(ring.receive(() => {})).toBe(1);
    }
    mine.check();
  });

  it('is told from one whose lane is damaged', () => {
    const [mine] = seatsOf(1) as [Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    lane.enqueueBulk(Int32Array.of(1, 2, 3), 3);
    expect(lane.dequeue()).toBe(1);
    const { words } = mine.attachment;
    words[mine.attachment.entries()[0]!.part + QUEUE_HEAD]! ^= 1;
    refuses('ERR_CORRUPTION', () => lane.dequeue());
  });

  it('keeps no side of a ring that it was taking', () => {
    const [mine, other] = seatsOf(3) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const { words, entries } = mine.attachment;
    const part = entries.call(mine.attachment)[0]!.part;
    mine.recover(other.seat);
    words[part + QUEUE_PRODUCER] = (1 << 8) | other.seat;
    words[part + QUEUE_CONSUMER] = (1 << 8) | other.seat;
    expect([lane.enqueue(1), lane.dequeue()]).toEqual([true, 1]);
  });

  it('keeps no side of a ring that it was taking, in whatever life of its seat', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const lane = Ring.create({ region: mine, name: 'lane', capacity: 4, ...LANE });
    const { words } = mine.attachment;
    const { part } = mine.attachment.entries()[0]!;
    other.detach();
    words[seatIndex(2)] = 0xfffffc << SEAT_GENERATION_SHIFT;
    for (let i = 0; i < 4; i++) {
      const token = mine.share();
      Region.attach(token);
      mine.recover(token);
      words[part + QUEUE_PRODUCER] = (token.generation << 8) | token.seat;
      expect([lane.enqueue(1), lane.dequeue()]).toEqual([true, 1]);
    }
  });

  it('keeps no side of a message ring or a byte ring that it was taking', () => {
    const [mine, other] = seatsOf(3) as [Region, Region];
    const life = (1 << 8) | other.seat;
    const { words } = mine.attachment;
    const messages = MessageRing.create({ region: mine, name: 'messages', capacity: 512 });
    const bytes = ByteRing.create({ region: mine, name: 'bytes', capacity: 64 });
    mine.recover(other.seat);
    for (const { name, part } of mine.attachment.entries()) {
      if (name === 'messages') words[part + FRAMES_CONSUMER] = life;
      else words.fill(life, part + STREAM_WRITER, part + STREAM_READER + 1);
    }
    messages.send(Uint8Array.of(1), 1);
    expect([messages.receive(() => {}), bytes.write(Uint8Array.of(1)), bytes.read(new Uint8Array(1))]).toEqual([
      1, 1, 1,
    ]);
  });

  it('stops at once when the region is poisoned', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const pool = createTunedPool({ region: mine, name: 'pool', blockBytes: 8, capacity: 16 }, { stockMax: 4 });
    pool.release(pool.acquire());
    other.attachment.poison(0, 'a test');
    refuses('ERR_CORRUPTION', () => pool.acquire());
  });

  it('leaves no block of a run that it had claimed, and whose sender was recovered before, live', () => {
    const [mine, sender, taker] = seatsOf(3) as [Region, Region, Region];
    const pool = createTunedPool({ region: mine, name: 'pool', blockBytes: 8, capacity: 16 }, { stockMax: 0 });
    const ring = Ring.create({ region: mine, name: 'ring', capacity: 8, carries: pool });
    const theirs = Pool.attach(sender, 'pool');
    const four = Int32Array.from({ length: 4 }, () => theirs.acquire());
    expect(Ring.attach(sender, 'ring').enqueueBulk(four, 4)).toBe(true);
    mine.recover(sender.seat);
    expect(pool.liveCount).toBe(4);
    const { words } = taker.attachment;
    const queue = taker.attachment.entries().find(({ name }) => name === 'ring')!.part;
    // As `dequeueBulk`, in whose middle the thread dies.
    expect(run.takeRun(words, openOwn(taker.attachment, queue), 4, 4)).toBe(4);
    mine.recover(taker.seat);
    expect([pool.liveCount, ring.length]).toEqual([0, 0]);
    mine.check();
  });

  it('may keep a block that it was taking from a ring live, until its seat is left or recovered again', () => {
    const [mine, other] = seatsOf(2) as [Region, Region];
    const pool = createTunedPool({ region: mine, name: 'pool', blockBytes: 8, capacity: 16 }, { stockMax: 0 });
    Pool.attach(other, 'pool');
    const ring = Ring.create({ region: mine, name: 'ring', capacity: 4, carries: pool });
    Ring.attach(other, 'ring');
    ring.enqueue(pool.acquire());
    const { words } = other.attachment;
    const queue = other.attachment.entries().find(({ name }) => name === 'ring')!.part;
    const own = openOwn(other.attachment, queue);
    // As `dequeue`, in whose middle the recovery comes.
    expect(run.takeRun(words, own, 1, 1)).toBe(1);
    mine.recover(other.seat);
    expect(pool.liveCount).toBe(0);
    run.takeFirst(words, own);
    expect(run.releaseRun(words, own)).toBe(UNSEATED);
    expect([pool.liveCount, ring.dequeue()]).toEqual([1, NONE]);
    // The next thread of that seat has it, and leaves it with the rest.
    const next = mine.share();
    expect(Region.attach(next).seat).toBe(other.seat);
    mine.recover(next);
    expect(pool.liveCount).toBe(0);
    mine.check();
  });

  it.each([
    ['another', false],
    ['its own', true],
  ])(
    'reads and writes nothing of a byte ring whose sides are those of the next thread, in %s seat',
    (_, isSameSeat) => {
      for (const records of [false, true]) {
        const [mine, other] = seatsOf(2, { seats: 3 }) as [Region, Region];
        const ring = ByteRing.create({ region: mine, name: 'bytes', capacity: 64, records });
        const held = isSameSeat ? undefined : Region.attach(mine.share());
        const theirs = ByteRing.attach(other, 'bytes');
        const segments = new Int32Array(4);
        const target = new Uint8Array(4);
        theirs.write(Uint8Array.of(1, 1, 1, 1));
        expect(theirs.read(target)).toBe(4);
        theirs.reserveWrite(4, segments);
        mine.recover(other.seat);
        const heir = ByteRing.attach(held ?? Region.attach(mine.share()), 'bytes');
        expect(heir.read(target)).toBe(0);
        expect(heir.reserveWrite(4, segments)).toBe(4);
        heir.bytes.fill(2, segments[0]!, segments[0]! + 4);
        for (const call of [
          () => theirs.commitWrite(4),
          () => theirs.write(Uint8Array.of(3, 3, 3, 3)),
          () => theirs.read(target),
          () => theirs.reserveRead(4, segments),
        ])
          refuses('ERR_EVICTED', call);
        heir.commitWrite(4);
        refuses('ERR_EVICTED', () => theirs.read(target));
        expect(heir.read(target)).toBe(4);
        expect([...target]).toEqual([2, 2, 2, 2]);
        expect(heir.write(Uint8Array.of(4, 4, 4, 4))).toBe(4);
        expect(heir.read(target)).toBe(4);
        expect(ring.length).toBe(0);
        mine.check();
      }
    },
  );
});
