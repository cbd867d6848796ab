import type { BalanceStrategy, StrategyName } from '../balancer/index.js';
import type { TaskPolicy } from '../message/index.js';
import type { RequestRetry } from './calls.js';

/** The queue of handlers that name none. */
export const DEFAULT_QUEUE = 'default';

/** How the work of a queue is routed. */
export type Strategy = StrategyName | BalanceStrategy;

/** One queue of the service. */
export interface QueueSettings {
  /** Tasks at once in this instance. */
  readonly tasks: number;
  /** Requests at once in this instance. */
  readonly requests: number;
  /** Absent: that of the balancer. */
  readonly strategy?: Strategy;
}

export interface BalancerSettings {
  /** Absent: what the app provides, else `competing`. */
  readonly strategy?: Strategy;
  /** Whether senders decide by themselves. */
  readonly local: boolean;
  readonly weight: number;
  /** Without a beat for this long, an instance counts as dead. */
  readonly heartbeatTtl: number;
  /** How often the leader looks for what others left. */
  readonly cleanupInterval: number;
  /** How long routed work may lie unread before an idle instance takes it. */
  readonly stealAfter: number;
  /** Whether a new member takes its share of what waits. */
  readonly rebalance: boolean;
}

/** What the runtime needs to know; all durations in milliseconds. Defaults live in config. */
export interface RuntimeSettings {
  readonly service: string;
  readonly instanceName: string;
  /** By name; {@link DEFAULT_QUEUE} is always there. */
  readonly queues: Readonly<Record<string, QueueSettings>>;
  readonly balancer: BalancerSettings;
  /** How long shutdown waits for running handlers. */
  readonly grace: number;
  /** Largest payload, in bytes. */
  readonly maxPayload: number;
  /** How long a send may take before it is rejected. */
  readonly sendTimeout: number;
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
  readonly tasks: TaskPolicy & { readonly dedupeWindow: number; readonly lostLimit: number };
  /** Bounds on events that are kept. */
  readonly events: {
    /** An event that waits longer is dropped, and so is a subscription that nobody handles. */
    readonly maxAge: number;
    /** Bytes that wait for one subscription. */
    readonly maxBytes: number;
    /** How long events are kept for services that begin with the earliest; 0: not at all. */
    readonly retention: number;
  };
  readonly rpc: {
    readonly timeout: number;
    readonly mode: 'reliable' | 'fast';
    /** For requests that say nothing of it; absent: none is sent again. */
    readonly retry?: RequestRetry;
    /** Waiting requests of one name from which on new ones are refused. */
    readonly maxWaiting: number;
  };
}

/** Where the runtime says what people should know. Nest's logger fits. */
export interface RuntimeLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string, stack?: string): void;
  debug?(message: string): void;
}
