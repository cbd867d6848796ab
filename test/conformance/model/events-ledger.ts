import type { Delivery } from '../../../lib/backend/index.js';
import { toSubscription } from '../../../lib/message/index.js';
import { Violation } from './violation.js';

type Status = 'waiting' | 'held' | 'done' | 'dead';

/** One event as one service sees it. */
interface Entry {
  status: Status;
  holder: string | undefined;
  /** A replay joins the end of its key. */
  replayed: boolean;
}

interface Published {
  /** How many were published before it. */
  readonly at: number;
  readonly key: string | undefined;
}

interface Service {
  readonly from: 'new' | 'earliest';
  /** How many events were published before it was there. */
  readonly since: number;
  readonly entries: Map<string, Entry>;
}

/** What was published, and what became of it for each service; whatever contradicts a promise is a {@link Violation}. */
export class EventsLedger {
  readonly #published = new Map<string, Published>();
  /** Ids in the order of publication. */
  readonly #keys = new Map<string, string[]>();
  readonly #services = new Map<string, Service>();

  registered(service: string, from: 'new' | 'earliest'): void {
    if (this.#services.has(service)) return;
    this.#services.set(service, { from, since: this.#published.size, entries: new Map() });
  }

  published(unique: string, key: string | undefined): void {
    this.#published.set(unique, { at: this.#published.size, key });
    if (key !== undefined) this.#keys.set(key, [...(this.#keys.get(key) ?? []), unique]);
    for (const { entries } of this.#services.values()) {
      entries.set(unique, { status: 'waiting', holder: undefined, replayed: false });
    }
  }

  /** How many were published. */
  get count(): number {
    return this.#published.size;
  }

  /** What is neither done nor dead, of all services. */
  get open(): string[] {
    return [...this.#services].flatMap(([service, { entries }]) =>
      [...entries].flatMap(([unique, { status }]) =>
        status === 'waiting' || status === 'held' ? [`${unique} of ${service}`] : [],
      ),
    );
  }

  delivered(consumer: string, delivery: Delivery): void {
    const { service, unique } = ownerOf(delivery);
    const entry = this.#entry(service, unique);
    if (entry.status !== 'waiting') {
      throw new Violation(`${unique} was handed to ${consumer} though it is ${entry.status}`);
    }
    entry.status = 'held';
    entry.holder = consumer;
    if (!entry.replayed) this.#checkOrder(service, unique);
  }

  settled(delivery: Delivery, status: Status): void {
    const { service, unique } = ownerOf(delivery);
    const entry = this.#entry(service, unique);
    entry.status = status;
    entry.holder = undefined;
  }

  replayed(delivery: Pick<Delivery, 'envelope'>): void {
    const { service, unique } = ownerOf(delivery);
    Object.assign(this.#entry(service, unique), { status: 'waiting', replayed: true });
  }

  /** Everything the consumer held may be handed out again. */
  evicted(consumer: string): void {
    for (const { entries } of this.#services.values()) {
      for (const entry of entries.values()) {
        if (entry.holder === consumer)
          Object.assign(entry, { status: 'waiting', holder: undefined });
      }
    }
  }

  #entry(service: string, unique: string): Entry {
    const known = this.#services.get(service);
    const entry = known?.entries.get(unique);
    if (entry !== undefined) return entry;
    const at = this.#published.get(unique)?.at ?? Infinity;
    if (known?.from !== 'earliest' || at >= known.since) {
      throw new Violation(`${service} was handed ${unique}, which is not for it`);
    }
    // what the log still had is welcome, once
    const found: Entry = { status: 'waiting', holder: undefined, replayed: false };
    known.entries.set(unique, found);
    return found;
  }

  #checkOrder(service: string, unique: string): void {
    const { entries } = this.#services.get(service)!;
    const line = this.#keys.get(this.#published.get(unique)?.key ?? '') ?? [];
    for (const earlier of line.slice(0, line.indexOf(unique))) {
      const entry = entries.get(earlier);
      if (entry === undefined || entry.replayed || /done|dead/.test(entry.status)) continue;
      throw new Violation(`${unique} ran for ${service} before ${earlier} of its key`);
    }
  }
}

/** Copies carry the id of what was published, and a part of their own. */
const ownerOf = ({ envelope }: Pick<Delivery, 'envelope'>) => ({
  service: toSubscription(envelope.address).service,
  unique: envelope.unique.split('@')[0]!,
});
