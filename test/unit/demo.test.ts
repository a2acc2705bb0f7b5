/** `npm start` with what it can't relay, with nobody who reads, and with Ctrl-C. It runs as built. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../demo/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ringwell-demo-'));
const file = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const small = file('small', 'one\ntwo\nthree\n'.repeat(3000));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  act: (child: ReturnType<typeof spawn>) => void = child => child.stdin?.end(),
): Promise<Outcome> {
  const child = spawn(process.execPath, [main, '--no-ladder', '--rounds', '1', ...args]);
  const printed = { out: '', err: '' };
  child.stdout.on('data', text => {
    printed.out += text;
  });
  child.stderr.on('data', text => {
    printed.err += text;
  });
  act(child);
  // Closed: the process has ended, and whoever shared its pipes. Its threads end with it.
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...printed };
}

afterAll(() => rmSync(folder, { recursive: true }));

describe('npm start', () => {
  it.each([
    ['a file that is not there', ['--file', join(folder, 'nothing')], 1, /^Cannot read .*nothing: ENOENT/],
    ['a directory', ['--file', folder], 1, /it is a directory\n$/],
    ['an empty file', ['--file', file('empty', '')], 1, /^Cannot relay .*empty: it is empty\n$/],
    ['an empty standard input', ['--file', '-'], 1, /^Cannot relay the standard input: it is empty\n$/],
    ['no workers', ['--workers', '0'], 2, /expected an integer from 1 to 250/],
    ['half a round', ['--rounds', '0.5'], 2, /expected a positive integer/],
    ['an option it does not know', ['--colour'], 2, /unknown option/],
  ])('says what is wrong with %s', async (_, args, code, message) => {
    const outcome = await run(args);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(message);
    expect(outcome.out).toBe('');
  });

  it('finds in a file what one thread finds, whichever way it goes', async () => {
    const { code, out } = await run(['--file', small, '--json', '--workers', '2']);
    expect(code).toBe(0);
    const { relay } = JSON.parse(out) as { relay: { lines: number; bytes: number; rows: { key: string }[] } };
    expect(relay).toMatchObject({ lines: 9000, bytes: 42000 });
    expect(relay.rows.map(row => row.key)).toContain('relay-2048');
  });

  it('reads the standard input', async () => {
    const { code, out } = await run(['--file', '-', '--json'], child => child.stdin?.end('a\nb\n'.repeat(1000)));
    expect(code).toBe(0);
    expect((JSON.parse(out) as { relay: object }).relay).toMatchObject({ lines: 2000, bytes: 4000 });
  });

  it('ends quietly when nobody reads its output', async () => {
    const { code, err } = await run(['--file', small], child => child.stdout?.destroy());
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('ends on Ctrl-C in the middle of a relay, and all its threads with it', async () => {
    const { code, err } = await run(['--file', process.execPath, '--rounds', '50'], child => {
      child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 300));
    });
    expect({ code, err }).toEqual({ code: 130, err: '' });
  });
});
