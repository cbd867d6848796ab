import type { Backlog, Clock, QueuePort } from '../backend/index.js';
import { addressName, subscriberOf } from '../message/index.js';
import type { HandlerRegistry } from './handler-registry.js';
import type { DurableBacklog, RuntimeEvents } from './runtime.js';
import type { RuntimeLog } from './settings.js';
import type { TypedEvents } from './typed-events.js';

export interface SubscriptionKeeperParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly registry: HandlerRegistry;
  /** Between two looks, in ms. */
  readonly interval: number;
  readonly events: TypedEvents<RuntimeEvents>;
  readonly log: RuntimeLog;
  readonly onError: (error: unknown) => void;
}

/** Looks after events that are kept: brings up new subscriptions, and says so before anything is dropped, and after. */
export class SubscriptionKeeper {
  readonly #parts: SubscriptionKeeperParts;
  #looked = -Infinity;

  constructor(parts: SubscriptionKeeperParts) {
    this.#parts = parts;
  }

  /** Gives the subscriptions of this instance what the logs have for them; never rejects. */
  async catchUp(): Promise<void> {
    const { queue, registry, onError } = this.#parts;
    for (const [address, { durable }] of registry.subscriptions) {
      if (durable.from === 'new') continue;
      try {
        await queue.catchUp(address);
      } catch (error) {
        // the leader does it when it looks next
        onError(error);
      }
    }
  }

  /** Looks at all subscriptions of the app if it is time to; never rejects. */
  async look(): Promise<void> {
    const { clock, interval, queue, onError } = this.#parts;
    if (clock.monotonic() - this.#looked < interval) return;
    this.#looked = clock.monotonic();
    try {
      for (const backlog of await queue.tend()) this.#tell(backlog);
    } catch (error) {
      onError(error);
    }
  }

  #tell({ subscription, ...facts }: Backlog): void {
    const { log, events } = this.#parts;
    const { service = '', ...name } = subscriberOf(subscription);
    const backlog: DurableBacklog = {
      event: addressName(subscription),
      service,
      ...(name.subscription === undefined ? {} : { subscription: name.subscription }),
      ...facts,
    };
    if (backlog.state === 'near') log.warn(describe(backlog));
    else log.error(describe(backlog));
    events.emit('durable-backlog', backlog);
  }
}

function describe({ event, service, subscription, ...facts }: DurableBacklog): string {
  const who = subscription === undefined ? '' : ` ("${subscription}")`;
  const what = `events "${event}" of service "${service}"${who}`;
  const { state, dropped, age, maxAge, bytes, maxBytes } = facts;
  const waits = `the oldest one waits for ${age} of ${maxAge} ms, all take ${bytes} of ${maxBytes} bytes`;
  if (state === 'near') return `${what} come near a bound: ${waits}`;
  if (state === 'dropped') return `${what}: ${dropped} dropped beyond a bound; ${waits}`;
  return `${what} are kept no more: nobody handled them for ${maxAge} ms; ${dropped} dropped`;
}
