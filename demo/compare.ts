/** Runs the relay and its peers in turns, checks what each finds, and measures how long it takes. */
import { atLeast, type Gate, judge, type Measured, summarize, type Verdict } from 'ringwell-bench/harness';
import { startBytes } from './bytes.js';
import { doPlainly, type Totals } from './job.js';
import { startMessages } from './messages.js';
import { startRelay } from './relay.js';
import type { Source } from './source.js';
import type { RoundResult } from './team.js';

export interface RelayOptions {
  readonly source: Source;
  readonly blockBytes: number;
  readonly blocksInFlight: number;
  readonly workers: number;
}

/** A way to get a file from one thread to others. */
export interface Way {
  /** Relays the whole file that many times. */
  run(passes: number): Promise<RoundResult>;
  /** Blocks that are in somebody's hands now, where that can be told. */
  blocksInFlight(): number | undefined;
  stop(): Promise<void>;
}

/** A way that was measured: nanoseconds a block, and what else was seen. */
export interface RelayRow extends Measured {
  readonly blockBytes: number;
  /** Of the median round. */
  readonly megabytesPerSecond: number;
  readonly blocksInFlightMax: number | undefined;
  /** In the reader and the workers, over all measured rounds. */
  readonly collections: number;
}

export interface Comparison {
  readonly file: string;
  readonly bytes: number;
  readonly passes: number;
  readonly workers: number;
  readonly rounds: number;
  /** What every way found, in every round. */
  readonly lines: number;
  readonly rows: readonly RelayRow[];
  readonly gates: readonly Verdict[];
}

/** What is shown while it runs. */
export type OnProgress = (done: number, total: number, doing: string) => void;

/** Small blocks show what handing one over costs, large ones what moving the bytes costs. */
const sizes = [
  { blockBytes: 2048, blocksInFlight: 1024 },
  { blockBytes: 65536, blocksInFlight: 64 },
] as const;
/** Bytes that a round should relay at least: shorter ones are too noisy. */
const ROUND_BYTES = 180e6;
const PASSES_MAX = 100;

const ways = [
  { key: 'relay', label: 'ringwell: handles through a ring', start: startRelay },
  { key: 'bytes', label: 'ringwell: bytes through byte rings', start: startBytes },
  { key: 'copies', label: 'postMessage, copies', start: (options: RelayOptions) => startMessages(false, options) },
  {
    key: 'transferred',
    label: 'postMessage, transferred buffers',
    start: (options: RelayOptions) => startMessages(true, options),
  },
] as const;

const gates: readonly Gate[] = [
  atLeast('relay-2048', 2, 'copies-2048'),
  atLeast('relay-2048', 1.4, 'transferred-2048'),
  atLeast('relay-65536', 1.1, 'copies-65536'),
  atLeast('relay-65536', 1, 'transferred-65536'),
];

export async function compare(
  source: Source,
  workers: number,
  rounds: number,
  onProgress: OnProgress,
): Promise<Comparison> {
  const passes = Math.min(PASSES_MAX, Math.ceil(ROUND_BYTES / source.bytes));
  const rows: RelayRow[] = [];
  const total = sizes.length * ways.length * (rounds + 1);
  let lines = 0;
  for (const { blockBytes, blocksInFlight } of sizes) {
    const expected = doPlainly(source.fd, source.bytes, blockBytes);
    lines = expected.lines;
    const options = { source, blockBytes, blocksInFlight, workers };
    const runners: Runner[] = [];
    try {
      for (const { key, label, start } of ways) runners.push(new Runner(key, label, await start(options)));
      // One more round than is counted: the first one is for the compiler.
      for (let round = 0; round <= rounds; round++) {
        for (const runner of runners) {
          onProgress(
            rows.length * (rounds + 1) + round * ways.length + runners.indexOf(runner),
            total,
            `${runner.label}, ${blockBytes} bytes`,
          );
          await runner.round(passes, expected, round > 0);
        }
      }
      rows.push(...runners.map(runner => runner.row(blockBytes, expected.bytes * passes, expected.blocks * passes)));
    } finally {
      await Promise.all(runners.map(runner => runner.stop()));
    }
  }
  onProgress(total, total, 'done');
  const { name: file, bytes } = source;
  // A file that is a few blocks long says nothing about speed.
  const telling = bytes * passes >= ROUND_BYTES / 10;
  return { file, bytes, passes, workers, rounds, lines, rows, gates: telling ? judge(gates, rows) : [] };
}

/** One way, and what it has shown so far. */
class Runner {
  readonly key: string;
  readonly label: string;
  readonly #way: Way;
  readonly #ns: number[] = [];
  #collections = 0;
  #inFlightMax: number | undefined;

  constructor(key: string, label: string, way: Way) {
    this.key = key;
    this.label = label;
    this.#way = way;
  }

  async round(passes: number, expected: Totals, counts: boolean): Promise<void> {
    const watch = setInterval(() => this.#look(), 10);
    const start = process.hrtime.bigint();
    const { totals, collections } = await this.#way.run(passes).finally(() => clearInterval(watch));
    const ns = Number(process.hrtime.bigint() - start);
    check(this.label, totals, expected, passes);
    if (!counts) return;
    this.#ns.push(ns / Math.max(1, totals.blocks));
    this.#collections += collections;
  }

  #look(): void {
    const inFlight = this.#way.blocksInFlight();
    if (inFlight !== undefined) this.#inFlightMax = Math.max(inFlight, this.#inFlightMax ?? 0);
  }

  row(blockBytes: number, bytes: number, operations: number): RelayRow {
    const bytesPerBlock = operations === 0 ? 0 : bytes / operations;
    const ns = summarize(this.#ns);
    return {
      key: `${this.key}-${blockBytes}`,
      label: this.label,
      name: this.key,
      operations,
      ns,
      blockBytes,
      megabytesPerSecond: (bytesPerBlock / ns.median) * 1e3,
      blocksInFlightMax: this.#inFlightMax,
      collections: this.#collections,
    };
  }

  stop(): Promise<void> {
    return this.#way.stop();
  }
}

/** Every round has to find what a single thread found, as often as it read the file. */
function check(label: string, found: Totals, expected: Totals, passes: number): void {
  const agree =
    found.blocks === expected.blocks * passes &&
    found.bytes === expected.bytes * passes &&
    found.lines === expected.lines * passes &&
    found.digest === Math.imul(expected.digest, passes) >>> 0;
  if (!agree)
    throw new Error(
      `${label}: expected ${JSON.stringify(expected)} in each of ${passes} passes, got ${JSON.stringify(found)} in all`,
    );
}
