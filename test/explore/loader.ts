/**
 * Loads core modules as they are shipped: the emitted files of `dist/`, with everything they import.
 *
 * The files come from another directory when EXPLORE_DIST names one, which is how mutated copies are checked.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { ExplorerError } from './access.js';
import type { Binding } from './contract.js';
import type { Walk } from './recorder.js';
import * as recorder from './recorder.js';
import { CoreModule, type Locate } from './transform.js';

/** A core module as operations see it: its functions answer walks. Its constants and pure functions stay as they are. */
export type Walked<M> = {
  readonly [K in keyof M]: M[K] extends (...args: infer A) => infer R
    ? A extends [Int32Array, ...unknown[]]
      ? (...args: A) => Walk<R>
      : M[K]
    : M[K];
};

interface Loaded {
  readonly values: Readonly<Record<string, unknown>>;
  readonly bindingOf: (name: string) => Binding | undefined;
}

const dist = resolve(process.env.EXPLORE_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url)));
const loaded = new Map<string, Promise<Loaded>>();
/** What programs have been given, by file: a substitute takes its place in there. */
const given = new Map<string, Record<string, unknown>>();
const importersOf = new Map<string, Set<string>>();
const substitutes = new Map<string, string>();

/**
 * Loads a core module of `dist/` for walking.
 * @param path of the emitted file below `dist/`, as `ring/ring.core.js`
 */
export async function core<M>(path: string): Promise<Walked<M>> {
  const file = resolve(dist, path);
  let walks = given.get(file);
  if (walks === undefined) {
    walks = allWalks(await load(file, []));
    given.set(file, walks);
  }
  return walks as Walked<M>;
}

/**
 * Puts another text in the place of a core module's, or takes it back: whatever was given out by `core` calls it from then on.
 * @throws ExplorerError when the text is no core module; the module is then as before the call
 */
export async function substitute(path: string, text?: string): Promise<void> {
  const file = resolve(dist, path);
  const before = substitutes.get(file);
  try {
    await putInPlace(file, text);
  } catch (error) {
    await putInPlace(file, before);
    throw error;
  }
}

async function putInPlace(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) substitutes.delete(file);
  else substitutes.set(file, text);
  const affected = new Set([file]);
  for (const changed of affected) for (const importer of importersOf.get(changed) ?? []) affected.add(importer);
  for (const changed of affected) loaded.delete(changed);
  for (const changed of affected) {
    const walks = given.get(changed);
    if (walks !== undefined) Object.assign(walks, allWalks(await load(changed, [])));
  }
}

/** The emitted core modules, below `dist/`. */
export function coreFiles(): string[] {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.core.js'))
    .sort();
}

/** The text of a core module as it was emitted. */
export function textOfCore(path: string): string {
  return readFileSync(resolve(dist, path), 'utf8');
}

/** Loads every core module there is, so that the sites of those that no program uses are known too. */
export async function loadEveryCore(): Promise<void> {
  for (const file of coreFiles()) await load(resolve(dist, file), []);
}

/** Makes a module without imports from its text, for canaries and tests. */
export function coreFromText<M>(name: string, text: string): Walked<M> {
  const module = new CoreModule(text, line => ({ file: name, line }), false);
  if (module.imports.length > 0) throw new ExplorerError(`Cannot walk ${name}: a module given as text may not import`);
  const values = compile(module.emit(new Map()), [], []);
  return allWalks({ values, bindingOf: binding => module.bindingOf(binding) }) as Walked<M>;
}

/** To a program every function of an array answers a walk, even one that happens to touch nothing shared. */
function allWalks({ values, bindingOf }: Loaded): Record<string, unknown> {
  const all = Object.entries(values).map(([name, value]) => {
    const binding = bindingOf(name);
    const first = binding?.kind === 'plain' ? binding.params?.[0] : undefined;
    if (first !== 'words' && first !== 'own') return [name, value];
    const plain = value as (...args: unknown[]) => unknown;
    return [
      name,
      // biome-ignore lint/correctness/useYield: a walk of no step
      function* (...args: unknown[]) {
        return plain(...args);
      },
    ];
  });
  return Object.fromEntries(all);
}

function load(file: string, importers: readonly string[]): Promise<Loaded> {
  if (importers.includes(file))
    throw new ExplorerError(`Cannot walk ${show(file)}: it imports itself, by way of others`);
  let module = loaded.get(file);
  if (module === undefined) {
    module = loadNew(file, [...importers, file]);
    loaded.set(file, module);
  }
  return module;
}

async function loadNew(file: string, importers: readonly string[]): Promise<Loaded> {
  if (!existsSync(file))
    throw new ExplorerError(`Cannot walk ${show(file)}: there is no such file in ${dist}. Build first`);
  const module = new CoreModule(substitutes.get(file) ?? readFileSync(file, 'utf8'), locator(file), true);
  const bindings = new Map<string, Binding>();
  const values: unknown[] = [];
  for (const { from, name, local } of module.imports) {
    const { binding, value } = await resolveImport(file, from, name, importers);
    bindings.set(local, binding);
    values.push(value);
  }
  const code = module.emit(bindings);
  const locals = module.imports.map(i => i.local);
  return { values: compile(code, locals, values), bindingOf: name => module.bindingOf(name) };
}

async function resolveImport(
  file: string,
  from: string,
  name: string,
  importers: readonly string[],
): Promise<{ binding: Binding; value: unknown }> {
  if (name === 'now') return { binding: { kind: 'clock' }, value: recorder.now };
  const path = resolve(dirname(file), from);
  if (from.startsWith('.') && from.endsWith('.core.js')) {
    const module = await load(path, importers);
    importersOf.set(path, (importersOf.get(path) ?? new Set()).add(file));
    const binding = module.bindingOf(name);
    if (binding === undefined) throw new ExplorerError(`Cannot walk ${show(file)}: ${from} exports no '${name}'`);
    return { binding, value: module.values[name] };
  }
  const native = (await import(from.startsWith('.') ? pathToFileURL(path).href : from)) as Record<string, unknown>;
  if (!(name in native)) throw new ExplorerError(`Cannot walk ${show(file)}: ${from} exports no '${name}'`);
  return { binding: { kind: 'plain' }, value: native[name] };
}

function compile(code: string, locals: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const make = new Function('$', ...locals, code) as (...args: unknown[]) => Record<string, unknown>;
  return make(recorder, ...values);
}

/** Leads back to the source where a map lies beside the emitted file. */
function locator(file: string): Locate {
  const name = show(file);
  if (!existsSync(`${file}.map`)) return line => ({ file: name, line });
  const map = new TraceMap(readFileSync(`${file}.map`, 'utf8'));
  return (line, column) => {
    const found = originalPositionFor(map, { line, column });
    return found.line === null ? { file: name, line } : { file: name.replace(/\.js$/, '.ts'), line: found.line };
  };
}

function show(file: string): string {
  return relative(dist, file);
}
