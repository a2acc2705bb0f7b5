import { checkOptions, RingwellError } from '../core/errors.js';
import { readStore } from '../core/store.js';
import type { Region } from '../region/region.js';
import { attachStructure, createStructure, openStructure, type StructureKind } from '../region/structures.js';
import { poolGeometry } from './geometry.js';
import { LocalPool } from './local-pool.js';
import { type Named, PoolBase, type PoolOptions } from './pool-base.js';
import { SharedPool } from './shared-pool.js';
import { createStore, type StoreTuning } from './store.js';

/** Blocks of one size: see the methods of `PoolBase`. */
export type Pool = PoolBase;

function kindOf(options: PoolOptions | undefined, tuning: StoreTuning = {}): StructureKind<SharedPool> {
  return {
    title: 'pool',
    type: SharedPool,
    create: (attachment, name) =>
      new SharedPool(attachment, createStore(attachment, name, poolGeometry(options!), tuning)),
    attach: (attachment, entry) => new SharedPool(attachment, readStore(attachment.words, entry.part)),
  };
}

/** Makes a pool in a region with sizes that only tests choose. */
export function createTunedPool(options: PoolOptions & Named, tuning: StoreTuning): SharedPool {
  poolGeometry(options);
  return createStructure(options.region, options.name, kindOf(options, tuning));
}

/** How pools come about. */
interface PoolMaker {
  /**
   * Makes a pool: with a region and a name one for every attached thread, without them a local one for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for sizes that can't be, or that the region has no room for; ERR_ATTACH when the name
   * is taken; ERR_USAGE
   */
  create(options: PoolOptions & Partial<Named>): Pool;
  /** This thread's object for a pool of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  attach(region: Region, name: string): Pool;
  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists with other sizes */
  open(options: PoolOptions & Named): Pool;
  [Symbol.hasInstance](value: unknown): value is Pool;
}

export const Pool: PoolMaker = {
  create(options) {
    checkOptions(options, 'Cannot create pool: options');
    if (options.region === undefined && options.name === undefined) return new LocalPool(options);
    poolGeometry(options);
    return createStructure(options.region, options.name, kindOf(options));
  },

  attach(region, name) {
    return attachStructure(region, name, kindOf(undefined));
  },

  open(options) {
    const { blockBytes, capacity } = poolGeometry(options);
    return openStructure(options.region, options.name, kindOf(options), pool => {
      if (pool.blockBytes === blockBytes && pool.capacity === capacity) return;
      const found = `${pool.capacity} blocks of ${pool.blockBytes} bytes`;
      throw new RingwellError(
        'ERR_GEOMETRY',
        `Cannot open pool: expected ${capacity} blocks of ${blockBytes} bytes, found ${found}`,
      );
    });
  },

  [Symbol.hasInstance](value): value is Pool {
    return value instanceof PoolBase;
  },
};
