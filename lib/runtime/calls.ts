import type { BackoffPolicy } from '../message/index.js';

/** Options of one task; durations in milliseconds (the client turns `'10s'` into them). */
export interface TaskOptions {
  readonly key?: string;
  readonly delay?: number;
  readonly dedupeId?: string;
  readonly attempts?: number;
  readonly backoff?: BackoffPolicy;
  readonly timeout?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The consumer that is to get it if it is alive and handles the name; else anybody. */
  readonly target?: string;
}

export interface TaskToSend {
  readonly name: string;
  readonly data: unknown;
  readonly options?: TaskOptions;
}

/** What became of a task that was sent. @publicApi */
export interface Enqueued {
  /** The id of the task, or of the earlier one when it is a duplicate. */
  readonly id: string;
  /** Whether one with the same name and `dedupeId` was accepted before, so that this one was not. */
  readonly duplicate: boolean;
}

export interface RequestOptions {
  readonly timeout?: number;
  readonly mode?: 'reliable' | 'fast';
  readonly signal?: AbortSignal;
  /** With `consistent_hash`, requests with one key go to one instance. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Sent again with the same id, it is not handled again: the reply is the one there was. */
  readonly id?: string;
  readonly retry?: RequestRetry;
}

/** When a request that failed is sent again, within its time-out. */
export interface RequestRetry {
  /** In all. */
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** Codes of errors that are tried again, besides those that are `retryable`. */
  readonly codes: readonly string[];
}

export interface EventOptions {
  /** Events of one key are handled in order by each service that they are kept for. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Gets the values of a reply in order, then exactly one of `error` and `complete`. */
export interface ReplyObserver {
  /** May say by a promise when it wants more. */
  next(value: unknown): void | Promise<void>;
  error(error: Error): void;
  complete(): void;
}
