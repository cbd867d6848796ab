import { ANY, REST, tokensOf } from '../../message/index.js';

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly values: Set<T>;
}

const newNode = <T>(): Node<T> => ({ children: new Map(), values: new Set() });

/** Values by pattern, found by name in steps of a token: patterns that cannot match are not looked at. */
export class PatternTree<T> {
  readonly #root = newNode<T>();

  get isEmpty(): boolean {
    return this.#root.children.size === 0;
  }

  add(pattern: string, value: T): void {
    let node = this.#root;
    for (const token of tokensOf(pattern)) {
      const child = node.children.get(token) ?? newNode<T>();
      node.children.set(token, child);
      node = child;
    }
    node.values.add(value);
  }

  /** Leaves nothing behind of a pattern without values. */
  remove(pattern: string, value: T): void {
    remove(this.#root, tokensOf(pattern), value);
  }

  /** The values of all patterns that stand for the name, each once. */
  find(name: string): readonly T[] {
    if (this.isEmpty) return [];
    const found: T[] = [];
    const tokens = tokensOf(name);
    let level = [this.#root];
    for (const token of tokens) {
      const next: Node<T>[] = [];
      for (const { children } of level) {
        found.push(...(children.get(REST)?.values ?? []));
        const same = token === ANY || token === REST ? undefined : children.get(token);
        const any = children.get(ANY);
        if (same !== undefined) next.push(same);
        if (any !== undefined) next.push(any);
      }
      level = next;
    }
    for (const { values } of level) found.push(...values);
    return found;
  }
}

function remove<T>(node: Node<T>, [token, ...rest]: readonly string[], value: T): void {
  if (token === undefined) {
    node.values.delete(value);
    return;
  }
  const child = node.children.get(token);
  if (child === undefined) return;
  remove(child, rest, value);
  if (child.values.size === 0 && child.children.size === 0) node.children.delete(token);
}
