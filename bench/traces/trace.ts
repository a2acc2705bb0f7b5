/** Reads traces: see README.md beside the traces for the format. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const folder = fileURLToPath(new URL('../../traces/', import.meta.url));
const SUFFIX = '.trace.br';

/** Events as rows of four words: what, block, bytes, alignment. */
export const EVENT_WORDS = 4;
export const MALLOC = 0;
export const CALLOC = 1;
export const REALLOC = 2;
export const ALIGNED = 3;
export const FREE = 4;
const letters = 'mcraf';

export interface Trace {
  readonly events: Int32Array;
  /** Events, with a free for every block that the program left. */
  readonly operations: number;
  /** Block numbers are below it. */
  readonly blocks: number;
  /** The most bytes that were asked for and not freed, and after how many events that was. */
  readonly peakBytes: number;
  readonly peakAfter: number;
}

/** The names of all traces there are. */
export function traceNames(): string[] {
  return readdirSync(folder)
    .filter(file => file.endsWith(SUFFIX))
    .map(file => file.slice(0, -SUFFIX.length))
    .sort();
}

/** A trace as text. */
export function traceText(name: string): string {
  return brotliDecompressSync(readFileSync(`${folder}${name}${SUFFIX}`)).toString('latin1');
}

/** @throws {Error} when it isn't a trace, names a block that isn't live, or one that is */
export function parseTrace(text: string): Trace {
  const [head, ...lines] = text.split('\n');
  if (head !== 'ringwell-trace 1') throw new Error(`Cannot read trace: expected ringwell-trace 1, got ${head}`);
  const words: number[] = [];
  const live = new Map<number, number>();
  let [bytesLive, peakBytes, peakAfter, blocks] = [0, 0, 0, 0];
  for (const line of lines) {
    if (line === '' || line[0] === '#' || line[0] === 't') continue;
    const [letter, block = Number.NaN, ...rest] = line
      .split(' ')
      .map((word, i) => (i === 0 ? letters.indexOf(word) : Number(word)));
    const bytes = rest.at(-1) ?? 0;
    const before = live.get(block);
    const moves = letter === REALLOC || letter === FREE;
    if (letter === undefined || letter < 0 || !(block >= 0) || moves !== (before !== undefined)) {
      throw new Error(`Cannot read trace: ${line}`);
    }
    words.push(letter, block, bytes, letter === ALIGNED ? rest[0]! : 0);
    if (letter === FREE) live.delete(block);
    else live.set(block, bytes);
    bytesLive += bytes - (before ?? 0);
    blocks = Math.max(blocks, block + 1);
    if (bytesLive > peakBytes) [peakBytes, peakAfter] = [bytesLive, words.length / EVENT_WORDS];
  }
  for (const block of live.keys()) words.push(FREE, block, 0, 0);
  return { events: Int32Array.from(words), operations: words.length / EVENT_WORDS, blocks, peakBytes, peakAfter };
}
