import { CodecError, type PlainError } from '../errors/index.js';
import { type ForeignReply, decodeForeignReply, isForeignReply } from './foreign-reply.js';
import { unpackMany } from './msgpack.js';
import { ScriptPacker } from './script-pack.js';

/** What a frame says: one more value, the last value, the end without a value, or an error as the end. */
export const FRAME = { value: 0, last: 1, end: 2, error: 3 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/**
 * One step of a reply: `[unique, sequence, kind, body]` in msgpack. `sequence` counts the values before this
 * frame, so a reader sees a lost one. Frames follow each other without separators, several in one publication.
 */
export interface ReplyFrame {
  /** Unique part of the id of the request it answers. */
  readonly unique: string;
  readonly sequence: number;
  readonly kind: FrameKind;
  /** An encoded value, or JSON of a {@link PlainError}. */
  readonly body: Buffer;
}

export function encodeFrame(
  unique: string,
  sequence: number,
  kind: FrameKind,
  body: string | Uint8Array,
): Buffer {
  const packer = new ScriptPacker(64 + body.length);
  packer.list(4);
  packer.text(unique);
  packer.value(sequence);
  packer.value(kind);
  packer.binary(body);
  return packer.finish();
}

/** Understands the answer of a Go-Broker server as well. @throws CodecError */
export function decodeFrames(bytes: Buffer): ReplyFrame[] {
  if (isForeignReply(bytes)) return [toFrame(decodeForeignReply(bytes))];
  return unpackMany(bytes).map((frame) => {
    if (!Array.isArray(frame) || typeof frame[0] !== 'string') {
      throw new CodecError('a reply frame is damaged');
    }
    const [unique, sequence, kind, body] = frame as [
      string,
      number,
      FrameKind,
      string | Uint8Array,
    ];
    return { unique, sequence, kind, body: Buffer.from(body as string) };
  });
}

function toFrame({ correlation: unique, body, error }: ForeignReply): ReplyFrame {
  if (error !== undefined) {
    const plain = Buffer.from(encodeErrorBody({ name: 'Error', message: error }));
    return { unique, sequence: 0, kind: FRAME.error, body: plain };
  }
  return { unique, sequence: 0, kind: body.length === 0 ? FRAME.end : FRAME.last, body };
}

/** Errors cross the wire without their stack. Plain errors always have a JSON form. */
export const encodeErrorBody = ({ name, message, code, data }: PlainError): string =>
  JSON.stringify({ name, message, code, data });

export function decodeErrorBody(body: Buffer): PlainError {
  const text = body.toString('utf8');
  try {
    const plain = JSON.parse(text) as Partial<PlainError>;
    return { ...plain, name: plain.name ?? 'Error', message: plain.message ?? 'unknown error' };
  } catch (cause) {
    const message = `an error that cannot be read (${String(cause)})`;
    return { name: 'Error', message, data: text };
  }
}
