import type { BackoffOptions, Duration, RetryOptions } from '../config/index.js';
import type { EnqueueOptions, RequestOptions } from './call-options.js';

/** What a record can carry; each kind of message takes what it knows and refuses the rest. @publicApi */
export interface BrokerRecordOptions extends EnqueueOptions, RequestOptions {}

/** A payload together with the options of its message, wherever a payload is taken. @publicApi */
export class BrokerRecord<TData = unknown> {
  /** Made by {@link BrokerRecordBuilder}, or directly. */
  constructor(
    readonly data: TData,
    readonly options: BrokerRecordOptions = {},
  ) {}
}

/**
 * Makes a record step by step, as the builders of Nest's own transports do. A request takes headers, key, timeout,
 * mode, signal, id and retry; an event takes headers and key; a task takes headers, key, timeout, delay, dedupeId, attempts and
 * backoff.
 * @publicApi
 */
export class BrokerRecordBuilder<TData = unknown> {
  private data: TData | undefined;
  private options: BrokerRecordOptions = {};

  /** @param data the payload */
  constructor(data?: TData) {
    this.data = data;
  }

  /** The payload. */
  setData(data: TData): this {
    this.data = data;
    return this;
  }

  /** Takes the place of everything that was set before. */
  setOptions(options: BrokerRecordOptions): this {
    this.options = { ...options };
    return this;
  }

  /** Of all messages: what the handler reads in `ctx.headers`. */
  setHeaders(headers: Readonly<Record<string, string>>): this {
    return this.set({ headers });
  }

  /** Of all messages: orders tasks and durable events, and chooses the instance with `consistent_hash`. */
  setKey(key: string): this {
    return this.set({ key });
  }

  /** Of a request: how long to wait for the reply; of a task: longest time of one attempt. */
  setTimeout(timeout: Duration): this {
    return this.set({ timeout });
  }

  /** Of requests: whether the reply survives a reconnect of the caller. */
  setMode(mode: 'reliable' | 'fast'): this {
    return this.set({ mode });
  }

  /** Of requests: gives them up when it aborts. */
  setSignal(signal: AbortSignal): this {
    return this.set({ signal });
  }

  /** Of requests: sent again with the same id, they are handled once. */
  setId(id: string): this {
    return this.set({ id });
  }

  /** Of requests: how often they are sent in all, or more about it. */
  setRetry(retry: number | RetryOptions): this {
    return this.set({ retry });
  }

  /** Of tasks: not before this time is over. */
  setDelay(delay: Duration): this {
    return this.set({ delay });
  }

  /** Of tasks: accepted once within `tasks.dedupeWindow`. */
  setDedupeId(dedupeId: string): this {
    return this.set({ dedupeId });
  }

  /** Of tasks: attempts in all. */
  setAttempts(attempts: number): this {
    return this.set({ attempts });
  }

  /** Of tasks: how long to wait before the next attempt. */
  setBackoff(backoff: BackoffOptions): this {
    return this.set({ backoff });
  }

  /** A record of what was set so far; what it carries is checked when it is sent. */
  build(): BrokerRecord<TData> {
    return new BrokerRecord(this.data as TData, this.options);
  }

  private set(options: BrokerRecordOptions): this {
    this.options = { ...this.options, ...options };
    return this;
  }
}
