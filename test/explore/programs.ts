/** Every program, by the file that exports them as `programs`. A file is loaded only when it is needed, so that one that fails spoils no other. */
export const programFiles: readonly string[] = [
  './canaries/stack.explore.js',
  './canaries/mutex.explore.js',
  './canaries/semaphore.explore.js',
  './canaries/spsc.explore.js',
  './canaries/robust.explore.js',
  './canaries/hint.explore.js',
  './canaries/mpmc.explore.js',
  './seat.explore.js',
  './doorbell.explore.js',
  './pool.explore.js',
  './ring.explore.js',
  './cargo.explore.js',
  './run.explore.js',
  './lane.explore.js',
  './heap.explore.js',
  './byte-ring.explore.js',
];
