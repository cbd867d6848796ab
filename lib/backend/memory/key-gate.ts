import { Fifo } from './fifo.js';
import type { Place, StoredMessage } from './stored-message.js';

interface KeyLine {
  holder: StoredMessage;
  readonly waiting: Fifo<StoredMessage>;
}

interface Scope {
  /** By key; a key that nobody holds has no line. */
  readonly lines: Map<string, KeyLine>;
  gated: number;
}

/** One key's line and where it is. */
interface LineAt {
  readonly name: string;
  readonly scope: Scope;
  readonly key: string;
  readonly line: KeyLine;
}

/**
 * Lets one message of a key pass at a time, in the order they came. Keys belong to a scope, the service or the
 * name; a name stays in its scope while any key is held there, so a change of handlers never breaks an order.
 */
export class KeyGate implements Place {
  readonly #scopes = new Map<string, Scope>();
  readonly #scopeOf = new Map<string, string>();
  #gated = 0;

  /** Messages that wait behind another one of their key. */
  get size(): number {
    return this.#gated;
  }

  /** Messages that wait for their key in one scope. */
  sizeOf(scope: string): number {
    return this.#scopes.get(scope)?.gated ?? 0;
  }

  /**
   * Passes the message, which now holds its key, or keeps it in the wait list of its key; tells whether it passed.
   * @param wanted the scope that its name belongs to now
   */
  admit(message: StoredMessage, wanted: string): boolean {
    const key = message.orderKey;
    if (key === undefined) return true;
    const scope = this.#enter(message.address, wanted);
    const line = scope.lines.get(key);
    if (line === undefined) {
      scope.lines.set(key, { holder: message, waiting: new Fifo() });
      return true;
    }
    message.place = this;
    line.waiting.push(message);
    this.#count(scope, 1);
    return false;
  }

  /** Whether it holds its key. */
  holds(message: StoredMessage): boolean {
    return this.#lineOf(message)?.line.holder === message;
  }

  /** Frees the key if this message holds it; returns the one that holds it now. */
  free(message: StoredMessage): StoredMessage | undefined {
    const at = this.#lineOf(message);
    if (at === undefined || at.line.holder !== message) return undefined;
    const next = at.line.waiting.shift();
    if (next === undefined) this.#close(at);
    else {
      at.line.holder = next;
      this.#count(at.scope, -1);
    }
    return next;
  }

  remove(message: StoredMessage): void {
    const at = this.#lineOf(message);
    if (at?.line.waiting.remove(message) === true) this.#count(at.scope, -1);
  }

  /** Messages that wait for their key, of one scope or of all. */
  *gated(scope?: string): Iterable<StoredMessage> {
    for (const [name, { lines }] of this.#scopes) {
      if (scope !== undefined && scope !== name) continue;
      for (const { waiting } of lines.values()) yield* waiting.values();
    }
  }

  /** Messages that hold a key. */
  *holders(): Iterable<StoredMessage> {
    for (const { lines } of this.#scopes.values()) {
      for (const { holder } of lines.values()) yield holder;
    }
  }

  #enter(address: string, wanted: string): Scope {
    const current = this.#scopes.get(this.#scopeOf.get(address) ?? '');
    if (current !== undefined) return current;
    this.#scopeOf.set(address, wanted);
    let scope = this.#scopes.get(wanted);
    if (scope === undefined) {
      scope = { lines: new Map(), gated: 0 };
      this.#scopes.set(wanted, scope);
    }
    return scope;
  }

  #lineOf(message: StoredMessage): LineAt | undefined {
    const name = this.#scopeOf.get(message.address);
    const key = message.orderKey;
    if (name === undefined || key === undefined) return undefined;
    const scope = this.#scopes.get(name);
    const line = scope?.lines.get(key);
    return scope === undefined || line === undefined ? undefined : { name, scope, key, line };
  }

  #close({ name, scope, key }: LineAt): void {
    scope.lines.delete(key);
    if (scope.lines.size === 0) this.#scopes.delete(name);
  }

  #count(scope: Scope, change: number): void {
    scope.gated += change;
    this.#gated += change;
  }
}
