import type { Clock, QueuePort, Timer } from '../backend/index.js';
import type { Address } from '../message/index.js';
import type { Pool, Pools } from './pools.js';

export interface ReliefParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly pools: Pools;
  /** How long routed work may lie unread before an idle instance takes it, in ms. */
  readonly stealAfter: number;
  readonly onError: (error: unknown) => void;
}

/** Takes over work that was routed to others: what a stuck instance does not take, and a newcomer's share of a backlog. */
export class Relief {
  readonly #parts: ReliefParts;
  #timer: Timer | undefined;
  #consumer: string | undefined;

  constructor(parts: ReliefParts) {
    this.#parts = parts;
  }

  /** Looks for stuck work from now on, for this consumer. */
  start(consumer: string): void {
    this.#consumer = consumer;
    this.#arm();
  }

  stop(): void {
    this.#consumer = undefined;
    this.#timer?.cancel();
  }

  /** Takes the consumer's share of what waits in the lanes of others. */
  async share(consumer: string): Promise<void> {
    for (const group of this.#groups()) {
      while ((await this.#takeOver(consumer, group, { share: true })) > 0);
    }
  }

  #arm(): void {
    const { clock, stealAfter } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.after(Math.max(stealAfter / 2, 50), () => void this.#relieve());
  }

  /** An instance with free places and nothing to read has time for others. */
  async #relieve(): Promise<void> {
    const { pools, stealAfter: olderThan } = this.#parts;
    const consumer = this.#consumer;
    for (const pool of pools.all) {
      for (const group of new Set(pool.names.map((name) => name.group))) {
        const count = roomFor(group, pool);
        if (consumer === undefined || count === 0 || !pool.slots.idle) continue;
        await this.#takeOver(consumer, group, { share: false, olderThan, count });
        // stopped, or started anew, meanwhile
        if (this.#consumer !== consumer) return;
      }
    }
    if (this.#consumer !== undefined) this.#arm();
  }

  async #takeOver(...args: Parameters<QueuePort['takeOver']>): Promise<number> {
    try {
      return await this.#parts.queue.takeOver(...args);
    } catch (error) {
      this.#parts.onError(error);
      return 0;
    }
  }

  #groups(): string[] {
    const names = this.#parts.pools.all.flatMap((pool) => pool.names);
    return [...new Set(names.map(({ group }) => group))];
  }
}

/** How many more messages of a group could start now: names with a bound of their own may be full. */
function roomFor(group: string, { slots, names }: Pool): number {
  const places = names.map((name) =>
    name.group === group ? slots.freeOf(name.address as Address) : 0,
  );
  return Math.min(slots.free, Math.max(...places));
}
