import { randomUUID } from 'node:crypto';
import type { Clock } from '../backend/index.js';
import { BrokerError } from '../errors/index.js';
import type { ReplyObserver, RequestOptions, RequestRetry } from './calls.js';
import { currentDeadline } from './deadline.js';
import { cancelled } from './request-errors.js';
import type { Requester } from './requester.js';
import { retryDelay } from './retry-delay.js';
import type { RuntimeSettings } from './settings.js';

export interface RetryingRequesterParts {
  readonly clock: Clock;
  readonly rpc: RuntimeSettings['rpc'];
}

interface Request {
  readonly name: string;
  readonly data: unknown;
  readonly options: RequestOptions;
}

/** Sends requests that failed again, where that is wanted: as long as no value has arrived, inside the caller's time-out. */
export class RetryingRequester {
  readonly #requester: Requester;
  readonly #parts: RetryingRequesterParts;

  constructor(requester: Requester, parts: RetryingRequesterParts) {
    this.#requester = requester;
    this.#parts = parts;
  }

  /** @returns gives it up, in a pause as well */
  request(
    name: string,
    data: unknown,
    options: RequestOptions,
    observer: ReplyObserver,
  ): () => void {
    const { rpc } = this.#parts;
    const { retry = rpc.retry, mode = rpc.mode } = options;
    if (retry === undefined || retry.attempts === 1) {
      return this.#requester.request(name, data, options, observer);
    }
    // what may have been accepted is sent again under the same id, or not at all
    const id = options.id ?? (mode === 'reliable' ? randomUUID() : undefined);
    const request = { name, data, options: id === undefined ? options : { ...options, id } };
    return this.#start(request, retry, observer);
  }

  #start(request: Request, retry: RequestRetry, observer: ReplyObserver): () => void {
    const { clock, rpc } = this.#parts;
    const { name, data, options } = request;
    const { timeout = rpc.timeout, signal } = options;
    // whoever calls back after a pause knows nothing of the handler that asks
    const inHandler = (currentDeadline() ?? Infinity) - clock.now();
    const end = clock.monotonic() + Math.min(timeout, inHandler);
    let stop: () => void;
    const attempt = (number: number): void => {
      let isBegun = false;
      const left = Math.max(1, end - clock.monotonic());
      const onError = (error: Error): void => {
        const delay = retryDelay(retry.backoff, number);
        const isOver = isBegun || number >= retry.attempts || clock.monotonic() + delay >= end;
        if (isOver || !mayRetry(error, request, retry)) return observer.error(error);
        stop = this.#pause(delay, signal, () => {
          if (signal?.aborted === true) return observer.error(cancelled(name, signal, 'unknown'));
          try {
            attempt(number + 1);
          } catch (cause) {
            observer.error(cause as Error);
          }
        });
      };
      stop = this.#requester.request(
        name,
        data,
        { ...options, timeout: left },
        {
          next: (value) => {
            isBegun = true;
            return observer.next(value);
          },
          error: onError,
          complete: () => observer.complete(),
        },
      );
    };
    attempt(1);
    return () => stop();
  }

  /** Calls back after the delay, or at once when the signal aborts. @returns calls back no more */
  #pause(delay: number, signal: AbortSignal | undefined, then: () => void): () => void {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      end();
      then();
    };
    const timer = this.#parts.clock.after(delay, onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });
    return end;
  }
}

/** What may have been accepted is sent again only under an id. */
function mayRetry(error: Error, { options }: Request, { codes }: RequestRetry): boolean {
  if (!(error instanceof BrokerError)) return false;
  if (codes.includes(error.code)) return true;
  return error.retryable && (error.outcome === 'not-sent' || options.id !== undefined);
}
