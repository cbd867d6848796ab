import type { ReplyOut, Verdict } from '../backend/index.js';
import type { Handling } from './handling.js';

/** Ends a request with the last frame of its reply, if anybody waits for one. */
export function doneWith({ delivery }: Handling, frame: Uint8Array): Verdict {
  const { replyTo, keepReply } = delivery.envelope;
  if (replyTo === undefined) return { type: 'done' };
  const reply: ReplyOut = { channel: replyTo, frame };
  return { type: 'done', reply: keepReply === undefined ? reply : { ...reply, keep: keepReply } };
}
