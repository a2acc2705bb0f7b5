/** Lets the system read the file straight into the workers' rings, block by block in turn. */
import { parentPort, workerData } from 'node:worker_threads';
import { ByteRing, Region } from 'ringwell';
import { fillFrom } from 'ringwell/node';
import type { BytesData, BytesOrder } from './bytes.js';
import { serveRounds } from './team.js';

const { region: token, fd, bytes, blockBytes, workers }: BytesData = workerData;
const region = Region.attach(token);
const rings = Array.from({ length: workers }, (_, i) => ByteRing.attach(region, `worker ${i}`));

parentPort?.on('message', ({ passes }: BytesOrder) => {
  let block = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (let position = 0; position < bytes; block++) {
      const ring = rings[block % workers]!;
      const end = Math.min(bytes, position + blockBytes);
      while (position < end) {
        const count = fillFrom(ring, fd, { position, bytesMax: end - position, timeoutMs: 10_000 });
        if (count <= 0) throw new Error(count === 0 ? 'a worker hangs' : 'the file changed while it was read');
        position += count;
      }
    }
  }
  answer();
});

const answer = serveRounds();
