/** A result in Markdown: all of it for RESULTS.md, three tables for the README. */
import { describeMachine } from '../harness/machine.js';
import { figure } from '../harness/report.js';
import { UNBOUNDED } from '../harness/statistics.js';
import type { Profile } from './profile.js';
import type { Result, Section } from './result.js';

const CALLS = { faster: 'faster', slower: '**slower**', even: 'inside the noise' };

/** The whole of bench/RESULTS.md. */
export function resultsPage(found: Result): string {
  const lost = found.sections.flatMap(section => slowerIn(section, false));
  const paid = found.sections.flatMap(section => slowerIn(section, true));
  return `${[
    '# Results',
    `${describeMachine(found.machine)}. \`${found.command}\`, ${found.seconds} s${found.complete ? '' : ', interrupted'}. Made by \`npm run bench:publish\`; [how it was measured](README.md).`,
    'Times ours takes, in times of another. A winner is called when the whole interval (99%) lies beyond the noise.',
    '## Where we lose',
    lost.length === 0
      ? 'Nowhere beyond the noise.'
      : `${lost.join('\n')}\n\n[Why, and what the limit is](../docs/decisions.md#where-we-lose-and-what-the-limit-is).`,
    ...(paid.length === 0 ? [] : ['## What ours cost beside others of ours', paid.join('\n')]),
    ...found.sections.flatMap(sectionPage),
    ...(found.profiles.length > 0 ? ['## The slow ones, and the collector', profileTable(found.profiles)] : []),
  ].join('\n\n')}\n`;
}

/** Those of ours that are slower than a peer, or than another of ours. */
function slowerIn(section: Section, thanOurs: boolean): string[] {
  return section.comparisons
    .filter(({ call, peer }) => call === 'slower' && section.ours.includes(peer) === thanOurs)
    .map(({ ours, peer, ratio }) => {
      const of = `${section.suite}, ${section.name}`;
      return `- ${of}: ${labelOf(section, ours)}: ${figure(ratio)} times ${labelOf(section, peer)}`;
    });
}

function sectionPage(section: Section): string[] {
  const { suite, name, rows, operation, unit, comparisons } = section;
  const head = unit === 'ns' ? `ns a ${operation}` : `M ${operation}s/s`;
  const lines = rows.map(row => {
    if ('needs' in row) return [row.label, '-', `needs ${row.needs}`];
    if ('wrong' in row) return [row.label, 'wrong', row.wrong];
    const ends = [row.ns.q1, row.ns.q3].map(ns => inUnit(ns, unit)).sort((a, b) => a - b);
    return [row.label, figure(inUnit(row.ns.median, unit)), ends.map(figure).join(' .. ')];
  });
  const calls = comparisons.map(({ ours, peer, ratio, low, high, call }) => [
    labelOf(section, ours),
    labelOf(section, peer),
    figure(ratio),
    `${figure(low)} .. ${high < UNBOUNDED ? figure(high) : '?'}`,
    CALLS[call],
  ]);
  return [
    `## ${suite}: ${name}`,
    table(['', head, 'quartiles'], lines),
    ...(calls.length > 0 ? [table(['ours', 'against', 'times', '99%', ''], calls)] : []),
  ];
}

function profileTable(profiles: readonly Profile[]): string {
  const names = Object.keys(profiles[0]!.percentiles);
  return table(
    ['us', ...names, 'collections', 'pauses, ms', 'RSS, MiB'],
    profiles.map(({ work, label, percentiles, collections, pauseMs, residentMiB }) => [
      `${work}: ${label}`,
      ...names.map(name => figure(percentiles[name]! / 1000)),
      String(collections),
      figure(pauseMs),
      `${residentMiB[0]} .. ${Math.max(...residentMiB)}`,
    ]),
  );
}

const inUnit = (ns: number, unit: 'ns' | 'M/s'): number => (unit === 'ns' ? ns : 1e3 / ns);

function labelOf({ rows }: Section, key: string): string {
  return rows.find(row => row.key === key)?.label ?? key;
}

/** Columns after the first stand on the right, all as wide as their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map(cells => cells.map(cell => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map(cells => cells[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = lines.map(cells =>
    line(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))),
  );
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [padded[0], rule, ...padded.slice(1)].join('\n');
}

/** The README's rows: what they are called there, and their keys. Ours are bold. */
const PAIRS: readonly (readonly [label: string, key: string, ours?: boolean])[] = [
  ['`brk`', 'brk'],
  ['glibc `new`/`delete`', 'glibc'],
  ['jemalloc', 'jemalloc'],
  ['tcmalloc', 'tcmalloc'],
  ['`new ArrayBuffer`', 'array-buffer'],
  ['`Buffer.allocUnsafe`', 'alloc-unsafe'],
  ['heap', 'heap', true],
  ['shared pool, handles checked', 'shared-pool', true],
  ['local pool, handles checked', 'local-pool', true],
  ['a static buffer in C++, unchecked', 'static-buffer'],
];

type Others = readonly (readonly [label: string, key: string])[];
const FLOWS: readonly (readonly [label: string, section: string, ours: string, others: Others])[] = [
  [
    'one producer, one consumer, one at a time',
    'single',
    'one',
    [
      ['ringbuf.js', 'ringbuf-1'],
      ['`postMessage`', 'message'],
      ['boost spsc (C++)', 'spsc-1'],
    ],
  ],
  [
    'the same, bulk of 32',
    'single',
    'bulk-32',
    [
      ['ringbuf.js', 'ringbuf-32'],
      ['boost spsc', 'spsc-32'],
    ],
  ],
  [
    'the same, staged and flushed every 32',
    'single',
    'staged-32',
    [
      ['ringbuf.js', 'ringbuf-32'],
      ['boost spsc', 'spsc-32'],
    ],
  ],
  ...['1+1', '2+2'].map((shape): (typeof FLOWS)[number] => [
    `many producers, many consumers, ${shape}`,
    'many',
    `ring-${shape}`,
    [
      ['`ck_ring`', `ck-${shape}`],
      ['boost queue', `boost-${shape}`],
      ["Vyukov's in C++", `vyukov-${shape}`],
    ],
  ]),
];

const HEAP: readonly (readonly [label: string, shape: string])[] = [
  ['replace at random among 4096, 1 to 8000 bytes', 'replace'],
  ['the same on two threads', 'two'],
  ['one thread allocates, another frees', 'pipe'],
  ["Larson and Krishnan's server, two threads", 'larson'],
  ['1,024 small blocks live', 'blocks-1k'],
  ['1,048,576 small blocks live', 'blocks-1m'],
];
const ALLOCATORS = ['tcmalloc', 'jemalloc', 'mimalloc', 'glibc'];

/** The README's blocks by name. */
export function readmeBlocks(found: Result): Record<string, string> {
  const where = `${describeMachine(found.machine)}, medians, contenders taking turns (\`${found.command}\`).`;
  const pairs = PAIRS.map(([label, key, ours]) => {
    const value = figure(medianNs(found, 'ladder', key));
    return ours ? [`**${label}**`, `**${value}**`] : [label, value];
  });
  const rate = (section: string, key: string): string => figure(1e3 / medianNs(found, section, key));
  const flows = FLOWS.map(([label, section, ours, others]) => [
    label,
    rate(section, ours),
    others.map(([name, key]) => `${name} ${rate(section, key)}`).join(', '),
  ]);
  const mixed = HEAP.map(([label, shape]) => [
    label,
    `**${figure(medianNs(found, 'heap', `${shape}-heap`))}**`,
    ...ALLOCATORS.map(name =>
      hasRow(found, `${shape}-${name}`) ? figure(medianNs(found, 'heap', `${shape}-${name}`)) : '',
    ),
  ]);
  return {
    heap: `${where}\n\n${table(['ns an operation', '**heap**', ...ALLOCATORS], mixed)}`,
    pairs: `${where}\n\n${table(['', 'ns a pair'], pairs)}`,
    rings: `${where}\n\n${table(['', 'ours', 'others'], flows)}`,
  };
}

/** Some shapes are measured with some allocators only. */
function hasRow({ sections }: Result, key: string): boolean {
  return sections.some(({ name, rows }) => name === 'heap' && rows.some(row => row.key === key));
}

function medianNs({ sections }: Result, section: string, key: string): number {
  const row = sections.find(({ name }) => name === section)?.rows.find(one => one.key === key);
  if (row === undefined || !('ns' in row)) throw new Error(`Cannot publish: no figure of ${section} ${key}`);
  return row.ns.median;
}

/** Puts blocks between `<!-- figures: NAME -->` and `<!-- /figures -->`. Throws when a block has no place. */
export function insertBlocks(text: string, blocks: Readonly<Record<string, string>>): string {
  let inserted = text;
  for (const [name, block] of Object.entries(blocks)) {
    const begin = `<!-- figures: ${name} -->`;
    const end = '<!-- /figures -->';
    const from = inserted.indexOf(begin);
    const to = inserted.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`Cannot insert figures: no place called ${name}`);
    inserted = `${inserted.slice(0, from + begin.length)}\n\n${block}\n\n${inserted.slice(to)}`;
  }
  return inserted;
}
