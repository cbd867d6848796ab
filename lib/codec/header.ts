import { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import { pack, unpack } from './msgpack.js';

/** The only version of the header this release writes and reads. */
export const HEADER_VERSION = 1;

/** Names of the two fields of an entry in a stream of our own. */
export const ENTRY_FIELDS = { header: 'h', payload: 'p' } as const;

/** The header's short keys. Scripts use the same letters; keys not named here survive every move. */
export const HEADER_KEYS = {
  unique: 'i',
  address: 'n',
  key: 'k',
  attempts: 'a',
  lost: 'd',
  enqueuedAt: 't',
  ttl: 'l',
  replyTo: 'r',
  keepReply: 's',
  policy: 'o',
  headers: 'x',
  target: 'f',
} as const satisfies Record<keyof Envelope, string>;

type Field = keyof Envelope;
const FIELDS = Object.entries(HEADER_KEYS) as [Field, string][];

/** Version byte, then a msgpack map. */
export function encodeHeader(envelope: Envelope): Buffer {
  const map: Record<string, unknown> = { i: envelope.unique, n: envelope.address };
  for (const [field, short] of FIELDS) {
    const value = envelope[field];
    if (value !== undefined) map[short] = value;
  }
  const body = pack(map);
  const header = Buffer.allocUnsafe(body.length + 1);
  header[0] = HEADER_VERSION;
  body.copy(header, 1);
  return header;
}

/**
 * @param acceptedAt what `enqueuedAt` is when the header does not say: the time of the first entry
 * @throws CodecError when the version is unknown (`code` CODEC, retryable: a newer instance can read it) or the bytes are no header
 */
export function decodeHeader(header: Buffer, acceptedAt?: number): Envelope {
  if (header[0] !== HEADER_VERSION) {
    throw new CodecError(
      `header version ${header[0] ?? 'none'} is unknown, this release reads ${HEADER_VERSION}`,
      { retryable: true },
    );
  }
  const map = readMap(header);
  const envelope: { -readonly [F in Field]?: unknown } = {
    unique: map['i'],
    address: map['n'],
  };
  if (acceptedAt !== undefined) envelope.enqueuedAt = acceptedAt;
  for (const [field, short] of FIELDS) {
    const value = map[short];
    if (value !== undefined) envelope[field] = value;
  }
  return envelope as Envelope;
}

function readMap(header: Buffer): Record<string, unknown> {
  let map: unknown;
  try {
    map = unpack(header.subarray(1));
  } catch (cause) {
    throw new CodecError('the header of the message is damaged', { cause });
  }
  const { i, n } = (map ?? {}) as { i?: unknown; n?: unknown };
  if (typeof i !== 'string' || typeof n !== 'string' || !/^[tr]:/.test(n)) {
    throw new CodecError('the header of the message lacks its id or its name');
  }
  return map as Record<string, unknown>;
}

