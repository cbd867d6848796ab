import type { TaskPolicyOptions } from '../config/index.js';
import { handlerDecorator, type HandlerByKey } from './handler.decorator.js';

/**
 * An event for every instance that runs, at most once. All other options belong to durable ones.
 * Tokens of its name (what stands between its dots) can be wildcards: `*` stands for exactly one, `>` at the end for all
 * that are left, at least one. `ctx.name` is the name of the event. A pattern that can match nothing stops the start with
 * INVALID_NAME.
 * @publicApi
 */
export type OnEventOptions = { readonly durable?: false } | DurableEventOptions;

/** An event that is kept for the service until one of its instances has handled it. @publicApi */
export interface DurableEventOptions extends TaskPolicyOptions {
  /** Kept until it is handled; without it every instance gets the event, at most once. */
  readonly durable: true;
  /**
   * Where a service begins that never had this handler: with events from now on, or with those of the last
   * `events.retention` that were published while somebody kept them. Default `new`.
   */
  readonly from?: 'new' | 'earliest';
  /** A name for this one of several durable handlers of the event in this service. Default: none. */
  readonly subscription?: string;
  /** At most this many at once in this instance; default: the instance's `maxJobs` alone counts. */
  readonly concurrency?: number;
  /** The queue of the service it belongs to, see `queues`. Default `default`. */
  readonly queue?: string;
}

/**
 * The method gets the events with this name: in every instance that runs when they are published, at most once.
 * With `durable: true` one instance of the service gets each event, at least once, also one that was published while
 * the service was away; it is tried again and becomes a dead letter as a task does. `{ handler: 'orderEvents' }` in place
 * of a name: name and options are those of `handlers.orderEvents` in the options of the broker.
 * @publicApi
 */
export function OnEvent(name: string, options?: OnEventOptions): MethodDecorator;
export function OnEvent(handler: HandlerByKey & OnEventOptions): MethodDecorator;
export function OnEvent(who: string | HandlerByKey, options?: OnEventOptions): MethodDecorator {
  return handlerDecorator('event', who, options);
}
