import type { MemoryHub } from '../hub.js';
import type { StoredMessage } from '../stored-message.js';
import type { Subscribed } from '../subscriptions.js';

/** What waits for a subscription and is in nobody's hand, oldest first. */
export function waitingOf(hub: MemoryHub, address: string): readonly StoredMessage[] {
  return [...hub.messages.values()].filter(
    (message) =>
      message.address === address &&
      message.place !== undefined &&
      message.place.holder === undefined &&
      message.place !== hub.delayed,
  );
}

/** Events are lost: somebody has to be told. */
export function drop(
  hub: MemoryHub,
  subscribed: Pick<Subscribed, 'untold'>,
  messages: readonly StoredMessage[],
): void {
  for (const message of messages) {
    message.place?.remove(message);
    hub.end(message);
  }
  noteDropped(hub, subscribed, messages.length);
}

/** Drops the oldest until the others are within the bound. */
export function dropHeavy(hub: MemoryHub, subscribed: Subscribed): void {
  const waiting = waitingOf(hub, subscribed.terms.address);
  let excess = bytesOf(waiting) - subscribed.terms.maxBytes;
  const dropped = waiting.filter(({ payload }) => {
    const goes = excess > 0;
    excess -= payload.length;
    return goes;
  });
  drop(hub, subscribed, dropped);
}

export const bytesOf = (messages: readonly StoredMessage[]): number =>
  messages.reduce((sum, { payload }) => sum + payload.length, 0);

/**
 * The log is kept for the longest retention, and until those that are behind have what they still need of it, within
 * the bounds of what waits for them.
 */
export function trimLog(hub: MemoryHub, name: string): void {
  const event = hub.subscriptions.event(name);
  if (event === undefined) return;
  const all = [...event.subscriptions.values()];
  const behind = all.filter(({ position }) => position !== undefined);
  const now = hub.clock.now();
  const retention = Math.max(...all.map(({ terms }) => terms.retention));
  const maxAge = Math.max(0, ...behind.map(({ terms }) => terms.maxAge));
  const needed = Math.min(...behind.map(({ position = 0 }) => position));
  event.trim(({ at, serial }) => at < now - retention && serial <= needed);
  const maxBytes = Math.max(...all.map(({ terms }) => terms.maxBytes));
  let excess = event.bytes - maxBytes;
  const forced = event.trim(({ at, payload }) => {
    const goes = excess > 0 || (at < now - retention && at < now - maxAge);
    excess -= payload.length;
    return goes;
  });
  for (const subscribed of behind) {
    const { position = 0 } = subscribed;
    noteDropped(hub, subscribed, forced.filter(({ serial }) => serial > position).length);
  }
}

function noteDropped(
  hub: MemoryHub,
  subscribed: Pick<Subscribed, 'untold'>,
  dropped: number,
): void {
  subscribed.untold += dropped;
  hub.counters.dropped += dropped;
}
