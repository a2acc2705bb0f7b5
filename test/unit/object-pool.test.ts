import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectPool, RingwellError } from '../../src/index.js';
import { refuses, seedFor } from './helpers.js';

interface Thing {
  value: number;
}

let made = 0;
const create = (): Thing => ({ value: made++ });

function counts(pool: ObjectPool<Thing>): { live: number; free: number } {
  return { live: pool.liveCount, free: pool.freeCount };
}

describe('an object pool', () => {
  it('makes an object when none is free, and uses again what was released last', () => {
    const pool = new ObjectPool({ create });
    expect(counts(pool)).toEqual({ live: 0, free: 0 });
    const [a, b] = [pool.acquire(), pool.acquire()];
    expect(a).not.toBe(b);
    expect(counts(pool)).toEqual({ live: 2, free: 0 });
    pool.release(a);
    pool.release(b);
    expect(counts(pool)).toEqual({ live: 0, free: 2 });
    expect([pool.acquire(), pool.acquire()]).toEqual([b, a]);
    expect(pool.acquire()).not.toBe(a);
    expect(counts(pool)).toEqual({ live: 3, free: 0 });
  });

  it('keeps at most `max` free objects, and knows those it left', () => {
    const pool = new ObjectPool({ create, max: 1 });
    const [a, b] = [pool.acquire(), pool.acquire()];
    pool.release(a);
    pool.release(b);
    expect(counts(pool)).toEqual({ live: 0, free: 1 });
    for (const released of [a, b]) refuses('ERR_HANDLE', () => pool.release(released));
    expect(pool.acquire()).toBe(a);
    const none = new ObjectPool({ create, max: 0 });
    none.release(none.acquire());
    expect(counts(none)).toEqual({ live: 0, free: 0 });
  });

  it('resets an object when it is released', () => {
    const pool = new ObjectPool({
      create,
      reset: thing => {
        thing.value = -1;
      },
    });
    const thing = pool.acquire();
    expect(thing.value).toBeGreaterThanOrEqual(0);
    pool.release(thing);
    expect(thing.value).toBe(-1);
  });

  it('puts no property into its objects, and takes functions and instances of classes', () => {
    class Point {
      x = 1;
    }
    const points = new ObjectPool({ create: () => new Point() });
    expect(Reflect.ownKeys(points.acquire())).toEqual(['x']);
    const functions = new ObjectPool({ create: () => () => 7 });
    const seven = functions.acquire();
    functions.release(seven);
    expect(functions.acquire()()).toBe(7);
  });
});

describe('misuse of an object pool', () => {
  it('is refused when an object is released twice, live or used again meanwhile', () => {
    const pool = new ObjectPool({ create });
    const [a, b] = [pool.acquire(), pool.acquire()];
    pool.release(a);
    expect(refuses('ERR_HANDLE', () => pool.release(a)).message).toMatch(/released already/);
    pool.release(b);
    refuses('ERR_HANDLE', () => pool.release(a));
    refuses('ERR_HANDLE', () => pool.release(b));
    expect(counts(pool)).toEqual({ live: 0, free: 2 });
    expect(new Set([pool.acquire(), pool.acquire(), pool.acquire()]).size).toBe(3);
  });

  it("is refused when an object is another pool's, a copy, or no object", () => {
    const [pool, other] = [new ObjectPool({ create }), new ObjectPool({ create })];
    const thing = pool.acquire();
    const foreign = other.acquire();
    const garbage = [
      { ...thing },
      Object.create(thing),
      new Proxy(thing, {}),
      {},
      null,
      undefined,
      0,
      'a',
      1n,
      Symbol(),
    ];
    for (const wrong of [foreign, ...garbage]) {
      refuses('ERR_HANDLE', () => pool.release(wrong as Thing));
      expect(counts(pool)).toEqual({ live: 1, free: 0 });
    }
    other.release(foreign);
    pool.release(thing);
    refuses('ERR_HANDLE', () => pool.release(foreign));
  });

  it('is refused even among pools that are themselves pooled', () => {
    const pools = new ObjectPool({ create: () => new ObjectPool<object>({ create: () => ({}) }) });
    const [first, second] = [pools.acquire(), pools.acquire()];
    pools.release(first);
    pools.release(second);
    // The next free one behind the second is the first.
    refuses('ERR_HANDLE', () => first.release(second));
    expect(pools.freeCount).toBe(2);
  });

  it('is refused when options can not be', () => {
    for (const options of [undefined, null, 1, {}, { create: 1 }, { create, reset: {} }]) {
      refuses('ERR_USAGE', () => new ObjectPool(options as never));
    }
    for (const max of [-1, 0.5, Number.NaN, '1', null]) {
      refuses('ERR_USAGE', () => new ObjectPool({ create, max: max as number }));
    }
  });

  it('changes nothing when create throws, or answers what it must not', () => {
    let answer: () => unknown = create;
    const pool = new ObjectPool<Thing>({ create: () => answer() as Thing });
    const thing = pool.acquire();
    answer = () => {
      throw new Error('no more');
    };
    expect(() => pool.acquire()).toThrow('no more');
    for (const wrong of [thing, null, undefined, 7, 'a']) {
      answer = () => wrong;
      refuses('ERR_USAGE', () => pool.acquire());
    }
    expect(counts(pool)).toEqual({ live: 1, free: 0 });
    pool.release(thing);
    expect(pool.acquire()).toBe(thing);
  });

  it('leaves an object live when reset throws', () => {
    let fails = true;
    const pool = new ObjectPool({
      create,
      reset: () => {
        if (fails) throw new Error('can not');
      },
    });
    const thing = pool.acquire();
    expect(() => pool.release(thing)).toThrow('can not');
    expect(counts(pool)).toEqual({ live: 1, free: 0 });
    fails = false;
    pool.release(thing);
    expect(counts(pool)).toEqual({ live: 0, free: 1 });
  });

  it('is refused from within reset, where the object is neither free nor live', () => {
    const seen: unknown[] = [];
    const pool: ObjectPool<Thing> = new ObjectPool({
      create,
      reset: thing => {
        seen.push(pool.acquire() === thing);
        refuses('ERR_HANDLE', () => pool.release(thing));
      },
    });
    pool.release(pool.acquire());
    expect(seen).toEqual([false]);
    expect(counts(pool)).toEqual({ live: 1, free: 1 });
  });
});

it('any sequence on an object pool agrees with a stack and a set', () => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(1000)), { minLength: 10, maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 3, Number.POSITIVE_INFINITY), steps, (max, sequence) => {
      let troubled = false;
      const trouble = (): void => {
        if (troubled) throw new Error('trouble');
      };
      const pool = new ObjectPool<Thing>({
        max,
        create: () => {
          trouble();
          return create();
        },
        reset: trouble,
      });
      const live: Thing[] = [];
      const free: Thing[] = [];
      const gone: Thing[] = [];
      for (const [what, which] of sequence) {
        troubled = what === 9;
        if (what < 4 || (what === 9 && free.length === 0 && which % 2 === 0)) {
          if (troubled) {
            expect(() => pool.acquire()).toThrow('trouble');
            continue;
          }
          const thing = pool.acquire();
          const expected = free.pop();
          if (expected !== undefined) expect(thing).toBe(expected);
          expect(live).not.toContain(thing);
          live.push(thing);
        } else if (what < 8 || what === 9) {
          const index = which % Math.max(1, live.length);
          const thing = live[index];
          if (thing === undefined) continue;
          if (troubled) {
            expect(() => pool.release(thing)).toThrow('trouble');
          } else {
            pool.release(thing);
            live.splice(index, 1);
            (free.length < max ? free : gone).push(thing);
          }
        } else {
          const dead = [...free, ...gone];
          const thing = dead[which % Math.max(1, dead.length)];
          if (thing !== undefined) expect(() => pool.release(thing)).toThrow(RingwellError);
        }
        expect(counts(pool)).toEqual({ live: live.length, free: free.length });
      }
    }),
    { seed: seedFor('object pool model'), numRuns: 300 },
  );
});
