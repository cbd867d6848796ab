import type { Delivery } from '../../../lib/backend/index.js';
import type { Address, Envelope } from '../../../lib/message/index.js';

export type DeliveryParts = Partial<Envelope> & {
  readonly payload?: string;
  readonly routed?: boolean;
};

let count = 0;

/** A message in the hands of a consumer. */
export function delivery(
  address: Address,
  { payload = '', routed = false, ...parts }: DeliveryParts = {},
): Delivery {
  count += 1;
  return {
    lease: { source: address, token: String(count) },
    envelope: { unique: `u${count}`, ...parts, address },
    payload: Buffer.from(payload),
    routed,
  };
}
