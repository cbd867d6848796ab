import { DuplicateHandlerError } from '../errors/index.js';
import { checkHandlerName } from '../message/index.js';
import type { FoundHandler } from './found-handler.js';

/** Names of a kind that a line tells at most. */
const SHOWN = 20;

/** All handlers of one broker. Tasks and requests have one handler a name, durable events one a subscription, plain ones any number. */
export class HandlerList implements Iterable<FoundHandler> {
  readonly #handlers: FoundHandler[] = [];
  readonly #single = new Map<string, FoundHandler>();

  get size(): number {
    return this.#handlers.length;
  }

  /** @throws DuplicateHandlerError, InvalidNameError */
  add(handler: FoundHandler): void {
    const { kind, name, origin } = handler;
    checkHandlerName(`the name of the ${kind} that ${origin} handles`, kind, name);
    if (kind !== 'event' || handler.durable === true) this.#claim(handler);
    this.#handlers.push(handler);
  }

  [Symbol.iterator](): Iterator<FoundHandler> {
    return this.#handlers[Symbol.iterator]();
  }

  /** For people: `2 tasks (orders.create, orders.pay), 1 request (orders.get)`. */
  describe(): string {
    return (['task', 'event', 'request'] as const)
      .flatMap((kind) => {
        const names = this.#handlers.filter((h) => h.kind === kind).map((h) => h.name);
        if (names.length === 0) return [];
        const shown = [...new Set(names)];
        const more = shown.length > SHOWN ? ', …' : '';
        const list = shown.slice(0, SHOWN).join(', ') + more;
        return `${names.length} ${kind}${names.length === 1 ? '' : 's'} (${list})`;
      })
      .join(', ');
  }

  #claim(handler: FoundHandler): void {
    const { kind, name, subscription = '' } = handler;
    const key = JSON.stringify([kind, name, subscription]);
    const first = this.#single.get(key);
    if (first !== undefined) {
      const both = `${first.origin} and ${handler.origin}`;
      throw new DuplicateHandlerError(
        kind === 'event'
          ? `the event "${name}" has two durable handlers: ${both}; give one of them a subscription of its own, { durable: true, subscription: '…' }`
          : `the ${kind} "${name}" has two handlers: ${both}`,
      );
    }
    this.#single.set(key, handler);
  }
}
