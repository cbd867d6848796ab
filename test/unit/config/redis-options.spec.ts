import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError } from '../../../lib/errors/index.js';
import { failureOf } from '../runtime/failure-of.js';

type Variables = Readonly<Record<string, string>>;

const redisOf = (redis: unknown, variables: Variables = {}) =>
  resolveOptions({ mode: 'redis', redis } as BrokerOptions, variables).redis;

/** As ioredis makes them, as far as it matters. */
const client = { options: { host: 'own', password: 'secret' }, duplicate: () => undefined };
const cluster = {
  startupNodes: ['redis://ann:secret@a:1', { host: 'b', port: 2 }, 'c:3', 4],
  options: { redisOptions: { username: 'bob', password: 'other', tls: {} } },
  duplicate: () => undefined,
};

describe('the place of a Redis', () => {
  const variables = { REDIS_URL: 'rediss://ann:secret@one:1/3' };
  const login = { username: 'ann', password: 'secret' };

  it.each([
    [{ path: '/run/redis.sock' }, { path: '/run/redis.sock', db: 3 }],
    [
      { sentinels: [{ host: 'a' }], name: 'shop' },
      { sentinels: [{ host: 'a' }], name: 'shop', db: 3 },
    ],
    [
      { cluster: [{ host: 'a', port: 1 }], db: 0 },
      { cluster: [{ host: 'a', port: 1 }], db: 0 },
    ],
  ])('%j takes nothing of another place, but the login', (redis, expected) => {
    expect(redisOf(redis, variables)).toEqual({ ...login, ...expected });
  });

  it('is that of an own client, with its own login and database', () => {
    expect(redisOf(client, variables)).toEqual({ instance: client });
    const options = { redis: client, queue: { redis: { db: 1 } } } as unknown as BrokerOptions;
    expect(resolveOptions(options, {}).redis).toEqual({ instance: client, db: 1 });
    expect(resolveOptions(options, {}).redis.instance).toBe(client);
  });

  it('is that of the first nodes of an own cluster', () => {
    const nodes = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: 'c', port: 3 },
      { host: '127.0.0.1', port: 4 },
    ];
    const { redisOptions } = cluster.options;
    expect(redisOf(cluster)).toEqual({ cluster: nodes, ...redisOptions, db: 0 });
  });

  it('can be a Unix socket in the environment; an address beats it', () => {
    const url = { REDIS_URL: 'unix:///run/redis.sock?db=2' };
    expect(redisOf(undefined, url)).toEqual({ path: '/run/redis.sock', db: 2 });
    const both = { ...url, REDIS_ADDR: 'one:1' };
    expect(redisOf(undefined, both)).toEqual({ host: 'one', port: 1, db: 2 });
  });

  it('stays where it is when only TLS is said in code', () => {
    const tls = { ca: 'a certificate' };
    expect(redisOf({ tls }, variables)).toEqual({ host: 'one', port: 1, db: 3, ...login, tls });
  });

  it.each([
    [
      { host: 'a', path: '/b' },
      'redis: one of url, host and port, path, sentinels, cluster, not path and host',
    ],
    [{ url: 'redis://a', cluster: [{ host: 'b' }] }, 'not cluster and host'],
    [
      { sentinels: [{ host: 'a' }] },
      'redis.name: Sentinels and the name of their master are said together',
    ],
    [{ name: 'shop' }, 'redis.sentinels: Sentinels and the name'],
    [
      { sentinels: [], name: 'x' },
      'redis.sentinels is a list, allowed: a list of { host, port } that is not empty',
    ],
    [{ cluster: 'a:1' }, 'redis.cluster is "a:1", allowed: a list of { host, port }'],
    [{ cluster: [{ port: 1 }] }, 'redis.cluster.0.host is undefined, allowed: a text'],
    [
      { cluster: [{ host: 'a' }], db: 1 },
      'redis.db is 1, allowed: 0, a cluster has no other database',
    ],
    [{ path: '' }, 'redis.path is "", allowed: a text that is not empty'],
    [{ maxRetries: -1 }, 'redis.maxRetries is -1, allowed: a whole number from 0'],
    [{ sentinelPassword: 5 }, 'redis.sentinelPassword is (not shown), allowed: a text'],
    [{ poolSize: 5 }, 'redis.poolSize: there is no such option'],
  ])('%j: %s', (redis, message) => {
    const error = failureOf(() => redisOf(redis));
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error.message).toContain(message);
  });

  it('is checked for the queue and the balancer, too', () => {
    const bad = { host: 'a', path: '/b' };
    const refusal = (options: BrokerOptions) =>
      failureOf(() => resolveOptions({ mode: 'redis', ...options }, {})).message;
    expect(refusal({ queue: { redis: bad } })).toContain('queue.redis: one of url');
    expect(refusal({ balancer: { redis: bad } })).toContain('balancer.redis: one of url');
    const url = 'x://:secret@db';
    expect(refusal({ queue: { redis: { url } } })).toContain('queue.redis.url is "x://***@db"');
  });
});
