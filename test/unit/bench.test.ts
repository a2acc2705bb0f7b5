/** What the bench says of its samples, what it keeps when it is interrupted, and that the README tells what was measured. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { Alternation, alternate } from '../../bench/dist/harness/alternate.js';
import { onOneCore } from '../../bench/dist/harness/cores.js';
import { call, independentRatio, noise, pairedRatio, spread, UNBOUNDED } from '../../bench/dist/harness/statistics.js';
import { agreement, compareResults } from '../../bench/dist/proof/compare.js';
import { insertBlocks, readmeBlocks, resultsPage } from '../../bench/dist/proof/markdown.js';
import { page } from '../../bench/dist/proof/page.js';
import { percentilesOf } from '../../bench/dist/proof/profile.js';
import { type Result, readResult } from '../../bench/dist/proof/result.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ringwell-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));
const kept = readResult(path('bench/results.json'));

function scaled(result: Result, factor: number): Result {
  const text = JSON.stringify(result);
  const copy = JSON.parse(text) as { sections: { rows: { ns?: { samples: number[] } }[] }[] };
  for (const { rows } of copy.sections)
    for (const row of rows) if (row.ns) row.ns.samples = row.ns.samples.map(ns => ns * factor);
  return copy as unknown as Result;
}

function bench(script: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [path(`bench/dist/${script}.js`), ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('how sure a ratio is', () => {
  test('a drift that hits both sides alike leaves the paired ratio narrow', () => {
    const drift = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const { ratio, low, high } = pairedRatio(
      drift.map(x => x * 3),
      drift.map(x => x * 2),
    );
    expect([ratio, low, high]).toEqual([1.5, 1.5, 1.5]);
  });

  test('the interval of twelve turns leaves out one on either side, that of eight none, that of seven is open', () => {
    const turns = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
    const ones = (count: number): number[] => turns(count).map(() => 1);
    expect(pairedRatio(turns(12), ones(12))).toEqual({ ratio: 6.5, low: 2, high: 11 });
    expect(pairedRatio(turns(8), ones(8))).toEqual({ ratio: 4.5, low: 1, high: 8 });
    expect(pairedRatio(turns(7), ones(7))).toEqual({ ratio: 4, low: 0, high: UNBOUNDED });
  });

  test('a winner is called only when the whole interval is beyond the noise', () => {
    expect(call({ ratio: 0.8, low: 0.7, high: 0.9 }, 0.1)).toBe('faster');
    expect(call({ ratio: 0.8, low: 0.7, high: 0.92 }, 0.1)).toBe('even');
    expect(call({ ratio: 1.3, low: 1.11, high: 1.5 }, 0.1)).toBe('slower');
    expect(call({ ratio: 1.3, low: 1.09, high: 1.5 }, 0.1)).toBe('even');
    expect(call({ ratio: 1.3, low: 1.11, high: 1.5 }, 0.2)).toBe('even');
  });

  test('noise is a tenth, or what the samples spread', () => {
    const calm = [10, 10, 10, 10, 10];
    const wild = [5, 6, 10, 14, 15];
    expect(spread(wild)).toBeCloseTo(0.4);
    expect(noise(calm, calm)).toBe(0.1);
    expect(noise(calm, wild)).toBeCloseTo(0.4);
  });

  test('the ratio of two runs has an interval around it, the same one each time', () => {
    const a = [10, 11, 12, 10, 11, 12, 10, 11, 12, 11];
    const b = a.map(ns => ns * 2);
    const found = independentRatio(b, a);
    expect(found.ratio).toBe(2);
    expect(found.low).toBeGreaterThan(1.6);
    expect(found.high).toBeLessThan(2.5);
    expect(independentRatio(b, a)).toEqual(found);
    expect(independentRatio([1, 2], [1, 2]).high).toBe(UNBOUNDED);
  });

  test('percentiles are samples, never between two', () => {
    const samples = Float64Array.from({ length: 10_000 }, (_, i) => 10_000 - i);
    expect(percentilesOf(samples)).toEqual({
      p50: 5000,
      p90: 9000,
      p99: 9900,
      'p99.9': 9990,
      'p99.99': 9999,
      max: 10_000,
    });
  });
});

const program = (text: string): readonly [string, ...string[]] => [process.execPath, '-e', text];

test('who answers wrongly is shown so, with what it said; the others are measured', async () => {
  const good = "console.log('ready good'); process.stdin.on('data', () => console.log(100))";
  const rows = await alternate(
    [
      { key: 'good', label: 'good', command: program(good), operations: 1 },
      { key: 'bad', label: 'bad', command: program("throw new Error('two live blocks overlap')"), operations: 1 },
      {
        key: 'late',
        label: 'late',
        command: program(
          "console.log('ready late'); process.stdin.on('data', () => { throw new Error('lost an item') })",
        ),
        operations: 1,
      },
      { key: 'gone', label: 'gone', needs: 'libgone-dev' },
    ],
    { rounds: 2, warmups: 1 },
  );
  expect(rows).toEqual([
    expect.objectContaining({ key: 'good', ns: expect.objectContaining({ median: 100, samples: [100, 100] }) }),
    { key: 'bad', label: 'bad', wrong: 'Error: two live blocks overlap' },
    { key: 'late', label: 'late', wrong: 'Error: lost an item' },
    { key: 'gone', label: 'gone', needs: 'libgone-dev' },
  ]);
});

test('each pass has a new process of each contender, and adds to its samples', async () => {
  const text = "console.log('ready me'); process.stdin.on('data', () => console.log(process.pid))";
  const alternation = new Alternation(
    ['a', 'b'].map(key => ({ key, label: key, command: program(text), operations: 1 })),
  );
  for (const rounds of [2, 3]) await alternation.pass({ rounds, warmups: 1 });
  for (const row of alternation.rows()) {
    if (!('ns' in row)) throw new Error('not measured');
    const [first, , second] = row.ns.samples;
    expect(row.ns.samples).toEqual([first, first, second, second, second]);
    expect(first).not.toBe(second);
  }
});

test('contenders of one thread keep to one core, and their rows say which', {
  skip: process.platform !== 'linux',
}, async () => {
  const allowed = "fs.readFileSync('/proc/self/status', 'utf8').match(/Cpus_allowed_list:\\s*(.*)/)[1]";
  const text = `console.log('ready ' + ${allowed}); process.stdin.on('data', () => console.log(100))`;
  const wanted = onOneCore([{ key: 'a', label: 'a', command: program(text), operations: 1 }]);
  const [row] = await alternate(wanted, { rounds: 1, warmups: 1 });
  if (row === undefined || !('ns' in row)) throw new Error('not measured');
  // Where there is no taskset, or no leave to use it, nobody is kept to a core, and no row says so.
  if (row.core !== undefined) expect(row.name).toBe(String(row.core));
});

describe('two runs', () => {
  test('of the same samples: nothing changed, no winner differs', () => {
    const changes = compareResults(kept, kept);
    expect(changes.length).toBeGreaterThan(20);
    expect(changes.every(({ call: called, ratio }) => called === 'even' && ratio === 1)).toBe(true);
    expect(agreement(kept, kept)).toMatchObject({ byOne: [], contrary: [] });
  });

  test('of which one is ten times as slow: every row says so', () => {
    const changes = compareResults(kept, scaled(kept, 10));
    expect(changes.every(({ ratio }) => Math.abs(ratio - 10) < 0.01)).toBe(true);
    expect(changes.filter(({ call: called }) => called === 'slower').length).toBeGreaterThan(changes.length * 0.8);
  });

  test('are told where they contradict, or where only one is sure', () => {
    const section = kept.sections[0]!;
    const pair = section.comparisons.find(({ call: called }) => called === 'faster')!;
    const name = `${section.suite}: ${section.name}: ${pair.ours} / ${pair.peer}`;
    const again = (now: Partial<typeof pair>): ReturnType<typeof agreement> =>
      agreement(kept, { ...kept, sections: [{ ...section, comparisons: [{ ...pair, ...now }] }] });
    expect(again({})).toEqual({ alike: 1, byOne: [], contrary: [] });
    expect(again({ call: 'even' }).byOne[0]).toContain(name);
    expect(again({ call: 'even', ratio: 1.01, low: 0, high: 2 }).byOne[0]).toContain(name);
    expect(again({ call: 'even', ratio: 1.01, low: 1, high: 1.02 }).contrary[0]).toContain(name);
    expect(again({ call: 'slower', ratio: 2 }).contrary[0]).toContain(name);
  });

  test('bench:compare prints them, and refuses what is no result', async () => {
    const file = path('bench/results.json');
    const same = await bench('compare', file, file, '--all');
    expect(same.code).toBe(0);
    expect(same.stdout).toContain('They contradict each other nowhere');
    const wrong = await bench('compare', file, path('package.json'));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('expected "ringwell-bench 2"');
  });
});

describe('the command', () => {
  test('refuses what it does not know with code 2, and says what there is', async () => {
    const unknown = await bench('main', '--only', 'pool,ponies');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('"ponies" is none of pool, ');
    expect((await bench('main', '--rounds', '0')).code).toBe(2);
    expect((await bench('main', '--fast')).code).toBe(2);
    expect((await bench('main', '--quick', '--only', 'latency')).stderr).toContain('--quick has pool and rings only');
    const help = await bench('main', '--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('Exit codes');
  });

  test.each(['--json', '--html'])('%s to where nobody can write is found before anything is measured', async option => {
    const file = join(folder, 'nowhere', 'a');
    const refused = await bench('main', option, file);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("can't be written (ENOENT)");
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s leaves a valid partial result and ends with 130',
    { timeout: 60_000 },
    async signal => {
      const file = join(folder, 'partial.json');
      const args = [path('bench/dist/main.js'), '--only', 'buffers', '--rounds', '1000', '--json', file];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
      setTimeout(() => child.kill(signal), 6000);
      child.stdout.resume();
      expect(await ended).toBe(130);
      const partial = readResult(file);
      expect(partial.complete).toBe(false);
      for (const { rows } of partial.sections)
        for (const row of rows) if ('ns' in row) expect(row.ns.samples.length).toBeLessThan(1000);
      expect(page(partial)).toContain('<title>');
      const published = await bench('publish', file);
      expect(published.code).toBe(1);
      expect(published.stderr).toContain('was interrupted');
    },
  );
});

describe('what is published', () => {
  test('README and RESULTS.md tell what bench/results.json says', () => {
    const readme = readFileSync(path('README.md'), 'utf8');
    expect(insertBlocks(readme, readmeBlocks(kept))).toBe(readme);
    expect(resultsPage(kept)).toBe(readFileSync(path('bench/RESULTS.md'), 'utf8'));
  });

  test('each group where we lose has a line in docs/decisions.md that says why', () => {
    const decisions = readFileSync(path('docs/decisions.md'), 'utf8');
    for (const { suite, name, ours, comparisons } of kept.sections) {
      const isLost = comparisons.some(({ peer, call: called }) => called === 'slower' && !ours.includes(peer));
      if (isLost) expect(decisions).toContain(`**${suite}, ${name}**`);
    }
  });

  test('figures go between their marks and nowhere else; without marks, nothing is written', () => {
    const text = 'a\n<!-- figures: x -->\nold\n<!-- /figures -->\nb\n';
    expect(insertBlocks(text, { x: 'new' })).toBe('a\n<!-- figures: x -->\n\nnew\n\n<!-- /figures -->\nb\n');
    expect(() => insertBlocks('a', { x: 'new' })).toThrow('no place called x');
  });

  test('the page stands alone: its data and libraries inside, nothing to fetch', () => {
    const html = page(kept);
    expect(html).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)=/);
    const data = /<script type="application\/json" id="result">(.*?)<\/script>/s.exec(html)![1]!;
    expect(JSON.parse(data)).toEqual(kept);
  });
});
