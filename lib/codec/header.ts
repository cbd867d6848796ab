import { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import { unpack } from './msgpack.js';
import type { Packable, ScriptPacker } from './script-pack.js';

/** The only version of the header this release writes and reads. */
const HEADER_VERSION = 1;

/** Bytes that tell how long the header in an entry is. */
const LENGTH = 4;

type Whole = Required<Envelope>;
type MutableEnvelope = { -readonly [F in keyof Whole]: Whole[F] | undefined };

/**
 * Version byte, then a msgpack map with a short key for each part. Scripts use the same letters; keys not named here
 * survive every move.
 */
export function writeHeader(packer: ScriptPacker, envelope: Envelope): void {
  packer.byte(HEADER_VERSION);
  const map = packer.openMap();
  const put = (key: string, value: Packable | undefined): void => {
    if (value === undefined) return;
    packer.text(key);
    packer.value(value);
    map.size += 1;
  };
  put('i', envelope.unique);
  put('n', envelope.address);
  put('k', envelope.key);
  put('a', envelope.attempts);
  put('d', envelope.lost);
  put('t', envelope.enqueuedAt);
  put('l', envelope.ttl);
  put('r', envelope.replyTo);
  put('c', envelope.correlation);
  put('s', envelope.keepReply);
  put('q', envelope.repeatable);
  put('o', envelope.policy as Packable | undefined);
  put('x', envelope.headers);
  put('f', envelope.target);
  put('w', envelope.forwarded);
  packer.closeMap(map);
}

function take(envelope: MutableEnvelope, key: string, value: unknown): void {
  switch (key) {
    case 'i':
      envelope.unique = value as string;
      break;
    case 'n':
      envelope.address = value as Envelope['address'];
      break;
    case 'k':
      envelope.key = value as string;
      break;
    case 'a':
      envelope.attempts = value as number;
      break;
    case 'd':
      envelope.lost = value as number;
      break;
    case 't':
      envelope.enqueuedAt = value as number;
      break;
    case 'l':
      envelope.ttl = value as number;
      break;
    case 'r':
      envelope.replyTo = value as string;
      break;
    case 'c':
      envelope.correlation = value as string;
      break;
    case 's':
      envelope.keepReply = value as number;
      break;
    case 'q':
      envelope.repeatable = value as boolean;
      break;
    case 'o':
      envelope.policy = value as Whole['policy'];
      break;
    case 'x':
      envelope.headers = value as Whole['headers'];
      break;
    case 'f':
      envelope.target = value as string;
      break;
    case 'w':
      envelope.forwarded = value as boolean;
  }
}

/**
 * @param acceptedAt what `enqueuedAt` is when the header does not say: the time of the first entry
 * @throws CodecError when the version is unknown (`code` CODEC, retryable: a newer instance can read it) or the bytes are no header
 */
export const decodeHeader = (header: Buffer, acceptedAt?: number): Envelope =>
  decode({ bytes: header, from: 0, to: header.length }, acceptedAt);

/**
 * The header and the payload of an entry in a stream of our own: one value, as each one more costs every step of a
 * message. The payload shares its memory.
 * @throws CodecError as {@link decodeHeader}
 */
export function decodeEntry(
  entry: Buffer,
  acceptedAt?: number,
): { envelope: Envelope; payload: Buffer } {
  const to = entry.length < LENGTH ? Infinity : LENGTH + entry.readUInt32BE(0);
  if (to > entry.length) throw new CodecError('the entry of the message is damaged');
  const envelope = decode({ bytes: entry, from: LENGTH, to }, acceptedAt);
  return { envelope, payload: entry.subarray(to) };
}

/** Where a header lies. */
interface Span {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

function decode(span: Span, acceptedAt: number | undefined): Envelope {
  const version = span.from < span.to ? span.bytes[span.from] : undefined;
  if (version !== HEADER_VERSION) {
    throw new CodecError(
      `header version ${version ?? 'none'} is unknown, this release reads ${HEADER_VERSION}`,
      { retryable: true },
    );
  }
  const flat = blank(acceptedAt);
  if (readFlat(span, flat) && isComplete(flat)) return flat as Envelope;
  const envelope = blank(acceptedAt);
  readMap(span, envelope);
  return envelope as Envelope;
}

/** All envelopes have one shape, which makes every look at them cheaper. */
const blank = (acceptedAt: number | undefined): MutableEnvelope => ({
  unique: undefined,
  address: undefined,
  key: undefined,
  attempts: undefined,
  lost: undefined,
  enqueuedAt: acceptedAt,
  ttl: undefined,
  replyTo: undefined,
  correlation: undefined,
  keepReply: undefined,
  repeatable: undefined,
  policy: undefined,
  headers: undefined,
  target: undefined,
  forwarded: undefined,
});

/** Heads of msgpack: one letter, 32 bits, a float. */
const LETTER = 0xa1;
const UINT32 = 0xce;
const FLOAT = 0xcb;

/** Reads a header of short texts and plain numbers, as nearly all are, without a general decoder; returns whether it is one. */
function readFlat({ bytes, from, to }: Span, envelope: MutableEnvelope): boolean {
  const size = (bytes[from + 1] ?? 0) ^ 0x80;
  if (size > 15) return false;
  let at = from + 2;
  for (let pair = 0; pair < size; pair += 1) {
    if (bytes[at] !== LETTER) return false;
    const key = String.fromCharCode(bytes[at + 1] ?? 0);
    const head = bytes[at + 2] ?? 0xff;
    const start = at + 3;
    if (head < 0x80) {
      take(envelope, key, head);
      at = start;
    } else if ((head & 0xe0) === 0xa0) {
      at = start + (head & 0x1f);
      take(envelope, key, bytes.toString('utf8', start, at));
    } else if (head === 0xd9) {
      at = start + 1 + (bytes[start] ?? 0);
      take(envelope, key, bytes.toString('utf8', start + 1, at));
    } else if (head === UINT32 && start + 4 <= to) {
      take(envelope, key, bytes.readUInt32BE(start));
      at = start + 4;
    } else if (head === FLOAT && start + 8 <= to) {
      take(envelope, key, bytes.readDoubleBE(start));
      at = start + 8;
    } else {
      return false;
    }
  }
  return at === to;
}

const KIND = /^[tre]:/;

const isComplete = ({ unique, address }: MutableEnvelope): boolean =>
  typeof unique === 'string' && typeof address === 'string' && KIND.test(address);

function readMap({ bytes, from, to }: Span, envelope: MutableEnvelope): void {
  let map: unknown;
  try {
    map = unpack(bytes.subarray(from + 1, to));
  } catch (cause) {
    throw new CodecError('the header of the message is damaged', { cause });
  }
  if (typeof map === 'object' && map !== null) {
    for (const [key, value] of Object.entries(map)) take(envelope, key, value);
  }
  if (!isComplete(envelope)) {
    throw new CodecError('the header of the message lacks its id or its name');
  }
}
