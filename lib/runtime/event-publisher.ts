import type { BusPort, QueuePort } from '../backend/index.js';
import { framedEvents } from '../codec/index.js';
import { type MessageIds, checkEventName, checkName, toEventAddress } from '../message/index.js';
import type { EventOptions } from './calls.js';
import { type PayloadEncoder, checkHeaders } from './payload-encoder.js';

/** Names that are remembered as kept; the one that was learned first makes room. */
const MAX_KEPT = 10_000;

export interface EventPublisherParts {
  readonly queue: QueuePort;
  readonly bus: BusPort;
  readonly ids: MessageIds;
  readonly payloads: PayloadEncoder;
  readonly sendTimeout: number;
}

/**
 * Publishes events. Whether one is kept for somebody is the subscribers' choice: the backend says so when it is
 * published, and from then on events of that name go into the queue at once.
 */
export class EventPublisher {
  readonly #parts: EventPublisherParts;
  /** By name: what was published before its name was known to be kept, while that is under way. */
  readonly #kept = new Map<string, Promise<unknown> | undefined>();
  /** The publication that left last; those before it end before it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: EventPublisherParts) {
    this.#parts = parts;
  }

  async publish(name: string, data: unknown, options: EventOptions = {}): Promise<void> {
    const { bus, ids, payloads, sendTimeout } = this.#parts;
    checkEventName('the name of an event', name);
    const { key } = options;
    if (key !== undefined) checkName('key', key);
    const headers = checkHeaders(options.headers);
    const payload = payloads.encode(name, data);
    const unique = ids.unique();
    const parts = { ...(key === undefined ? {} : { key }), ...(headers && { headers }) };
    const message = { envelope: { unique, address: toEventAddress(name), ...parts }, payload };
    if (!this.#kept.has(name)) {
      const frame = (bus.events ?? framedEvents).encode(unique, payload, headers);
      const published = bus.publishEvent(name, frame, sendTimeout);
      this.#last = published;
      if (await published) return;
      this.#keep(name);
    } else {
      // none overtakes those that went the other way before
      const before = this.#kept.get(name);
      if (before !== undefined) await before;
    }
    await this.#parts.queue.add([message], sendTimeout);
  }

  #keep(name: string): void {
    if (this.#kept.has(name)) return;
    for (const first of this.#kept.keys()) {
      if (this.#kept.size < MAX_KEPT) break;
      this.#kept.delete(first);
    }
    const settled = (): void => {
      if (this.#kept.has(name)) this.#kept.set(name, undefined);
    };
    this.#kept.set(name, this.#last.then(settled, settled));
  }
}
