import type { Runtime, RuntimeLog } from '../../../lib/runtime/index.js';
import { eventually, type Patience } from '../../support/eventually.js';
import { FactLog } from '../../support/fact-log.js';
import { sharedRedis } from '../../support/redis-server.js';
import { uniqueName } from '../../support/unique-name.js';
import { type Broker, type BrokerConfig, createBroker } from '../../faults/broker.js';
import type { Fact } from '../../faults/work.js';
import type { QueueCounters } from '../../../lib/backend/index.js';

export type PlaceOptions = Omit<BrokerConfig, 'url' | 'appName'>;

export interface PlacedBroker extends Broker {
  readonly facts: FactLog<Fact>;
}

/** So that a test which leaves a handler alone ends soon. */
const GRACE = 500;

/** An app of one test, in memory or on the Redis of the test run. */
export class Place {
  readonly #url: { readonly url?: string };
  readonly #appName = uniqueName('app');
  readonly #brokers: PlacedBroker[] = [];
  #watching: Promise<PlacedBroker> | undefined;

  constructor(kind: 'memory' | 'redis') {
    this.#url = kind === 'memory' ? {} : { url: sharedRedis().url };
  }

  /** Connected, not started. */
  async connect(options: PlaceOptions = {}): Promise<PlacedBroker> {
    const facts = new FactLog<Fact>();
    const log: RuntimeLog = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const tell = (fact: Fact, told?: () => void): void => {
      facts.add(fact);
      told?.();
    };
    const settings = { grace: GRACE, ...options.settings };
    const config = { ...this.#url, appName: this.#appName, ...options, settings };
    const broker = { ...createBroker(config, tell, log), facts };
    this.#brokers.push(broker);
    await broker.runtime.connect();
    return broker;
  }

  /** At work. */
  async start(options: PlaceOptions): Promise<PlacedBroker> {
    const broker = await this.connect(options);
    await broker.runtime.start();
    return broker;
  }

  /** One that only looks, and keeps the state alive while it does. */
  async watch(): Promise<PlacedBroker> {
    this.#watching ??= this.connect();
    return await this.#watching;
  }

  /** Resolves when the counters say so. */
  async counted(expected: Partial<QueueCounters>, patience?: Patience): Promise<void> {
    const { runtime } = await this.watch();
    await eventually(async () => {
      const { counters } = await runtime.stats();
      for (const [name, value] of Object.entries(expected)) {
        const found = counters[name as keyof QueueCounters];
        if (found !== value) throw new Error(`${name} is ${found}, not ${value}`);
      }
    }, patience);
  }

  async close(): Promise<void> {
    const runtimes: Runtime[] = this.#brokers.map(({ runtime }) => runtime);
    await Promise.all(runtimes.map(async (runtime) => await runtime.close()));
  }
}
