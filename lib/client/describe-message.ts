import type { PayloadCodec } from '../codec/index.js';
import {
  addressKind,
  addressName,
  messageId,
  subscriberOf,
  type Envelope,
  type Kind,
} from '../message/index.js';

/** A stored message, as users see it. @publicApi */
export interface StoredMessage {
  /** Message id, as `enqueue` returned it. */
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  /** Of an event: the service it is kept for, and its subscription if it has a name. */
  readonly service?: string;
  readonly subscription?: string;
  readonly key: string | undefined;
  /** The decoded payload; `undefined` if it cannot be decoded. */
  readonly data: unknown;
  readonly payload: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Deliveries that were lost with their process. */
  readonly lost: number;
  readonly enqueuedAt: Date | undefined;
}

export function describeMessage(
  { address, unique, key, headers = {}, attempts = 0, lost = 0, enqueuedAt }: Envelope,
  payload: Buffer,
  codec: PayloadCodec,
): StoredMessage {
  const name = addressName(address);
  return {
    id: messageId(name, unique),
    name,
    kind: addressKind(address),
    ...subscriberOf(address),
    key,
    data: decode(payload, codec),
    payload,
    headers,
    attempts,
    lost,
    enqueuedAt: toDate(enqueuedAt),
  };
}

export const toDate = (ms: number | undefined): Date | undefined =>
  ms === undefined ? undefined : new Date(ms);

function decode(payload: Buffer, codec: PayloadCodec): unknown {
  try {
    return codec.decode(payload);
  } catch {
    // a message that cannot be decoded is shown all the same; the bytes are in `payload`
    return undefined;
  }
}
