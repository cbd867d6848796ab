import type { BackoffPolicy, Kind } from '../message/index.js';

/** Runs a handler with all that Nest puts around it. */
export type Call = (data: unknown, context: unknown) => unknown;

/** A handler that was found in the app, complete but for the broker's defaults. */
export interface FoundHandler {
  readonly kind: Kind;
  /** With its group. */
  readonly name: string;
  /** Where it was found, for people: `OrdersController.create`. */
  readonly origin: string;
  readonly call: Call;
  readonly durable?: boolean;
  readonly from?: 'new' | 'earliest';
  readonly subscription?: string;
  readonly concurrency?: number;
  readonly queue?: string;
  readonly idempotent?: boolean;
  readonly attempts?: number;
  readonly backoff?: Partial<BackoffPolicy>;
  readonly timeout?: number;
}
