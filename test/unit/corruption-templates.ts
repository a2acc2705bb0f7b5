/** Whole regions with something in every state, to be damaged, and everything that one can do in them. */
import {
  Broadcast,
  ByteRing,
  type Handle,
  MessageRing,
  Pool,
  Region,
  type RegionToken,
  Ring,
  type Subscriber,
} from '../../src/index.js';
import { createTunedPool } from '../../src/pool/pool.js';

/** Bytes behind a region that nobody may write. */
export const BEYOND = 1024;

export interface Template {
  /** The whole region, and what is behind it. */
  readonly bytes: Uint8Array;
  /** Of a third seat. */
  readonly token: RegionToken;
  readonly usedWords: number;
  /** Attaches to every structure; the first calls. Behind them, all that can be done with them. */
  calls(region: Region): { attach: (() => unknown)[]; use: (() => unknown)[] };
}

function build(bytes: number, fill: (region: Region, other: Region) => Pick<Template, 'calls'>): Template {
  const memory = new SharedArrayBuffer(bytes + BEYOND);
  const region = Region.create({ buffer: memory, maxByteLength: bytes, seats: 3 });
  const filled = fill(region, Region.attach(region.share()));
  const token = region.share();
  const usedWords = region.usedBytes / 4;
  return { bytes: new Uint8Array(memory).slice(), token, usedWords, ...filled };
}

/** What every list of calls ends with. */
function last(region: Region): (() => unknown)[] {
  return [
    () => region.usedBytes,
    () => region.inspect(),
    () => region.check(),
    () => Pool.create({ region, name: 'new', blockBytes: 8, capacity: 4 }).acquire(),
    () => region.recover(2),
    () => region.recover(1),
    () => region.share(),
    () => region.detach(),
  ];
}

/** Calls `act` with what is there, once it is. Shows as `act` does. */
function using<T>(get: () => T | undefined, act: (object: T) => unknown): () => unknown {
  const call = (): unknown => {
    const object = get();
    return object === undefined ? 0 : act(object);
  };
  return Object.assign(call, { toString: () => String(act) });
}

const times = (count: number, act: () => unknown): (() => unknown)[] => Array.from({ length: count }, () => act);

function pools(): Template {
  return build(16384, (region, other) => {
    const pool = createTunedPool(
      { region, name: 'pool', blockBytes: 24, capacity: 40 },
      { stockMax: 4, firstGeneration: 9 },
    );
    createTunedPool({ region, name: 'tiny', blockBytes: 8, capacity: 1 }, { stockMax: 0 }).acquire();
    const ring = Ring.create({ region, name: 'ring', capacity: 8 });
    const cargo = Ring.create({ region, name: 'cargo', capacity: 4, carries: pool });
    const theirs = Pool.attach(other, 'pool');
    const handles = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? pool : theirs).acquire()) as Handle[];
    theirs.release(handles[0]!);
    pool.release(handles[2]!);
    cargo.enqueue(handles[4]!);
    cargo.enqueue(handles[6]!);
    for (let item = 1; item <= 13; item++) {
      ring.enqueue(item);
      if (item > 5) ring.dequeue();
    }
    return {
      calls: of => {
        const opened: { pool?: Pool; tiny?: Pool; ring?: Ring; cargo?: Ring } = {};
        const got: number[] = [];
        const withPool = (act: (pool: Pool) => unknown): (() => unknown) => using(() => opened.pool, act);
        const withRing = (act: (ring: Ring) => unknown): (() => unknown) => using(() => opened.ring, act);
        const withCargo = (act: (ring: Ring) => unknown): (() => unknown) => using(() => opened.cargo, act);
        const some = new Int32Array(6);
        return {
          attach: [
            () => (opened.pool = Pool.attach(of, 'pool')),
            () => (opened.cargo = Ring.attach(of, 'cargo')),
            () => (opened.ring = Ring.attach(of, 'ring')),
            () => (opened.tiny = Pool.attach(of, 'tiny')),
          ],
          use: [
            ...times(
              6,
              withPool(to => got.push(to.acquire())),
            ),
            withPool(to => to.release(got[0] ?? 1)),
            ...handles.map(handle => withPool(to => to.release(handle))),
            ...[1, 2, 3, 4, 5].map(i => withPool(to => to.setLength(got[i] ?? 1, 5))),
            ...[1, 2].map(i => withPool(to => to.view(got[i] ?? 1).fill(i))),
            withPool(to => to.liveCount + to.freeCount + to.offsetOf(got[1] ?? 1)),
            withPool(to => to.acquireWait(0.01)),
            withPool(to => to.acquireBulk(some, 5)),
            withPool(to => to.releaseBulk(some, 5)),
            withPool(to => to.resize(20)),
            withPool(to => to.resize(40)),
            withPool(to => to.stats()),
            using(
              () => opened.tiny,
              to => to.release(to.acquire()),
            ),
            ...[1, 2, 3].map(item => withRing(to => to.enqueue(item))),
            withRing(to => to.length + to.freeSpace),
            ...times(
              9,
              withRing(to => to.dequeue()),
            ),
            withRing(to => to.enqueueBulk(Int32Array.of(1, 2, 3, 4), 4)),
            withRing(to => to.dequeueBurst(some, 6)),
            withRing(to => to.enqueueWait(9, 0.01)),
            withRing(to => to.dequeueWait(0.01)),
            withCargo(to => to.enqueue(got[3] ?? 1)),
            ...times(
              4,
              withCargo(to => to.dequeue()),
            ),
            () => Ring.open({ region: of, name: 'ring', capacity: 8 }).close(),
            ...last(of),
          ],
        };
      },
    };
  });
}

function streams(): Template {
  return build(16384, (region, other) => {
    const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 12 });
    const bytes = ByteRing.create({ region, name: 'bytes', capacity: 64 });
    const records = ByteRing.create({ region, name: 'records', capacity: 128, records: true });
    const messages = MessageRing.create({ region, name: 'messages', capacity: 1024 });
    const single = { producers: 'single', consumers: 'single' } as const;
    const lane = Ring.create({ region, name: 'lane', capacity: 8, ...single });
    const cargo = Ring.create({ region, name: 'cargo', capacity: 4, carries: pool, ...single });
    const source = new Uint8Array(40).fill(7);
    bytes.write(source);
    ByteRing.attach(other, 'bytes').read(new Uint8Array(30));
    bytes.write(source);
    for (const size of [3, 20, 9]) records.write(source.subarray(0, size));
    for (let i = 1; i < 4; i++) messages.send(source, i);
    MessageRing.attach(other, 'messages').receive(() => {}, 1);
    messages.tryClaim(100, 9);
    for (let item = 1; item < 8; item++) lane.enqueue(item);
    Ring.attach(other, 'lane').dequeueBurst(new Int32Array(5), 5);
    lane.stage(20);
    lane.stage(21);
    for (let i = 0; i < 3; i++) cargo.enqueue(pool.acquire());
    // What was in two hands is in one: the seats that had the sides leave them, so that the third can do everything.
    other.detach();
    return {
      calls: of => {
        const opened: { bytes?: ByteRing; records?: ByteRing; messages?: MessageRing; lane?: Ring; cargo?: Ring } = {};
        const target = new Uint8Array(200);
        const some = new Int32Array(8);
        const segments = new Int32Array(4);
        const withBytes = (act: (ring: ByteRing) => unknown): (() => unknown)[] => [
          using(() => opened.bytes, act),
          using(() => opened.records, act),
        ];
        const withMessages = (act: (ring: MessageRing) => unknown): (() => unknown) =>
          using(() => opened.messages, act);
        const withLanes = (act: (ring: Ring) => unknown): (() => unknown)[] => [
          using(() => opened.lane, act),
          using(() => opened.cargo, act),
        ];
        const touch = (offset: number, count: number): void => {
          opened.messages?.bytes.fill(1, offset, offset + count);
        };
        return {
          attach: [
            () => (opened.bytes = ByteRing.attach(of, 'bytes')),
            () => (opened.records = ByteRing.attach(of, 'records')),
            () => (opened.messages = MessageRing.attach(of, 'messages')),
            () => (opened.lane = Ring.attach(of, 'lane')),
            () => (opened.cargo = Ring.attach(of, 'cargo')),
          ],
          use: [
            ...withBytes(to => to.length + to.freeSpace),
            ...withBytes(to => to.read(target)),
            ...withBytes(to => to.peek(target)),
            ...withBytes(to => to.skip(3)),
            ...withBytes(to => to.peekRecordLength()),
            ...withBytes(to => to.skipRecord()),
            ...withBytes(to => to.readWait(target, 1, 0.01)),
            ...withBytes(to => to.reserveRead(10, segments)),
            ...withBytes(to => to.commitRead(1)),
            ...times(1, () => of.recover(1)),
            ...withBytes(to => to.write(source)),
            ...withBytes(to => to.writeWait(source, 0.01)),
            ...withBytes(to => to.reserveWrite(10, segments)),
            ...withBytes(to => to.commitWrite(1)),
            ...withBytes(to => to.close()),
            withMessages(to => to.receive((offset, count) => touch(offset, count), 2)),
            withMessages(to => to.send(source, 3)),
            withMessages(to => {
              const offset = to.tryClaim(64, 2);
              if (offset !== 0) {
                touch(offset, 64);
                to.commit(offset);
              }
            }),
            withMessages(to => to.abort(to.tryClaim(200, 2))),
            withMessages(to => to.receiveWait((offset, count) => touch(offset, count), 0.01)),
            withMessages(to => to.sendWait(source, 3, 0.01)),
            withMessages(to => to.close()),
            ...withLanes(to => to.length + to.freeSpace),
            ...withLanes(to => to.dequeue()),
            ...withLanes(to => to.dequeueBurst(some, 4)),
            ...withLanes(to => to.dequeueWait(0.01)),
            ...withLanes(to => to.peek()),
            ...withLanes(to => to.enqueue(5)),
            ...withLanes(to => to.enqueueBurst(Int32Array.of(1, 2, 3), 3)),
            ...withLanes(to => to.stage(3)),
            ...withLanes(to => to.flush()),
            ...withLanes(to => to.enqueueWait(4, 0.01)),
            ...withLanes(to => to.close()),
            ...last(of),
          ],
        };
      },
    };
  });
}

function broadcasts(): Template {
  return build(8192, (region, other) => {
    const shape = { region, capacity: 256, subscribers: 3 };
    const mine = [false, true].map(gated => Broadcast.create({ ...shape, name: gated ? 'gated' : 'lossy', gated }));
    const theirs = mine.map(one => Broadcast.attach(other, one.gated ? 'gated' : 'lossy'));
    const message = new Uint8Array(30).fill(7);
    const subscribers = [...mine, ...theirs].map(one => one.subscribe());
    for (let i = 1; i < 12; i++) {
      for (const one of theirs) one.send(message, i);
      for (const subscriber of subscribers.slice(0, 3)) subscriber.receive(message);
    }
    // The second leaves, with its subscriptions, so that the third can be the sender.
    other.detach();
    return {
      calls: of => {
        const opened: Broadcast[] = [];
        const subscribed: Subscriber[] = [];
        const target = new Uint8Array(64);
        const withBoth = (act: (one: Broadcast) => unknown): (() => unknown)[] =>
          [0, 1].map(i => using(() => opened[i], act));
        const withSubscribers = (act: (one: Subscriber) => unknown): (() => unknown)[] =>
          [0, 1].map(i => using(() => subscribed[i], act));
        return {
          attach: [
            () => opened.push(Broadcast.attach(of, 'lossy')),
            () => opened.push(Broadcast.attach(of, 'gated')),
            ...withBoth(one => subscribed.push(one.subscribe())),
          ],
          use: [
            ...withBoth(one => one.send(message, 3)),
            ...withSubscribers(one => one.receive(target)),
            () => of.recover(1),
            ...[1, 2, 3, 4, 5, 6].flatMap(i => withBoth(one => one.send(message.subarray(i), i))),
            ...withBoth(one => one.sendWait(message, 3, 0.01)),
            ...withSubscribers(one => one.receive(target)),
            ...withSubscribers(one => one.receive(target.subarray(0, 3))),
            ...withSubscribers(one => one.receiveWait(target, 0.01)),
            ...withBoth(one => one.subscribe().receive(target)),
            ...withSubscribers(one => one[Symbol.dispose]()),
            ...withBoth(one => one.close()),
            ...withBoth(one => one.closed),
            ...last(of),
          ],
        };
      },
    };
  });
}

export const templates: Readonly<Record<string, () => Template>> = {
  'pools and rings': pools,
  'byte rings, message rings and lanes': streams,
  broadcasts,
};
