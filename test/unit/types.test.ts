import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

describe('the types of the package, as built, in a strict program that checks its libraries too', () => {
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['preserve', 'bundler'],
    ['esnext', 'bundler'],
  ] as const) {
    test(`module ${module}, moduleResolution ${moduleResolution}`, () => {
      const options = ['--module', module, '--moduleResolution', moduleResolution];
      const { stdout, status } = spawnSync(
        process.execPath,
        [path('node_modules/typescript/bin/tsc'), '-p', path('test/types'), ...options],
        { encoding: 'utf8' },
      );
      expect(stdout).toBe('');
      expect(status).toBe(0);
    }, 60_000);
  }
});
