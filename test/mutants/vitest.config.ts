/** Runs the unit tests on a mutant: the source of one core module is replaced by a text that MUTANT_TEXT names. */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const { MUTANT_OF = '', MUTANT_TEXT = '' } = process.env;

export default defineConfig({
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load(id: string): string | undefined {
        return id.endsWith(`/src/${MUTANT_OF}`) ? readFileSync(MUTANT_TEXT, 'utf8') : undefined;
      },
    },
  ],
  test: { pool: 'forks', maxWorkers: 1, testTimeout: 20_000, bail: 1, reporters: ['json'] },
});
