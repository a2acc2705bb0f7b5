/** Runs the examples of the README and of docs/: what a reader copies works, and prints what the text says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
];

interface Example {
  readonly files: Map<string, string>;
  /** What it prints, where the document says so. */
  output: string | undefined;
}

/**
 * An example is a run of ```js blocks that each begin with `// name.mjs`; the last one that is not a worker is run. A ```text
 * block right behind it is what it prints; there `...` stands for any figure.
 */
function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  let files = new Map<string, string>();
  for (const [, language, body] of markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const name = /^\/\/ ([\w-]+\.mjs)/.exec(body!)?.[1];
    if (language === 'js' && name) {
      files.set(name, body!);
      if (!name.includes('worker')) {
        examples.push({ files, output: undefined });
        files = new Map();
      }
    } else if (language === 'text' && examples.length > 0) {
      examples.at(-1)!.output ??= body!;
    }
  }
  return examples;
}

describe.each(documents)('%s', document => {
  const examples = examplesOf(readFileSync(join(root, document), 'utf8'));
  it.each(examples.map((example, i) => [[...example.files.keys()].join(', '), i] as const))('runs %s', (_, i) => {
    const { files, output } = examples[i]!;
    mkdirSync(join(root, 'build'), { recursive: true });
    const folder = mkdtempSync(join(root, 'build', 'example-'));
    try {
      for (const [name, body] of files) writeFileSync(join(folder, name), body);
      const printed = execFileSync(process.execPath, [join(folder, [...files.keys()].at(-1)!)], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      if (output !== undefined) {
        const pattern = output.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\.\\.\\.', '[\\d.,]+');
        expect(printed).toMatch(new RegExp(`^${pattern}$`));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  it('has no link to a file that is not there', () => {
    const markdown = readFileSync(join(root, document), 'utf8');
    for (const [, target] of markdown.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(join(root, document, '..', target!))).not.toThrow(/ENOENT/);
    }
  });
});
