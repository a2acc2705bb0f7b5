/** What a JavaScript program does without a pool: a new buffer each time, and a view to write through. */
import { serve, verify } from '../harness/serve.js';

const BLOCK_BYTES = 4096;

function pairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const words = new Int32Array(new ArrayBuffer(BLOCK_BYTES));
    words[0] = i;
    sum ^= words[0];
  }
  return sum;
}

verify(pairs(4) === 0, 'a new buffer does not keep what is written');
await serve('new ArrayBuffer', pairs);
