/**
 * What transformed code talks to while it runs: it notes the next shared access, and keeps the *key* of the local state.
 *
 * Two runs of an operation with the same key are in the same local state: at the same place, with the same values in every
 * variable that is still to be read, with the same private array, and the same callers. A value that is read is added to the
 * key; wherever a statement begins, the key is made anew from the variables that are alive there, which forgets everything
 * read before that no longer matters. So a loop that comes round unchanged has the key it had before: retry loops and spin
 * loops are finite, and states merge.
 */
import { ExplorerError, READ, WRITE } from './access.js';

/** What a walked function is to its caller: it answers R after any number of shared accesses. */
export type Walk<R> = Generator<void, R, number | string>;

/** A million statements without a shared access: the code goes round by itself. */
const QUIET_MAX = 1_000_000;

/** The private side of the thread that is running. */
export interface Local {
  readonly words: Int32Array;
  readonly own: Int32Array;
  readonly kept: number[];
  /** The number of the key, see `intern`. */
  key: number;
  /** Whether a wait of this operation has timed out: then the clock stands behind every deadline. */
  isLate: boolean;
  /** Key texts to numbers, one table a thread. */
  readonly keys: Map<string, number>;
  /** Statements since the last shared access. */
  quiet: number;
}

/** The access that the code which has just yielded wants. */
export const request = { kind: 0, site: 0, word: 0, a: 0, b: 0 };

let local: Local | null = null;
let forgets = true;

/**
 * Switches forgetting off: then a key is all that was read since the operation began, as in a search that merges nothing.
 * Tests compare the two. Programs with loops that wait do not end without it.
 */
export function setForgetting(on: boolean): void {
  forgets = on;
}

/** Makes a thread's private side the one that transformed code works on. Answers the one before. */
export function takeTurn(next: Local | null): Local | null {
  const before = local;
  local = next;
  return before;
}

function current(): Local {
  if (local === null) throw new ExplorerError('Cannot run walked code here: only operations of a program may call it');
  return local;
}

/** The number of a key text. */
export function intern(keys: Map<string, number>, text: string): number {
  let key = keys.get(text);
  if (key === undefined) {
    key = keys.size + 1;
    keys.set(text, key);
  }
  return key;
}

/** A value of a local variable, such that different values have different texts. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
    throw new ExplorerError(
      'Cannot keep an object in a local variable of walked code: only numbers, strings and booleans',
    );
  }
  return String(value);
}

/** Everything private that outlives a statement, as text. */
export function privateText(of: Local): string {
  return `|${of.own.join()}|${of.kept.join()}${of.isLate ? '|late' : ''}`;
}

/** Begins a walked function. Answers its frame: the key of everything below it. */
export function enter(words?: unknown): number {
  const me = current();
  if (words !== undefined && words !== me.words) {
    throw new ExplorerError("Cannot call walked code with another array than the 'words' that the operation was given");
  }
  return me.key;
}

/** Begins a statement of a walked function: forgets what is no longer alive. */
export function at(frame: number, point: number, ...alive: unknown[]): void {
  const me = current();
  if (++me.quiet > QUIET_MAX) throw new Error('goes round for ever without touching shared memory');
  if (forgets) me.key = intern(me.keys, `${frame}@${point}(${alive.map(textOf).join()})${privateText(me)}`);
}

/** Ends a walked function: all that is left of it is its answer. */
export function leave<T>(frame: number, answer: T): T {
  const me = current();
  if (forgets) me.key = intern(me.keys, `${frame}=${textOf(answer)}${privateText(me)}`);
  return answer;
}

/** Notes a shared access; the caller yields right after. */
export function access(kind: number, site: number, word: number, a: number, b: number): void {
  current().quiet = 0;
  request.kind = kind;
  request.site = site;
  request.word = word;
  request.a = a;
  request.b = b;
}

/** A byte of the shared memory is read in its word. */
export function* readByte(site: number, at: number): Walk<number> {
  const word = yield access(READ, site, at >> 2, 0, 0);
  return ((word as number) >>> ((at & 3) << 3)) & 255;
}

/** A byte is written into its word, the rest of which stays what it is: one access, as it is on the machine. */
export function* writeByte(site: number, at: number, value: number): Walk<number> {
  const shift = (at & 3) << 3;
  yield access(WRITE, site, at >> 2, (value & 255) << shift, ~(255 << shift));
  return value;
}

/** `words.fill`: one plain write a word. */
export function* fill(
  site: number,
  words: Int32Array,
  value: number,
  from = 0,
  to: number = words.length,
): Walk<Int32Array> {
  for (let i = from; i < to; i++) yield access(WRITE, site, i, value, 0);
  return words;
}

/** `words.copyWithin`: one plain read and one plain write a word, in the direction that keeps the source whole. */
export function* copyWithin(
  site: number,
  words: Int32Array,
  target: number,
  from: number,
  to: number = words.length,
): Walk<Int32Array> {
  const count = to - from;
  for (let i = 0; i < count; i++) {
    const offset = target <= from ? i : count - 1 - i;
    const value = yield access(READ, site, from + offset, 0, 0);
    yield access(WRITE, site, target + offset, value as number, 0);
  }
  return words;
}

/** The clock of walked code: it stands still until a wait times out, and then stands behind every deadline. */
export function now(): number {
  return current().isLate ? 1e12 : 0;
}

/**
 * For operations written by hand with a loop of their own: marks the head of the loop. Everything that the operation still
 * needs goes in as an argument; what it read before is forgotten. Without it a loop that waits for others never ends.
 * @param site tells this loop from the other loops of the operation
 */
export function again(start: number, site: string, ...alive: unknown[]): void {
  at(start, 0, site, ...alive);
}
