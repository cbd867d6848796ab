import type { Delivery, Fetched, Reader, Undecodable, Want } from '../backend/index.js';
import type { Address } from '../message/index.js';
import type { Pool } from './pools.js';

/** How many messages of a lane are given back at once. */
const LANES = 128;
/** After so many reads without a message the lanes are empty: some end early, woken before or looking at what is held. */
const QUIET = 5;

export interface ConsumerLoopParts {
  readonly reader: Reader;
  readonly pool: Pool;
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
  #drained = false;
  #broken = false;
  #paused = false;
  #resume: (() => void) | undefined;
  #fetching: Promise<Fetched> | undefined;
  #clearing: Promise<void> | undefined;

  constructor(parts: ConsumerLoopParts) {
    this.#parts = parts;
  }

  /** Whether it ended by a failure, which was reported. */
  get broken(): boolean {
    return this.#broken;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#run().catch(async (error: unknown) => {
      this.#broken = true;
      await this.#parts.onError(error);
    });
  }

  /** A name that was full has a place again: the waiting read did not ask for it. */
  refresh(): void {
    this.#parts.reader.wake();
  }

  /** Drained: only what was routed here already is taken. */
  drain(drained: boolean): void {
    if (this.#drained === drained) return;
    this.#drained = drained;
    this.#parts.reader.wake();
  }

  /** Paused: nothing is read, and what was on its way is given back. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.#parts.reader.wake();
    else this.#resume?.();
  }

  /** Resolves when everything in its lanes has been given back: for one that is paused and drained. */
  async clear(): Promise<void> {
    this.#clearing ??= this.#giveUpLanes().finally(() => (this.#clearing = undefined));
    await this.#clearing;
  }

  /** Hands nothing more on. */
  halt(): void {
    this.#stopped = true;
    this.#resume?.();
    this.#parts.reader.wake();
  }

  /** Resolves when nothing more will be handed on. */
  async stop(): Promise<void> {
    this.halt();
    await this.#fetching;
    await this.#clearing;
    await this.#parts.reader.close();
  }

  /** As `stop`, when everything in its lanes has been given back: for one that is drained. */
  async empty(): Promise<void> {
    this.halt();
    await this.clear();
    await this.#parts.reader.close();
  }

  async #giveUpLanes(): Promise<void> {
    await this.#fetching;
    for (let quiet = 0; quiet < QUIET; quiet += 1) {
      const fetched = await this.#takeLanes();
      this.#handOn(fetched, []);
      if (fetched.displaced) break;
      if (fetched.deliveries.length > 0) quiet = -1;
    }
  }

  async #run(): Promise<void> {
    const { onDisplaced } = this.#parts;
    const { slots } = this.#parts.pool;
    while (!this.#stopped) {
      if (slots.free === 0) await slots.available();
      if (this.#paused || this.#clearing !== undefined) await this.#resumed();
      if (this.#stopped) return;
      const fetched = await this.#fetch();
      const taken = fetched.deliveries.map(
        (delivery) => this.#mayStart(delivery) && slots.take(delivery.envelope.address),
      );
      this.#handOn(fetched, taken);
      if (fetched.displaced && !this.#stopped) await onDisplaced();
      // results of handlers that ended at once leave before the next read, which can then take more
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async #resumed(): Promise<void> {
    for (;;) {
      await this.#clearing;
      if (!this.#paused || this.#stopped) return;
      await new Promise<void>((resolve) => (this.#resume = resolve));
    }
  }

  /** What was on its way when it was stopped, paused or drained is another's. */
  #mayStart({ routed }: Delivery): boolean {
    return !this.#stopped && !this.#paused && (routed || !this.#drained);
  }

  /** What lies in the lanes now; waits for nothing. */
  async #takeLanes(): Promise<Fetched> {
    const { reader, pool } = this.#parts;
    const wants: Want[] = pool.names.map((name) => ({ ...name, limit: LANES }));
    try {
      let waits = true;
      const fetching = reader.fetch(LANES, wants, true).finally(() => (waits = false));
      await Promise.race([fetching, new Promise<void>((resolve) => setImmediate(resolve))]);
      if (waits) reader.wake();
      return await fetching;
    } catch (error) {
      return await this.#nothing(error);
    }
  }

  // not async, as on the hot path every promise in between counts
  #fetch(): Promise<Fetched> {
    const { reader, pool } = this.#parts;
    const { slots, names } = pool;
    const wants: Want[] = names.map(({ address, group }) => ({
      address,
      group,
      limit: slots.freeOf(address as Address),
    }));
    this.#fetching = reader.fetch(slots.free, wants, this.#drained).catch(this.#nothing);
    return this.#fetching;
  }

  readonly #nothing = async (error: unknown): Promise<Fetched> => {
    await this.#parts.onError(error);
    return { deliveries: [], undecodable: [], displaced: false };
  };

  #handOn({ deliveries, undecodable }: Fetched, taken: readonly boolean[]): void {
    deliveries.forEach((delivery, i) => {
      if (taken[i] === true) this.#parts.onDelivery(delivery);
      else this.#parts.onSurplus(delivery);
    });
    undecodable.forEach(this.#parts.onUndecodable);
  }
}
