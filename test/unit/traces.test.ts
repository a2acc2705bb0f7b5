/** The traces of bench/traces: their format, those that are there, and the recorder, where there is a C compiler. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
// As built: it looks for the traces beside its own folder.
import { parseTrace, traceNames, traceText } from '../../bench/dist/traces/trace.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'ringwell-traces-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const trace = (...lines: string[]): string => ['ringwell-trace 1', '# a test', ...lines, ''].join('\n');

describe('a trace', () => {
  it('is read as rows of what, block, bytes and alignment, and what was left is freed', () => {
    const found = parseTrace(trace('t 0', 'm 0 100', 'c 1 8', 't 1', 'r 0 300', 'a 2 64 50', 'f 1'));
    const rows = Array.from({ length: found.operations }, (_, i) => [...found.events.subarray(i * 4, i * 4 + 4)]);
    expect(rows).toEqual([
      [0, 0, 100, 0],
      [1, 1, 8, 0],
      [2, 0, 300, 0],
      [3, 2, 50, 64],
      [4, 1, 0, 0],
      [4, 0, 0, 0],
      [4, 2, 0, 0],
    ]);
    expect(found).toMatchObject({ blocks: 3, peakBytes: 358, peakAfter: 4 });
  });

  it.each([
    ['of another version', 'ringwell-trace 2\nm 0 1\n'],
    ['that is none', 'once upon a time'],
    ['with an unknown event', trace('x 0 1')],
    ['that frees what is not live', trace('m 0 1', 'f 0', 'f 0')],
    ['that reallocates what is not live', trace('r 0 1')],
    ['that allocates what is live', trace('m 0 1', 'm 0 1')],
    ['without a block', trace('m')],
  ])('%s is refused', (_, text) => {
    expect(() => parseTrace(text)).toThrow(/^Cannot read trace: /);
  });
});

describe('the traces that are there', () => {
  it('are three at least', () =>
    expect(traceNames()).toEqual(expect.arrayContaining(['compiler', 'interpreter', 'server'])));

  it.each(traceNames())('%s is good, large enough to tell, and small enough to keep', name => {
    expect(statSync(join(root, 'bench/traces', `${name}.trace.br`)).size).toBeLessThan(2 * 2 ** 20);
    const { operations, peakBytes } = parseTrace(traceText(name));
    expect(operations).toBeGreaterThan(100_000);
    expect(peakBytes).toBeGreaterThan(2 ** 20);
  });
});

const program = `
#include <stdlib.h>
int main(void) {
  void *first = malloc(100), *second = calloc(3, 7), *third, *fourth;
  first = realloc(first, 5000);
  third = aligned_alloc(64, 128);
  if (posix_memalign(&fourth, 256, 10) != 0) return 1;
  free(second);
  second = malloc(1);
  free(NULL);
  free(first);
  free(third);
  return first == second;
}`;
const compiler = process.env.CC ?? 'cc';
const canRecord = process.platform === 'linux' && spawnSync(compiler, ['--version']).status === 0;

describe.skipIf(!canRecord)('the recorder', () => {
  it('writes down what a program asks, in order, and uses numbers of blocks again', () => {
    writeFileSync(join(scratch, 'tiny.c'), program);
    execFileSync(compiler, ['-O0', '-w', join(scratch, 'tiny.c'), '-o', join(scratch, 'tiny')]);
    const record = join(root, 'bench/dist/traces/record.js');
    const args = [record, 'tiny', '--into', scratch, '--', join(scratch, 'tiny')];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toMatch(/^tiny: 9 events, \d+ bytes\n$/);
    const text = brotliDecompressSync(readFileSync(join(scratch, 'tiny.trace.br'))).toString('latin1');
    const expected = [
      't 0',
      'm 0 100',
      'c 1 21',
      'r 0 5000',
      'a 2 64 128',
      'a 3 256 10',
      'f 1',
      'm 1 1',
      'f 0',
      'f 2',
      '',
    ];
    expect(text.split('\n')).toEqual(['ringwell-trace 1', '# tiny: 9 events', ...expected]);
    expect(parseTrace(text)).toMatchObject({ operations: 11, blocks: 4, peakBytes: 5159 });
  });

  it('tells of a program that fails, and stops after as many events as it is told', () => {
    const record = join(root, 'bench/dist/traces/record.js');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [record, 'few', '--into', scratch, ...args], { encoding: 'utf8' });
    expect(run('--', 'false').stderr).toMatch(/Cannot record: false ended with code 1/);
    expect(run('--events', '4', '--', join(scratch, 'tiny')).stdout).toMatch(/^few: 4 events/);
  });
});
