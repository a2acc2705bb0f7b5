import { checkOptions, RingwellError } from '../core/errors.js';
import { initStream, STREAM_WORDS } from '../core/stream.core.js';
import { checkRoom, publishEntry, writeEntry } from '../region/directory.js';
import { breakOffset, ENTRY_WORDS } from '../region/header.core.js';
import { KIND_BYTE_RING } from '../region/kinds/index.js';
import type { Region } from '../region/region.js';
import {
  attachStructure,
  createStructure,
  type Named,
  openStructure,
  type StructureKind,
} from '../region/structures.js';
import { ByteRingBase } from './byte-ring-base.js';
import { type ByteRingGeometry, type ByteRingOptions, byteRingGeometry } from './byte-ring-usage.js';
import { LocalByteRing } from './local-byte-ring.js';
import { SharedByteRing } from './shared-byte-ring.js';

/** Bytes in order, from one writer to one reader: see the methods of `ByteRingBase`. */
export type ByteRing = ByteRingBase;

function kindOf(geometry: ByteRingGeometry | undefined, start: number): StructureKind<SharedByteRing> {
  return {
    title: 'byte ring',
    type: SharedByteRing,
    create: (attachment, name) => {
      const { words } = attachment;
      const { size, elementBytes, records } = geometry!;
      const entry = breakOffset(words) / 4;
      const stream = entry + ENTRY_WORDS;
      const bytes = checkRoom(words, (ENTRY_WORDS + STREAM_WORDS) * 4 + size, 'Cannot create byte ring');
      words.fill(0, entry, stream + STREAM_WORDS);
      writeEntry(words, KIND_BYTE_RING, bytes, name);
      initStream(words, stream, size, elementBytes, records ? 1 : 0, start);
      publishEntry(words, entry);
      return new SharedByteRing(attachment, stream);
    },
    attach: (attachment, entry) => new SharedByteRing(attachment, entry.part),
  };
}

/** Makes a byte ring whose positions begin elsewhere than at 0. For tests. */
export function createTunedByteRing(options: ByteRingOptions & Partial<Named>, start: number): ByteRing {
  const geometry = byteRingGeometry(options, 'Cannot create byte ring');
  if (options.region === undefined) return new LocalByteRing(geometry, start);
  return createStructure(options.region, options.name, kindOf(geometry, start));
}

/** How byte rings come about. */
interface ByteRingMaker {
  /**
   * Makes a byte ring: with a region and a name one for its threads, without them a local one for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for sizes that can't be, or that the region has no room for; ERR_ATTACH when the
   * name is taken; ERR_USAGE
   */
  create(options: ByteRingOptions & Partial<Named>): ByteRing;
  /** This thread's object for a byte ring of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  attach(region: Region, name: string): ByteRing;
  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists with another geometry */
  open(options: ByteRingOptions & Named): ByteRing;
  [Symbol.hasInstance](value: unknown): value is ByteRing;
}

export const ByteRing: ByteRingMaker = {
  create(options) {
    const geometry = byteRingGeometry(options, 'Cannot create byte ring');
    if (options.region === undefined && options.name === undefined) return new LocalByteRing(geometry);
    return createStructure(options.region, options.name, kindOf(geometry, 0));
  },

  attach(region, name) {
    return attachStructure(region, name, kindOf(undefined, 0));
  },

  open(options) {
    checkOptions(options, 'Cannot open byte ring: options');
    const geometry = byteRingGeometry(options, 'Cannot open byte ring');
    return openStructure(options.region, options.name, kindOf(geometry, 0), ring => {
      const found = { size: ring.bytes.length, elementBytes: ring.elementBytes, records: ring.records };
      const [expected, actual] = [JSON.stringify(geometry), JSON.stringify(found)];
      if (expected !== actual)
        throw new RingwellError('ERR_GEOMETRY', `Cannot open byte ring: expected ${expected}, found ${actual}`);
    });
  },

  [Symbol.hasInstance](value): value is ByteRing {
    return value instanceof ByteRingBase;
  },
};
