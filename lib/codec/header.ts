import { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import { unpack } from './msgpack.js';
import { type Packable, ScriptPacker } from './script-pack.js';

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
  keepReply: 's',
  policy: 'o',
  headers: 'x',
  target: 'f',
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
  const map = readPlain(header) ?? readMap(header);
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

/** Head of a map with two entries, and of a text of one letter. */
const MAP_OF_TWO = 0x82;
const LETTER = 0xa1;

/** The header most messages have, id and name only, read without a general decoder. */
function readPlain(header: Buffer): Record<string, unknown> | undefined {
  if (header[1] !== MAP_OF_TWO) return undefined;
  const map: Record<string, unknown> = {};
  let at = 2;
  for (let pair = 0; pair < 2; pair += 1) {
    const head = header[at + 2] ?? 0;
    const long = head === 0xd9;
    if (header[at] !== LETTER || (!long && (head & 0xe0) !== 0xa0)) return undefined;
    const key = header[at + 1] === 0x69 ? 'i' : header[at + 1] === 0x6e ? 'n' : undefined;
    if (key === undefined) return undefined;
    const start = at + (long ? 4 : 3);
    at = start + (long ? (header[at + 3] ?? 0) : head & 0x1f);
    map[key] = header.toString('utf8', start, at);
  }
  return 'i' in map && 'n' in map && at === header.length ? map : undefined;
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
