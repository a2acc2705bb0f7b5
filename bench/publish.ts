/**
 * `npm run bench:publish [FILE]`: keeps a result (without FILE, the one that is kept already) as `bench/results.json`, and makes
 * `bench/RESULTS.md` and the README's figures of it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { insertBlocks, readmeBlocks, resultsPage } from './proof/markdown.js';
import { readResult, writeResult } from './proof/result.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const kept = path('bench/results.json');
const readme = path('README.md');

const command = new Command('bench:publish')
  .description('Makes bench/RESULTS.md and the figures of the README of a result.')
  .argument('[file]', 'what npm run bench -- --json wrote; default what is kept', kept)
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

try {
  const found = readResult(command.processedArgs[0] as string);
  if (!found.complete) throw new Error('Cannot publish: that run was interrupted');
  const text = insertBlocks(readFileSync(readme, 'utf8'), readmeBlocks(found));
  writeFileSync(readme, text);
  writeResult(kept, found);
  writeFileSync(path('bench/RESULTS.md'), resultsPage(readResult(kept)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
