import type { DeadReason, Lease, Settlement, Verdict } from '../../index.js';
import type { MemoryHub } from '../hub.js';
import type { StoredMessage } from '../stored-message.js';

/** Reasons that say the handler ran. */
const ENDS_AN_ATTEMPT: ReadonlySet<DeadReason> = new Set(['failed', 'unrecoverable']);

/** Ends a delivery, if the consumer still holds it. */
export function settle(
  hub: MemoryHub,
  consumer: string,
  lease: Lease,
  verdict: Verdict,
): Settlement {
  const message = hub.holdings.take(consumer, lease);
  if (message === undefined) {
    hub.counters.stale++;
    return 'stale';
  }
  apply(hub, message, verdict);
  return 'settled';
}

function apply(hub: MemoryHub, message: StoredMessage, verdict: Verdict): void {
  switch (verdict.type) {
    case 'done':
      if (verdict.reply !== undefined) hub.reply(message.envelope.unique, verdict.reply);
      hub.counters.done++;
      return hub.end(message);
    case 'retry':
      return retry(hub, message, verdict);
    case 'dead':
      if (ENDS_AN_ATTEMPT.has(verdict.reason)) countAttempt(message);
      return hub.bury(message, verdict);
    case 'release':
      return hub.place(message);
    case 'expired':
      hub.counters.expired++;
      return hub.end(message);
  }
}

function retry(
  hub: MemoryHub,
  message: StoredMessage,
  { delay, counts }: Extract<Verdict, { type: 'retry' }>,
): void {
  if (counts) countAttempt(message);
  hub.counters.retried++;
  if (delay > 0) hub.park(message, hub.clock.now() + delay);
  else hub.place(message);
}

function countAttempt(message: StoredMessage): void {
  const { envelope } = message;
  message.envelope = { ...envelope, attempts: (envelope.attempts ?? 0) + 1 };
}
