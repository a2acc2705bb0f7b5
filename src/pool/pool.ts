import { checkOptions, RingwellError } from '../core/errors.js';
import { TREAT_GUARD } from '../core/guard.core.js';
import { readStore, type Store } from '../core/store.js';
import type { Attached, Attachment } from '../region/attachment.js';
import type { Region } from '../region/region.js';
import {
  attachStructure,
  createStructure,
  type Named,
  openStructure,
  type StructureKind,
} from '../region/structures.js';
import { poolGeometry } from './geometry.js';
import { LocalPool } from './local-pool.js';
import { PoolBase, type PoolOptions } from './pool-base.js';
import { SharedPool } from './shared-pool.js';
import { createStore, type StoreTuning } from './store.js';
import { GuardedPool, type Treatable, TreatedPool } from './treated-pool.js';

/** Blocks of one size: see the methods of `PoolBase`. */
export type Pool = PoolBase;

/** The pool itself, or what treats its blocks. */
function treated<T extends Treatable>(pool: T, treatment: number): T | TreatedPool {
  if (treatment === 0) return pool;
  return (treatment & TREAT_GUARD) !== 0 ? new GuardedPool(pool, treatment) : new TreatedPool(pool, treatment);
}

function kindOf(options: PoolOptions | undefined, tuning: StoreTuning = {}): StructureKind<PoolBase & Attached> {
  const open = (attachment: Attachment, store: Store): PoolBase & Attached =>
    treated(new SharedPool(attachment, store), store.treatment);
  return {
    title: 'pool',
    type: PoolBase as unknown as StructureKind<PoolBase & Attached>['type'],
    create: (attachment, name) => open(attachment, createStore(attachment, name, poolGeometry(options!), tuning)),
    attach: (attachment, entry) => open(attachment, readStore(attachment.words, entry.part)),
  };
}

/** Makes a pool in a region with sizes that only tests choose. */
export function createTunedPool(options: PoolOptions & Named, tuning: StoreTuning): SharedPool {
  poolGeometry(options);
  return createStructure(options.region, options.name, kindOf(options, tuning)) as SharedPool;
}

function treatmentIn(pool: PoolBase): number {
  return pool instanceof TreatedPool ? pool.treatment : 0;
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
    if (options.region === undefined && options.name === undefined)
      return treated(new LocalPool(options), poolGeometry(options).treatment);
    poolGeometry(options);
    return createStructure(options.region, options.name, kindOf(options));
  },

  attach(region, name) {
    return attachStructure(region, name, kindOf(undefined));
  },

  open(options) {
    const { blockBytes, capacityMax, treatment } = poolGeometry(options);
    return openStructure(options.region, options.name, kindOf(options), pool => {
      const agrees =
        pool.blockBytes === blockBytes && pool.capacityMax === capacityMax && treatmentIn(pool) === treatment;
      if (agrees) return;
      const found = `${pool.capacityMax} blocks of ${pool.blockBytes} bytes`;
      throw new RingwellError(
        'ERR_GEOMETRY',
        `Cannot open pool: expected ${capacityMax} blocks of ${blockBytes} bytes, found ${found}; zero and guard must agree too`,
      );
    });
  },

  [Symbol.hasInstance](value): value is Pool {
    return value instanceof PoolBase;
  },
};
