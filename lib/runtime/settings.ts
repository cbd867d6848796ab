import type { TaskPolicy } from '../message/index.js';

/** What the runtime needs to know; all durations in milliseconds. Defaults live in config. */
export interface RuntimeSettings {
  readonly service: string;
  readonly instanceName: string;
  /** Tasks at once in this instance. */
  readonly maxJobs: number;
  /** Without a beat for this long, an instance counts as dead. */
  readonly heartbeatTtl: number;
  /** How long shutdown waits for running handlers. */
  readonly grace: number;
  /** Largest payload, in bytes. */
  readonly maxPayload: number;
  /** How long a send may take before it is rejected. */
  readonly sendTimeout: number;
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
  readonly tasks: TaskPolicy & { readonly dedupeWindow: number; readonly lostLimit: number };
  readonly rpc: {
    readonly timeout: number;
    readonly mode: 'reliable' | 'fast';
    /** Requests at once in this instance. */
    readonly maxJobs: number;
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
