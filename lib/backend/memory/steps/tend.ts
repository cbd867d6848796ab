import type { Backlog } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import type { Subscribed } from '../subscriptions.js';
import { bytesOf, drop, dropHeavy, trimLog, waitingOf } from './backlog.js';
import { catchUp } from './catch-up.js';

/** Share of a bound from which people are warned. */
const NEAR = 0.8;

/** Looks after every subscription; tells of those that are near a bound or beyond it. */
export function tend(hub: MemoryHub): Backlog[] {
  return hub.subscriptions.all().flatMap((subscribed) => {
    const backlog = tendOne(hub, subscribed);
    return backlog === undefined ? [] : [backlog];
  });
}

function tendOne(hub: MemoryHub, subscribed: Subscribed): Backlog | undefined {
  const { address, event, maxAge, maxBytes } = subscribed.terms;
  const now = hub.clock.now();
  if (hub.members.handlers(address) > 0) subscribed.attended = now;
  const isRemoved = now - subscribed.attended > maxAge;
  if (isRemoved) {
    hub.subscriptions.remove(subscribed);
    drop(
      hub,
      subscribed,
      [...hub.messages.values()].filter((message) => message.address === address),
    );
  } else {
    trimLog(hub, event);
    const isOld = (at = now): boolean => at <= now - maxAge;
    const old = waitingOf(hub, address).filter(({ envelope }) => isOld(envelope.enqueuedAt));
    drop(hub, subscribed, old);
    dropHeavy(hub, subscribed);
    catchUp(hub, address);
  }
  const waiting = waitingOf(hub, address);
  const [oldest] = waiting;
  const dropped = subscribed.untold;
  subscribed.untold = 0;
  const age = now - (oldest?.envelope.enqueuedAt ?? now);
  const facts = { subscription: address, dropped, age, maxAge, bytes: bytesOf(waiting), maxBytes };
  if (isRemoved) return { ...facts, state: 'removed' };
  if (dropped > 0) return { ...facts, state: 'dropped' };
  const isNear = age > maxAge * NEAR || facts.bytes > maxBytes * NEAR;
  return isNear ? { ...facts, state: 'near' } : undefined;
}
