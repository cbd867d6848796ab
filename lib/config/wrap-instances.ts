import { DEFAULTS } from './defaults.js';
import type { BrokerOptions } from './options.js';
import { parseRedisAddress, parseRedisUrl } from './redis-address.js';
import { isRedisInstance, type RedisInstance, type RedisSettings } from './redis-options.js';

/** Settings, or an own instance in the form of settings: so both are merged and checked alike. */
export interface RedisSource extends RedisSettings {
  readonly instance?: RedisInstance;
}

/** Options in which every Redis is a {@link RedisSource}. */
export interface WrappedOptions extends Omit<BrokerOptions, 'redis' | 'queue' | 'balancer'> {
  readonly redis?: RedisSource;
  readonly queue?: Omit<NonNullable<BrokerOptions['queue']>, 'redis'> & {
    readonly redis?: RedisSource;
  };
  readonly balancer?: Omit<NonNullable<BrokerOptions['balancer']>, 'redis'> & {
    readonly redis?: RedisSource;
  };
}

/** Puts own instances of ioredis into settings; everything else stays as somebody wrote it. */
export function wrapInstances(options: BrokerOptions): WrappedOptions {
  const { queue, balancer } = options;
  return {
    ...wrapped(options),
    ...(isObject(queue) ? { queue: wrapped(queue) } : {}),
    ...(isObject(balancer) ? { balancer: wrapped(balancer) } : {}),
  } as WrappedOptions;
}

const wrapped = <T extends { readonly redis?: unknown }>(part: T): T =>
  isRedisInstance(part.redis) ? { ...part, redis: sourceOf(part.redis) } : part;

/** A cluster is found anew from its first nodes; a client is duplicated. */
function sourceOf(instance: RedisInstance): RedisSource {
  const { startupNodes } = instance as { readonly startupNodes?: readonly unknown[] };
  if (!Array.isArray(startupNodes)) return { instance };
  const { redisOptions = {} } = instance.options as { readonly redisOptions?: RedisSettings };
  const nodes: RedisSettings[] = startupNodes.map(toNode);
  const { username, password, tls } = { ...nodes[0], ...redisOptions };
  return {
    cluster: nodes.map(({ host = DEFAULTS.redis.host, port = DEFAULTS.redis.port }) => ({
      host,
      port,
    })),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** As ioredis takes it: an object, a port, `host:port` or a URL. */
function toNode(node: unknown): RedisSettings {
  if (typeof node === 'object' && node !== null) return node;
  if (typeof node === 'number') return { port: node };
  const text = String(node);
  return parseRedisUrl(text) ?? parseRedisAddress(text) ?? { host: text };
}

const isObject = <T>(value: T): value is T & object => typeof value === 'object' && value !== null;
