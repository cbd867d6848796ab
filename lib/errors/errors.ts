import { BrokerError, type BrokerErrorOptions } from './broker.error.js';

/** A call was not answered within its time-out. @publicApi */
export class TimeoutError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('TIMEOUT', message, { retryable: true, ...options });
  }
}

/** No live instance handles the requested name. @publicApi */
export class NoHandlerError extends BrokerError {
  constructor(name: string) {
    super('NO_HANDLER', `no live instance handles the request "${name}"`, {
      retryable: true,
      outcome: 'not-sent',
    });
  }
}

/** The instance that held the request died or left before it answered; the handler may have run. @publicApi */
export class ServerLostError extends BrokerError {
  constructor(message = 'the instance that handled the request was lost before it answered') {
    super('SERVER_LOST', message, { outcome: 'unknown' });
  }
}

/** A bound on waiting work was reached; nothing was accepted. @publicApi */
export class OverloadedError extends BrokerError {
  constructor(message: string) {
    super('OVERLOADED', message, { retryable: true, outcome: 'not-sent' });
  }
}

/** The client, server or backend was closed. @publicApi */
export class ClosedError extends BrokerError {
  constructor(message = 'the broker is closed', options?: BrokerErrorOptions) {
    super('CLOSED', message, { outcome: 'not-sent', ...options });
  }
}

/** The backend could not be reached in time; see `outcome`. @publicApi */
export class BackendUnavailableError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('BACKEND_UNAVAILABLE', message, { retryable: true, ...options });
  }
}

/** The backend answered with an error that trying again will not cure (wrong type, no permission, …). @publicApi */
export class BackendRefusedError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('BACKEND_REFUSED', message, { outcome: 'not-sent', ...options });
  }
}

/**
 * Redis has taken the message, but not enough replicas have confirmed it in time: it is handled, unless a failover loses
 * it. Sent again with the same `dedupeId` it makes no second message.
 * @publicApi
 */
export class NotReplicatedError extends BrokerError {
  constructor(message: string) {
    super('NOT_REPLICATED', message, { retryable: true, outcome: 'unknown' });
  }
}

/** An option or environment variable is wrong; the message names it and says what is allowed. @publicApi */
export class InvalidConfigError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('INVALID_CONFIG', message, options);
  }
}

/** A name, key or id is empty, too long, of the wrong type, or has a wildcard where there can be none. @publicApi */
export class InvalidNameError extends BrokerError {
  constructor(message: string) {
    super('INVALID_NAME', message, { outcome: 'not-sent' });
  }
}

/** An option of one call is wrong. @publicApi */
export class InvalidOptionsError extends BrokerError {
  constructor(message: string) {
    super('INVALID_OPTIONS', message, { outcome: 'not-sent' });
  }
}

/** A batch is empty or larger than one step can carry. @publicApi */
export class InvalidBatchError extends BrokerError {
  constructor(message: string) {
    super('INVALID_BATCH', message, { outcome: 'not-sent' });
  }
}

/** A payload is larger than `maxPayload`. @publicApi */
export class PayloadTooLargeError extends BrokerError {
  constructor(message: string) {
    super('PAYLOAD_TOO_LARGE', message, { outcome: 'not-sent' });
  }
}

/** A payload could not be encoded or decoded. @publicApi */
export class CodecError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('CODEC', message, options);
  }
}

/** Two handlers claim the same task or request name. @publicApi */
export class DuplicateHandlerError extends BrokerError {
  constructor(message: string) {
    super('DUPLICATE_HANDLER', message);
  }
}

/** The work was cancelled, timed out, or its lease was lost; the reason of an aborted `ctx.signal`. @publicApi */
export class CancelledError extends BrokerError {
  constructor(message = 'the work was cancelled', options?: BrokerErrorOptions) {
    super('CANCELLED', message, options);
  }
}

/** A handler on another instance threw. `code` and `data` are the handler's, where it gave any. @publicApi */
export class RemoteError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions & { readonly code?: string }) {
    super(options?.code ?? 'REMOTE', message, options);
  }
}

/** A value of a streamed reply was lost on the way. @publicApi */
export class ReplyLostError extends BrokerError {
  constructor(message: string) {
    super('REPLY_LOST', message, { outcome: 'unknown' });
  }
}

/** Throw it from a task handler: the task goes to the dead letters at once. @publicApi */
export class UnrecoverableError extends BrokerError {
  constructor(message: string, options?: BrokerErrorOptions) {
    super('UNRECOVERABLE', message, options);
  }
}

/** Throw it from a task handler: the task runs again after `delay`; this costs no attempt. @publicApi */
export class RetryLaterError extends BrokerError {
  /** @param delay milliseconds, or a duration such as `30s` */
  constructor(
    readonly delay: number | string,
    message = `retry after ${delay}`,
    options?: BrokerErrorOptions,
  ) {
    super('RETRY_LATER', message, { retryable: true, ...options });
  }
}
