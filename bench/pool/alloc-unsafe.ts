/** Node's own way to get a buffer quickly: memory that is not cleared. */
import { serve, verify } from '../harness/serve.js';

const BLOCK_BYTES = 4096;

function pairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    buffer.writeInt32LE(i, 0);
    sum ^= buffer[0]!;
  }
  return sum;
}

verify(pairs(4) === 0, 'a new buffer does not keep what is written');
await serve('Buffer.allocUnsafe', pairs);
