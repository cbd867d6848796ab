import type { ErrorCode } from './codes.js';

/** What is known of a message whose sending failed: it certainly was not sent, or nobody can tell. @publicApi */
export type SendOutcome = 'not-sent' | 'unknown';

/** What an error carries beside its code and text. @publicApi */
export interface BrokerErrorOptions {
  /** What it was made of; passwords and payloads are not in it. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without a change. Default false. */
  readonly retryable?: boolean;
  /** Of a failed send. */
  readonly outcome?: SendOutcome;
  /** What a remote handler attached to its error. */
  readonly data?: unknown;
}

/** The base of every error of this package. @publicApi */
export class BrokerError extends Error {
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Of a failed send: `not-sent`, or `unknown` (then send again with the same `dedupeId`). */
  readonly outcome?: SendOutcome;
  /** What a remote handler attached to its error. */
  readonly data?: unknown;

  /** @param code one of {@link ErrorCode}, or the code a remote handler gave its error */
  constructor(
    readonly code: ErrorCode | (string & {}),
    message: string,
    options: BrokerErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryable = options.retryable ?? false;
    if (options.outcome !== undefined) this.outcome = options.outcome;
    if (options.data !== undefined) this.data = options.data;
  }
}
