import { CodecError } from '../errors/index.js';

/**
 * What Go-Broker answers a request with: JSON of `{ correlation_id, body, error }`. The body is base64 or null, and an
 * empty error means success.
 */
export interface ForeignReply {
  readonly correlation: string;
  readonly body: Buffer;
  /** Absent: the handler succeeded. */
  readonly error?: string;
}

/** First byte of such a reply. A frame of our own never begins with it. */
const BRACE = 0x7b;

export const isForeignReply = (bytes: Uint8Array): boolean => bytes[0] === BRACE;

/** @param body absent or empty: the handler gave no value */
export function encodeForeignReply(correlation: string, body?: string | Uint8Array): Buffer {
  const base64 = Buffer.from((body ?? '') as string).toString('base64');
  return encode(correlation, base64 === '' ? null : base64, '');
}

export const encodeForeignError = (correlation: string, error: string): Buffer =>
  // an empty text would mean success
  encode(correlation, null, error === '' ? 'Error' : error);

const encode = (correlation: string, body: string | null, error: string): Buffer =>
  Buffer.from(JSON.stringify({ correlation_id: correlation, body, error }));

/** @throws CodecError */
export function decodeForeignReply(bytes: Buffer): ForeignReply {
  let reply: { correlation_id?: unknown; body?: unknown; error?: unknown };
  try {
    reply = JSON.parse(bytes.toString('utf8')) as typeof reply;
  } catch (cause) {
    throw new CodecError('a reply of Go-Broker is damaged', { cause });
  }
  const { correlation_id: correlation, body, error } = reply;
  if (typeof correlation !== 'string') {
    throw new CodecError('a reply of Go-Broker lacks its correlation id');
  }
  return {
    correlation,
    body: typeof body === 'string' ? Buffer.from(body, 'base64') : Buffer.alloc(0),
    ...(typeof error === 'string' && error !== '' ? { error } : {}),
  };
}
