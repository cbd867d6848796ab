import type { BackoffOptions, Duration, RetryOptions } from '../config/index.js';

/** What every message can carry. @publicApi */
export interface PublishOptions {
  /** Events of one key are handled in order by each service that they are kept for (`durable`). */
  readonly key?: string;
  /** Text by name, handed to the handler as `ctx.headers`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of one task. @publicApi */
export interface EnqueueOptions extends PublishOptions {
  /** Tasks with one key run one at a time, in the order they were accepted. */
  readonly key?: string;
  /** Not before this time is over. */
  readonly delay?: Duration;
  /** A second task with the same name and id is not accepted within `tasks.dedupeWindow`. */
  readonly dedupeId?: string;
  /** Attempts in all; default: what the handler says. */
  readonly attempts?: number;
  /** Default: what the handler says. */
  readonly backoff?: BackoffOptions;
  /** Longest time of one attempt; default: what the handler says. */
  readonly timeout?: Duration;
}

/** Options of one request. @publicApi */
export interface RequestOptions extends PublishOptions {
  /** How long to wait for the reply. Default `rpc.timeout`. */
  readonly timeout?: Duration;
  /** Default `rpc.mode`. */
  readonly mode?: 'reliable' | 'fast';
  /** With the strategy `consistent_hash`, requests with one key go to one instance. It orders nothing. */
  readonly key?: string;
  /** Gives the request up when it aborts: it is taken out, or its handler is told by `ctx.signal`. */
  readonly signal?: AbortSignal;
  /**
   * Sent again with the same id, by whomever, it is handled once: the second call gets the reply of the first, which is
   * kept for `tasks.dedupeWindow`. Needs the mode `reliable`. Default: none.
   */
  readonly id?: string;
  /** How often it is sent in all, or more about it; always inside `timeout`. Default `rpc.retry`. */
  readonly retry?: number | RetryOptions;
}

/** What of a queue is paused. @publicApi */
export interface PauseOptions {
  /** Whether its requests stop, too: they wait then, until their time is over. Default false. */
  readonly requests?: boolean;
  /** Whose queue it is. Default: the service of this broker. */
  readonly service?: string;
}
