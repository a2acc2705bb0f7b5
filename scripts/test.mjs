// Runs all checks in order, stops at the first that fails, and ends with its code. `npm test` has set up before.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = process.execPath;
const bin = name => fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url));

const steps = [
  ['lint and format', [bin('@biomejs/biome/bin/biome'), 'ci', '.']],
  ['unit and model tests', [bin('vitest/vitest.mjs'), 'run']],
  ['stress on threads', ['test/stress/main.mjs', '--seconds', '5']],
  ['threads that are ended', ['test/stress/main.mjs', '--deaths', '100']],
  ['stress without a compiler', ['--jitless', 'test/stress/main.mjs', '--seconds', '1', '--only', 'of 2']],
  ['stress without optimisation', ['--no-opt', 'test/stress/main.mjs', '--seconds', '1', '--only', 'stocks']],
  // Every interleaving of the shared functions, as shipped.
  ['explorer', ['build/explore/main.js']],
  // Whether altered copies of them are noticed; the whole run is `npm run mutants`.
  ['a sample of mutants', ['build/mutants/main.js', '--quick']],
  ['package lint', [bin('publint/src/cli.js')]],
  ['types of the package', [bin('@arethetypeswrong/cli/dist/index.js'), '--pack', '.', '--profile', 'esm-only']],
].filter(([, [file]]) => file.startsWith('-') || existsSync(new URL(file, `file://${root}`)));

/** A loop that never ends must end the tests too: no step takes half as long (the explorer 18 minutes beside other work). */
const PATIENCE_MS = 40 * 60_000;

let passed = 0;
for (const [name, args] of steps) {
  console.log(`\n== ${name}: node ${args.map(arg => arg.replace(root, '')).join(' ')}`);
  const { status, error } = spawnSync(node, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  if (error || status !== 0) {
    console.error(`\n== ${name} failed: ${error ? error.message : `code ${status}`}`);
    console.log(`${passed} passed, 1 failed`);
    process.exit(status || 1);
  }
  passed++;
}
console.log(`\n${passed} passed, 0 failed`);
