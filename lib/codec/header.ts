import { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import { unpack } from './msgpack.js';
import type { Packable, ScriptPacker } from './script-pack.js';

/** The only version of the header this release writes and reads. */
const HEADER_VERSION = 1;

/** Names of the two fields of an entry in a stream of our own. */
export const ENTRY_FIELDS = { header: 'h', payload: 'p' } as const;

/** The header's short keys. Scripts use the same letters; keys not named here survive every move. */
const HEADER_KEYS = {
  unique: 'i',
  address: 'n',
  key: 'k',
  attempts: 'a',
  lost: 'd',
  enqueuedAt: 't',
  ttl: 'l',
  replyTo: 'r',
  correlation: 'c',
  keepReply: 's',
  repeatable: 'q',
  policy: 'o',
  headers: 'x',
  target: 'f',
  forwarded: 'w',
} as const satisfies Record<keyof Envelope, string>;

type Field = keyof Envelope;
const FIELDS = Object.fromEntries(
  Object.entries(HEADER_KEYS).map(([field, short]) => [short, field]),
) as Record<string, Field | undefined>;

/** Version byte, then a msgpack map. */
export function writeHeader(packer: ScriptPacker, envelope: Envelope): void {
  let size = 0;
  for (const field in envelope) if (envelope[field as Field] !== undefined) size += 1;
  packer.byte(HEADER_VERSION);
  packer.map(size);
  for (const field in envelope) {
    const value = envelope[field as Field];
    if (value === undefined) continue;
    packer.text(HEADER_KEYS[field as Field]);
    packer.value(value as Packable);
  }
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
  const map = readFlat(header) ?? readMap(header);
  const envelope: { -readonly [F in Field]?: unknown } = {
    unique: map['i'],
    address: map['n'],
    enqueuedAt: acceptedAt,
  };
  for (const short in map) {
    const field = FIELDS[short];
    if (field !== undefined) envelope[field] = map[short];
  }
  return envelope as Envelope;
}

/** Heads of msgpack: one letter, 32 bits, a float. */
const LETTER = 0xa1;
const UINT32 = 0xce;
const FLOAT = 0xcb;

/** A header of short texts and plain numbers, as nearly all are, read without a general decoder. */
function readFlat(header: Buffer): Record<string, unknown> | undefined {
  const size = (header[1] ?? 0) ^ 0x80;
  if (size > 15) return undefined;
  const map: Record<string, unknown> = {};
  let at = 2;
  for (let pair = 0; pair < size; pair += 1) {
    if (header[at] !== LETTER) return undefined;
    const key = String.fromCharCode(header[at + 1] ?? 0);
    const head = header[at + 2] ?? 0xff;
    const start = at + 3;
    if (head < 0x80) {
      map[key] = head;
      at = start;
    } else if ((head & 0xe0) === 0xa0) {
      at = start + (head & 0x1f);
      map[key] = header.toString('utf8', start, at);
    } else if (head === 0xd9) {
      at = start + 1 + (header[start] ?? 0);
      map[key] = header.toString('utf8', start + 1, at);
    } else if (head === UINT32 && start + 4 <= header.length) {
      map[key] = header.readUInt32BE(start);
      at = start + 4;
    } else if (head === FLOAT && start + 8 <= header.length) {
      map[key] = header.readDoubleBE(start);
      at = start + 8;
    } else {
      return undefined;
    }
  }
  return at === header.length && isComplete(map) ? map : undefined;
}

const isComplete = ({ i, n }: Record<string, unknown>): boolean =>
  typeof i === 'string' && typeof n === 'string' && /^[tre]:/.test(n);

function readMap(header: Buffer): Record<string, unknown> {
  let map: unknown;
  try {
    map = unpack(header.subarray(1));
  } catch (cause) {
    throw new CodecError('the header of the message is damaged', { cause });
  }
  if (typeof map !== 'object' || map === null || !isComplete(map as Record<string, unknown>)) {
    throw new CodecError('the header of the message lacks its id or its name');
  }
  return map as Record<string, unknown>;
}
