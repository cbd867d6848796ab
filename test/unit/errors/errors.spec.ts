import { describe, expect, it } from 'vitest';
import * as errors from '../../../lib/errors/index.js';

const { BrokerError, ERROR_CODES } = errors;

/** Every leaf with what it promises: its code, whether to try again, what is known of the message. */
const LEAVES = [
  [new errors.TimeoutError('m'), 'TIMEOUT', true, undefined],
  [new errors.NoHandlerError('n'), 'NO_HANDLER', true, 'not-sent'],
  [new errors.ServerLostError(), 'SERVER_LOST', false, 'unknown'],
  [new errors.OverloadedError('m'), 'OVERLOADED', true, 'not-sent'],
  [new errors.ClosedError(), 'CLOSED', false, 'not-sent'],
  [new errors.BackendUnavailableError('m'), 'BACKEND_UNAVAILABLE', true, undefined],
  [new errors.BackendRefusedError('m'), 'BACKEND_REFUSED', false, 'not-sent'],
  [new errors.NotReplicatedError('m'), 'NOT_REPLICATED', true, 'unknown'],
  [new errors.InvalidConfigError('m'), 'INVALID_CONFIG', false, undefined],
  [new errors.InvalidNameError('m'), 'INVALID_NAME', false, 'not-sent'],
  [new errors.InvalidOptionsError('m'), 'INVALID_OPTIONS', false, 'not-sent'],
  [new errors.InvalidBatchError('m'), 'INVALID_BATCH', false, 'not-sent'],
  [new errors.PayloadTooLargeError('m'), 'PAYLOAD_TOO_LARGE', false, 'not-sent'],
  [new errors.CodecError('m'), 'CODEC', false, undefined],
  [new errors.DuplicateHandlerError('m'), 'DUPLICATE_HANDLER', false, undefined],
  [new errors.CancelledError(), 'CANCELLED', false, undefined],
  [new errors.RemoteError('m'), 'REMOTE', false, undefined],
  [new errors.ReplyLostError('m'), 'REPLY_LOST', false, 'unknown'],
  [new errors.UnrecoverableError('m'), 'UNRECOVERABLE', false, undefined],
  [new errors.RetryLaterError('30s'), 'RETRY_LATER', true, undefined],
] as const;

describe('errors', () => {
  it.each(LEAVES)('%s', (error, code, retryable, outcome) => {
    expect(error).toBeInstanceOf(BrokerError);
    expect([error.code, error.retryable, error.outcome]).toEqual([code, retryable, outcome]);
    expect(error.name).toBe(error.constructor.name);
    expect(error.message).not.toBe('');
    expect(error).not.toHaveProperty('cause');
  });

  it('have one leaf for every code, and codes that stay', () => {
    expect(LEAVES.map(([, code]) => code)).toEqual([...ERROR_CODES]);
    const classes = Object.values(errors).filter(
      (it) => typeof it === 'function' && it.prototype instanceof BrokerError,
    );
    expect(new Set(classes)).toEqual(new Set(LEAVES.map(([error]) => error.constructor)));
  });

  it('say what is known in a single case', () => {
    const cause = new Error('why');
    const late = new errors.TimeoutError('m', { outcome: 'unknown', cause });
    expect([late.outcome, late.retryable, late.cause]).toEqual(['unknown', true, cause]);
    expect(new errors.ClosedError('m', { outcome: 'unknown' }).outcome).toBe('unknown');
    expect(new errors.CodecError('m', { retryable: true }).retryable).toBe(true);
    expect(new errors.RemoteError('m', { code: 'MINE', data: 1 })).toMatchObject({
      code: 'MINE',
      data: 1,
    });
    expect(new errors.RetryLaterError(5)).toMatchObject({ delay: 5, message: 'retry after 5' });
  });
});
