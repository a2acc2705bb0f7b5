// After tsc: puts the numbers of `export const NAME = <number>` in the place of NAME, everywhere in dist/.
//
// Engines fold a constant only where it is declared; one that is imported (or exported) is loaded from its cell and checked at
// each use. On the pool's hot path that costs a third of the time, see docs/decisions.md. Idempotent; lines stay where they are.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const files = readdirSync(dist, { recursive: true })
  .filter(name => name.endsWith('.js'))
  .map(name => resolve(dist, name));
const modules = new Map(files.map(file => [file, read(file)]));

function read(file) {
  const source = readFileSync(file, 'utf8');
  const body = parse(source, { ecmaVersion: 'latest', sourceType: 'module' }).body;
  const constants = new Map();
  for (const node of body) {
    if (node.type !== 'ExportNamedDeclaration' || node.declaration?.kind !== 'const') continue;
    for (const { id, init } of node.declaration.declarations) {
      const text = source.slice(init.start, init.end);
      if (/^-?(\d+|0x[\da-f]+)$/i.test(text)) constants.set(id.name, text);
    }
  }
  return { source, body, constants };
}

/** The names of a module that stand for numbers: its own exports, and what it imports of others'. */
function numbersIn(file, { body, constants }) {
  const numbers = new Map(constants);
  for (const node of body) {
    if (node.type !== 'ImportDeclaration' || !node.source.value.startsWith('.')) continue;
    const from = modules.get(resolve(dirname(file), node.source.value));
    for (const { type, imported, local } of node.specifiers) {
      if (type === 'ImportSpecifier' && from?.constants.has(imported.name))
        numbers.set(local.name, from.constants.get(imported.name));
    }
  }
  return numbers;
}

/** Every use of a name as a value; a second declaration of such a name would make this unsafe, and is refused. */
function* uses(node, numbers, file) {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return;
  if (node.type === 'ExportNamedDeclaration' && !node.declaration) return;
  if (node.type === 'Identifier') {
    if (numbers.has(node.name)) yield node;
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    const isName =
      (key === 'property' && node.type === 'MemberExpression') || (key === 'key' && node.type !== 'ImportSpecifier');
    if (isName && !node.computed) continue;
    if ((key === 'id' || key === 'params') && [value].flat().some(id => id && numbers.has(id.name))) {
      const exported = node.type === 'VariableDeclarator' && modules.get(file).constants.has(node.id.name);
      if (!exported) throw new Error(`${file}: ${node.type} at ${node.start} hides a constant's name`);
      continue;
    }
    for (const child of [value].flat()) if (child && typeof child.type === 'string') yield* uses(child, numbers, file);
  }
}

for (const [file, module] of modules) {
  const numbers = numbersIn(file, module);
  const found = module.body.flatMap(node => [...uses(node, numbers, file)]).sort((a, b) => b.start - a.start);
  let { source } = module;
  for (const { start, end, name } of found) {
    const text = numbers.get(name);
    source = source.slice(0, start) + (text.startsWith('-') ? `(${text})` : text) + source.slice(end);
  }
  if (source !== module.source) writeFileSync(file, source);
}
