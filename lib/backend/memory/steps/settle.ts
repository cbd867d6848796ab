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
  count(hub, consumer, verdict);
  apply(hub, message, verdict);
  return 'settled';
}

/** What the instance has done, for those who look. */
function count(hub: MemoryHub, consumer: string, verdict: Verdict): void {
  const seat = hub.members.find(consumer);
  if (seat === undefined) return;
  if (verdict.type === 'done') seat.processed++;
  else if (verdict.type === 'retry' && verdict.counts) seat.failed++;
  else if (verdict.type === 'dead' && ENDS_AN_ATTEMPT.has(verdict.reason)) seat.failed++;
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
    case 'forward':
      return forward(hub, message, verdict.consumer);
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
  const { forwarded: _forwarded, ...envelope } = message.envelope;
  message.envelope = envelope;
  hub.counters.retried++;
  if (delay > 0) hub.park(message, hub.clock.now() + delay);
  else hub.place(message);
}

/** To the lane of that consumer if it can take it; whoever reads it now keeps it. */
function forward(hub: MemoryHub, message: StoredMessage, consumer: string): void {
  message.envelope = { ...message.envelope, forwarded: true };
  const lane = hub.router.laneOf(consumer, message.address);
  if (lane === undefined) hub.place(message);
  else hub.put(message, lane);
}

function countAttempt(message: StoredMessage): void {
  const { envelope } = message;
  message.envelope = { ...envelope, attempts: (envelope.attempts ?? 0) + 1 };
}
