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
    const { slots } = this.#parts;
    let next: Promise<Fetched> | undefined;
    while (!this.#stopped) {
      if (next === undefined) {
        await slots.available();
        if (this.#stopped) break;
        next = this.#fetch();
      }
      const fetched = await next;
      if (this.#stopped) return this.#handOn(fetched, []);
      const taken = fetched.deliveries.map((delivery) => slots.take(delivery.envelope.address));
      // the next read is on its way while these are handled
      next = slots.free > 0 && !fetched.displaced && !this.#stopped ? this.#fetch() : undefined;
      this.#handOn(fetched, taken);
      if (fetched.displaced) await this.#parts.onDisplaced();
      // a reader that has nothing to wait for must not starve the process
      if (fetched.deliveries.length === 0)
        await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (next !== undefined) this.#handOn(await next, []);
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
      // half of the places at most: one half is handled while the other one is read
      const total = Math.min(slots.free, Math.ceil(slots.total / 2));
      return await reader.fetch(total, wants);
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
