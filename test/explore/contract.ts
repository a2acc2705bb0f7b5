/**
 * What a `*.core.js` file may contain. Everything else is refused with its place, never skipped: code that the explorer does
 * not see exactly is code that it has not checked.
 */
import type { AnyNode, CallExpression, Identifier, MemberExpression } from 'acorn';
import { ATOMICS } from './access.js';
import type { Complain, Scope } from './scope.js';

/** What an imported or top-level name stands for. */
export type Binding =
  /** A walked function: it touches shared memory. */
  | { readonly kind: 'walked'; readonly params: readonly string[] }
  /** A function that touches none, or a constant: used as it is. */
  | { readonly kind: 'plain'; readonly params?: readonly string[] }
  /** The clock, which the explorer sets. */
  | { readonly kind: 'clock' };

const ALLOWED: ReadonlySet<string> = new Set([
  'AssignmentExpression',
  'BinaryExpression',
  'BlockStatement',
  'BreakStatement',
  'CallExpression',
  'ConditionalExpression',
  'ContinueStatement',
  'DoWhileStatement',
  'EmptyStatement',
  'ExpressionStatement',
  'ForStatement',
  'Identifier',
  'IfStatement',
  'LabeledStatement',
  'Literal',
  'LogicalExpression',
  'MemberExpression',
  'NewExpression',
  'ReturnStatement',
  'SequenceExpression',
  'SwitchCase',
  'SwitchStatement',
  'TemplateElement',
  'TemplateLiteral',
  'ThrowStatement',
  'UnaryExpression',
  'UpdateExpression',
  'VariableDeclaration',
  'VariableDeclarator',
  'WhileStatement',
]);

const NAMES: Readonly<Record<string, string>> = {
  ArrayPattern: 'destructuring',
  ObjectPattern: 'destructuring',
  ArrowFunctionExpression: 'an arrow function',
  FunctionExpression: 'a closure',
  FunctionDeclaration: 'a function inside a function',
  AwaitExpression: 'await',
  TryStatement: 'try',
  ClassDeclaration: 'a class',
  ClassExpression: 'a class',
  SpreadElement: 'a spread',
  YieldExpression: 'yield',
  ForOfStatement: 'for-of',
  ForInStatement: 'for-in',
};

/** Globals that a core file may name. */
export const GLOBALS: ReadonlySet<string> = new Set([
  'Atomics',
  'Error',
  'Infinity',
  'Math',
  'NaN',
  'Number',
  'RangeError',
  'undefined',
]);

/** Refuses whatever has no place in a core file, wherever it stands. */
export function checkForms(node: AnyNode, children: (node: AnyNode) => AnyNode[], complain: Complain): void {
  if (!ALLOWED.has(node.type)) complain(node, NAMES[node.type] ?? node.type);
  for (const child of children(node)) checkForms(child, children, complain);
}

/** Whether a node is this name and nothing more. */
export function isNamed(node: AnyNode, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** Whether a name is that of an array: shared words, the same memory as bytes, or a thread's private words. */
export function isArrayName(name: string): boolean {
  return name === 'words' || name === 'u8' || name === 'own';
}

/** Whether a node is an element of the shared memory: of `words`, or of `u8`. */
export function isShared(node: AnyNode): node is MemberExpression {
  return (
    node.type === 'MemberExpression' && node.computed && (isNamed(node.object, 'words') || isNamed(node.object, 'u8'))
  );
}

/** The method of `Atomics` that a call names, or undefined. */
export function atomicsMethod(call: CallExpression): string | undefined {
  const { callee } = call;
  if (callee.type !== 'MemberExpression' || !isNamed(callee.object, 'Atomics')) return undefined;
  return callee.property.type === 'Identifier' && !callee.computed ? callee.property.name : '?';
}

/** The bulk method of `words` that a call names, or undefined. */
export function bulkMethod(call: CallExpression): string | undefined {
  const { callee } = call;
  if (callee.type !== 'MemberExpression' || !isNamed(callee.object, 'words')) return undefined;
  return callee.property.type === 'Identifier' && !callee.computed ? callee.property.name : '?';
}

/** Checks one function body. */
export class Contract {
  readonly #bindings: ReadonlyMap<string, Binding>;
  readonly #scope: Scope;
  readonly #complain: Complain;

  constructor(bindings: ReadonlyMap<string, Binding>, scope: Scope, complain: Complain) {
    this.#bindings = bindings;
    this.#scope = scope;
    this.#complain = complain;
  }

  /** Checks a node and everything in it. */
  check(node: AnyNode, children: (node: AnyNode) => AnyNode[]): void {
    this.#checkOne(node);
    for (const child of children(node)) {
      if (child.type === 'Identifier' && this.#mayStandBare(node, child)) continue;
      this.check(child, children);
    }
  }

  #checkOne(node: AnyNode): void {
    if (node.type === 'VariableDeclaration' && node.kind === 'var') this.#complain(node, "'var'");
    if (node.type === 'VariableDeclaration' && node.kind !== 'let' && node.kind !== 'const')
      this.#complain(node, node.kind);
    if (node.type === 'Literal' && (node.regex || node.bigint)) this.#complain(node, 'a literal of that kind');
    if (node.type === 'SwitchCase' && node.consequent.some(s => s.type === 'VariableDeclaration')) {
      this.#complain(node, 'a declaration in a case without braces');
    }
    if (node.type === 'UnaryExpression' && node.operator === 'delete') this.#complain(node, "'delete'");
    if (node.type === 'CallExpression') this.#checkCall(node);
    if (node.type === 'MemberExpression') this.#checkMember(node);
    if (node.type === 'Identifier') this.#checkBare(node);
    if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') {
      const target = node.type === 'AssignmentExpression' ? node.left : node.argument;
      if (isShared(target) && (node.type === 'UpdateExpression' || node.operator !== '=')) {
        this.#complain(node, 'a compound write to shared memory: read and write are two accesses, so write two');
      }
      if (target.type === 'Identifier' && isArrayName(target.name))
        this.#complain(node, 'an assignment to an array itself');
      if (target.type === 'MemberExpression' && !target.computed) this.#complain(node, 'an assignment to a property');
      if (target.type !== 'MemberExpression' && target.type !== 'Identifier') this.#complain(node, 'destructuring');
    }
  }

  /** `words`, `u8` and `own` stand by themselves only as the array of an access, or as the argument of that name. */
  #mayStandBare(parent: AnyNode, child: Identifier): boolean {
    if (parent.type === 'MemberExpression') return parent.object === child || !parent.computed;
    if (parent.type === 'CallExpression') {
      if (parent.callee === child) return true;
      if (!isArrayName(child.name)) return false;
      if (atomicsMethod(parent) !== undefined) return child.name === 'words' && parent.arguments[0] === child;
      if (parent.callee.type !== 'Identifier') return false;
      const binding = this.#bindings.get(parent.callee.name);
      if (binding === undefined || binding.kind === 'clock') return false;
      // A function from another kind of file may be given the private array, but never the shared one.
      if (binding.params === undefined) return child.name === 'own';
      return binding.params[parent.arguments.indexOf(child)] === child.name;
    }
    return (
      parent.type === 'LabeledStatement' || parent.type === 'BreakStatement' || parent.type === 'ContinueStatement'
    );
  }

  #checkBare(node: Identifier): void {
    if (isArrayName(node.name)) this.#complain(node, `'${node.name}' used as a value`);
    const binding = this.#bindings.get(node.name);
    if (binding?.kind === 'walked' || binding?.kind === 'clock')
      this.#complain(node, `function '${node.name}' used as a value`);
  }

  #checkMember(node: MemberExpression): void {
    const { object } = node;
    if (object.type !== 'Identifier') this.#complain(node, 'a property of an expression');
    if (node.computed) {
      if (!isArrayName(object.name)) {
        this.#complain(node, `'${object.name}[...]': only 'words', 'u8' and 'own' are arrays here`);
      }
      return;
    }
    const property = node.property.type === 'Identifier' ? node.property.name : '?';
    if (isArrayName(object.name)) {
      if (object.name === 'u8') this.#complain(node, `'u8.${property}'`);
      if (property !== 'length' && property !== 'fill' && property !== 'copyWithin')
        this.#complain(node, `'${object.name}.${property}'`);
      return;
    }
    if (this.#scope.has(object.name, node.start)) this.#complain(node, `'${object.name}.${property}'`);
  }

  #checkCall(call: CallExpression): void {
    const { callee } = call;
    const method = atomicsMethod(call);
    if (method !== undefined) {
      const model = ATOMICS.get(method);
      if (model === undefined) this.#complain(call, `Atomics.${method}, which is not modelled`);
      const first = call.arguments[0];
      if (first === undefined || !isNamed(first, 'words'))
        this.#complain(call, `Atomics.${method} on something else than 'words'`);
      if (call.arguments.length < 2) this.#complain(call, `Atomics.${method} with too few arguments`);
      return;
    }
    if (callee.type === 'MemberExpression') {
      const isArray = isNamed(callee.object, 'words') || isNamed(callee.object, 'own');
      if (!isArray && !isNamed(callee.object, 'Math') && !isNamed(callee.object, 'Number')) {
        this.#complain(call, 'a method call');
      }
      return;
    }
    if (callee.type !== 'Identifier') this.#complain(call, 'a call of an expression');
    if (this.#scope.has(callee.name, call.start) || (!this.#bindings.has(callee.name) && !GLOBALS.has(callee.name))) {
      this.#complain(call, `a call of '${callee.name}', which is no top-level function`);
    }
    const params = this.#bindings.get(callee.name);
    if (params?.kind !== 'walked') return;
    params.params.forEach((name, i) => {
      const argument = call.arguments[i];
      if (isArrayName(name) && (argument === undefined || !isNamed(argument, name))) {
        this.#complain(call, `a call of '${callee.name}' without '${name}' in its place`);
      }
    });
  }
}
