import type { Program } from './program.js';

/** Every program, by the file that exports them as `programs`. A file is loaded only when it is needed, so that one that fails spoils no other. */
const programFiles: readonly string[] = [
  './canaries/stack.explore.js',
  './canaries/mutex.explore.js',
  './canaries/semaphore.explore.js',
  './canaries/spsc.explore.js',
  './canaries/robust.explore.js',
  './canaries/hint.explore.js',
  './canaries/solo.explore.js',
  './canaries/mpmc.explore.js',
  './seat.explore.js',
  './doorbell.explore.js',
  './pool.explore.js',
  './ring.explore.js',
  './cargo.explore.js',
  './run.explore.js',
  './lane.explore.js',
  './heap.explore.js',
  './span.explore.js',
  './byte-ring.explore.js',
  './messages.explore.js',
  './broadcast.explore.js',
];

/** Loads every program there is. Says which files could not be loaded, and goes on without them. */
export async function loadPrograms(): Promise<{ programs: Program[]; failed: number }> {
  const programs: Program[] = [];
  let failed = 0;
  for (const file of programFiles) {
    try {
      const module = (await import(file)) as { programs: readonly Program[] };
      programs.push(...module.programs);
    } catch (error) {
      failed++;
      console.error(`FAILED  ${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { programs, failed };
}
