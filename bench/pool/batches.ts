/** What a thread does that keeps 64 blocks at once: acquires them, writes a word in each, releases them, again and again. */
import type { Pool } from 'ringwell';

export const LIVE = 64;

export function batches(pool: Pool, words: Int32Array, handles: Int32Array, pairs: number): number {
  let sum = 0;
  for (let done = 0; done < pairs; done += LIVE) {
    for (let i = 0; i < LIVE; i++) {
      const handle = pool.acquire();
      handles[i] = handle;
      words[pool.offsetOf(handle) >> 2] = i;
    }
    for (let i = 0; i < LIVE; i++) {
      const handle = handles[i]!;
      sum ^= handle;
      pool.release(handle);
    }
  }
  return sum;
}
