import type { Kind } from '../message/index.js';
import type { RequestOptions, TaskOptions } from './calls.js';
import type { HandlingContext } from './handler.js';

/** A message that is about to be sent. @publicApi */
export interface SentMessage {
  /** What is sent. */
  readonly kind: Kind;
  /** With its group. */
  readonly name: string;
  /** Those its sender gave it. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload as its sender gave it: not a copy. */
  readonly data: unknown;
  /** What its sender asked for beside that; durations in milliseconds. */
  readonly options: Readonly<TaskOptions & RequestOptions>;
}

/** How a sending ended. A request ends when its reply is complete. @publicApi */
export interface SendingEnd {
  /** - `sent`: accepted, of a request: answered
   *  - `duplicate`: a task that was accepted before
   *  - `failed`: see `error`
   *  - `given-up`: a request nobody waits for any more */
  readonly outcome: 'sent' | 'duplicate' | 'failed' | 'given-up';
  /** Milliseconds. */
  readonly duration: number;
  /** Of a task that was accepted. */
  readonly id?: string;
  /** Why it failed. */
  readonly error?: unknown;
}

/** Follows one message until it was sent. @publicApi */
export interface SendingWatch {
  /** Sent with the message, over headers of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once. */
  ended(end: SendingEnd): void;
}

/** A message whose handler is about to be called. @publicApi */
export interface HandledMessage extends Omit<HandlingContext, 'signal' | 'deadline'> {
  /** Milliseconds from the moment it could be read (after a delay or a pause before a retry) until now; of events: unknown. */
  readonly waited: number | undefined;
}

/**
 * What became of one call of a handler:
 * - `done`: settled; of a request: answered
 * - `failed`: an event that failed, or a request that was answered with the error
 * - `retried`, `dead`: a task that failed, and will run again or not
 * - `cancelled`: a task that failed after it was cancelled
 * - `expired`: a request nobody waits for any more
 * - `released`: given back when the instance shut down
 * - `lost`: its lease was lost, what came of it is not accepted
 * @publicApi
 */
export type HandlingOutcome =
  | 'done'
  | 'failed'
  | 'retried'
  | 'dead'
  | 'cancelled'
  | 'expired'
  | 'released'
  | 'lost';

/** How one call of a handler ended. @publicApi */
export interface HandlingEnd {
  /** What became of it. */
  readonly outcome: HandlingOutcome;
  /** Milliseconds. */
  readonly duration: number;
  /** Why it is not done. */
  readonly error?: unknown;
}

/** Follows one call of a handler. @publicApi */
export interface HandlingWatch {
  /** Calls `handle`, which throws nothing, once and at once: in a context of its own, for instance. */
  run?(handle: () => void): void;
  /** Called once. */
  ended(end: HandlingEnd): void;
}

/**
 * Watches what is sent and handled, from the side: what it throws is reported and stops nothing. Without an observer
 * a message costs nothing more.
 * @publicApi
 */
export interface BrokerObserver {
  /** `undefined`: not this one. */
  sending?(message: SentMessage): SendingWatch | undefined;
  /** `undefined`: not this one. */
  handling?(message: HandledMessage): HandlingWatch | undefined;
}
