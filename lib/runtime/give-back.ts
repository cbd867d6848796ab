import type { Verdict } from '../backend/index.js';
import { FRAME, encodeErrorBody, encodeFrame } from '../codec/index.js';
import { ServerLostError, toPlainError } from '../errors/index.js';
import type { Handling } from './handling.js';

/** Tasks go back as they were; the callers of requests learn at once that they must ask again. */
export function giveBack(handling: Handling): Verdict {
  const { replyTo, keepReply, unique } = handling.delivery.envelope;
  if (handling.kind !== 'request' || !handling.started) return { type: 'release' };
  if (replyTo === undefined) return { type: 'done' };
  const body = encodeErrorBody(toPlainError(new ServerLostError()));
  const frame = encodeFrame(unique, 0, FRAME.error, body);
  const keep = keepReply === undefined ? {} : { keep: keepReply };
  return { type: 'done', reply: { channel: replyTo, frame, ...keep } };
}
