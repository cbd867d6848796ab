import type { Clock, QueuePort } from '../backend/index.js';
import type { Address } from '../message/index.js';
import type { Pools } from './pools.js';
import type { RuntimeLog } from './settings.js';
import type { Strategies } from './strategies.js';

/** From so many instances on, waking all that wait at one stream costs Redis more than a lane for each. */
const CROWD = 50;

export interface CrowdWatchParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly pools: Pools;
  readonly strategies: Strategies;
  /** Between two looks, in ms. */
  readonly interval: number;
  readonly log: RuntimeLog;
  readonly onError: (error: unknown) => void;
}

/** Warns, once a queue, when too many instances compete for one stream. */
export class CrowdWatch {
  readonly #parts: CrowdWatchParts;
  readonly #warned = new Set<string>();
  #looked = -Infinity;

  constructor(parts: CrowdWatchParts) {
    this.#parts = parts;
  }

  /** Looks if it is time to; never rejects. */
  async look(): Promise<void> {
    const { clock, interval, pools, strategies, onError } = this.#parts;
    if (clock.monotonic() - this.#looked < interval) return;
    this.#looked = clock.monotonic();
    for (const { name, names, queue } of pools.all) {
      const [first] = names;
      if (first === undefined || this.#warned.has(name)) continue;
      if (strategies.ruleOf(queue).strategy !== 'competing') continue;
      try {
        await this.#count(name, first.address as Address);
      } catch (error) {
        onError(error);
      }
    }
  }

  async #count(pool: string, address: Address): Promise<void> {
    const routes = await this.#parts.queue.routes(address);
    const count = routes?.consumers.length ?? 0;
    if (count <= CROWD) return;
    this.#warned.add(pool);
    this.#parts.log.warn(
      `${count} instances compete for the queue "${pool.slice(2)}": Redis wakes every idle one for each message; the strategy least_conn wakes one`,
    );
  }
}
