import type { Seated } from '../../core/store.js';
import type { StructureReport } from '../report.js';

/** What recovery took back in one structure. */
interface Reclaimed {
  readonly blocks?: number;
  readonly slots?: number;
  readonly bytes?: number;
}

/**
 * What the region itself must know of a kind of structure, whether or not this thread has opened one: to believe an entry,
 * to walk its laws, to stop its threads, to tell what is in it. A structure's *part* is the index of its first own word.
 */
export interface Kind {
  readonly title: string;
  /** Whether what the part's words say lies between `part` and `end` (both word indices) and holds together. */
  fits(words: Int32Array, part: number, end: number): boolean;
  /** The part of the pool whose handles it carries, or 0. */
  carries?(words: Int32Array, part: number): number;
  /** Walks the laws that hold at every moment. Answers 0, or the index of the first word that breaks one. */
  check(words: Int32Array, part: number, seats: number): number;
  /**
   * Takes back all that a dead seat held in it, while others go on; answers what that was. Idempotent; the thread that runs it
   * may die too, and another repeat it. The region's lock is held, so there is one at a time; a lock of its own it waits for no
   * longer than `patienceMs`. @throws {RingwellError} ERR_ATTACH when another seat, dead or slow, holds that lock
   */
  recover?(words: Int32Array, part: number, seats: number, dead: number, patienceMs: number): Reclaimed;
  /** The region is poisoned: makes every fast path come to a slow one, which looks at the seat. */
  stop(words: Int32Array, part: number): void;
  /** A thread detaches that never opened this structure: gives back what came to it by another, a ring for example. */
  leave?(seated: Seated, part: number): void;
  /** What `inspect` tells beyond name, kind and size. */
  report(words: Int32Array, part: number): Omit<StructureReport, 'name' | 'kind' | 'byteLength'>;
}
