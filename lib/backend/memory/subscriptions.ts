import type { Envelope } from '../../message/index.js';
import type { SubscriptionTerms } from '../index.js';

/** An event in the log. */
export interface LogEntry {
  /** Its place in the log; the later, the greater. */
  readonly serial: number;
  readonly at: number;
  readonly envelope: Envelope;
  readonly payload: Buffer;
}

/** A subscription with where it stands. */
export interface Subscribed {
  terms: SubscriptionTerms;
  /** Part of the ids of its copies. */
  readonly number: number;
  /** Serial of the last entry of the log it has; absent: it has caught up. */
  position: number | undefined;
  /** When somebody was last seen to handle it. */
  attended: number;
  /** Bytes that came since its bounds were last looked at. */
  unweighed: number;
  /** Events that were dropped, which nobody was told yet. */
  untold: number;
}

/** One event with durable subscribers. */
export class SubscribedEvent {
  readonly subscriptions = new Map<string, Subscribed>();
  readonly #log: LogEntry[] = [];
  #serial = 0;

  get isKept(): boolean {
    return [...this.subscriptions.values()].some(
      ({ terms, position }) => terms.retention > 0 || position !== undefined,
    );
  }

  append(at: number, envelope: Envelope, payload: Buffer): void {
    this.#log.push({ serial: ++this.#serial, at, envelope, payload });
  }

  after(serial: number): readonly LogEntry[] {
    return this.#log.filter((entry) => entry.serial > serial);
  }

  /** The serial before the first entry that is not older than `since`; `undefined`: there is no log. */
  before(since: number): number | undefined {
    if (this.#log.length === 0) return undefined;
    const first = this.#log.find(({ at }) => at >= since);
    return (first?.serial ?? this.#serial + 1) - 1;
  }

  /** Removes the first entries as long as `test` says so. */
  trim(test: (entry: LogEntry) => boolean): readonly LogEntry[] {
    const kept = this.#log.findIndex((entry) => !test(entry));
    const count = kept < 0 ? this.#log.length : kept;
    return count === 0 ? [] : this.#log.splice(0, count);
  }

  get bytes(): number {
    return this.#log.reduce((sum, { payload }) => sum + payload.length, 0);
  }
}

/** The subscriptions of an app. They stand when all members are gone. */
export class Subscriptions {
  readonly #events = new Map<string, SubscribedEvent>();
  #count = 0;

  event(name: string): SubscribedEvent | undefined {
    return this.#events.get(name);
  }

  find(address: string, event: string): Subscribed | undefined {
    return this.#events.get(event)?.subscriptions.get(address);
  }

  all(): readonly Subscribed[] {
    return [...this.#events.values()].flatMap(({ subscriptions }) => [...subscriptions.values()]);
  }

  /** The first one says where it begins; each one renews the bounds. */
  add(terms: SubscriptionTerms, now: number): void {
    const event = this.#events.get(terms.event) ?? new SubscribedEvent();
    this.#events.set(terms.event, event);
    const known = event.subscriptions.get(terms.address);
    if (known !== undefined) {
      known.terms = terms;
      known.attended = now;
      return;
    }
    event.subscriptions.set(terms.address, {
      terms,
      number: ++this.#count,
      position: terms.from === 'earliest' ? event.before(now - terms.retention) : undefined,
      attended: now,
      unweighed: 0,
      untold: 0,
    });
  }

  /** The log goes with the last one. */
  remove({ terms }: Subscribed): void {
    const event = this.#events.get(terms.event);
    event?.subscriptions.delete(terms.address);
    if (event?.subscriptions.size === 0) this.#events.delete(terms.event);
  }
}
