import 'reflect-metadata';
import type { BackoffPolicy, Kind } from '../message/index.js';

/** What a decorator says of a method; durations in milliseconds. */
export interface HandlerMetadata {
  readonly kind: Kind;
  /** As written, without the group; of a handler with a key, the key until its options are known. */
  readonly name: string;
  /** Where its name and options stand in the option `handlers`. */
  readonly key?: string;
  /** The prototype whose method was decorated. */
  readonly declaredOn: object;
  /** Of an event: whether it is kept for the service, where that begins, and which of its subscriptions it is. */
  readonly durable?: boolean;
  readonly from?: 'new' | 'earliest';
  readonly subscription?: string;
  readonly concurrency?: number;
  /** The queue it belongs to; absent: `default`. */
  readonly queue?: string;
  readonly idempotent?: boolean;
  readonly attempts?: number;
  readonly backoff?: Partial<BackoffPolicy>;
  readonly timeout?: number;
}

/** What declares handlers, by kind. */
export const DECORATORS = { task: 'OnTask', event: 'OnEvent', request: 'OnRequest' } as const;

type Handlers = ReadonlyMap<string, HandlerMetadata>;

const HANDLERS = Symbol.for('nestjs-broker:handlers');

/** The name under which the metadata travels in the extras of Nest's own pattern decorators. */
export const HANDLER_EXTRAS = 'nestjs-broker';

const own = (prototype: object): Handlers =>
  (Reflect.getOwnMetadata(HANDLERS, prototype) as Handlers | undefined) ?? new Map();

export const ownHandler = (prototype: object, method: string): HandlerMetadata | undefined =>
  own(prototype).get(method);

export function addHandler(prototype: object, method: string, metadata: HandlerMetadata): void {
  const handlers = new Map(own(prototype)).set(method, metadata);
  Reflect.defineMetadata(HANDLERS, handlers, prototype);
}

/**
 * The handlers of a class by method, inherited ones included. As with Nest's own patterns, a method that
 * overrides a handler is one only if it is decorated itself.
 */
export function handlersOf(prototype: object): Handlers {
  const found = new Map<string, HandlerMetadata>();
  const hidden = new Set<string>();
  for (const level of chainOf(prototype)) {
    for (const [method, metadata] of own(level)) {
      if (!hidden.has(method)) found.set(method, metadata);
    }
    for (const name of Object.getOwnPropertyNames(level)) hidden.add(name);
  }
  return found;
}

/** From the object itself upwards, without `Object.prototype`. */
export function chainOf(object: object): object[] {
  const chain: object[] = [];
  let level: object | null = object;
  while (level !== null && level !== Object.prototype && level !== Function.prototype) {
    chain.push(level);
    level = Reflect.getPrototypeOf(level);
  }
  return chain;
}
