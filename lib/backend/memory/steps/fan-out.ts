import { encodeEvent } from '../../../codec/index.js';
import { type Envelope, addressName } from '../../../message/index.js';
import type { NewMessage } from '../../index.js';
import { channelName } from '../channel-name.js';
import { copyEnvelope } from '../copy-envelope.js';
import type { MemoryHub } from '../hub.js';
import type { Subscribed } from '../subscriptions.js';
import { dropHeavy, trimLog } from './backlog.js';

/** An event to its subscriptions, to its log and to whoever listens now. */
export function fanOut(hub: MemoryHub, { envelope, payload }: NewMessage): void {
  const name = addressName(envelope.address);
  const bytes = Buffer.from(payload as string);
  const now = hub.clock.now();
  const event = hub.subscriptions.event(name);
  for (const subscribed of event?.subscriptions.values() ?? []) {
    // one that is behind finds it in the log
    if (subscribed.position !== undefined) continue;
    copyTo(hub, subscribed, { ...envelope, enqueuedAt: now }, bytes);
  }
  if (event?.isKept === true) event.append(now, copyEnvelope(envelope), bytes);
  const frame = encodeEvent(envelope.unique, bytes, envelope.headers);
  hub.channels.publish(channelName(hub.app, 'event', name), frame);
  for (const subscribed of event?.subscriptions.values() ?? []) lookAtBounds(hub, subscribed);
}

/** A copy for one subscription, with an id of its own. */
export function copyTo(
  hub: MemoryHub,
  subscribed: Subscribed,
  envelope: Envelope,
  payload: Buffer,
): void {
  const { number, terms } = subscribed;
  const unique = `${envelope.unique}@${number}`;
  hub.admit(hub.accept({ ...envelope, unique, address: terms.address }, payload));
  hub.counters.added++;
  subscribed.unweighed += payload.length;
}

/** Whenever a sixteenth of the bound has come. */
function lookAtBounds(hub: MemoryHub, subscribed: Subscribed): void {
  if (subscribed.unweighed <= subscribed.terms.maxBytes / 16) return;
  trimLog(hub, subscribed.terms.event);
  dropHeavy(hub, subscribed);
  subscribed.unweighed = 0;
}
