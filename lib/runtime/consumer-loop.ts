import type { Delivery, Fetched, Reader, Undecodable, Want } from '../backend/index.js';
import type { Address } from '../message/index.js';
import type { Slots } from './slots.js';

export interface ConsumerLoopParts {
  readonly reader: Reader;
  readonly slots: Slots;
  readonly addresses: readonly Address[];
  /** Called with a place taken; gives it back when the delivery ends. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** A delivery for which there was no place, or an entry that cannot be read. */
  readonly onSurplus: (delivery: Delivery) => void;
  readonly onUndecodable: (entry: Undecodable) => void;
  /** Resolves when reading makes sense again. */
  readonly onDisplaced: () => Promise<void>;
  readonly onError: (error: unknown) => Promise<void>;
}

/** Reads only what can be started: waits for a free place, then for a message, and hands each one on. */
export class ConsumerLoop {
  readonly #parts: ConsumerLoopParts;
  #stopped = false;
  #started = false;
  #fetching: Promise<Fetched> | undefined;

  constructor(parts: ConsumerLoopParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run();
  }

  /** A name that was full has a place again: the waiting read did not ask for it. */
  refresh(): void {
    this.#parts.reader.wake();
  }

  /** Resolves when nothing more will be handed on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.reader.wake();
    await this.#fetching;
    await this.#parts.reader.close();
  }

  async #run(): Promise<void> {
    const { slots, onDisplaced } = this.#parts;
    while (!this.#stopped) {
      await slots.available();
      if (this.#stopped) return;
      const fetched = await this.#fetch();
      const places = this.#stopped ? [] : fetched.deliveries;
      const taken = places.map((delivery) => slots.take(delivery.envelope.address));
      this.#handOn(fetched, taken);
      if (fetched.displaced && !this.#stopped) await onDisplaced();
      // results of handlers that ended at once leave before the next read, which can then take more
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #fetch(): Promise<Fetched> {
    const fetching = this.#read();
    this.#fetching = fetching;
    return await fetching;
  }

  async #read(): Promise<Fetched> {
    const { reader, slots, addresses } = this.#parts;
    const wants: Want[] = addresses.map((address) => ({ address, limit: slots.freeOf(address) }));
    try {
      return await reader.fetch(slots.free, wants);
    } catch (error) {
      await this.#parts.onError(error);
      return { deliveries: [], undecodable: [], displaced: false };
    }
  }

  #handOn({ deliveries, undecodable }: Fetched, taken: readonly boolean[]): void {
    deliveries.forEach((delivery, i) => {
      if (taken[i] === true) this.#parts.onDelivery(delivery);
      else this.#parts.onSurplus(delivery);
    });
    undecodable.forEach(this.#parts.onUndecodable);
  }
}
