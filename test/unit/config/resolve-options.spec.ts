import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../lib/codec/index.js';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError, InvalidNameError } from '../../../lib/errors/index.js';

const refusal = (options: unknown, variables: Record<string, string> = {}): Error => {
  try {
    resolveOptions(options as BrokerOptions, variables);
  } catch (error) {
    return error as Error;
  }
  return expect.fail('it was accepted');
};

describe('options', () => {
  it('have defaults', () => {
    expect(resolveOptions({}, {})).toEqual({
      name: 'default',
      appName: 'app',
      prefix: 'broker',
      mode: 'memory',
      redis: { host: '127.0.0.1', port: 6379, db: 0 },
      settings: {
        service: 'app',
        instanceName: `${hostname()}-${process.pid}`,
        queues: { default: { tasks: 100, requests: 100 } },
        balancer: {
          local: false,
          weight: 1,
          heartbeatTtl: 30_000,
          cleanupInterval: 60_000,
          stealAfter: 30_000,
          rebalance: false,
        },
        grace: 10_000,
        maxPayload: 1_048_576,
        sendTimeout: 5_000,
        overflow: 'reject',
        tasks: {
          attempts: 5,
          backoff: { type: 'exponential', delay: 1_000, max: 60_000, jitter: 0.5 },
          timeout: 0,
          dedupeWindow: 600_000,
          lostLimit: 5,
        },
        events: { maxAge: 604_800_000, maxBytes: 268_435_456, retention: 86_400_000 },
        rpc: { timeout: 5_000, mode: 'reliable', maxJobs: 100, maxWaiting: 10_000 },
      },
      handlers: {},
      codec: jsonCodec,
      logger: undefined,
      autoStart: true,
      shardedEvents: false,
      warnings: [],
    });
  });

  it('beat the environment, which beats the defaults', () => {
    const variables = {
      APP_NAME: 'shop',
      SERVICE_NAME: 'orders',
      INSTANCE_NAME: 'one',
      BROKER_MODE: 'redis',
      REDIS_ADDR: 'db:7000',
      REDIS_PASSWORD: 'secret',
      REDIS_DB: '3',
      MAX_JOBS: '7',
      STREAM_LENGTH: '500',
      HEARTBEAT_TTL: '1m',
    };
    expect(resolveOptions({}, variables)).toMatchObject({
      appName: 'shop',
      mode: 'redis',
      redis: { host: 'db', port: 7000, password: 'secret', db: 3 },
      settings: {
        service: 'orders',
        instanceName: 'one',
        queues: { default: { tasks: 7 } },
        streamLength: 500,
        balancer: { heartbeatTtl: 60_000 },
      },
      warnings: [],
    });
    const code = {
      appName: 'mall',
      mode: 'memory',
      maxJobs: 8,
      balancer: { heartbeatTtl: 5_000 },
    } as const;
    expect(resolveOptions(code, variables)).toMatchObject({
      appName: 'mall',
      mode: 'memory',
      settings: {
        service: 'orders',
        queues: { default: { tasks: 8 } },
        streamLength: 500,
        balancer: { heartbeatTtl: 5_000 },
      },
    });
  });

  it('may be undefined, and variables empty: then they are not given', () => {
    const options = {
      maxJobs: undefined,
      tasks: { attempts: undefined, backoff: { delay: undefined } },
    };
    const resolved = resolveOptions(options, { MAX_JOBS: ' ', APP_NAME: '' });
    expect(resolved).toEqual(resolveOptions({}, {}));
  });

  it('of another broker know nothing of the environment', () => {
    const resolved = resolveOptions(
      { name: 'billing' },
      { APP_NAME: 'shop', BROKER_MODE: 'nonsense' },
    );
    expect(resolved).toMatchObject({ name: 'billing', appName: 'app', mode: 'memory' });
  });

  it('are frozen', () => {
    const { settings, redis } = resolveOptions({}, {});
    for (const part of [settings, settings.tasks, settings.tasks.backoff, settings.rpc, redis]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('complete each other: a partial back-off keeps the other defaults', () => {
    const { settings } = resolveOptions({ tasks: { attempts: 2, backoff: { delay: '2s' } } }, {});
    expect(settings.tasks).toMatchObject({
      attempts: 2,
      backoff: { type: 'exponential', delay: 2_000, max: 60_000, jitter: 0.5 },
    });
  });

  it('keep codec and logger as they are', () => {
    const codec = { encode: () => '', decode: () => undefined };
    const logger = { log() {}, warn() {}, error() {} };
    const resolved = resolveOptions({ codec, logger }, {});
    expect(resolved.codec).toBe(codec);
    expect(resolved.logger).toBe(logger);
  });
});

describe('where the Redis is', () => {
  const redis = (code: BrokerOptions['redis'], variables: Record<string, string> = {}) =>
    resolveOptions({ mode: 'redis', ...(code === undefined ? {} : { redis: code }) }, variables)
      .redis;

  it('is in a URL, in fields, or in both', () => {
    expect(redis({ url: 'redis://ann:secret@db:7000/3' })).toEqual({
      host: 'db',
      port: 7000,
      username: 'ann',
      password: 'secret',
      db: 3,
    });
    expect(redis({ url: 'redis://db/3', db: 4, password: 'x' })).toMatchObject({
      db: 4,
      password: 'x',
    });
    expect(redis({ host: 'db', tls: true })).toEqual({ host: 'db', port: 6379, tls: {}, db: 0 });
    expect(redis({ url: 'rediss://db', tls: false })).toEqual({ host: 'db', port: 6379, db: 0 });
    expect(redis({ host: 'db', tls: { servername: 'x' } })).toMatchObject({
      tls: { servername: 'x' },
    });
  });

  it('single variables beat the parts of REDIS_URL', () => {
    const variables = {
      REDIS_URL: 'redis://:old@one:1/1',
      REDIS_ADDR: 'two:2',
      REDIS_PASSWORD: 'new',
    };
    expect(redis(undefined, variables)).toEqual({ host: 'two', port: 2, password: 'new', db: 1 });
  });

  it('in code takes no port, and a user in code no password, from the environment', () => {
    const variables = { REDIS_URL: 'rediss://ann:secret@one:1/1' };
    expect(redis({ host: 'two' }, variables)).toEqual({
      host: 'two',
      port: 6379,
      username: 'ann',
      password: 'secret',
      db: 1,
    });
    expect(redis({ username: 'bob' }, variables)).toMatchObject({ host: 'one', username: 'bob' });
    expect(redis({ username: 'bob' }, variables)).not.toHaveProperty('password');
  });

  it('without a mode stays unused, with a warning', () => {
    const warned = (options: BrokerOptions, variables: Record<string, string>) =>
      resolveOptions(options, variables).warnings;
    expect(warned({}, { REDIS_URL: 'redis://:secret@db' })).toEqual([
      expect.stringMatching(/^REDIS_URL is set, but messages stay in memory/),
    ]);
    expect(warned({}, { REDIS_ADDR: 'db:1', REDIS_DB: '1' })[0]).toMatch(/REDIS_ADDR, REDIS_DB/);
    expect(warned({ redis: { host: 'db' } }, {})[0]).toMatch(/the option redis/);
    expect(warned({ mode: 'memory' }, { REDIS_URL: 'redis://db' })).toEqual([]);
    expect(warned({}, { REDIS_URL: 'redis://db', BROKER_MODE: 'memory' })).toEqual([]);
  });
});

describe('an error', () => {
  it.each([
    [{}, { BROKER_MODE: 'kafka' }, 'BROKER_MODE is "kafka", allowed: memory or redis or hybrid'],
    [{}, { MAX_JOBS: 'many' }, 'MAX_JOBS is "many", allowed: a whole number from 1'],
    [{}, { MAX_JOBS: '0' }, 'MAX_JOBS is 0, allowed'],
    [{}, { MAX_JOBS: '1.5' }, 'MAX_JOBS is 1.5, allowed'],
    [{}, { STREAM_LENGTH: '-1' }, 'STREAM_LENGTH is -1, allowed'],
    [{}, { HEARTBEAT_TTL: 'soon' }, 'HEARTBEAT_TTL is "soon", allowed: milliseconds or a duration'],
    [{}, { HEARTBEAT_TTL: '-5s' }, 'HEARTBEAT_TTL is "-5s", allowed'],
    [{}, { HEARTBEAT_TTL: '30' }, 'at least 100 ms'],
    [{}, { REDIS_ADDR: 'localhost' }, 'REDIS_ADDR is "localhost", allowed: host:port'],
    [{}, { REDIS_ADDR: 'db:99999' }, 'REDIS_ADDR is "db:99999", allowed: host:port'],
    [{}, { REDIS_URL: 'http://db' }, 'REDIS_URL is "http://db", allowed: redis://'],
    [{}, { REDIS_DB: 'two' }, 'REDIS_DB is "two", allowed: a whole number from 0'],
    [{ maxJobs: 0 }, { MAX_JOBS: '5' }, 'maxJobs is 0, allowed'],
    [{ maxJobs: 'x' }, {}, 'maxJobs is "x", allowed'],
    [{ rpc: { timeout: 'x' } }, {}, 'rpc.timeout is "x", allowed'],
    [{ rpc: { timeout: 0 } }, {}, 'rpc.timeout is 0, allowed'],
    [
      { tasks: { backoff: { jitter: 2 } } },
      {},
      'tasks.backoff.jitter is 2, allowed: a number from 0 to 1',
    ],
    [{ overflow: 'drop' }, {}, 'overflow is "drop", allowed: reject or drop-oldest'],
    [{ codec: {} }, {}, 'codec is an object, allowed: an object with encode() and decode()'],
    [{ logger: () => 1 }, {}, 'logger is a function, allowed'],
    [
      { redis: { port: 70_000 } },
      {},
      'redis.port is 70000, allowed: a whole number from 1 to 65535',
    ],
    [{ redis: { url: 'x://:secret@db' } }, {}, 'redis.url is "x://***@db", allowed: redis://'],
    [{ redis: [] }, {}, 'redis is a list, allowed: an object'],
    [{ tasks: { retries: 1 } }, {}, 'tasks.retries: there is no such option'],
    [
      { name: 'x', streams: 'y' },
      {},
      'the broker "x" cannot be set up: streams: there is no such option',
    ],
    ['redis', {}, 'the options object is "redis", allowed: an object'],
    [null, {}, 'the options object is null, allowed: an object'],
  ])('%j %j: %s', (options, variables, message) => {
    const error = refusal(options, variables);
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error.message).toContain(message);
  });

  it('tells of everything that is wrong at once', () => {
    const { message } = refusal({ maxJobs: 0, colour: 1 }, { BROKER_MODE: 'x', REDIS_ADDR: 'y' });
    for (const what of ['maxJobs', 'colour', 'BROKER_MODE', 'REDIS_ADDR']) {
      expect(message).toContain(what);
    }
  });

  it('names what a bad name is the name of', () => {
    const named = (
      options: BrokerOptions,
      variables: Record<string, string>,
      what: string,
    ): void => {
      const error = refusal(options, variables);
      expect(error).toBeInstanceOf(InvalidNameError);
      expect(error.message).toContain(what);
    };
    named({ prefix: '{x}' }, {}, 'prefix');
    named({}, { APP_NAME: 'a{b' }, 'APP_NAME');
    named({ service: 'x}' }, { SERVICE_NAME: 'y' }, 'service');
    named({ appName: 'x'.repeat(256) }, {}, 'appName');
  });

  it('never shows a password', () => {
    const secret = 'hunter2';
    const attempts: [unknown, Record<string, string>][] = [
      [{}, { REDIS_URL: `redis://ann:${secret}@db:bad` }],
      [{}, { REDIS_URL: `http://:${secret}@db` }],
      [{}, { REDIS_ADDR: `:${secret}@db:1` }],
      [{}, { REDIS_URL: `redis://db?password=${secret}` }],
      [{ redis: { url: `http://:${secret}@db` } }, {}],
      [{ redis: { password: { secret } } }, {}],
      [{ redis: { password: [secret] } }, {}],
      [{ redis: { tls: secret } }, {}],
    ];
    for (const [options, variables] of attempts) {
      const error = refusal(options, variables);
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect(`${error.message}${String(error.stack)}${JSON.stringify(error)}`).not.toContain(
        secret,
      );
    }
  });
});
