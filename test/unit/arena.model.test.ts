/** Any sequence of calls on an arena against a plain list of what is allocated. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, Heap } from '../../src/index.js';
import { codeOf, seedFor } from './helpers.js';

const BYTES = 2000;

interface Taken {
  readonly offset: number;
  readonly bytes: number;
  readonly fill: number;
  /** Where the arena stood before. */
  readonly before: number;
}

type Step =
  | readonly ['allocate', bytes: number, alignment: number]
  | readonly ['rewind' | 'reset' | 'wrong', n: number];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('allocate' as const), fc.integer({ min: 0, max: 700 }), fc.nat(8)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('rewind' as const), fc.nat(20)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('reset' as const, 'wrong' as const), fc.nat(20)) },
);

function run(arena: Arena, steps: readonly Step[], roomAside: boolean): void {
  const taken: Taken[] = [];
  let count = 0;
  for (const [what, n, shift = 0] of steps) {
    if (what === 'allocate') {
      const before = arena.mark();
      const offset = arena.allocate(n, 2 ** shift);
      if (offset === 0) {
        expect(arena.mark()).toBe(before);
        if (!roomAside) expect(before + n + 2 ** shift).toBeGreaterThan(BYTES);
        continue;
      }
      expect(offset % 2 ** shift).toBe(0);
      for (const other of taken) {
        const apart =
          offset + n <= other.offset || other.offset + other.bytes <= offset || n === 0 || other.bytes === 0;
        expect(apart).toBe(true);
      }
      const fill = 1 + (count++ % 255);
      arena.u8.fill(fill, offset, offset + n);
      taken.push({ offset, bytes: n, fill, before });
    } else if (what === 'wrong') {
      expect(codeOf(() => arena.rewind(arena.mark() + 1 + n))).toBe('ERR_USAGE');
      expect(codeOf(() => arena.allocate(n + 0.5))).toBe('ERR_GEOMETRY');
    } else {
      const left = what === 'reset' ? 0 : n % (taken.length + 1);
      const mark = taken[left]?.before ?? arena.mark();
      if (what === 'reset') arena.reset();
      else arena.rewind(mark);
      taken.splice(left);
      expect(arena.mark()).toBe(what === 'reset' ? 0 : mark);
    }
    for (const { offset, bytes, fill } of taken) {
      expect(arena.u8.subarray(offset, offset + bytes).every(byte => byte === fill)).toBe(true);
    }
  }
}

describe('an arena against a list', () => {
  it.each([false, true])('guard %s', guard => {
    const seed = seedFor(`arena model, guard ${guard}`);
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), steps => {
        run(Arena.create({ byteLength: BYTES, guard }), steps, false);
        const heap = Heap.create({ byteLength: 2 ** 16 });
        const arena = Arena.create({ byteLength: BYTES, guard, heap });
        run(arena, steps, true);
        arena[Symbol.dispose]();
        expect(heap.stats().liveBlocks).toBe(0);
        heap.check();
      }),
      { seed, numRuns: 150 },
    );
  });
});
