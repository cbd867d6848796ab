import type { PayloadCodec } from '../codec/index.js';
import { CodecError, InvalidOptionsError, PayloadTooLargeError } from '../errors/index.js';

/** Turns data into payloads and back, with the errors users can act on. */
export class PayloadEncoder {
  readonly #codec: PayloadCodec;
  readonly #maxPayload: number;

  constructor(codec: PayloadCodec, maxPayload: number) {
    this.#codec = codec;
    this.#maxPayload = maxPayload;
  }

  /** @throws CodecError, PayloadTooLargeError: before anything is sent */
  encode(name: string, data: unknown): string | Uint8Array {
    let payload: string | Uint8Array;
    try {
      payload = this.#codec.encode(data);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `the payload of "${name}" cannot be encoded: ${reason}`;
      throw new CodecError(message, { cause, outcome: 'not-sent' });
    }
    // a UTF-16 unit is at most 3 bytes, so most payloads need no count
    const bytes =
      typeof payload === 'string' && payload.length * 3 > this.#maxPayload
        ? Buffer.byteLength(payload)
        : payload.length;
    if (bytes > this.#maxPayload) {
      throw new PayloadTooLargeError(
        `the payload of "${name}" is ${bytes} bytes, at most ${this.#maxPayload} are allowed (option maxPayload)`,
      );
    }
    return payload;
  }

  /** @throws CodecError */
  decode(name: string, payload: Buffer): unknown {
    try {
      return this.#codec.decode(payload);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CodecError(`the payload of "${name}" cannot be decoded: ${reason}`, { cause });
    }
  }
}

/** Headers travel as they are: a plain object of strings. */
export function checkHeaders(headers: unknown): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new InvalidOptionsError('headers must be an object of strings');
  }
  const entries = Object.entries(headers);
  for (const [name, value] of entries) {
    if (typeof value !== 'string') {
      throw new InvalidOptionsError(`header "${name}" must be a string, got ${typeof value}`);
    }
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries as [string, string][]);
}
