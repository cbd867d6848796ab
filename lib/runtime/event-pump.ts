import type { BusPort, Unsubscribe } from '../backend/index.js';
import { type EventFrame, framedEvents } from '../codec/index.js';
import { CancelledError } from '../errors/index.js';
import { isPattern, messageId } from '../message/index.js';
import type { EventHandler, HandlingContext } from './handler.js';
import { isThenable } from './is-thenable.js';
import type { Observers } from './observers.js';
import type { PayloadEncoder } from './payload-encoder.js';

/** Events handled at once in an instance; what waits behind them, before events are dropped. */
const MAX_RUNNING = 1_000;
const MAX_WAITING = 10_000;

export interface EventPumpParts {
  readonly bus: BusPort;
  readonly payloads: PayloadEncoder;
  /** By name, or by pattern. */
  readonly handlers: ReadonlyMap<string, readonly EventHandler[]>;
  readonly consumerId: string;
  readonly observers?: Observers;
  readonly onError: (error: unknown) => void;
  /** Events dropped because handlers did not keep up, in all. */
  readonly onDrop: (dropped: number) => void;
  /** Its subscriptions were interrupted and are in force again. */
  readonly onGap: () => void;
}

interface Arrived {
  readonly name: string;
  readonly handler: EventHandler;
  readonly frame: EventFrame;
}

/** Hands every event to every handler of its name, and of patterns for it. At most once, in a buffer with an end. */
export class EventPump {
  readonly #parts: EventPumpParts;
  readonly #abort = new AbortController();
  #unsubscribes: Unsubscribe[] = [];
  #waiting: Arrived[] = [];
  #running = 0;
  #dropped = 0;
  readonly #idle: (() => void)[] = [];

  constructor(parts: EventPumpParts) {
    this.#parts = parts;
  }

  /** Events dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All subscriptions, or an error; what is in force then ends with `stop`. */
  async start(): Promise<void> {
    const { bus, handlers, onGap } = this.#parts;
    if (handlers.size === 0) return;
    const subscribing = [...handlers].map(([name, list]) => this.#subscribe(name, list));
    const subscribed = await Promise.allSettled(subscribing);
    for (const each of subscribed) {
      if (each.status === 'fulfilled') this.#unsubscribes.push(each.value);
    }
    await Promise.all(subscribing);
    this.#unsubscribes.push(bus.onGap(onGap));
  }

  /** No new events; resolves when the running handlers have ended. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** The grace time is over. */
  abort(): void {
    this.#waiting = [];
    this.#abort.abort(new CancelledError('the instance shuts down'));
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#running = 0;
  }

  async #subscribe(name: string, handlers: readonly EventHandler[]): Promise<Unsubscribe> {
    const { bus } = this.#parts;
    if (isPattern(name)) {
      return await bus.subscribePattern(name, (actual, message) =>
        this.#receive(actual, handlers, message),
      );
    }
    return await bus.subscribe(bus.channel('event', name), (message) =>
      this.#receive(name, handlers, message),
    );
  }

  #receive(name: string, handlers: readonly EventHandler[], message: Buffer): void {
    const form = this.#parts.bus.events ?? framedEvents;
    for (const frame of form.decode(message)) {
      for (const handler of handlers) this.#take({ name, handler, frame });
    }
  }

  #take(arrived: Arrived): void {
    if (this.#running < MAX_RUNNING) {
      this.#handle(arrived);
    } else if (this.#waiting.length < MAX_WAITING) {
      this.#waiting.push(arrived);
    } else {
      this.#dropped += 1;
      this.#parts.onDrop(this.#dropped);
    }
  }

  #handle(arrived: Arrived): void {
    const { observers } = this.#parts;
    const context = this.#context(arrived.name, arrived.frame);
    if (observers === undefined || observers.isEmpty) return this.#run(arrived, context);
    const watching = observers.handling({ ...context, waited: undefined });
    watching.run(() =>
      this.#run(arrived, context, (...failure) =>
        watching.ended(
          failure.length === 0 ? { outcome: 'done' } : { outcome: 'failed', error: failure[0] },
        ),
      ),
    );
  }

  /** @param ended is told the error, if there is one */
  #run(
    { name, handler, frame }: Arrived,
    context: HandlingContext,
    ended?: (...failure: readonly unknown[]) => void,
  ): void {
    const { payloads, onError } = this.#parts;
    const fail = (error: unknown): void => {
      ended?.(error);
      onError(error);
    };
    let result: unknown;
    try {
      result = handler.invoke(payloads.decode(name, frame.payload), context);
    } catch (error) {
      return fail(error);
    }
    if (!isThenable(result)) return ended?.();
    this.#running += 1;
    result.then(ended && (() => ended()), fail).then(() => this.#ended());
  }

  #ended(): void {
    this.#running -= 1;
    // one that ends at once makes room for the next one
    while (this.#running < MAX_RUNNING && this.#waiting.length > 0) {
      this.#handle(this.#waiting.shift() as Arrived);
    }
    if (this.#running <= 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #context(name: string, frame: EventFrame): HandlingContext {
    return {
      id: messageId(name, frame.unique),
      name,
      kind: 'event',
      key: undefined,
      attempt: 1,
      headers: frame.headers ?? {},
      payload: frame.payload,
      signal: this.#abort.signal,
      deadline: undefined,
      consumerId: this.#parts.consumerId,
    };
  }
}
