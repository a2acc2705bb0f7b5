import { RingwellError, show } from '../core/errors.js';
import type { Attached, Attachment } from './attachment.js';
import { type Entry, encodeName } from './directory.js';
import { HEADER_DIRTY } from './header.core.js';
import { withRegionLocked } from './lock.js';
import { Region } from './region.js';

/** Where a shared structure lives. */
export interface Named {
  region: Region;
  /** 1 to 64 bytes of UTF-8, its own within the region. */
  name: string;
}

/** A kind of structure, as `create`, `attach` and `open` need to know it. */
export interface StructureKind<T extends Attached> {
  /** As in its region/kinds row. */
  readonly title: string;
  readonly type: new (...args: never[]) => T;
  /** Builds it at the break; the region's lock is held. */
  create(attachment: Attachment, name: Uint8Array): T;
  /** Makes this thread's object for one that exists and is of this kind. */
  attach(attachment: Attachment, entry: Entry): T;
}

/** @throws {RingwellError} ERR_USAGE for what is not a region */
function attachmentOf(region: unknown, what: string): Attachment {
  if (!(region instanceof Region))
    throw new RingwellError('ERR_USAGE', `${what}: region must be a Region, got ${show(region)}`);
  region.attachment.ensureSeated();
  return region.attachment;
}

function find(attachment: Attachment, name: string): Entry | undefined {
  return attachment.entries().find(entry => entry.name === name);
}

/** @throws {RingwellError} ERR_ATTACH when the entry is of another kind */
function attachEntry<T extends Attached>(
  attachment: Attachment,
  kind: StructureKind<T>,
  entry: Entry,
  what: string,
): T {
  if (entry.kind.title === kind.title) return kind.attach(attachment, entry);
  throw notA(kind.title, entry.name, what);
}

function notA(title: string, name: string, what: string): RingwellError {
  return new RingwellError('ERR_ATTACH', `${what}: ${show(name)} is not a ${title}`);
}

function opened<T extends Attached>(
  attachment: Attachment,
  kind: StructureKind<T>,
  name: string,
  what: string,
): T | undefined {
  const object = attachment.opened.get(name);
  if (object === undefined) return undefined;
  if (object instanceof kind.type) return object;
  throw notA(kind.title, name, what);
}

function keep<T extends Attached>(attachment: Attachment, name: string, object: T): T {
  attachment.opened.set(name, object);
  return object;
}

/** Lays a structure out. Cut short, by a stack that is used up for example, it may leave words behind that the next one takes for zero. */
function create<T extends Attached>(attachment: Attachment, kind: StructureKind<T>, name: Uint8Array): T {
  try {
    return kind.create(attachment, name);
  } catch (error) {
    if (!(error instanceof RingwellError)) attachment.words[HEADER_DIRTY] = 1;
    throw error;
  }
}

/** Creates a structure. @throws {RingwellError} ERR_ATTACH when the name is taken */
export function createStructure<T extends Attached>(region: unknown, name: unknown, kind: StructureKind<T>): T {
  const what = `Cannot create ${kind.title}`;
  const attachment = attachmentOf(region, what);
  const bytes = encodeName(name, what);
  return withRegionLocked(attachment, what, () => {
    if (find(attachment, name as string))
      throw new RingwellError('ERR_ATTACH', `${what}: the name ${show(name)} is taken`);
    return keep(attachment, name as string, create(attachment, kind, bytes));
  });
}

/** Attaches to a structure: one object per region object and name. @throws {RingwellError} ERR_ATTACH when there is none */
export function attachStructure<T extends Attached>(region: unknown, name: unknown, kind: StructureKind<T>): T {
  const what = `Cannot attach ${kind.title}`;
  const attachment = attachmentOf(region, what);
  encodeName(name, what);
  const known = opened(attachment, kind, name as string, what);
  if (known) return known;
  const entry = find(attachment, name as string);
  if (!entry) throw new RingwellError('ERR_ATTACH', `${what}: there is no structure named ${show(name)}`);
  return keep(attachment, name as string, attachEntry(attachment, kind, entry, what));
}

/** Attaches if the name exists, creates if it doesn't, whoever comes first; `agrees` throws where geometries differ. */
export function openStructure<T extends Attached>(
  region: unknown,
  name: unknown,
  kind: StructureKind<T>,
  agrees: (found: T) => void,
): T {
  const what = `Cannot open ${kind.title}`;
  const attachment = attachmentOf(region, what);
  const bytes = encodeName(name, what);
  const object =
    opened(attachment, kind, name as string, what) ??
    withRegionLocked(attachment, what, () => {
      const entry = find(attachment, name as string);
      return keep(
        attachment,
        name as string,
        entry ? attachEntry(attachment, kind, entry, what) : create(attachment, kind, bytes),
      );
    });
  agrees(object);
  return object;
}
