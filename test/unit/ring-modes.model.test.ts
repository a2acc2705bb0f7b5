import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CLOSED, NONE, Pool, Ring, RingwellError } from '../../src/index.js';
import { createTunedRing } from '../../src/ring/ring.js';
import { poolsOf, seatsOf, seedFor } from './helpers.js';

const operations = Number(process.env.MODEL ?? 3e4);
const seed = seedFor('ring mode models');

interface Mode {
  readonly producers: 'single' | 'multi';
  readonly consumers: 'single' | 'multi';
  readonly overwrite: boolean;
  readonly carries: boolean;
}
const MODES: readonly Mode[] = [
  ...(['single', 'multi'] as const).flatMap(producers =>
    (['single', 'multi'] as const).flatMap(consumers =>
      [false, true].map(carries => ({ producers, consumers, overwrite: false, carries })),
    ),
  ),
  { producers: 'single', consumers: 'single', overwrite: true, carries: false },
];

/** What is done, and with how many. */
const steps = fc.array(fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 9 })), { minLength: 10, maxLength: 200 });
/** Where the counters begin: anywhere, but above all just below where something wraps. */
const starts = fc.oneof(
  fc.integer(),
  fc
    .tuple(fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 21, 2 ** 11, 2 ** 30), fc.integer({ min: -70, max: 3 }))
    .map(([a, b]) => (a + b) | 0),
);

function must(holds: boolean, evidence: string): void {
  if (!holds) throw new Error(evidence);
}

/** A ring seen by one producing and one consuming seat, beside plain arrays. */
class Modelled {
  readonly mode: Mode;
  readonly putter: Ring;
  readonly taker: Ring;
  readonly shown: number[] = [];
  staged: number[] = [];
  closed = false;
  private readonly pools: readonly Pool[];
  private next = 1;

  constructor(mode: Mode, capacity: number, start: number, local: boolean) {
    this.mode = mode;
    const { carries, ...options } = mode;
    if (local) {
      const pool = Pool.create({ blockBytes: 16, capacity: 64 });
      this.pools = carries ? [pool, pool] : [];
      this.putter = Ring.create({ ...options, capacity, ...(carries && { carries: pool }) });
      this.taker = this.putter;
      return;
    }
    const regions = seatsOf(2);
    this.pools = carries ? poolsOf(regions, 64, { stockMax: 0 }) : [];
    const carried = carries ? { carries: this.pools[0]! } : {};
    this.putter = createTunedRing({ region: regions[0]!, name: 'ring', capacity, ...options, ...carried }, start);
    this.taker = Ring.attach(regions[1]!, 'ring');
  }

  step(what: number, count: number): void {
    if (what < 20) this.put(() => this.putter.enqueue(this.batch(1)[0]!), 1, 1);
    else if (what < 28) this.put(() => this.putter.enqueueBulk(this.batch(count), count), count, count);
    else if (what < 36) this.put(() => this.putter.enqueueBurst(this.batch(count), count), count, 1);
    else if (what < 48) this.stage();
    else if (what < 54) this.flush();
    else if (what < 74) this.takeOne();
    else if (what < 82) this.takeMany('dequeueBulk', count, count);
    else if (what < 90) this.takeMany('dequeueBurst', count, 1);
    else if (what < 98) this.peek();
    else if (count === 1) this.close();
    must(this.taker.length === this.shown.length, `length ${this.taker.length}, expected ${this.shown.length}`);
    must(this.taker.closed === this.closed, `closed is ${this.taker.closed}`);
  }

  /** At the end everything can be taken, and every block is free or held. */
  drain(): void {
    if (this.mode.producers === 'single') this.flush();
    while (this.shown.length > 0) this.takeOne();
    this.takeOne();
    must((this.pools[0]?.liveCount ?? 0) === 0, `${this.pools[0]?.liveCount} blocks are live`);
  }

  private items: Int32Array = new Int32Array(0);

  /** Items to put: numbers, or blocks that this seat holds. */
  private batch(count: number): Int32Array {
    this.items = Int32Array.from({ length: count }, () => (this.pools[0] ? this.pools[0].acquire() : this.next++));
    return this.items;
  }

  /** Takes back the blocks that were not put. */
  private keep(from: number): void {
    for (const item of this.items.subarray(from)) this.pools[0]?.release(item);
  }

  private refusedAsClosed(act: () => unknown): boolean {
    try {
      act();
    } catch (error) {
      if (error instanceof RingwellError && error.code === 'ERR_CLOSED') return true;
      throw error;
    }
    return false;
  }

  /** `least`: how many must fit for any to be put. */
  private put(act: () => boolean | number, count: number, least: number): void {
    let result: boolean | number = 0;
    if (least > this.putter.capacity) {
      // It never fits, whatever the ring is like: nothing happens.
      must(act() === false, `${least} were put at once`);
      this.keep(0);
      return;
    }
    const refused = this.refusedAsClosed(() => {
      result = act();
    });
    must(refused === this.closed, `${count} were put: refused ${refused}, closed ${this.closed}`);
    if (refused) {
      this.keep(0);
      return;
    }
    this.publish();
    const { capacity } = this.putter;
    const room = this.mode.overwrite ? capacity : capacity - this.shown.length;
    const expected = room < least ? 0 : Math.min(count, room);
    const done = result === true ? count : Number(result);
    must(done === expected, `put ${done} of ${count}, expected ${expected}`);
    this.shown.push(...this.items.subarray(0, done));
    if (this.shown.length > capacity) this.shown.splice(0, this.shown.length - capacity);
    this.keep(done);
  }

  private publish(): void {
    this.shown.push(...this.staged);
    this.staged = [];
  }

  private stage(): void {
    if (this.mode.producers === 'multi') return;
    let done = false;
    const refused = this.refusedAsClosed(() => {
      done = this.putter.stage(this.batch(1)[0]!);
    });
    must(refused === this.closed, `staged: refused ${refused}, closed ${this.closed}`);
    if (refused || !done) this.keep(0);
    if (refused) return;
    const fits = this.shown.length + this.staged.length < this.putter.capacity;
    must(done === (fits || this.mode.overwrite), `staged ${done} with ${this.shown.length}, ${this.staged.length}`);
    if (!done) this.publish();
    else this.staged.push(this.items[0]!);
    // Nobody else looks at a local ring, and one that overwrites makes its room at once: there staging is putting.
    if (this.putter !== this.taker && !this.mode.overwrite) return;
    this.publish();
    if (this.shown.length > this.putter.capacity) this.shown.shift();
  }

  private flush(): void {
    if (this.mode.producers === 'multi') return;
    this.putter.flush();
    this.publish();
  }

  private takeOne(): void {
    const expected = this.shown.shift() ?? (this.closed ? CLOSED : NONE);
    const got = this.taker.dequeue();
    must(got === expected, `took ${got}, expected ${expected}`);
    if (got > 0) this.pools[1]?.release(got);
  }

  private takeMany(call: 'dequeueBulk' | 'dequeueBurst', count: number, least: number): void {
    const target = new Int32Array(count);
    const result = this.taker[call](target, count);
    const got = result === true ? count : Number(result);
    const expected = this.shown.length < least ? 0 : Math.min(count, this.shown.length);
    must(got === expected, `took ${got} of ${count}, expected ${expected}`);
    for (const [i, item] of this.shown.splice(0, got).entries()) {
      must(target[i] === item, `took ${target[i]}, expected ${item}`);
      this.pools[1]?.release(item);
    }
  }

  private peek(): void {
    if (this.mode.consumers === 'multi') return;
    const expected = this.shown[0] ?? (this.closed ? CLOSED : NONE);
    const got = this.taker.peek();
    must(got === expected, `peeked ${got}, expected ${expected}`);
  }

  /** By the producer: what it has staged goes in before. */
  private close(): void {
    this.putter.close();
    this.publish();
    this.closed = true;
  }
}

describe.each([
  { where: 'local', local: true },
  { where: 'shared', local: false },
])('$where rings', ({ local }) => {
  it.each(MODES)('with $producers/$consumers, overwrite $overwrite, carries $carries agree with an array', mode => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4, 8, 16), starts, steps, (capacity, start, sequence) => {
        const modelled = new Modelled(mode, capacity, start, local);
        for (const [what, count] of sequence) modelled.step(what, mode.overwrite ? Math.min(count, capacity) : count);
        modelled.drain();
      }),
      { numRuns: Math.ceil(operations / 100 / MODES.length), seed },
    );
  });
});
