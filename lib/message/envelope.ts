import type { Address } from './address.js';
import type { BackoffPolicy } from './policy.js';

/** What travels beside the payload of a task, a request or an event that is kept. Unknown parts survive every move. */
export interface Envelope {
  /** Unique part of the message id. */
  readonly unique: string;
  readonly address: Address;
  /** Tasks, and events of one subscription, with one key run one at a time, in the order they were accepted. */
  readonly key?: string;
  /** Attempts that failed so far. */
  readonly attempts?: number;
  /** Deliveries that ended with a lost holder so far. */
  readonly lost?: number;
  /** Milliseconds on the backend's clock when the message was accepted. */
  readonly enqueuedAt?: number;
  /** Milliseconds after `enqueuedAt` from which a request must not start any more. */
  readonly ttl?: number;
  /** Requests: the channel the caller listens on. */
  readonly replyTo?: string;
  /** Requests of a Go-Broker caller: its name for the request. The answer has that caller's form. */
  readonly correlation?: string;
  /** Requests: how long, in milliseconds, the reply is kept for a caller that reconnects; absent: not at all. */
  readonly keepReply?: number;
  /** Requests: its unique part stands for an id of its sender's; it is accepted once while it is on its way or its reply is kept. */
  readonly repeatable?: boolean;
  /** Tasks: what the sender wants other than the handler's own policy. */
  readonly policy?: MessagePolicy;
  readonly headers?: Readonly<Record<string, string>>;
  /** The consumer it was routed to, tried again when it is placed again. */
  readonly target?: string;
  /** It was forwarded once since it last ran; whoever reads it runs it. */
  readonly forwarded?: boolean;
}

/** Per-message overrides of a task's policy. */
export interface MessagePolicy {
  readonly attempts?: number;
  readonly backoff?: BackoffPolicy;
  /** Milliseconds. */
  readonly timeout?: number;
}
