/** What a pool is at least: a stack of free blocks. It checks nothing, and one thread may use it. */
import { serve, verify } from '../harness/serve.js';

const CAPACITY = 1024;
const BLOCK_WORDS = 1024;
const words = new Int32Array(CAPACITY * BLOCK_WORDS);
const free = Int32Array.from({ length: CAPACITY }, (_, i) => i);
let top = CAPACITY;

function pairs(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const block = free[--top]!;
    words[block * BLOCK_WORDS] = i;
    sum ^= block;
    free[top++] = block;
  }
  return sum;
}

verify(pairs(1000) === 0 && top === CAPACITY, 'blocks were lost');
await serve('a stack of free blocks', pairs);
