import { type ReplyFrame, decodeErrorBody } from '../codec/index.js';
import { CancelledError, RemoteError, type SendOutcome, ServerLostError } from '../errors/index.js';

export const cancelled = (
  name: string,
  signal: AbortSignal,
  outcome: SendOutcome = 'not-sent',
): Error =>
  new CancelledError(`the request "${name}" was cancelled by its caller`, {
    cause: signal.reason,
    outcome,
  });

/** The error a reply says. */
export function toError(frame: ReplyFrame): Error {
  const { message, code, data, name } = decodeErrorBody(frame.body);
  if (code === 'SERVER_LOST' && name === 'ServerLostError') return new ServerLostError(message);
  if (code === 'CANCELLED' && name === 'CancelledError') return new CancelledError(message);
  return new RemoteError(message, {
    ...(code === undefined ? {} : { code }),
    ...(data === undefined ? {} : { data }),
  });
}
