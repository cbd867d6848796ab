import type { Verdict } from '../backend/index.js';
import { FRAME, encodeErrorBody, encodeFrame } from '../codec/index.js';
import { ServerLostError, toPlainError } from '../errors/index.js';
import type { Handling } from './handling.js';

/** Shorter than anybody needs to look for it, in ms. */
const FORGET = 1;

/** Tasks and idempotent requests go back as they were; the callers of other requests learn at once that they must ask again. */
export function giveBack(handling: Handling): Verdict {
  const { replyTo, keepReply, unique, repeatable = false } = handling.delivery.envelope;
  const isFree = handling.kind !== 'request' || !handling.started || handling.idempotent;
  if (isFree) return { type: 'release' };
  const lost = new ServerLostError();
  handling.failure = lost;
  if (replyTo === undefined) return { type: 'done' };
  const body = encodeErrorBody(toPlainError(lost));
  const frame = encodeFrame(unique, 0, FRAME.error, body);
  // who sends it again, with its id, is not kept from it
  const keep = keepReply === undefined ? {} : { keep: repeatable ? FORGET : keepReply };
  return { type: 'done', reply: { channel: replyTo, frame, ...keep } };
}
