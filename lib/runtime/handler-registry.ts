import { DuplicateHandlerError, InvalidConfigError, InvalidNameError } from '../errors/index.js';
import {
  type Address,
  type QueuedKind,
  checkHandlerName,
  checkName,
  isPattern,
  toAddress,
  toSubscriptionAddress,
} from '../message/index.js';
import type {
  DurableEventHandler,
  EventHandler,
  Handler,
  RequestHandler,
  TaskHandler,
} from './handler.js';

export type QueuedHandler = TaskHandler | DurableEventHandler | RequestHandler;

/** Who handles what in this instance. One handler for a task, a request or a subscription, any number for a plain event. */
export class HandlerRegistry {
  readonly #service: string;
  readonly #queued = new Map<Address, QueuedHandler>();
  readonly #events = new Map<string, EventHandler[]>();

  /** @param service whose subscriptions those of durable events are */
  constructor(service: string) {
    this.#service = service;
  }

  add(handler: Handler): void {
    checkHandlerName(
      `the name of ${handler.kind === 'event' ? 'an' : 'a'} ${handler.kind}`,
      handler.kind,
      handler.name,
    );
    if (isPlain(handler)) {
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
    const address = this.#addressOf(handler);
    if (this.#queued.has(address)) {
      throw new DuplicateHandlerError(
        kind === 'event'
          ? `two durable handlers for the event "${name}" in one service: give one of them a subscription of its own, { durable: true, subscription: '…' }`
          : `two handlers for the ${kind} "${name}" in one app`,
      );
    }
    this.#queued.set(address, handler);
  }

  queued(address: Address): QueuedHandler | undefined {
    return this.#queued.get(address);
  }

  /** Every task, request and subscription with its handler. */
  get addresses(): readonly (readonly [Address, QueuedHandler])[] {
    return [...this.#queued];
  }

  ofKind(kind: QueuedKind): readonly (readonly [Address, QueuedHandler])[] {
    return this.addresses.filter(([, handler]) => handler.kind === kind);
  }

  get subscriptions(): readonly (readonly [Address, DurableEventHandler])[] {
    return this.addresses.flatMap(([address, handler]) =>
      handler.kind === 'event' ? [[address, handler] as const] : [],
    );
  }

  get events(): ReadonlyMap<string, readonly EventHandler[]> {
    return this.#events;
  }

  #addressOf(handler: QueuedHandler): Address {
    const { kind, name } = handler;
    if (kind !== 'event') return toAddress(kind, name);
    refuseWildcard(name);
    const { subscription } = handler.durable;
    if (subscription !== '') checkName(`the subscription of the event "${name}"`, subscription);
    return toSubscriptionAddress({ service: this.#service, name: subscription, event: name });
  }
}

const isPlain = (handler: Handler): handler is EventHandler =>
  handler.kind === 'event' && handler.durable === undefined;

/** Nobody can keep what is published under names that are not known yet. */
function refuseWildcard(name: string): void {
  if (!isPattern(name)) return;
  throw new InvalidNameError(
    `a durable handler takes the events of one name, and "${name}" is a wildcard: name each event, or leave out durable`,
  );
}
