import type { Verdict } from '../backend/index.js';
import type { Handling } from './handling.js';

/**
 * Ends a request with the last frame of its reply, if anybody waits for one.
 * @param whole whether that frame is all of the reply
 */
export function doneWith(
  { delivery, holder }: Handling,
  frame: Uint8Array,
  whole: boolean,
): Verdict {
  const { replyTo: channel, keepReply: keep } = delivery.envelope;
  if (channel === undefined) return { type: 'done' };
  if (keep !== undefined) return { type: 'done', reply: { channel, frame, keep } };
  // only a holder that cannot have been replaced may answer before the step that would refuse it
  return { type: 'done', reply: { channel, frame, ahead: whole && holder.fresh } };
}
