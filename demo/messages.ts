/**
 * The same relay the usual ways: blocks go to the workers by `postMessage`, as copies or as transferred buffers.
 * As many blocks are in flight at most as the pool has; workers acknowledge them in batches, the cheapest way to say so.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { RelayOptions, Way } from './compare.js';
import { Team } from './team.js';

export interface MessagesReaderData {
  readonly fd: number;
  readonly bytes: number;
  readonly blockBytes: number;
  readonly blocksInFlight: number;
  readonly transfer: boolean;
  /** One a worker. */
  readonly ports: readonly MessagePort[];
}

export interface MessagesWorkerData {
  readonly port: MessagePort;
}

/** A round, for the reader. The workers hear of it by the blocks that come. */
export interface MessagesOrder {
  readonly passes: number;
}

/** From the reader to a worker: a block, or the end of the round. */
export type BlockMessage = Uint8Array | 'end';

/** Blocks a worker does before it says so. */
export const ACKNOWLEDGED_BLOCKS = 16;

export async function startMessages(transfer: boolean, options: RelayOptions): Promise<Way> {
  const { source, blockBytes, blocksInFlight, workers } = options;
  const channels = Array.from({ length: workers }, () => new MessageChannel());
  const ports = channels.map(channel => channel.port1);
  const reader: MessagesReaderData = {
    fd: source.fd,
    bytes: source.bytes,
    blockBytes,
    blocksInFlight,
    transfer,
    ports,
  };
  const team = await Team.start([
    { module: new URL('./messages-reader.js', import.meta.url), data: reader, transfer: ports },
    ...channels.map(({ port2: port }) => ({
      module: new URL('./messages-worker.js', import.meta.url),
      data: { port } satisfies MessagesWorkerData,
      transfer: [port],
    })),
  ]);
  return {
    run: passes => team.round({ passes } satisfies MessagesOrder),
    blocksInFlight: () => undefined,
    stop: () => team.stop(),
  };
}
