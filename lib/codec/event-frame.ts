import { CodecError } from '../errors/index.js';
import { pack, unpackMany } from './msgpack.js';

/** One published event: `[unique, payload, headers?]` in msgpack; several may follow each other in one publication. */
export interface EventFrame {
  readonly unique: string;
  readonly payload: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export const encodeEvent = (
  unique: string,
  payload: string | Uint8Array,
  headers?: Readonly<Record<string, string>>,
): Buffer => pack(headers === undefined ? [unique, payload] : [unique, payload, headers]);

export function decodeEvents(bytes: Buffer): EventFrame[] {
  return unpackMany(bytes).map((frame) => {
    if (!Array.isArray(frame) || typeof frame[0] !== 'string') {
      throw new CodecError('an event frame is damaged');
    }
    const [unique, payload, headers] = frame as [
      string,
      string | Uint8Array,
      Record<string, string> | undefined,
    ];
    const event = { unique, payload: Buffer.from(payload as string) };
    return headers === undefined ? event : { ...event, headers };
  });
}
