import { Redis } from 'ioredis';
import { AppKeys } from '../../lib/backend/redis/keys.js';
import { appLayout } from '../../lib/backend/redis/layout.js';
import type { QueueCounters, QueueStats } from '../../lib/backend/index.js';
import { RedisInspector } from '../../lib/backend/redis/inspector.js';
import { Connections } from '../../lib/backend/redis/connections.js';
import { RedisLink } from '../../lib/backend/redis/link.js';
import type { Runtime, RuntimeLog } from '../../lib/runtime/index.js';
import { Child } from '../support/child.js';
import { eventually, type Patience } from '../support/eventually.js';
import { FactLog } from '../support/fact-log.js';
import { Proxy } from '../support/proxy.js';
import type { RedisServer } from '../support/redis-server.js';
import { uniqueName } from '../support/unique-name.js';
import { type Broker, type BrokerConfig, createBroker } from './broker.js';
import type { Fact } from './work.js';

/** What differs from broker to broker; `through` is the way to Redis. */
export type BrokerOptions = Omit<BrokerConfig, 'url' | 'appName'> & {
  readonly through?: Proxy;
  /** `user:password` */
  readonly as?: string;
};

export interface ChildBrokerOptions extends BrokerOptions {
  /** Modules loaded before anything else. */
  readonly preload?: readonly string[];
}

/** A broker in this process. */
export interface LocalBroker extends Broker {
  readonly facts: FactLog<Fact>;
  /** What it wrote into its log. */
  readonly lines: string[];
}

const WORKER = new URL('broker.worker.ts', import.meta.url);

/** One app on one Redis, with the brokers that take part, here and in processes of their own. */
export class FaultApp {
  readonly name = uniqueName('app');
  readonly keys = new AppKeys('test', this.name);
  /** Looks at Redis from outside. */
  readonly redis: Redis;
  readonly #inspection: RedisLink;
  readonly #inspector: RedisInspector;
  readonly #runtimes: Runtime[] = [];
  readonly #children: Child<Fact>[] = [];
  readonly #proxies: Proxy[] = [];

  constructor(readonly server: RedisServer) {
    this.redis = new Redis(server.url, { maxRetriesPerRequest: null });
    // it comes back by itself, and tests see in their own way what is wrong
    this.redis.on('error', () => undefined);
    this.#inspection = new RedisLink(new Connections({ url: server.url }, ''), 'tests');
    this.#inspection.open();
    this.#inspector = new RedisInspector(this.#inspection, appLayout('test', this.name));
  }

  /** A broker in this process, not connected. */
  broker({ through, as, ...config }: BrokerOptions = {}): LocalBroker {
    const facts = new FactLog<Fact>();
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const log: RuntimeLog = { log: write, warn: write, error: write };
    const tell = (fact: Fact, told?: () => void): void => {
      facts.add(fact);
      told?.();
    };
    const url = this.#url(through, as);
    const broker = createBroker({ ...config, url, appName: this.name }, tell, log);
    this.#runtimes.push(broker.runtime);
    return { ...broker, facts, lines };
  }

  /** A broker in this process, at work. */
  async start(options?: BrokerOptions): Promise<LocalBroker> {
    const broker = this.broker(options);
    await broker.runtime.start();
    return broker;
  }

  /** A broker in a process of its own, that begins to start. */
  fork({ through, as, preload = [], ...config }: ChildBrokerOptions = {}): Child<Fact> {
    const url = this.#url(through, as);
    const input: BrokerConfig = { ...config, url, appName: this.name };
    const child = new Child<Fact>({ file: WORKER, input, preload });
    this.#children.push(child);
    return child;
  }

  /** A broker in a process of its own, at work. */
  async spawn(options?: ChildBrokerOptions): Promise<Child<Fact>> {
    const child = this.fork(options);
    await child.facts.until(({ what }) => what === 'ready', { within: 20_000 });
    return child;
  }

  /** A way to Redis with a fault in it. */
  async proxy(): Promise<Proxy> {
    const proxy = await Proxy.start(this.server);
    this.#proxies.push(proxy);
    return proxy;
  }

  async stats(): Promise<QueueStats> {
    await this.#inspection.whenUp(5_000);
    return await this.#inspector.stats();
  }

  async counters(): Promise<QueueCounters> {
    return (await this.stats()).counters;
  }

  /** Resolves when the counters say so. */
  async counted(expected: Partial<QueueCounters>, patience?: Patience): Promise<void> {
    await eventually(async () => {
      const counters = await this.counters();
      for (const [name, value] of Object.entries(expected)) {
        const found = counters[name as keyof QueueCounters];
        if (found !== value) throw new Error(`${name} is ${found}, not ${value}`);
      }
    }, patience);
  }

  /** This one as well, at the end. */
  closes(runtime: Runtime): void {
    this.#runtimes.push(runtime);
  }

  /** Everything ends, by force where it does not answer. */
  async close(): Promise<void> {
    await Promise.all(this.#children.map(async (child) => await child.kill()));
    await Promise.all(this.#runtimes.map(async (runtime) => await runtime.close()));
    await Promise.all(this.#proxies.map(async (proxy) => await proxy.close()));
    this.redis.disconnect();
    this.#inspection.close();
  }

  #url(through: Proxy | undefined, as: string | undefined): string {
    const { host, port } = through ?? this.server;
    return `redis://${as === undefined ? '' : `${as}@`}${host}:${port}`;
  }
}
