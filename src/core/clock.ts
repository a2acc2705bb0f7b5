/** Milliseconds on a clock that never goes back. A function of its own, so that the explorer can put its own in its place. */
export function now(): number {
  return performance.now();
}
