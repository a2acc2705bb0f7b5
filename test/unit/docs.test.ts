/** Runs the examples of the README and of docs/: what a reader copies works, and prints what the text says. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const withExamples = documents
  .map(document => [document, examplesOf(readFileSync(join(root, document), 'utf8'))] as const)
  .filter(([, examples]) => examples.length > 0);

describe.each(withExamples)('%s', (_document, examples) => {
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
});

/** What a heading is called in a link. */
function anchorsIn(file: string): Set<string> {
  const text = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase());
  return new Set(
    headings.map(heading =>
      heading
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

const linking = ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'bench/README.md', 'test/explore/README.md'];
it.each([...documents, ...linking])('%s links to nothing that is not there', document => {
  const here = join(root, document);
  for (const [, file, anchor] of readFileSync(here, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
    const target = file === '' ? here : join(here, '..', file!);
    expect(existsSync(target), `${file}`).toBe(true);
    if (anchor !== undefined) expect(anchorsIn(target)).toContain(anchor);
  }
});

/** What a declaration shows to users: members of classes, and options. */
function membersOf(file: string, pattern: RegExp): string[] {
  const text = readFileSync(join(root, 'dist', `${file}.d.ts`), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/^export (?:declare (?:abstract )?class|interface) ([\s\S]*?)^}/gm)]
    .filter(([, body]) => pattern.test(body!))
    .flatMap(([, body]) => [...body!.matchAll(/^ {4}(?:(?:static|abstract|readonly|get) )*([a-z]\w*)[?(:]/gm)])
    .map(([, name]) => name!)
    .filter(name => name !== 'constructor');
}

describe('docs/api.md', () => {
  const sections = new Map(
    readFileSync(join(root, 'docs/api.md'), 'utf8')
      .split(/^## /m)
      .map(section => [section.slice(0, section.indexOf('\n')), section]),
  );
  it.each([
    ['Region', ['region/region'], /^Region(Options)? /],
    ['Pool', ['pool/pool-base'], /^Pool(Base|Options) /],
    ['Heap', ['heap/heap-base'], /^Heap(Base|Options) /],
    ['Arena', ['heap/arena'], /^Arena/],
    ['ObjectPool', ['pool/object-pool'], /^ObjectPool/],
    ['Ring', ['ring/ring-base'], /^Ring/],
    ['ByteRing', ['ring/byte-ring-base', 'ring/byte-ring-sides', 'ring/byte-ring-usage'], /^ByteRing(?!Geometry)/],
    ['MessageRing', ['ring/message-sender', 'ring/message-ring', 'ring/message-ring-layout'], /^Message/],
    ['Broadcast', ['ring/broadcast', 'ring/broadcast-layout', 'ring/subscriber'], /^(Broadcast|Subscriber)/],
    ['Several, and Node', ['node/file-descriptor', 'node/spawn'], /Options /],
  ])('names all members and options of %s', (title, files, pattern) => {
    const common = ['create', 'attach', 'open'];
    const members = files.flatMap(file => membersOf(file, pattern)).filter(name => !common.includes(name));
    expect(members.length).toBeGreaterThan(2);
    const section = sections.get(title) ?? '';
    expect(members.filter(name => !new RegExp(`\\b${name}\\b`).test(section))).toEqual([]);
  });
});
