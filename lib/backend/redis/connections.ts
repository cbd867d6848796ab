import { Redis, type RedisOptions } from 'ioredis';
import { ClusterNodes } from './cluster-nodes.js';
import { ownerConnector } from './owner-connector.js';
import type { RedisSettings } from './redis-settings.js';

// Every default of ioredis that resends, queues or waits by itself is off: what is sent again is decided above.
// RESP2 keeps the shape of replies the same on ioredis 5, whose types do not know the option, and 6.
const SAFE: RedisOptions & { readonly protocol: 2 } = {
  protocol: 2,
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableOfflineQueue: false,
  connectTimeout: 3_000,
  maxLoadingRetryTime: 250,
  disconnectTimeout: 100,
  keepAlive: 10_000,
  noDelay: true,
  retryStrategy: (times) => Math.min(20 * 2 ** Math.min(times, 6), 1_000),
};

/** Sentinels that do not answer are asked again, for ever. */
const sentinelRetryStrategy = (times: number): number => Math.min(times * 20, 1_000);

/** What somebody's own client may say otherwise, to its harm or ours. */
const PLAIN: RedisOptions = {
  keyPrefix: '',
  enableReadyCheck: true,
  enableAutoPipelining: false,
  stringNumbers: false,
  reconnectOnError: null,
  readOnly: false,
  monitor: false,
  role: 'master',
  sentinelRetryStrategy,
};

/** Time-outs of ioredis that would end what may take its time, or resolve what has not ended. */
const TIMEOUTS = ['commandTimeout', 'socketTimeout', 'blockingTimeout'];

/** Makes the connections of one backend, all to the same place. */
export class Connections {
  readonly #settings: RedisSettings;
  readonly #nodes: ClusterNodes | undefined;

  /** @param root of the keys: in a cluster the node that has them is meant */
  constructor(settings: RedisSettings, root: string) {
    this.#settings = settings;
    const { cluster } = settings;
    if (cluster !== undefined) this.#nodes = new ClusterNodes(cluster, root, login(settings));
  }

  /** Whether a server that says "not here" is left for the one that has the keys. */
  get follows(): boolean {
    return this.#nodes !== undefined;
  }

  /** A connection that is not open yet. */
  make(name: string): Redis {
    const { instance, url, sentinels, maxRetries: _, cluster: __, ...rest } = this.#settings;
    const safe = { ...SAFE, connectionName: name };
    if (instance !== undefined) return duplicate(instance, { ...PLAIN, ...safe, ...rest });
    if (this.#nodes !== undefined) {
      return new Redis({
        ...safe,
        ...login(this.#settings),
        Connector: ownerConnector(this.#nodes),
      });
    }
    if (sentinels !== undefined) {
      const tls =
        rest.tls === undefined ? {} : { sentinelTLS: rest.tls, enableTLSForSentinelMode: true };
      const found = { ...safe, ...rest, ...tls, sentinels: [...sentinels] };
      return new Redis({ ...found, sentinelRetryStrategy });
    }
    return url === undefined
      ? new Redis({ ...safe, ...rest })
      : new Redis(url, { ...safe, ...rest });
  }
}

function duplicate(instance: NonNullable<RedisSettings['instance']>, options: RedisOptions): Redis {
  const unset = Object.fromEntries(TIMEOUTS.map((name) => [name, undefined]));
  return (instance as unknown as Redis).duplicate({ ...options, ...unset });
}

const login = ({ username, password, tls }: RedisSettings): RedisOptions => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password }),
  ...(tls === undefined ? {} : { tls }),
});
