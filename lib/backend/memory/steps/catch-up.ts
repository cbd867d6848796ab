import { addressName, type Address } from '../../../message/index.js';
import type { MemoryHub } from '../hub.js';
import { copyTo } from './fan-out.js';

/** Gives a subscription that is behind what the log has for it; from then on it gets what is published. */
export function catchUp(hub: MemoryHub, address: Address): void {
  const event = hub.subscriptions.event(addressName(address));
  const subscribed = event?.subscriptions.get(address);
  if (event === undefined || subscribed?.position === undefined) return;
  for (const { at, envelope, payload } of event.after(subscribed.position)) {
    copyTo(hub, subscribed, { ...envelope, enqueuedAt: at }, payload);
  }
  subscribed.position = undefined;
}
