/** What a thread does that keeps many blocks at once: acquires them, writes a word in each, releases them, again and again. */
import type { Pool } from 'ringwell';

/** Keeps as many blocks as `handles` has room for. */
export function batches(pool: Pool, words: Int32Array, handles: Int32Array, pairs: number): number {
  const live = handles.length;
  let sum = 0;
  for (let done = 0; done < pairs; done += live) {
    for (let i = 0; i < live; i++) {
      const handle = pool.acquire();
      handles[i] = handle;
      words[pool.offsetOf(handle) >> 2] = i;
    }
    for (let i = 0; i < live; i++) {
      const handle = handles[i]!;
      sum ^= handle;
      pool.release(handle);
    }
  }
  return sum;
}
