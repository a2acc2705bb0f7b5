/** What is done to a heap: the shapes of native/heap.cpp, with the same sizes in the same order. */
import type { Heap } from 'ringwell';
import { backOff } from '../harness/crew.js';

const SLOTS = 4096;

/** Marsaglia's xorshift: cheap, and the same sequence in every run. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 32 bits, signed: an integer beyond 2^31 would be a float to the engine. */
  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state;
  }
}

/** The random numbers of one thread. */
export function randomOf(index: number): Random {
  return new Random(0x9e3779b9 + index);
}

function full(): never {
  throw new Error('Cannot measure: the heap is exhausted');
}

/** Sizes from 1 to 8000, most of them small. */
function skewedSizes(): Int32Array {
  const random = randomOf(0);
  return Int32Array.from({ length: SLOTS }, () => Math.trunc(((random.next() >>> 0) / 2 ** 32) ** 4 * 8000) + 1);
}

export function replaceSkewed(heap: Heap): (count: number) => number {
  const sizes = skewedSizes();
  const slots = new Int32Array(SLOTS);
  const bytes = heap.u8;
  return count => {
    for (let i = 0; i < count; i++) {
      const slot = Math.imul(i, 0x9e3779b1) >>> 20;
      heap.free(slots[slot]!);
      const pointer = heap.malloc(sizes[(i + slot) & (SLOTS - 1)]!);
      if (pointer === 0) full();
      bytes[pointer] = i;
      slots[slot] = pointer;
    }
    return slots[0]!;
  };
}

export function pairs(heap: Heap): (count: number) => number {
  const bytes = heap.u8;
  return count => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const pointer = heap.malloc(4096);
      bytes[pointer] = i;
      sum ^= pointer;
      heap.free(pointer);
    }
    return sum;
  };
}

/** 8 to 71 bytes: as many live blocks as asked for, a power of two. */
export function replaceSmall(heap: Heap, live: number): (count: number) => number {
  const random = randomOf(0);
  const slots = new Int32Array(live);
  const bytes = heap.u8;
  const work = (count: number): number => {
    for (let i = 0; i < count; i++) {
      const number = random.next();
      const slot = number & (live - 1);
      heap.free(slots[slot]!);
      const pointer = heap.malloc(8 + (number >>> 26));
      if (pointer === 0) full();
      bytes[pointer] = i;
      slots[slot] = pointer;
    }
    return slots[0]!;
  };
  work(16 * live);
  return work;
}

/**
 * A ring for one producer and one consumer that is published every 32 pointers: the same few lines here and in C++, so that it is
 * the heaps that are compared. Words: 0 tail, 32 head, 64 the pointers.
 */
const TAIL = 0;
const HEAD = 32;
const POINTERS = 64;
export const PIPE_WORDS: number = POINTERS + SLOTS;

/** 16 to 1015 bytes, for another thread to free. */
export function produce(heap: Heap, pipe: Int32Array, random: Random): (count: number) => number {
  const bytes = heap.u8;
  return count => {
    let tail = Atomics.load(pipe, TAIL);
    let head = Atomics.load(pipe, HEAD);
    for (let i = 0; i < count; i++) {
      while (((tail - head) | 0) === SLOTS) {
        head = Atomics.load(pipe, HEAD);
        if (((tail - head) | 0) === SLOTS) backOff();
      }
      const pointer = heap.malloc(16 + ((random.next() >>> 8) % 1000));
      if (pointer === 0) full();
      bytes[pointer] = i;
      pipe[POINTERS + (tail & (SLOTS - 1))] = pointer;
      tail = (tail + 1) | 0;
      if ((tail & 31) === 0) Atomics.store(pipe, TAIL, tail);
    }
    return tail;
  };
}

export function consume(heap: Heap, pipe: Int32Array): (count: number) => number {
  return count => {
    let head = Atomics.load(pipe, HEAD);
    let tail = head;
    for (let i = 0; i < count; i++) {
      while (head === tail) {
        tail = Atomics.load(pipe, TAIL);
        if (head === tail) backOff();
      }
      heap.free(pipe[POINTERS + (head & (SLOTS - 1))]!);
      head = (head + 1) | 0;
      if ((head & 31) === 0) Atomics.store(pipe, HEAD, head);
    }
    return head;
  };
}

const SET = 1000;
const STAY = 10_000;
const SPINS = 20_000;
const LARSON_SETS = 32;

/** Words: 0 threads that have arrived, 32 the sets of pointers. */
export function larsonWords(threads: number): number {
  return LARSON_SETS + threads * SET;
}

/** Larson and Krishnan's server: replaces blocks of 8 to 1007 bytes in a set of 1000, and hands the set on. */
export function larson(heap: Heap, words: Int32Array, index: number, threads: number): (count: number) => number {
  const random = randomOf(index);
  const bytes = heap.u8;
  const pass = (): void => {
    const wanted = (Math.trunc(Atomics.add(words, 0, 1) / threads) + 1) * threads;
    for (let spin = 0; Atomics.load(words, 0) < wanted; spin++) if (spin > SPINS) backOff();
  };
  return count => {
    for (let stay = 0; stay * STAY < count; stay++) {
      const base = LARSON_SETS + ((index + stay) % threads) * SET;
      for (let i = 0; i < STAY; i++) {
        const number = random.next();
        const slot = base + ((number >>> 8) % SET);
        heap.free(words[slot]!);
        const pointer = heap.malloc(8 + ((number >>> 12) % 1000));
        if (pointer === 0) full();
        bytes[pointer] = i;
        words[slot] = pointer;
      }
      pass();
    }
    return 0;
  };
}
