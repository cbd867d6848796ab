import { FRAME, encodeFrame } from '../../codec/index.js';
import type { Envelope } from '../../message/index.js';
import type { MemoryHub } from './hub.js';

/** Ends a request with an error before a handler has answered it. Who sends it again, with its id, is not kept from it. */
export function answer(hub: MemoryHub, envelope: Envelope, body: string): void {
  const { unique, replyTo, keepReply, repeatable } = envelope;
  if (replyTo === undefined) return;
  hub.reply(unique, {
    channel: replyTo,
    frame: encodeFrame(unique, 0, FRAME.error, body),
    ...(keepReply === undefined || repeatable === true ? {} : { keep: keepReply }),
  });
}
