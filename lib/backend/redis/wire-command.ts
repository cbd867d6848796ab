import { Command } from 'ioredis';

/** Longer text is measured first; shorter text is written as if it were ASCII. */
const SHORT = 64;
const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;
/** Room for a head, its length in digits, and the ends of two lines. */
const FRAME = 16;
const NONE: never[] = [];
const NOTHING: Buffer = Buffer.alloc(0);
const SKIP_REPLY = Buffer.from('*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$4\r\nSKIP\r\n');

export type Argument = string | number | Uint8Array;

/**
 * A command whose bytes are written in one go. ioredis joins the strings and buffers of one in several steps, which for
 * a script costs several times as much as everything else it does with it. Replies are Buffers.
 */
export class WireCommand extends Command {
  /** What leaves in front of it, in one piece with it. */
  before = NOTHING;

  readonly #bytes: Buffer | undefined;

  /** @param what its arguments, or all of it as {@link toBytes} made it */
  constructor(name: string, what: readonly Argument[] | Buffer) {
    // what it does with arguments is not needed here
    super(name, NONE);
    if (Buffer.isBuffer(what)) this.#bytes = what;
    else this.args = what as Buffer[];
  }

  override toWritable(): Buffer {
    const { before } = this;
    if (this.#bytes === undefined) return toBytes(this.name, this.args as Argument[], before);
    return before.length === 0 ? this.#bytes : Buffer.concat([before, this.#bytes]);
  }
}

/** A command that the server does not answer. */
export const toQuietBytes = (name: string, args: readonly Argument[]): Buffer =>
  toBytes(name, args, SKIP_REPLY);

/** A command as it is written, for one that is sent again and again. */
export function toBytes(name: string, args: readonly Argument[], before = NOTHING): Buffer {
  let size = before.length + FRAME + FRAME + name.length * 3;
  for (const arg of args) size += sizeOf(arg);
  const bytes = Buffer.allocUnsafe(size);
  bytes.set(before);
  let at = writeHead(bytes, before.length, STAR, args.length + 1);
  at = writeText(bytes, at, name);
  for (const arg of args) {
    if (typeof arg === 'string') at = writeText(bytes, at, arg);
    else if (typeof arg === 'number') at = writeText(bytes, at, String(arg));
    else at = writeBytes(bytes, at, arg);
  }
  return bytes.subarray(0, at);
}

function sizeOf(arg: Argument): number {
  if (typeof arg === 'number') return FRAME + FRAME + FRAME;
  return FRAME + (typeof arg === 'string' ? arg.length * 3 : arg.length);
}

function writeHead(bytes: Buffer, start: number, sign: number, length: number): number {
  let at = start;
  bytes[at++] = sign;
  if (length < 10) bytes[at++] = ZERO + length;
  else at += bytes.write(String(length), at, 'latin1');
  return writeEnd(bytes, at);
}

function writeEnd(bytes: Buffer, at: number): number {
  bytes[at] = CR;
  bytes[at + 1] = LF;
  return at + 2;
}

function writeBytes(bytes: Buffer, start: number, value: Uint8Array): number {
  const at = writeHead(bytes, start, DOLLAR, value.length);
  bytes.set(value, at);
  return writeEnd(bytes, at + value.length);
}

function writeText(bytes: Buffer, start: number, text: string): number {
  const short = text.length <= SHORT ? writeAscii(bytes, start, text) : undefined;
  if (short !== undefined) return short;
  const length = Buffer.byteLength(text);
  const at = writeHead(bytes, start, DOLLAR, length);
  bytes.write(text, at);
  return writeEnd(bytes, at + length);
}

/** `undefined`: it is not ASCII, and what was written counts for nothing. */
function writeAscii(bytes: Buffer, start: number, text: string): number | undefined {
  let at = writeHead(bytes, start, DOLLAR, text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[at++] = code;
  }
  return writeEnd(bytes, at);
}
