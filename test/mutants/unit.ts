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
  [/frame|message-/, ['message-ring', 'eviction', 'recover-structures', 'corruption']],
  [/stream|byte-ring/, ['stream', 'byte-ring', 'eviction', 'recover-structures', 'corruption']],
  [/tape|broadcast|subscriber/, ['broadcast', 'eviction', 'corruption']],
  [/lane|single-ring|side/, ['ring-modes', 'ring.model', 'eviction', 'recover-structures', 'corruption']],
  [/^ring\/|slot|recover-queue|transit/, ['shared-ring', 'ring', 'cargo', 'bulk', 'recover-structures', 'corruption']],
  [
    /block|stock|store|resize/,
    [
      'shared-pool',
      'pool',
      'waiting',
      'resize',
      'adopt',
      'eviction',
      'ownership',
      'recovery',
      'recover-structures',
      'corruption',
    ],
  ],
  [/./, ['region', 'directory', 'doorbell', 'waiting', 'recovery', 'eviction', 'spawn']],
];

/** How long the tests of one structure may take: several times what they need with so few rounds of hostile input. */
const PATIENCE_MS = 60_000;
const ROUNDS = { HOSTILE: '50000', CORRUPTIONS: '500', HEAP_CORRUPTIONS: '500' };

/** What a test run came to: `passed`, `hung`, or the name of a test that failed. */
type Verdict = 'passed' | 'hung' | `failed: ${string}`;

/** Runs test files on a mutant, or on the modules as they are. */
function run(names: readonly string[], patienceMs: number, env: Readonly<Record<string, string>>): Verdict {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const config = join(root, 'test/mutants/vitest.config.ts');
  const files = names.map(name => `test/unit/${name}`);
  // A group of its own: where the run is cut short, the process that goes round in a test must end too.
  const options = { detached: true, env: { ...process.env, ...ROUNDS, ...env }, encoding: 'utf8' } as const;
  const { status, stdout, pid } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', root, '--config', config, ...files],
    { ...options, timeout: patienceMs, killSignal: 'SIGKILL' },
  );
  if (status === null) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // All of the group has ended.
    }
    return 'hung';
  }
  return status === 0 ? 'passed' : `failed: ${/"fullName":"([^"]*)","status":"failed"/.exec(stdout)?.[1] ?? 'a file'}`;
}

/** How the tests do on the modules as they are, by their names. */
const asTheyAre = new Map<string, Verdict>();

/**
 * Tells whether the unit tests notice a mutant. Tests that do not end in time notice it too, when on the modules as they are the
 * same tests end in a quarter of that time: then it is the mutant that goes round. Else nobody knows.
 */
export function testUnits(mutant: Mutant): Fate {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    const text = join(directory, 'mutant.js');
    writeFileSync(text, mutant.text);
    const [, names] = TESTS.find(([modules]) => modules.test(mutant.file))!;
    const env = { MUTANT_OF: mutant.file.replace(/\.js$/, '.ts'), MUTANT_TEXT: text };
    let verdict = run(names, PATIENCE_MS, env);
    // Beside other work a test of threads may come too late: who notices, notices twice.
    if (verdict.startsWith('failed') && run(names, PATIENCE_MS, env) !== verdict)
      verdict = run(names, PATIENCE_MS, env);
    if (verdict === 'passed') return { kind: 'survived', why: 'the unit tests pass too' };
    if (verdict !== 'hung') return { kind: 'killed', by: `${verdict.slice('failed: '.length)}: unit tests` };
    const key = names.join();
    const before = asTheyAre.get(key) ?? run(names, PATIENCE_MS / 4, {});
    asTheyAre.set(key, before);
    return before === 'passed'
      ? { kind: 'killed', by: `a unit test that does not end: hang` }
      : { kind: 'undecided', why: 'the unit tests took too long, and may do so anyway' };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
