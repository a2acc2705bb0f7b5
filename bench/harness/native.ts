/**
 * Contenders written in C++ (`native/`). They are compiled when they are needed, if there are a compiler and the library;
 * if not, the row says which Debian package would bring it. Executables are kept under `node_modules/.cache`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Absent, Contender } from './contender.js';

export interface NativeContender {
  readonly key: string;
  readonly label: string;
  readonly operations: number;
  /** A file in `native/`. */
  readonly source: string;
  readonly flags?: readonly string[];
  /** After the source: the linker looks for what is missing so far. */
  readonly libraries?: readonly string[];
  readonly args?: readonly string[];
  /** The Debian package that brings the library. */
  readonly package?: string;
}

const nativeFolder = fileURLToPath(new URL('../../native/', import.meta.url));
/** Where programs, and what else is made for a bench, are kept. */
export const cacheFolder: string = fileURLToPath(
  new URL('../../../node_modules/.cache/ringwell-bench/', import.meta.url),
);
const compiler = process.env.CXX ?? 'c++';
const flags = ['-O2', '-std=c++17', '-pthread'];

/** Compiles a contender, or says what it needs. */
export async function native(wanted: NativeContender): Promise<Contender | Absent> {
  const { key, label, operations, args = [] } = wanted;
  if (process.platform !== 'linux') return { key, label, needs: 'Linux' };
  const version = await run(compiler, ['--version']);
  if (version === undefined) return { key, label, needs: 'a C++ compiler (g++)' };
  const program = await compile(wanted, version);
  if (program === undefined) return { key, label, needs: wanted.package ?? `a compiler that takes ${wanted.source}` };
  return { key, label, operations, command: [program, ...args] };
}

async function compile(wanted: NativeContender, version: string): Promise<string | undefined> {
  const source = join(nativeFolder, wanted.source);
  const line = [...flags, ...(wanted.flags ?? []), source, ...(wanted.libraries ?? [])];
  const program = join(cacheFolder, `${wanted.source.replace('.cpp', '')}-${fingerprint(version, line)}`);
  if (!existsSync(program)) {
    mkdirSync(cacheFolder, { recursive: true });
    // Made under another name first: a second bench started meanwhile must not find half a program.
    const unfinished = `${program}.${process.pid}`;
    if ((await run(compiler, [...line, '-o', unfinished])) === undefined) return undefined;
    renameSync(unfinished, program);
  }
  // It verifies itself and ends with its input. If it doesn't, the library went away since.
  return (await run(program, wanted.args ?? [])) === undefined ? undefined : program;
}

/** Changes with the compiler, its arguments and every source. */
function fingerprint(version: string, line: readonly string[]): string {
  const hash = createHash('sha256').update(version).update(line.join('\n'));
  for (const file of readdirSync(nativeFolder).sort()) hash.update(readFileSync(join(nativeFolder, file)));
  return hash.digest('hex').slice(0, 16);
}

/** What a program prints, given no input, or undefined when it fails. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = execFile(program, args, (error, stdout) => resolve(error === null ? stdout : undefined));
    child.stdin?.end();
  });
}
