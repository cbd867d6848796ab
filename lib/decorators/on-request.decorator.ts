import { handlerDecorator } from './handler.decorator.js';

/** @publicApi */
export interface OnRequestOptions {
  /** At most this many at once in this instance; default: the instance's `rpc.maxJobs` alone counts. */
  readonly concurrency?: number;
  /** The queue of the service it belongs to, see `queues`. Default `default`. */
  readonly queue?: string;
}

/**
 * The method answers the requests with this name, with a value, a promise or an Observable. It throws: the caller
 * gets the error.
 * @publicApi
 */
export const OnRequest = (name: string, options?: OnRequestOptions): MethodDecorator =>
  handlerDecorator('request', name, options);
