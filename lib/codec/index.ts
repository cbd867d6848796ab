export type { PayloadCodec } from './payload-codec.js';
export { jsonCodec } from './json.codec.js';
export { decodeEntry, decodeHeader, writeHeader } from './header.js';
export {
  FRAME,
  type FrameKind,
  type ReplyFrame,
  decodeCredits,
  decodeErrorBody,
  decodeFrames,
  encodeCredit,
  encodeErrorBody,
  encodeFrame,
  encodeStreamed,
} from './reply-frame.js';
export {
  type EventForm,
  type EventFrame,
  bareEvents,
  decodeEvents,
  encodeEvent,
  framedEvents,
} from './event-frame.js';
export { encodeForeignError, encodeForeignReply } from './foreign-reply.js';
export { sealPacket, sealedPacket } from './packet.js';
export { unpack } from './msgpack.js';
export { type Packable, ScriptPacker, packForScript } from './script-pack.js';
