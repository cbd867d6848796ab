import { CodecError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import { unpack } from './msgpack.js';
import type { Packable, ScriptPacker } from './script-pack.js';

/** The only version of the header this release writes and reads. */
const HEADER_VERSION = 1;

/** Bytes that tell how long the header in an entry is. */
const LENGTH = 4;

/**
 * The header and the payload of an entry in a stream of our own: one value, as each one more costs every step of a
 * message. They share its memory.
 * @throws CodecError
 */
export function splitEntry(entry: Buffer): { header: Buffer; payload: Buffer } {
  const end = entry.length < LENGTH ? Infinity : LENGTH + entry.readUInt32BE(0);
  if (end > entry.length) throw new CodecError('the entry of the message is damaged');
  return { header: entry.subarray(LENGTH, end), payload: entry.subarray(end) };
}

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
export function decodeHeader(header: Buffer, acceptedAt?: number): Envelope {
  if (header[0] !== HEADER_VERSION) {
    throw new CodecError(
      `header version ${header[0] ?? 'none'} is unknown, this release reads ${HEADER_VERSION}`,
      { retryable: true },
    );
  }
  const flat = blank(acceptedAt);
  if (readFlat(header, flat) && isComplete(flat)) return flat as Envelope;
  const envelope = blank(acceptedAt);
  readMap(header, envelope);
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
function readFlat(header: Buffer, envelope: MutableEnvelope): boolean {
  const size = (header[1] ?? 0) ^ 0x80;
  if (size > 15) return false;
  let at = 2;
  for (let pair = 0; pair < size; pair += 1) {
    if (header[at] !== LETTER) return false;
    const key = String.fromCharCode(header[at + 1] ?? 0);
    const head = header[at + 2] ?? 0xff;
    const start = at + 3;
    if (head < 0x80) {
      take(envelope, key, head);
      at = start;
    } else if ((head & 0xe0) === 0xa0) {
      at = start + (head & 0x1f);
      take(envelope, key, header.toString('utf8', start, at));
    } else if (head === 0xd9) {
      at = start + 1 + (header[start] ?? 0);
      take(envelope, key, header.toString('utf8', start + 1, at));
    } else if (head === UINT32 && start + 4 <= header.length) {
      take(envelope, key, header.readUInt32BE(start));
      at = start + 4;
    } else if (head === FLOAT && start + 8 <= header.length) {
      take(envelope, key, header.readDoubleBE(start));
      at = start + 8;
    } else {
      return false;
    }
  }
  return at === header.length;
}

const KIND = /^[tre]:/;

const isComplete = ({ unique, address }: MutableEnvelope): boolean =>
  typeof unique === 'string' && typeof address === 'string' && KIND.test(address);

function readMap(header: Buffer, envelope: MutableEnvelope): void {
  let map: unknown;
  try {
    map = unpack(header.subarray(1));
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
