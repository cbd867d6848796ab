import { handlerDecorator, type HandlerByKey } from './handler.decorator.js';

/** What a request handler asks for. @publicApi */
export interface OnRequestOptions {
  /** At most this many at once in this instance; default: the instance's `rpc.maxJobs` alone counts. */
  readonly concurrency?: number;
  /** The queue of the service it belongs to, see `queues`. Default `default`. */
  readonly queue?: string;
  /**
   * Whether it may be handled a second time. Then a request whose instance dies or stops is handled by another one,
   * within its time-out and `tasks.lostLimit`; else its caller gets SERVER_LOST. Default false.
   */
  readonly idempotent?: boolean;
}

/**
 * The method answers the requests with this name, with a value, a promise, an Observable or an async
 * iterable. It throws: the caller gets the error. `{ handler: 'getOrder' }` in place of a name: name and options are
 * those of `handlers.getOrder` in the options of the broker.
 * @publicApi
 */
export function OnRequest(name: string, options?: OnRequestOptions): MethodDecorator;
export function OnRequest(handler: HandlerByKey & OnRequestOptions): MethodDecorator;
export function OnRequest(who: string | HandlerByKey, options?: OnRequestOptions): MethodDecorator {
  return handlerDecorator('request', who, options);
}
