/** The receiving thread of `transport-contender.ts`. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ByteRing, MessageRing, Region, type RegionToken } from 'ringwell';
import { MESSAGE_BYTES, Receiving } from './tally.js';

export interface TransportTask {
  readonly kind: string;
  readonly tally: Int32Array;
  readonly region?: RegionToken;
  readonly port?: MessagePort;
}

const { kind, tally, region: token, port } = workerData as TransportTask;
const receiving = new Receiving(tally);

function fromMessageRing(region: Region): never {
  const ring = MessageRing.attach(region, 'ring');
  const { bytes } = ring;
  const handler = (offset: number, length: number): void => {
    receiving.message(bytes[offset]!, bytes[offset + length - 1]!);
  };
  for (;;) ring.receiveWait(handler);
}

function fromByteRing(region: Region): never {
  const ring = ByteRing.attach(region, 'ring');
  const target = new Uint8Array(MESSAGE_BYTES);
  for (;;) {
    ring.readWait(target, MESSAGE_BYTES);
    receiving.message(target[0]!, target[MESSAGE_BYTES - 1]!);
  }
}

if (kind === 'message ring') fromMessageRing(Region.attach(token!));
else if (kind === 'byte ring') fromByteRing(Region.attach(token!));
else {
  (port ?? parentPort!).on('message', (bytes: Uint8Array) => {
    receiving.message(bytes[0]!, bytes[MESSAGE_BYTES - 1]!);
  });
}
