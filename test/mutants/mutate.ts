/**
 * Makes mutants of a core module: copies with one small change in one function, of the kinds that people make by mistake.
 *
 * A mutant's key names the module, the function and the change as text, so it stays the same when other functions change.
 */
import { type AnyNode, type BinaryExpression, type CallExpression, type FunctionDeclaration, parse } from 'acorn';
import { atomicsMethod, isNamed } from '../explore/contract.js';
import { childrenOf } from '../explore/scope.js';

/** A changed copy of a core module. */
export interface Mutant {
  readonly key: string;
  /** The emitted file, below `dist/`. */
  readonly file: string;
  readonly fn: string;
  readonly text: string;
}

interface Change {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

const FLIPS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
};

/** What an atomic read-modify-write becomes: a load and a store, with room in between. */
const TORN: Readonly<Record<string, string>> = {
  add: 'before + value',
  and: 'before & value',
  exchange: 'value',
  or: 'before | value',
  sub: 'before - value',
};

const TORN_EXCHANGE = `
function tornCompareExchange(words, index, expected, value) {
  const before = Atomics.load(words, index);
  if (before === expected) Atomics.store(words, index, value);
  return before;
}`;

function tornFunction(method: string): string {
  return `
function torn${method}(words, index, value) {
  const before = Atomics.load(words, index);
  Atomics.store(words, index, ${TORN[method]});
  return before;
}`;
}

/** Every function of a module, with the names of those that it calls. */
export function callsIn(text: string): Map<string, Set<string>> {
  return new Map(functionsIn(text).map(fn => [fn.id.name, new Set(calleesOf(fn.body))]));
}

/** Every mutant of a module. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const seen = new Map<string, number>();
  return functionsIn(text).flatMap(fn =>
    changesIn(fn.body, text).map(({ what, from, to, by }) => {
      const short = (part: string): string =>
        part
          .replaceAll(/\/\/[^\n]*/g, '')
          .replaceAll(/\s+/g, ' ')
          .trim();
      const change = by === '' ? short(text.slice(from, to)) : `${short(text.slice(from, to))} -> ${short(by)}`;
      const base = `${file.replace(/\.js$/, '')}:${fn.id.name}: ${what}: ${change}`;
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      const method = /^torn(\w+)\(/.exec(by)?.[1];
      const helper = method === undefined ? '' : method === 'CompareExchange' ? TORN_EXCHANGE : tornFunction(method);
      return {
        key: count === 1 ? base : `${base} (${count})`,
        file,
        fn: fn.id.name,
        text: text.slice(0, from) + by + text.slice(to) + helper,
      };
    }),
  );
}

function functionsIn(text: string): FunctionDeclaration[] {
  const { body } = parse(text, { ecmaVersion: 2022, sourceType: 'module' });
  return body.flatMap(statement => {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    return node?.type === 'FunctionDeclaration' ? [node as FunctionDeclaration] : [];
  });
}

function calleesOf(node: AnyNode): string[] {
  const below = childrenOf(node).flatMap(calleesOf);
  return node.type === 'CallExpression' && node.callee.type === 'Identifier' ? [node.callee.name, ...below] : below;
}

function changesIn(node: AnyNode, text: string): Change[] {
  const below = childrenOf(node).flatMap(child => changesIn(child, text));
  return [...changesOf(node, text), ...below];
}

function changesOf(node: AnyNode, text: string): Change[] {
  const source = (part: AnyNode): string => text.slice(part.start, part.end);
  const change = (what: string, part: AnyNode, by: string): Change => ({ what, from: part.start, to: part.end, by });
  switch (node.type) {
    case 'BlockStatement':
      return node.body.slice(1).flatMap((second, i) => {
        const first = node.body[i]!;
        if (!isWrite(first) || !isWrite(second)) return [];
        const between = text.slice(first.end, second.start);
        return [{ what: 'swap', from: first.start, to: second.end, by: source(second) + between + source(first) }];
      });
    case 'ExpressionStatement': {
      const { expression } = node;
      const dropped = expression.type === 'CallExpression' || expression.type === 'AssignmentExpression';
      const isStore = expression.type === 'CallExpression' && atomicsMethod(expression) === 'store';
      const [, index, value] = isStore ? expression.arguments : [];
      return [
        ...(dropped ? [change('drop', node, ';')] : []),
        ...(isStore ? [change('plain', expression, `words[${source(index!)}] = ${source(value!)}`)] : []),
      ];
    }
    case 'IfStatement':
      return [change('never', node.test, 'false'), change('always', node.test, 'true')];
    case 'CallExpression':
      return tornOf(node, source, change);
    case 'BinaryExpression':
      return operatorsOf(node, text);
    case 'LogicalExpression':
      return [change('left only', node, source(node.left)), change('right only', node, source(node.right))];
    default:
      return [];
  }
}

function tornOf(
  node: CallExpression,
  source: (part: AnyNode) => string,
  change: (what: string, part: AnyNode, by: string) => Change,
): Change[] {
  const method = atomicsMethod(node);
  if (method === undefined) return [];
  const list = node.arguments.map(source).join(', ');
  if (method === 'load') return [change('plain', node, `words[${source(node.arguments[1]!)}]`)];
  if (method === 'compareExchange') return [change('torn', node, `tornCompareExchange(${list})`)];
  return method in TORN ? [change('torn', node, `torn${method}(${list})`)] : [];
}

function operatorsOf(node: BinaryExpression, text: string): Change[] {
  const { operator, left, right } = node;
  // Parentheses belong to neither side, so what stands between the sides is kept.
  const before = text.slice(node.start, left.end);
  const between = text.slice(left.end, right.start);
  const after = text.slice(right.start, node.end);
  const change = (what: string, by: string): Change => ({ what, from: node.start, to: node.end, by });
  const flips = (FLIPS[operator] ?? []).map(by => change('compare', before + between.replace(operator, by) + after));
  if (right.type !== 'Literal' || typeof right.value !== 'number') return flips;
  const value = right.value;
  if (operator === '<<' || operator === '>>>' || operator === '>>')
    return [change('shift', `${before}${between}${value + 1}`)];
  if (operator === '&') return [change('mask', `${before}${between}${value >>> 1}`)];
  if (operator === '+' || operator === '-') return [change('off by one', `${before}${between}${value + 1}`)];
  return flips;
}

/** A statement that writes, to shared or private memory. */
function isWrite(node: AnyNode): boolean {
  if (node.type !== 'ExpressionStatement') return false;
  const { expression } = node;
  if (expression.type === 'AssignmentExpression') {
    const { left } = expression;
    return left.type === 'MemberExpression' && isNamed(left.object, 'words');
  }
  return expression.type === 'CallExpression' && expression.arguments.some(argument => isNamed(argument, 'words'));
}
