import { CodecError, type PlainError } from '../errors/index.js';
import { type ForeignReply, decodeForeignReply, isForeignReply } from './foreign-reply.js';
import { unpackMany } from './msgpack.js';
import { ScriptPacker } from './script-pack.js';

/** What a frame says: one more value, the last value, the end without a value, an error as the end, or nothing but a question. */
export const FRAME = { value: 0, last: 1, end: 2, error: 3, probe: 4 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/**
 * One step of a reply: `[unique, sequence, kind, body]` in msgpack, and the channel for credits in a value that is not
 * the last and in a probe. `sequence` counts the values before this frame, so a reader sees a lost one. Frames follow
 * each other without separators, several in one publication.
 */
export interface ReplyFrame {
  /** Unique part of the id of the request it answers. */
  readonly unique: string;
  readonly sequence: number;
  readonly kind: FrameKind;
  /** An encoded value, or JSON of a {@link PlainError}. */
  readonly body: Buffer;
  /** Where the server hears how many values were taken. */
  readonly credits?: string;
}

/** How many values of a reply its caller has taken so far: `[unique, taken]` in msgpack. */
export interface Credit {
  readonly unique: string;
  readonly taken: number;
}

/** A frame that ends a reply. */
export const encodeFrame = (
  unique: string,
  sequence: number,
  kind: FrameKind,
  body: string | Uint8Array,
): Buffer => encodeStreamed({ unique, sequence, kind, body });

/** A frame that others follow says where its server hears credits. */
export function encodeStreamed({
  unique,
  sequence,
  kind,
  body,
  credits,
}: Omit<ReplyFrame, 'body'> & { readonly body: string | Uint8Array }): Buffer {
  const packer = new ScriptPacker();
  packer.list(credits === undefined ? 4 : 5);
  packer.text(unique);
  packer.value(sequence);
  packer.value(kind);
  packer.binary(body);
  if (credits !== undefined) packer.text(credits);
  return packer.finish();
}

/** Understands the answer of a Go-Broker server as well. @throws CodecError */
export function decodeFrames(bytes: Buffer): ReplyFrame[] {
  if (isForeignReply(bytes)) return [toFrame(decodeForeignReply(bytes))];
  const frames: ReplyFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const short = readShort(bytes, at);
    if (short === undefined) return [...frames, ...decodeAny(bytes.subarray(at))];
    frames.push(short.frame);
    at = short.end;
  }
  return frames;
}

/** Heads of msgpack: four values, bytes with a length of 8 or 16 bits. */
const FOUR = 0x94;
const BIN8 = 0xc4;
const BIN16 = 0xc5;

/** A frame without a channel, with short texts and small numbers, as nearly all are, read without a general decoder. */
function readShort(bytes: Buffer, start: number): { frame: ReplyFrame; end: number } | undefined {
  const length = (bytes[start + 1] ?? 0) ^ 0xa0;
  if (bytes[start] !== FOUR || length > 31) return undefined;
  const at = start + 2 + length;
  const [sequence = 0xff, kind = 0xff, head] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (sequence > 0x7f || kind > FRAME.probe || at + 5 > bytes.length) return undefined;
  const body = at + (head === BIN8 ? 4 : 5);
  const size = head === BIN8 ? bytes[at + 3]! : bytes.readUInt16BE(at + 3);
  const end = body + size;
  if ((head !== BIN8 && head !== BIN16) || end > bytes.length) return undefined;
  const frame = {
    unique: bytes.toString('utf8', start + 2, at),
    sequence,
    kind: kind as FrameKind,
    body: Buffer.from(bytes.subarray(body, end)),
  };
  return { frame, end };
}

function decodeAny(bytes: Buffer): ReplyFrame[] {
  return unpackMany(bytes).map((frame) => {
    if (!Array.isArray(frame) || typeof frame[0] !== 'string') {
      throw new CodecError('a reply frame is damaged');
    }
    const [unique, sequence, kind, packed, credits] = frame as [
      string,
      number,
      FrameKind,
      string | Uint8Array,
      string | undefined,
    ];
    const body = Buffer.from(packed as string);
    return credits === undefined
      ? { unique, sequence, kind, body }
      : { unique, sequence, kind, body, credits };
  });
}

export function encodeCredit({ unique, taken }: Credit): Buffer {
  const packer = new ScriptPacker();
  packer.value([unique, taken]);
  return packer.finish();
}

export function decodeCredits(bytes: Buffer): Credit[] {
  return unpackMany(bytes).map((credit) => {
    if (!Array.isArray(credit) || typeof credit[0] !== 'string' || typeof credit[1] !== 'number') {
      throw new CodecError('a credit is damaged');
    }
    return { unique: credit[0], taken: credit[1] };
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
