import {
  BackendRefusedError,
  BackendUnavailableError,
  BrokerError,
  type SendOutcome,
} from '../../errors/index.js';

/** Replies that say "not now": the same command may succeed later and was not carried out. */
const NOT_NOW =
  /^(?:ERR (?:Error running script|user_script:).*? -?)?(READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|BUSY|UNBLOCKED|OOM)\b/;
/** Replies that say the connection must find another server. */
const WRONG_SERVER = /^(?:ERR (?:Error running script|user_script:).*? -?)?(READONLY|UNBLOCKED)\b/;
/** What ioredis says when a command never left. */
const NEVER_LEFT = /enableOfflineQueue|isn't writeable/i;

/** A failed command, sorted by what can be done about it. */
export interface RedisFailure {
  /** Worth trying again when the server is back or has room. */
  readonly transient: boolean;
  readonly outcome: SendOutcome;
  /** The connection should be made anew. */
  readonly reconnect: boolean;
  readonly error: BrokerError;
}

export function toRedisFailure(thrown: unknown): RedisFailure {
  if (thrown instanceof BrokerError) {
    const { retryable: transient, outcome = 'unknown' } = thrown;
    return { transient, outcome, reconnect: false, error: thrown };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const cause = withoutCommand(error);
  if (error.name === 'ReplyError') {
    const transient = NOT_NOW.test(error.message);
    return {
      transient,
      outcome: 'not-sent',
      reconnect: WRONG_SERVER.test(error.message),
      error: transient
        ? new BackendUnavailableError(`Redis cannot do it now: ${error.message}`, {
            cause,
            outcome: 'not-sent',
          })
        : new BackendRefusedError(`Redis refused: ${error.message}`, { cause }),
    };
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    // a mistake of ours, not of the network: trying again would fail again
    const message = `the command could not be made: ${error.message}`;
    const refused = new BackendRefusedError(message, { cause });
    return { transient: false, outcome: 'not-sent', reconnect: false, error: refused };
  }
  const outcome: SendOutcome = NEVER_LEFT.test(error.message) ? 'not-sent' : 'unknown';
  return {
    transient: true,
    outcome,
    reconnect: false,
    error: new BackendUnavailableError(`Redis cannot be reached: ${error.message}`, {
      cause,
      outcome,
    }),
  };
}

/** What a node of a cluster says that cannot serve these keys: another one has them, will have them, or nobody knows. */
const ELSEWHERE = /^(MOVED|ASK|CLUSTERDOWN)\b/;

/**
 * A refusal for which the right node of the cluster is looked for. A slot that moves is waited for (`ASK`): a script
 * that runs on its new node would not see the keys that are still on the old one.
 */
export function elsewhere(thrown: unknown): RedisFailure | undefined {
  const message = (thrown as Error | undefined)?.message ?? '';
  const [, what] = ELSEWHERE.exec(message) ?? [];
  if (what === undefined) return undefined;
  const outcome: SendOutcome = 'not-sent';
  const error = new BackendUnavailableError(`Redis cannot do it here: ${message}`, { outcome });
  return { transient: true, outcome, reconnect: what !== 'ASK', error };
}

/** Whether the consumer's group or stream is gone. */
export const isDisplaced = (cause: unknown): boolean =>
  cause instanceof Error && /^(NOGROUP|UNBLOCKED)\b/.test(cause.message);

/** Whether a script was called by a digest that the server does not know: nothing has happened. */
export const isUnknownScript = (cause: unknown): boolean =>
  cause instanceof Error && cause.message.startsWith('NOSCRIPT');

/** ioredis hangs the whole command on its errors, payloads and passwords included: that must not reach a log. */
export function withoutCommand(error: Error): Error {
  const bare = new Error(error.message);
  bare.name = error.name;
  return bare;
}

/** The same error, told to one caller: its class and cause stay. */
export const withOutcome = (error: BrokerError, outcome: SendOutcome): BrokerError =>
  Object.assign(
    Object.create(
      Object.getPrototypeOf(error) as object,
      Object.getOwnPropertyDescriptors(error),
    ) as BrokerError,
    { outcome },
  );
