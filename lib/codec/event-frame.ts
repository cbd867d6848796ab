import { CodecError } from '../errors/index.js';
import { unpackMany } from './msgpack.js';
import { ScriptPacker } from './script-pack.js';

/** One published event: `[unique, payload, headers?]` in msgpack; several may follow each other in one publication. */
export interface EventFrame {
  readonly unique: string;
  readonly payload: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an event lies on its channel. */
export interface EventForm {
  encode(
    unique: string,
    payload: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Uint8Array;
  /** @throws CodecError */
  decode(bytes: Buffer): readonly EventFrame[];
}

export function encodeEvent(
  unique: string,
  payload: string | Uint8Array,
  headers?: Readonly<Record<string, string>>,
): Buffer {
  const packer = new ScriptPacker();
  packer.list(headers === undefined ? 2 : 3);
  packer.text(unique);
  packer.binary(payload);
  if (headers !== undefined) packer.value(headers);
  return packer.finish();
}

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

/** Our own form. */
export const framedEvents: EventForm = { encode: encodeEvent, decode: decodeEvents };

/**
 * The payload and nothing else, as Go-Broker publishes it: headers stay behind.
 * @param unique makes the ids, which say nothing outside this process
 */
export const bareEvents = (unique: () => string): EventForm => ({
  encode: (_, payload) => Buffer.from(payload as string),
  decode: (payload) => [{ unique: unique(), payload }],
});
