/** Shows one mutant to the unit tests of its structure: for what takes more memory than the explorer's programs have. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fate } from './hunt.js';
import type { Mutant } from './mutate.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Test files by the modules that they are about; the first that fits. */
const TESTS: readonly (readonly [modules: RegExp, tests: readonly string[]])[] = [
  [/guard/, ['heap.guard', 'treated']],
  [/^heap\/|page-heap|span/, ['heap', 'size-classes', 'hostile']],
  [/frame|message-ring/, ['message-ring', 'recover-structures', 'corruption']],
  [/stream|byte-ring/, ['byte-ring', 'recover-structures', 'corruption']],
  [/lane|single-ring|side/, ['ring-modes', 'ring.model', 'recover-structures', 'corruption']],
  [/^ring\/|slot|recover-queue|transit/, ['shared-ring', 'ring', 'cargo', 'bulk', 'recover-structures', 'corruption']],
  [/block|stock|store|resize/, ['pool', 'resize', 'adopt', 'eviction', 'ownership', 'recovery', 'corruption']],
  [/./, ['region', 'directory', 'doorbell', 'waiting', 'recovery', 'eviction', 'spawn']],
];

/** How long the tests of one structure may take: much more than they need. */
const PATIENCE_MS = 60_000;

/** Tells whether the unit tests notice a mutant. */
export function testUnits(mutant: Mutant): Fate {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    const text = join(directory, 'mutant.js');
    writeFileSync(text, mutant.text);
    const [, names] = TESTS.find(([modules]) => modules.test(mutant.file))!;
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const config = join(root, 'test/mutants/vitest.config.ts');
    const files = names.map(name => `test/unit/${name}`);
    const { status, stdout } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', root, '--config', config, ...files],
      {
        env: { ...process.env, MUTANT_OF: mutant.file.replace(/\.js$/, '.ts'), MUTANT_TEXT: text },
        encoding: 'utf8',
        timeout: PATIENCE_MS,
        killSignal: 'SIGKILL',
      },
    );
    if (status === 0) return { kind: 'survived', why: 'the unit tests pass too' };
    const failed = /"fullName":"([^"]*)","status":"failed"/.exec(stdout)?.[1];
    return { kind: 'killed', by: `${failed ?? 'a test file that did not end'}: unit tests` };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
