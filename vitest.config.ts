import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    // Blocking waits and child processes: threads would share one process's memory figures, forks don't.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
