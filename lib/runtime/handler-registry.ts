import { DuplicateHandlerError, InvalidConfigError } from '../errors/index.js';
import { type Address, type QueuedKind, checkHandlerName, toAddress } from '../message/index.js';
import type { EventHandler, Handler, RequestHandler, TaskHandler } from './handler.js';

export type QueuedHandler = TaskHandler | RequestHandler;

/** Who handles what in this instance. One handler for a task or request name, any number for an event. */
export class HandlerRegistry {
  readonly #queued = new Map<Address, QueuedHandler>();
  readonly #events = new Map<string, EventHandler[]>();

  add(handler: Handler): void {
    checkHandlerName(
      `the name of ${handler.kind === 'event' ? 'an' : 'a'} ${handler.kind}`,
      handler.kind,
      handler.name,
    );
    if (handler.kind === 'event') {
      const list = this.#events.get(handler.name);
      if (list === undefined) this.#events.set(handler.name, [handler]);
      else list.push(handler);
      return;
    }
    const { kind, name, concurrency } = handler;
    if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0)) {
      throw new InvalidConfigError(
        `concurrency of ${kind} "${name}" must be a positive integer, got ${String(concurrency)}`,
      );
    }
    const address = toAddress(kind, name);
    if (this.#queued.has(address)) {
      throw new DuplicateHandlerError(`two handlers for the ${kind} "${name}" in one app`);
    }
    this.#queued.set(address, handler);
  }

  queued(address: Address): QueuedHandler | undefined {
    return this.#queued.get(address);
  }

  /** Every task and request name with its handler. */
  get addresses(): readonly (readonly [Address, QueuedHandler])[] {
    return [...this.#queued];
  }

  ofKind(kind: QueuedKind): readonly (readonly [Address, QueuedHandler])[] {
    return this.addresses.filter(([, handler]) => handler.kind === kind);
  }

  get events(): ReadonlyMap<string, readonly EventHandler[]> {
    return this.#events;
  }
}
