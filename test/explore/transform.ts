/**
 * Turns the functions of a core module into generators that yield before each shared access.
 *
 * The text is spliced, not printed anew, so that what runs is what was shipped: only shared accesses, calls of walked
 * functions, returns and the heads of statements change. Functions that touch no shared memory, however indirectly, stay as
 * they are.
 */
import {
  type AnyNode,
  type CallExpression,
  type ForStatement,
  type FunctionDeclaration,
  type Program as Module,
  parse,
} from 'acorn';
import { ATOMICS, ExplorerError, READ, sites, WRITE } from './access.js';
import {
  atomicsMethod,
  type Binding,
  bulkMethod,
  Contract,
  checkForms,
  GLOBALS,
  isArrayName,
  isNamed,
  isShared,
} from './contract.js';
import { type Complain, childrenOf, Scope } from './scope.js';

/** The line of the source, given a position in the emitted text. */
export type Locate = (line: number, column: number) => { file: string; line: number };

/** One name that a module imports. */
export interface Import {
  readonly from: string;
  readonly name: string;
  readonly local: string;
}

const CONSTANT_PARTS: ReadonlySet<string> = new Set([
  'BinaryExpression',
  'CallExpression',
  'ConditionalExpression',
  'Identifier',
  'Literal',
  'MemberExpression',
  'UnaryExpression',
]);

let pointCount = 0;

/** A core module, parsed. */
export class CoreModule {
  readonly imports: Import[] = [];
  readonly #text: string;
  readonly #isShipped: boolean;
  readonly #locate: Locate;
  readonly #functions = new Map<string, FunctionDeclaration>();
  readonly #constants: AnyNode[] = [];
  readonly #exports: string[] = [];
  readonly #names = new Map<string, Binding>();
  readonly #complain: Complain;

  /** @param isShipped whether the text is a file of `dist/` */
  constructor(text: string, locate: Locate, isShipped: boolean) {
    this.#text = text;
    this.#isShipped = isShipped;
    this.#locate = locate;
    this.#complain = (node, what) => {
      const { file, line } = this.#place(node);
      throw new ExplorerError(`Cannot walk ${file}:${line}: a core file may not contain ${what}`);
    };
    let module: Module;
    try {
      module = parse(text, { ecmaVersion: 2022, sourceType: 'module', locations: true });
    } catch (error) {
      throw new ExplorerError(`Cannot walk ${locate(1, 0).file}: ${(error as Error).message}`);
    }
    for (const statement of module.body) this.#readTop(statement, false);
  }

  /** The code of the module as the body of a function of `$` and its imports, given what the imports are. */
  emit(imports: ReadonlyMap<string, Binding>): string {
    for (const [local, binding] of imports) this.#names.set(local, binding);
    this.#findWalked();
    const parts = this.#constants.map(node => this.#text.slice(node.start, node.end));
    for (const fn of this.#functions.values()) {
      const outer = new Set([...this.#names.keys(), ...GLOBALS]);
      checkForms(fn.body, childrenOf, this.#complain);
      const scope = new Scope(fn, outer, this.#complain);
      const contract = new Contract(this.#names, scope, this.#complain);
      contract.check(fn.body, childrenOf);
      const isWalked = this.#names.get(fn.id.name)?.kind === 'walked';
      const emitter = new Emitter(this.#text, this.#names, scope, fn, node => this.#site(node, fn.id.name));
      parts.push(isWalked ? emitter.walkedFunction() : this.#text.slice(fn.start, fn.end));
    }
    return `'use strict';\n${parts.join('\n')}\nreturn { ${this.#exports.join(', ')} };`;
  }

  /** What a name of this module stands for, once it is emitted. */
  bindingOf(name: string): Binding | undefined {
    return this.#exports.includes(name) ? this.#names.get(name) : undefined;
  }

  #place(node: AnyNode): { file: string; line: number } {
    return this.#locate(node.loc!.start.line, node.loc!.start.column);
  }

  #site(node: AnyNode, fn: string): number {
    const text = this.#text.slice(node.start, node.end).replaceAll(/\s+/g, ' ');
    return sites.push({ ...this.#place(node), fn, text, isShipped: this.#isShipped }) - 1;
  }

  #readTop(node: AnyNode, isExported: boolean): void {
    if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers) {
        if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') {
          this.#complain(specifier, 'an import of that form: import single names');
        }
        this.imports.push({
          from: String(node.source.value),
          name: specifier.imported.name,
          local: specifier.local.name,
        });
      }
    } else if (node.type === 'ExportNamedDeclaration' && node.source == null && node.specifiers.length === 0) {
      if (node.declaration != null) this.#readTop(node.declaration, true);
    } else if (node.type === 'FunctionDeclaration' && node.id !== null && !node.async && !node.generator) {
      const fn = node as FunctionDeclaration;
      this.#functions.set(fn.id.name, fn);
      this.#add(fn.id.name, { kind: 'plain', params: fn.params.map(p => this.#parameterName(p)) }, node, isExported);
    } else if (node.type === 'VariableDeclaration' && node.kind === 'const') {
      this.#constants.push(node);
      for (const { id, init } of node.declarations) {
        if (id.type !== 'Identifier') this.#complain(id, 'destructuring');
        if (init != null) this.#checkConstant(init);
        this.#add(id.name, { kind: 'plain' }, id, isExported);
      }
    } else {
      this.#complain(node, 'anything but imports, functions and constants at its top level');
    }
  }

  /** A constant is a number (or a string): nothing that could hold state. */
  #checkConstant(node: AnyNode): void {
    if (!CONSTANT_PARTS.has(node.type)) this.#complain(node, `${node.type} in a constant`);
    for (const child of childrenOf(node)) this.#checkConstant(child);
  }

  #parameterName(parameter: AnyNode): string {
    const name = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
    if (name.type !== 'Identifier') this.#complain(parameter, 'destructuring');
    return name.name;
  }

  #add(name: string, binding: Binding, node: AnyNode, isExported: boolean): void {
    if (name.startsWith('$') || isArrayName(name)) this.#complain(node, `a top-level '${name}'`);
    this.#names.set(name, binding);
    if (isExported) this.#exports.push(name);
  }

  /** A function is walked when it touches shared memory or calls one that does; callers come last, so repeat until it settles. */
  #findWalked(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [name, fn] of this.#functions) {
        const binding = this.#names.get(name)!;
        if (binding.kind !== 'plain' || !touches(fn.body, this.#names)) continue;
        this.#names.set(name, { kind: 'walked', params: binding.params ?? [] });
        changed = true;
      }
    }
  }
}

/** Whether running a node may touch shared memory, or read the clock. */
function touches(node: AnyNode, names: ReadonlyMap<string, Binding>): boolean {
  if (isShared(node)) return true;
  if (node.type === 'CallExpression') {
    if (atomicsMethod(node) !== undefined || bulkMethod(node) !== undefined) return true;
    if (node.callee.type === 'Identifier' && names.get(node.callee.name)?.kind === 'walked') return true;
  }
  return childrenOf(node).some(child => touches(child, names));
}

/** Writes one walked function. */
class Emitter {
  readonly #text: string;
  readonly #names: ReadonlyMap<string, Binding>;
  readonly #scope: Scope;
  readonly #fn: FunctionDeclaration;
  readonly #site: (node: AnyNode) => number;

  constructor(
    text: string,
    names: ReadonlyMap<string, Binding>,
    scope: Scope,
    fn: FunctionDeclaration,
    site: (node: AnyNode) => number,
  ) {
    this.#text = text;
    this.#names = names;
    this.#scope = scope;
    this.#fn = fn;
    this.#site = site;
  }

  walkedFunction(): string {
    const { id, params, body } = this.#fn;
    const list = params.map(p => this.#text.slice(p.start, p.end)).join(', ');
    const words = this.#scope.has('words', body.start) ? 'words' : '';
    return `function* ${id.name}(${list}) { const $f = $.enter(${words}); ${this.#emit(body)} return $.leave($f, undefined); }`;
  }

  /** The code of a node. */
  #emit(node: AnyNode): string {
    switch (node.type) {
      case 'CallExpression':
        return this.#call(node);
      case 'MemberExpression':
        if (!isShared(node)) break;
        if (isNamed(node.object, 'u8')) return `(yield* $.readByte(${this.#site(node)}, ${this.#emit(node.property)}))`;
        return `(yield $.access(${READ}, ${this.#site(node)}, ${this.#emit(node.property)}, 0, 0))`;
      case 'AssignmentExpression':
        if (!isShared(node.left)) break;
        if (isNamed(node.left.object, 'u8'))
          return `(yield* $.writeByte(${this.#site(node)}, ${this.#emit(node.left.property)}, ${this.#emit(node.right)}))`;
        return `(yield $.access(${WRITE}, ${this.#site(node)}, ${this.#emit(node.left.property)}, ${this.#emit(node.right)}, 0))`;
      case 'ReturnStatement':
        return `return $.leave($f, ${node.argument ? this.#emit(node.argument) : 'undefined'});`;
      case 'BlockStatement':
        return `{ ${node.body.map(s => (touches(s, this.#names) ? this.#head(s) : '') + this.#emit(s)).join('\n')} }`;
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
        return this.#splice(node, child => (child === node.body ? this.#loopBody(node.body) : this.#emit(child)));
    }
    return this.#splice(node, child => this.#emit(child));
  }

  /** The body of a loop begins with a head even if nothing in it touches shared memory: the condition may. */
  #loopBody(body: ForStatement['body']): string {
    return `{ ${this.#head(body)} ${this.#emit(body)} }`;
  }

  #head(statement: AnyNode): string {
    const alive = this.#scope.aliveAt(statement.start).filter(name => !isArrayName(name));
    return `$.at(${['$f', ++pointCount, ...alive].join(', ')}); `;
  }

  #call(node: CallExpression): string {
    const list = node.arguments.map(argument => this.#emit(argument));
    const method = atomicsMethod(node);
    if (method !== undefined) {
      const { kind } = ATOMICS.get(method)!;
      const missing = method === 'wait' || method === 'notify' ? 'Infinity' : '0';
      const [index, a = missing, b = missing] = list.slice(1);
      return `(yield $.access(${kind}, ${this.#site(node)}, ${index}, ${a}, ${b}))`;
    }
    const bulk = bulkMethod(node);
    if (bulk !== undefined) return `(yield* $.${bulk}(${[this.#site(node), 'words', ...list].join(', ')}))`;
    const isWalked = node.callee.type === 'Identifier' && this.#names.get(node.callee.name)?.kind === 'walked';
    const callee = this.#text.slice(node.callee.start, node.callee.end);
    return isWalked ? `(yield* ${callee}(${list.join(', ')}))` : `${callee}(${list.join(', ')})`;
  }

  #splice(node: AnyNode, emitChild: (child: AnyNode) => string): string {
    let out = '';
    let position = node.start;
    for (const child of childrenOf(node)) {
      if (child.start < position) continue;
      out += this.#text.slice(position, child.start) + emitChild(child);
      position = child.end;
    }
    return out + this.#text.slice(position, node.end);
  }
}
