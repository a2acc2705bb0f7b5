/**
 * Which variables are alive where. A variable is alive at a point when it is declared before it, in scope, and mentioned
 * later, or mentioned anywhere in a loop that holds the point and that the variable outlives.
 */
import type { AnyNode, FunctionDeclaration } from 'acorn';

interface Variable {
  readonly name: string;
  readonly declaredAt: number;
  readonly from: number;
  readonly to: number;
  readonly mentions: number[];
}

/** Throws about a node. */
export type Complain = (node: AnyNode, what: string) => never;

/** The child nodes of a node, in source order. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof child === 'object' && child !== null && typeof (child as AnyNode).type === 'string') {
        found.push(child as AnyNode);
      }
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const LOOPS: ReadonlySet<string> = new Set(['ForStatement', 'WhileStatement', 'DoWhileStatement']);

/** The variables of one function. */
export class Scope {
  readonly #variables: Variable[] = [];
  readonly #loops: AnyNode[] = [];
  readonly #outer: ReadonlySet<string>;
  readonly #complain: Complain;

  constructor(fn: FunctionDeclaration, outer: ReadonlySet<string>, complain: Complain) {
    this.#outer = outer;
    this.#complain = complain;
    for (const parameter of fn.params) {
      const name = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
      if (name.type !== 'Identifier') complain(parameter, 'destructuring');
      this.#declare(name, name.name, fn.start, fn);
    }
    this.#collect(fn.body, fn.body);
    this.#mention(fn.body, null);
    for (const parameter of fn.params) if (parameter.type === 'AssignmentPattern') this.#mention(parameter.right, null);
  }

  /** The names alive at a point, in the order of their declaration. */
  aliveAt(point: number): string[] {
    const alive = this.#variables.filter(v => {
      if (v.declaredAt >= point || point < v.from || point >= v.to) return false;
      if (v.mentions.some(position => position >= point)) return true;
      return this.#loops.some(
        loop =>
          loop.start <= point &&
          point < loop.end &&
          loop.start >= v.from &&
          v.mentions.some(position => position >= loop.start && position < loop.end),
      );
    });
    return alive.map(v => v.name);
  }

  /** Whether a name means a variable or parameter of this function at that point. */
  has(name: string, point: number): boolean {
    return this.#variables.some(v => v.name === name && v.from <= point && point < v.to);
  }

  #declare(node: AnyNode, name: string, declaredAt: number, scope: AnyNode): void {
    // A hidden variable could not be noted where it is hidden, so nothing may be hidden.
    const hides = this.#variables.some(v => v.name === name && v.from <= node.start && node.start < v.to);
    if (hides || this.#outer.has(name)) this.#complain(node, `'${name}', which hides another '${name}'`);
    this.#variables.push({ name, declaredAt, from: scope.start, to: scope.end, mentions: [] });
  }

  #collect(node: AnyNode, block: AnyNode): void {
    if (node.type === 'VariableDeclaration') {
      for (const { id } of node.declarations) {
        if (id.type !== 'Identifier') this.#complain(id, 'destructuring');
        this.#declare(id, id.name, node.end - 1, block);
      }
    }
    if (LOOPS.has(node.type)) this.#loops.push(node);
    const inner = node.type === 'BlockStatement' || node.type === 'ForStatement' ? node : block;
    for (const child of childrenOf(node)) this.#collect(child, inner);
  }

  #mention(node: AnyNode, parent: AnyNode | null): void {
    if (node.type === 'Identifier') {
      if (parent?.type === 'MemberExpression' && parent.property === node && !parent.computed) return;
      if (parent?.type === 'VariableDeclarator' && parent.id === node) return;
      if (
        parent?.type === 'LabeledStatement' ||
        parent?.type === 'BreakStatement' ||
        parent?.type === 'ContinueStatement'
      )
        return;
      const variable = this.#variables.find(v => v.name === node.name && v.from <= node.start && node.start < v.to);
      if (variable !== undefined) variable.mentions.push(node.start);
      else if (!this.#outer.has(node.name)) this.#complain(node, `'${node.name}', a name from nowhere`);
    }
    for (const child of childrenOf(node)) this.#mention(child, node);
  }
}
