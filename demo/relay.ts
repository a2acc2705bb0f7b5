/**
 * The relay: one thread reads a file into blocks of a pool, others work on them. What goes from thread to thread is a handle,
 * one integer; the bytes stay where they were read.
 *
 *     reader:  pool.acquireWait -> read -> ring.enqueueWait
 *     worker:  ring.dequeueWait -> work -> pool.release
 */
import { Pool, Region, type RegionToken, Ring } from 'ringwell';
import type { RelayOptions, Way } from './compare.js';
import { Team } from './team.js';

/** What the threads of a relay start with. */
export interface RelayData {
  readonly region: RegionToken;
  readonly fd: number;
  readonly bytes: number;
}

/** A round, for the threads: through which ring, and how often the file is read. */
export interface RelayOrder {
  readonly ring: string;
  readonly passes: number;
}

/** Room for the headers of the pool and of the rings, one a round. Only what is used of it is ever touched. */
const HEADERS_BYTES = 16 * 2 ** 20;

export async function startRelay({ source, blockBytes, blocksInFlight, workers }: RelayOptions): Promise<Way> {
  const region = Region.create({ maxByteLength: blocksInFlight * blockBytes + HEADERS_BYTES, seats: workers + 2 });
  const pool = Pool.create({ region, name: 'blocks', blockBytes, capacity: blocksInFlight });
  const data = (): RelayData => ({ region: region.share(), fd: source.fd, bytes: source.bytes });
  const team = await Team.start([
    { module: new URL('./relay-reader.js', import.meta.url), data: data() },
    ...Array.from({ length: workers }, () => ({ module: new URL('./relay-worker.js', import.meta.url), data: data() })),
  ]);

  let round = 0;
  return {
    run(passes) {
      // A ring of its own for every round: closing it is how the reader says that no more blocks will come.
      round += 1;
      const order: RelayOrder = { ring: `round ${round}`, passes };
      Ring.create({ region, name: order.ring, capacity: blocksInFlight, carries: pool });
      return team.round(order);
    },
    blocksInFlight: () => pool.liveCount,
    stop: () => team.stop(),
  };
}
