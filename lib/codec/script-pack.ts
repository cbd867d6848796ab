import { CodecError } from '../errors/index.js';

/** What a script can be given. */
export type Packable =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly Packable[]
  | { readonly [key: string]: Packable | undefined };

const INITIAL = 8 * 1024;
/** A buffer that grew beyond this is not used again. */
const MOST = 64 * 1024;
/** Where the next one writes, if nobody is writing: most of what is packed is small, and a new buffer each time would cost more than the packing. */
let spare: Buffer | undefined;

/** Longer text is measured first; shorter text is written as if it were ASCII. */
const SHORT = 48;

/** A map whose keys are being written. */
export interface OpenMap {
  readonly at: number;
  size: number;
}

/**
 * Msgpack as the `cmsgpack` of Redis reads it: it knows no binary type, so bytes are written as text, which is
 * bytes in Lua. A whole batch becomes one argument, which costs both sides far less than one argument a value.
 */
export class ScriptPacker {
  #at = 0;
  #buffer: Buffer;

  constructor() {
    this.#buffer = spare ?? Buffer.allocUnsafe(INITIAL);
    spare = undefined;
  }

  value(value: Packable | undefined): void {
    if (typeof value === 'string') this.text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') this.byte(value ? 0xc3 : 0xc2);
    else if (value === undefined || value === null) this.byte(0xc0);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else if (Array.isArray(value)) this.#list(value as readonly Packable[]);
    else this.#map(value as { readonly [key: string]: Packable | undefined });
  }

  /** The bytes; nothing more can be written. */
  finish(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#at));
    if (this.#buffer.length <= MOST) spare = this.#buffer;
    this.#buffer = bytes;
    return bytes;
  }

  /** The head of a list; its values follow. */
  list(length: number): void {
    this.#head(length, 0x90, 15, 0xdb);
  }

  /** The head of a map; its keys and values follow in turn. */
  map(size: number): void {
    this.#head(size, 0x80, 15, 0xdd);
  }

  /** The head of a map of at most 15 keys, whose number is counted while they are written. */
  openMap(): OpenMap {
    this.byte(0);
    return { at: this.#at - 1, size: 0 };
  }

  closeMap({ at, size }: OpenMap): void {
    this.#buffer[at] = 0x80 | size;
  }

  /** Writes what `write` packs as one text of its own, without a copy. */
  nested(write: () => void): void {
    this.byte(0xdb);
    this.sized(write);
  }

  /** Writes the length of what `write` packs in four bytes, then that; no msgpack by itself. */
  sized(write: () => void): void {
    this.#room(4);
    const head = this.#at;
    this.#at += 4;
    write();
    this.#buffer.writeUInt32BE(this.#at - head - 4, head);
  }

  /** Writes bytes as they are; no msgpack by itself. */
  raw(bytes: string | Uint8Array): void {
    const length = Buffer.byteLength(bytes);
    this.#room(length);
    if (typeof bytes === 'string') this.#buffer.write(bytes, this.#at);
    else this.#buffer.set(bytes, this.#at);
    this.#at += length;
  }

  byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = byte;
  }

  /** Bytes as msgpack's own binary type, for readers other than scripts. */
  binary(bytes: string | Uint8Array): void {
    const length = Buffer.byteLength(bytes);
    this.#head(length, -1, -1, 0xc4);
    this.raw(bytes);
  }

  text(text: string): void {
    if (text.length > SHORT || !this.#ascii(text)) {
      const length = Buffer.byteLength(text);
      this.#head(length, 0xa0, 31, 0xd9);
      this.#room(length);
      this.#at += this.#buffer.write(text, this.#at);
    }
  }

  /** Writes short ASCII text; returns whether it was that. */
  #ascii(text: string): boolean {
    const start = this.#at;
    this.#head(text.length, 0xa0, 31, 0xd9);
    this.#room(text.length);
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#at = start;
        return false;
      }
      this.#buffer[this.#at++] = code;
    }
    return true;
  }

  #bytes(bytes: Uint8Array): void {
    this.#head(bytes.length, 0xa0, 31, 0xd9);
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #list(list: readonly Packable[]): void {
    this.list(list.length);
    for (const value of list) this.value(value);
  }

  #map(map: { readonly [key: string]: Packable | undefined }): void {
    const entries = Object.entries(map).filter(([, value]) => value !== undefined);
    this.map(entries.length);
    for (const [key, value] of entries) {
      this.text(key);
      this.value(value);
    }
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 128) {
      this.byte(value);
      return;
    }
    this.#room(9);
    if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) {
      this.#buffer[this.#at] = 0xce;
      this.#at = this.#buffer.writeUInt32BE(value, this.#at + 1);
    } else {
      this.#buffer[this.#at] = 0xcb;
      this.#at = this.#buffer.writeDoubleBE(value, this.#at + 1);
    }
  }

  /** `small` carries lengths up to `limit` itself; `wide` + 1 and + 2 are followed by 16 and 32 bits, `wide` by 8 (text only). */
  #head(length: number, small: number, limit: number, wide: number): void {
    this.#room(5);
    if (length <= limit) {
      this.#buffer[this.#at++] = small | length;
    } else if (length <= 0xff && (wide === 0xd9 || wide === 0xc4)) {
      this.#buffer[this.#at++] = wide;
      this.#buffer[this.#at++] = length;
    } else if (length <= 0xffff) {
      this.#buffer[this.#at] = wide + 1;
      this.#at = this.#buffer.writeUInt16BE(length, this.#at + 1);
    } else if (length <= 0xffff_ffff) {
      this.#buffer[this.#at] = wide + 2;
      this.#at = this.#buffer.writeUInt32BE(length, this.#at + 1);
    } else {
      throw new CodecError(`${length} bytes are too many for one value`);
    }
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Packs an argument of a script. */
export function packForScript(value: Packable): Buffer {
  const packer = new ScriptPacker();
  packer.value(value);
  return packer.finish();
}
