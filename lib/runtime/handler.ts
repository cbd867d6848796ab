import type { Kind, TaskPolicy } from '../message/index.js';

/** What a handler is told about the message it handles. */
export interface HandlingContext {
  /** Message id, the same in every attempt: use it as a unique key to be safe against a second run. */
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly key: string | undefined;
  /** Counts from 1. */
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The payload as it arrived. */
  readonly payload: Buffer;
  /** Aborted, with a BrokerError as its reason, at a lost lease, a time-out, a cancel, or the end of the grace time. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch, on this machine's clock, after which nobody waits for the result; requests, and tasks with a time-out. */
  readonly deadline: number | undefined;
  /** The consumer that holds the message; of events: the instance. */
  readonly consumerId: string;
}

/** The policy of a task handler; what it leaves out comes from the settings. */
export type HandlerPolicy = Partial<TaskPolicy>;

export interface TaskHandler {
  readonly kind: 'task';
  readonly name: string;
  /** At most this many at once in this instance; absent: only the instance's bound counts. */
  readonly concurrency?: number;
  /** Absent: {@link DEFAULT_QUEUE}. */
  readonly queue?: string;
  readonly policy?: HandlerPolicy;
  /** Resolves: done. Rejects: retry, then dead letter. */
  invoke(input: unknown, context: HandlingContext): unknown;
}

/** Gets the events that are published while the instance runs. */
export interface EventHandler {
  readonly kind: 'event';
  readonly name: string;
  readonly durable?: undefined;
  /** A rejection is reported and stops nobody else. */
  invoke(input: unknown, context: HandlingContext): unknown;
}

/** Gets events that are kept for its service, as an instance gets tasks. */
export interface DurableEventHandler extends Omit<TaskHandler, 'kind'> {
  readonly kind: 'event';
  readonly durable: {
    /** Where a service begins that is new. */
    readonly from: 'new' | 'earliest';
    /** Tells several handlers of one event in one service apart; `''`: the only one. */
    readonly subscription: string;
  };
}

export interface RequestHandler {
  readonly kind: 'request';
  readonly name: string;
  readonly concurrency?: number;
  readonly queue?: string;
  /** Whether it may be handled again elsewhere when this instance is lost. */
  readonly idempotent?: boolean;
  /**
   * Hands each value of the reply to `next`, in order; the reply is complete when the returned promise resolves and
   * an error when it rejects. Should stop when `context.signal` aborts. `next` may say by a promise when it wants more.
   */
  invoke(input: unknown, context: HandlingContext, next: TakeValue): unknown;
}

/** Takes one value of a reply. @throws OverloadedError when its caller does not keep up */
export type TakeValue = (value: unknown) => Promise<void> | undefined;

export type Handler = TaskHandler | EventHandler | DurableEventHandler | RequestHandler;
