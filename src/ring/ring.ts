import { checkOptions, RingwellError } from '../core/errors.js';
import { initLane } from '../core/lane.core.js';
import { initQueue, isLane, QUEUE_MODES, QUEUE_WORDS, SLOT_WORDS } from '../core/slot.core.js';
import type { Attachment } from '../region/attachment.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS } from '../region/header.core.js';
import { KIND_RING } from '../region/kinds/index.js';
import type { Region } from '../region/region.js';
import {
  attachStructure,
  createStructure,
  type Named,
  openStructure,
  type StructureKind,
} from '../region/structures.js';
import { LocalRing } from './local-ring.js';
import { RingBase, type RingOptions, ringCapacity, ringModes } from './ring-base.js';
import { SharedRing } from './shared-ring.js';
import { SharedRingBase } from './shared-ring-base.js';
import { SingleRing } from './single-ring.js';

/** Integers in order, from many producers to many consumers: see the methods of `RingBase`. */
export type Ring = RingBase;

/** The block store of the pool that a ring is to carry, 0 for none. @throws {RingwellError} ERR_USAGE when it lives elsewhere */
function storeOf(options: RingOptions, attachment: Attachment | undefined): number {
  if (options.carries === undefined) return 0;
  for (const [, object] of attachment?.opened ?? []) {
    if ((object as unknown) === options.carries && 'store' in object) return object.store as number;
  }
  throw new RingwellError(
    'ERR_USAGE',
    'Cannot create ring: carries must be a pool of the same region, opened in this thread',
  );
}

/** This thread's object for a ring, as its modes want it. */
function openRing(attachment: Attachment, queue: number): SharedRingBase {
  const Opened = isLane(attachment.words[queue + QUEUE_MODES]!) === 1 ? SingleRing : SharedRing;
  return new Opened(attachment, queue);
}

function kindOf(options: RingOptions | undefined, start: number): StructureKind<SharedRingBase> {
  return {
    title: 'ring',
    type: SharedRingBase as never,
    create: (attachment, name) => {
      const { words } = attachment;
      const carried = storeOf(options!, attachment);
      const capacity = ringCapacity(options!);
      const modes = ringModes(options!);
      const lane = isLane(modes) === 1;
      const entry = breakOffset(words) / 4;
      const queue = entry + ENTRY_WORDS;
      const slotsWords = capacity * (lane ? 1 : SLOT_WORDS);
      const bytes = checkRoom(words, (ENTRY_WORDS + QUEUE_WORDS + slotsWords) * 4, 'Cannot create ring');
      words.fill(0, entry, queue + QUEUE_WORDS);
      writeEntry(words, KIND_RING, bytes, name);
      const init = lane ? initLane : initQueue;
      init(words, queue, capacity, carried, modes, start);
      publishEntry(words, entry);
      return openRing(attachment, queue);
    },
    attach: (attachment, entry) => openRing(attachment, entry.part),
  };
}

/** Makes a ring in a region whose counters begin elsewhere than at 0. For tests. */
export function createTunedRing(options: RingOptions & Named, start: number): SharedRingBase {
  return createStructure(options.region, options.name, kindOf(options, start));
}

/** How rings come about. */
interface RingMaker {
  /**
   * Makes a ring: with a region and a name one for every attached thread, without them a local one for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for a capacity that can't be, or that the region has no room for; ERR_ATTACH when the
   * name is taken; ERR_USAGE
   */
  create(options: RingOptions & Partial<Named>): Ring;
  /** This thread's object for a ring of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  attach(region: Region, name: string): Ring;
  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists with another capacity */
  open(options: RingOptions & Named): Ring;
  [Symbol.hasInstance](value: unknown): value is Ring;
}

export const Ring: RingMaker = {
  create(options) {
    checkOptions(options, 'Cannot create ring: options');
    if (options.region === undefined && options.name === undefined) return new LocalRing(options);
    ringCapacity(options);
    ringModes(options);
    return createStructure(options.region, options.name, kindOf(options, 0));
  },

  attach(region, name) {
    return attachStructure(region, name, kindOf(undefined, 0));
  },

  open(options) {
    const capacity = ringCapacity(options);
    const modes = ringModes(options);
    return openStructure(options.region, options.name, kindOf(options, 0), ring => {
      const carries = options.carries === undefined ? 0 : storeOf(options, options.region.attachment);
      if (ring.capacity === capacity && ring.carried === carries && ring.modes === modes) return;
      const difference =
        ring.capacity !== capacity
          ? `a capacity of ${ring.capacity}`
          : ring.modes !== modes
            ? 'other producers, consumers or overwriting'
            : 'another pool, or none, to carry';
      throw new RingwellError(
        'ERR_GEOMETRY',
        `Cannot open ring: expected a capacity of ${capacity}, found ${difference}`,
      );
    });
  },

  [Symbol.hasInstance](value): value is Ring {
    return value instanceof RingBase;
  },
};
