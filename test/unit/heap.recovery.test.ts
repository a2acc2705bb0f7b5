import { describe, expect, it } from 'vitest';
import { HEAP_LOCK } from '../../src/core/span.core.js';
import { Heap, Region } from '../../src/index.js';
import { lockWord } from '../../src/region/header.core.js';
import { codeOf, seatsOf } from './helpers.js';

/** A heap seen by so many seats, all in this thread. */
function heapsOf(count: number, caches: boolean): { regions: Region[]; heaps: Heap[] } {
  const regions = seatsOf(count, { maxByteLength: 4 * 2 ** 20, seats: 4 });
  Heap.create({ region: regions[0]!, name: 'h', byteLength: 2 ** 20, caches });
  return { regions, heaps: regions.map(region => Heap.attach(region, 'h')) };
}

describe.each([true, false])('recovery of a heap with caches: %s', caches => {
  it('frees what the dead seat held, and nothing else', () => {
    const { regions, heaps } = heapsOf(2, caches);
    const [mine, theirs] = heaps as [Heap, Heap];
    const kept = mine.malloc(100);
    const lost = [theirs.malloc(100), theirs.malloc(5000), theirs.malloc(100_000)];
    const bytes = lost.reduce((sum, pointer) => sum + theirs.usableSize(pointer), 0);
    const report = regions[0]!.recover(2);
    expect([report.blocksReclaimed, report.bytesReclaimed]).toEqual([3, bytes]);
    expect(mine.stats().liveBlocks).toBe(1);
    for (const pointer of lost) expect(codeOf(() => mine.free(pointer))).toBe('ERR_HANDLE');
    mine.free(kept);
    mine.check();
    mine.trim();
    expect(mine.stats().reservedBytes).toBe(0);
    expect(regions[0]!.recover(2).blocksReclaimed).toBe(0);
    for (const call of [() => theirs.malloc(60_000), () => theirs.trim()]) expect(codeOf(call)).toBe('ERR_EVICTED');
  });

  it('leaves what was disowned, or adopted by another, and frees what the dead seat had adopted', () => {
    const { regions, heaps } = heapsOf(3, caches);
    const [mine, theirs, third] = heaps as [Heap, Heap, Heap];
    const sizes = [64, 3000, 100_000];
    const disowned = sizes.map(bytes => theirs.malloc(bytes));
    const adopted = sizes.map(bytes => theirs.malloc(bytes));
    const taken = sizes.map(bytes => third.malloc(bytes));
    for (const pointer of disowned) theirs.disown(pointer);
    for (const pointer of adopted) mine.adopt(pointer);
    for (const pointer of taken) theirs.adopt(pointer);
    expect(regions[0]!.recover(2).blocksReclaimed).toBe(3);
    expect(mine.stats().liveBlocks).toBe(6);
    for (const pointer of taken) expect(codeOf(() => third.free(pointer))).toBe('ERR_HANDLE');
    for (const pointer of [...disowned, ...adopted]) third.free(pointer);
    third.trim();
    mine.trim();
    expect(mine.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0 });
    mine.check();
  });

  it('hands the spans of a dead seat on to the next that needs their class', () => {
    const { regions, heaps } = heapsOf(2, caches);
    const [mine, theirs] = heaps as [Heap, Heap];
    const left = theirs.malloc(100);
    for (let i = 0; i < 20; i++) theirs.malloc(100);
    theirs.disown(left);
    regions[0]!.recover(2);
    const { reservedBytes } = mine.stats();
    const pointer = mine.malloc(100);
    expect(mine.stats().reservedBytes).toBe(reservedBytes); // no new span
    expect(pointer).not.toBe(left);
    mine.free(left);
    mine.free(pointer);
    mine.trim();
    expect(mine.stats().reservedBytes).toBe(0);
  });

  it('keeps live what a detached seat left behind', () => {
    const { regions, heaps } = heapsOf(3, caches);
    const [mine, theirs, third] = heaps as [Heap, Heap, Heap];
    const left = [theirs.malloc(100), theirs.malloc(100_000)];
    regions[1]!.detach();
    expect(codeOf(() => theirs.malloc(10))).toBe('ERR_SEAT');
    third.malloc(100);
    regions[0]!.recover(3);
    expect(mine.stats().liveBlocks).toBe(2);
    for (const pointer of left) mine.free(pointer);
    mine.trim();
    expect(mine.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0 });
    regions[0]!.check();
  });
});

describe('a thread that detaches while a dead one has the lock of a heap', () => {
  it("keeps its seat until the dead one is recovered, so that what it left live is not the next one's", () => {
    const [mine, leaving, dead] = seatsOf(3) as [Region, Region, Region];
    const heap = Heap.create({ region: mine, name: 'heap', byteLength: 2 ** 16 });
    const block = Heap.attach(leaving, 'heap').malloc(64);
    const { words } = mine.attachment;
    const { part } = mine.attachment.entries().find(({ name }) => name === 'heap')!;
    words[part + HEAP_LOCK] = lockWord(dead.seat, dead.attachment.generation);
    const stateOf = (seat: number) => mine.inspect().seats.find(report => report.seat === seat)?.state;

    expect(codeOf(() => leaving.detach())).toBe('ERR_ATTACH');
    expect(stateOf(leaving.seat)).toBe('leaving');
    mine.recover(dead.seat);
    leaving.detach();
    expect(stateOf(leaving.seat)).toBe('free');
    leaving.detach();

    const { seat } = seatAgain(mine);
    expect(seat).toBe(leaving.seat);
    mine.recover(seat);
    expect(heap.stats().liveBlocks).toBe(1);
    heap.free(block);
    heap.check();
  });

  it('leaves nothing more when it was recovered itself meanwhile', () => {
    const [mine, leaving, dead] = seatsOf(3) as [Region, Region, Region];
    const heap = Heap.create({ region: mine, name: 'heap', byteLength: 2 ** 16 });
    Heap.attach(leaving, 'heap').malloc(64);
    const { words } = mine.attachment;
    const { part } = mine.attachment.entries()[0]!;
    words[part + HEAP_LOCK] = lockWord(dead.seat, dead.attachment.generation);
    expect(codeOf(() => leaving.detach())).toBe('ERR_ATTACH');
    mine.recover(dead.seat);
    mine.recover(leaving.seat);
    const heir = seatAgain(mine);
    const theirs = Heap.attach(heir, 'heap').malloc(64);
    leaving.detach();
    expect([heap.stats().liveBlocks, heir.seat]).toEqual([1, leaving.seat]);
    heap.free(theirs);
    mine.check();
  });
});

/** Another thread, on the first seat that is free. */
function seatAgain(region: Region): Region {
  return Region.attach(region.share());
}

describe('a heap of several seats', () => {
  it('does not grow when one only allocates and another only frees', () => {
    const { heaps } = heapsOf(2, true);
    const [producer, consumer] = heaps as [Heap, Heap];
    let warm = 0;
    for (let round = 0; round < 400; round++) {
      const blocks = Array.from({ length: 100 }, (_, i) => producer.malloc(16 + ((i * 97 + round) % 1000)));
      for (const pointer of blocks) consumer.free(pointer);
      const { reservedBytes } = producer.stats();
      if (round === 40) warm = reservedBytes;
      if (round > 40) expect(reservedBytes).toBeLessThanOrEqual(warm * 1.1);
    }
    expect(producer.stats().liveBlocks).toBe(0);
    producer.trim();
    expect(producer.stats().reservedBytes).toBe(0);
  });

  it('catches a block freed by both of two seats', () => {
    const { heaps } = heapsOf(2, true);
    const [mine, theirs] = heaps as [Heap, Heap];
    for (let life = 0; life < 20; life++) {
      const pointer = mine.malloc(48);
      theirs.free(pointer);
      expect(codeOf(() => theirs.free(pointer))).toBe('ERR_HANDLE');
      expect(codeOf(() => mine.free(pointer))).toBe('ERR_HANDLE');
      expect(mine.stats().liveBlocks).toBe(0);
      mine.trim();
    }
    mine.check();
  });
});

describe('recovery of a guarded heap', () => {
  it('leaves to whoever freed it what that one has in quarantine', () => {
    const regions = seatsOf(3, { seats: 4 });
    const [mine, theirs, third] = regions.map(region =>
      Heap.open({ region, name: 'h', byteLength: 2 ** 17, guard: true }),
    ) as [Heap, Heap, Heap];
    for (const bytes of [32, 2000]) mine.free(theirs.malloc(bytes));
    regions[0]!.recover(2);
    const next = [32, 2000].map(bytes => third.malloc(bytes));
    for (const pointer of next) third.u8.fill(7, pointer, pointer + 32);
    mine.trim();
    for (const pointer of next) third.free(pointer);
    mine.check();
    expect(mine.stats().liveBlocks).toBe(0);
  });
});
