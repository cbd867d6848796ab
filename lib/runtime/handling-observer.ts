import type { QueuePort, Verdict } from '../backend/index.js';
import type { Handling } from './handling.js';
import type { HandlingEnd, HandlingOutcome } from './observer.js';
import type { Observers } from './observers.js';
import type { ServerClock } from './server-clock.js';

export interface HandlingObserverParts {
  readonly observers: Observers;
  readonly queue: QueuePort;
  readonly server: ServerClock;
}

/** Runs what handles a delivery under the eyes of the observers, if there are any. */
export class HandlingObserver {
  readonly #parts: HandlingObserverParts;

  constructor(parts: HandlingObserverParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#parts.observers.isEmpty;
  }

  /** @param run calls the handler and throws nothing */
  around(handling: Handling, run: () => void): void {
    const { observers, queue, server } = this.#parts;
    const { id, name, kind, key, attempt, headers, payload, consumerId } = handling;
    const readyAt = queue.readyAt(consumerId, handling.delivery.lease);
    const waited = readyAt === undefined ? undefined : Math.max(0, server.now() - readyAt);
    const about = { id, name, kind, key, attempt, headers, payload, consumerId };
    const watching = observers.handling({ ...about, waited });
    handling.onVerdict = (verdict) => watching.ended(endOf(handling, verdict));
    watching.run(run);
  }
}

function endOf(handling: Handling, verdict: Verdict | undefined): Omit<HandlingEnd, 'duration'> {
  const { failure } = handling;
  const outcome = outcomeOf(handling, verdict);
  return failure === undefined ? { outcome } : { outcome, error: failure };
}

const OUTCOMES = {
  retry: 'retried',
  dead: 'dead',
  expired: 'expired',
  release: 'released',
  forward: 'released',
} as const;

function outcomeOf(
  { failure, cancelled }: Handling,
  verdict: Verdict | undefined,
): HandlingOutcome {
  if (verdict === undefined) return 'lost';
  if (verdict.type !== 'done') return OUTCOMES[verdict.type];
  if (failure === undefined) return 'done';
  return cancelled ? 'cancelled' : 'failed';
}
