/**
 * The relay without blocks: one thread lets the system read the file straight into byte rings, one for each worker, which copies
 * block after block out of its own.
 *
 *     reader:  fillFrom(ring, fd), in place
 *     worker:  ring.readWait(block, all of it) -> work
 */
import { ByteRing, Region, type RegionToken } from 'ringwell';
import type { RelayOptions, Way } from './compare.js';
import { Team } from './team.js';

/** What the threads of this way start with. Block number i is the business of worker i % workers. */
export interface BytesData {
  readonly region: RegionToken;
  readonly fd: number;
  readonly bytes: number;
  readonly blockBytes: number;
  readonly workers: number;
  /** Of a worker: its number. */
  readonly worker: number;
}

/** A round, for the threads: how often the file is read. */
export interface BytesOrder {
  readonly passes: number;
}

const HEADERS_BYTES = 2 ** 20;

export async function startBytes({ source, blockBytes, blocksInFlight, workers }: RelayOptions): Promise<Way> {
  const capacity = Math.max(2, Math.ceil(blocksInFlight / workers)) * blockBytes;
  // A ring's capacity is rounded up to a power of two.
  const region = Region.create({ maxByteLength: workers * 2 * capacity + HEADERS_BYTES, seats: workers + 2 });
  const rings = Array.from({ length: workers }, (_, i) => ByteRing.create({ region, name: `worker ${i}`, capacity }));
  const { fd, bytes } = source;
  const data = (worker: number): BytesData => ({ region: region.share(), fd, bytes, blockBytes, workers, worker });
  const team = await Team.start([
    { module: new URL('./bytes-reader.js', import.meta.url), data: data(0) },
    ...rings.map((_, i) => ({ module: new URL('./bytes-worker.js', import.meta.url), data: data(i) })),
  ]);
  return {
    run: passes => team.round({ passes } satisfies BytesOrder),
    blocksInFlight: () => Math.ceil(rings.reduce((sum, ring) => sum + ring.length, 0) / blockBytes),
    stop: () => team.stop(),
  };
}
