import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError } from '../../../lib/errors/index.js';
import { failureOf } from '../runtime/failure-of.js';

type Variables = Readonly<Record<string, string>>;

const resolve = (options: unknown, variables: Variables = {}) =>
  resolveOptions(options as BrokerOptions, variables);
const refusal = (options: unknown, variables: Variables = {}): Error => {
  const error = failureOf(() => resolve(options, variables));
  expect(error).toBeInstanceOf(InvalidConfigError);
  return error;
};

describe('types of queue and balancer', () => {
  it.each([
    [{ queue: 'memory', balancer: 'memory' }, 'memory'],
    [{ queue: 'redis', balancer: 'redis' }, 'redis'],
    [{ queue: 'redis', balancer: 'memory' }, 'hybrid'],
    [{ queue: 'redis' }, 'redis'],
    [{ queue: 'memory' }, 'memory'],
    [{ balancer: 'memory' }, 'memory'],
    [{ mode: 'memory', queue: 'redis' }, 'hybrid'],
    [{ mode: 'hybrid', balancer: 'redis' }, 'redis'],
    [{ mode: 'redis', balancer: 'memory' }, 'hybrid'],
    [{ mode: 'hybrid', queue: 'memory' }, 'memory'],
  ] as const)('%j is the mode %s, in code and in the environment', (said, mode) => {
    const { queue, balancer, mode: own } = said as Readonly<Record<string, string | undefined>>;
    const options = { mode: own, queue: { type: queue }, balancer: { type: balancer } };
    const resolved = resolve(options);
    expect([resolved.mode, resolved.settings.balancer.local]).toEqual([mode, mode === 'hybrid']);
    const variables = {
      BROKER_MODE: own ?? '',
      QUEUE_TYPE: queue ?? '',
      BALANCER_TYPE: balancer ?? '',
    };
    expect(resolve({}, variables).mode).toBe(mode);
  });

  it.each([
    [{ balancer: { type: 'redis' } }, {}, 'balancer.type: the balancer cannot be in Redis while'],
    [{ mode: 'redis', queue: { type: 'memory' } }, {}, 'queue.type: the balancer cannot'],
    [{ mode: 'memory', balancer: { type: 'redis' } }, {}, 'balancer.type: '],
    [{}, { QUEUE_TYPE: 'memory', BALANCER_TYPE: 'redis' }, 'QUEUE_TYPE and BALANCER_TYPE: '],
    [{}, { BALANCER_TYPE: 'redis' }, 'BALANCER_TYPE: '],
    [{ queue: { type: 'kafka' } }, {}, 'queue.type is "kafka", allowed: memory or redis'],
    [{}, { QUEUE_TYPE: 'kafka' }, 'QUEUE_TYPE is "kafka", allowed: memory or redis'],
    [{}, { BALANCER_TYPE: 'x' }, 'BALANCER_TYPE is "x", allowed: memory or redis'],
    [{ queue: { kind: 'redis' } }, {}, 'queue.kind: there is no such option'],
  ])('%j %j: %s', (options, variables, message) => {
    expect(refusal(options, variables).message).toContain(message);
  });

  it('of the environment give way to a mode in code', () => {
    const variables = { QUEUE_TYPE: 'redis', BALANCER_TYPE: 'memory' };
    expect(resolve({ mode: 'memory' }, variables).mode).toBe('memory');
    expect(resolve({ queue: { type: 'redis' } }, { BROKER_MODE: 'hybrid' }).mode).toBe('hybrid');
  });
});

describe('the Redis of the queue', () => {
  const variables = {
    BROKER_MODE: 'redis',
    REDIS_URL: 'redis://ann:old@one:1/1',
    QUEUE_REDIS_ADDR: 'two:2',
    QUEUE_REDIS_PASSWORD: 'new',
    QUEUE_REDIS_DB: '2',
    QUEUE_REDIS_MAX_RETRIES: '3',
  };

  it('has variables of its own, which beat those of both', () => {
    const { redis } = resolve({}, variables);
    expect(redis).toEqual({ host: 'two', port: 2, password: 'new', db: 2, maxRetries: 3 });
  });

  it('has an option of its own; code beats the environment', () => {
    const options = { redis: { host: 'three' }, queue: { redis: { db: 5, maxRetries: 0 } } };
    const { redis } = resolve(options, variables);
    expect(redis).toEqual({ host: 'three', port: 6379, password: 'new', db: 5, maxRetries: 0 });
  });

  it('has a prefix of its own', () => {
    expect(resolve({ prefix: 'all', queue: { prefix: 'tasks' } }).prefix).toBe('tasks');
    expect(resolve({}, { QUEUE_PREFIX: 'tasks' }).prefix).toBe('tasks');
    expect(resolve({ prefix: 'code' }, { QUEUE_PREFIX: 'tasks' }).prefix).toBe('code');
    expect(failureOf(() => resolve({}, { QUEUE_PREFIX: 'a{' })).message).toContain('QUEUE_PREFIX');
  });

  it.each([
    [{ QUEUE_REDIS_ADDR: 'two' }, 'QUEUE_REDIS_ADDR is "two", allowed: host:port'],
    [{ QUEUE_REDIS_DB: 'x' }, 'QUEUE_REDIS_DB is "x", allowed: a whole number from 0'],
    [{ QUEUE_REDIS_MAX_RETRIES: '-1' }, 'QUEUE_REDIS_MAX_RETRIES is -1, allowed: a whole'],
    [
      { QUEUE_REDIS_POOL_SIZE: '0' },
      'QUEUE_REDIS_POOL_SIZE is "0", allowed: a whole number from 1',
    ],
    [{ BALANCER_REDIS_ADDR: ':x' }, 'BALANCER_REDIS_ADDR is ":x", allowed: host:port'],
    [{ BALANCER_REDIS_DB: '1.5' }, 'BALANCER_REDIS_DB is 1.5, allowed'],
  ])('%j: %s', (bad, message) => {
    expect(refusal({}, bad).message).toContain(message);
  });

  it('without a mode stays unused, with a warning', () => {
    const [warning] = resolve({}, { QUEUE_REDIS_ADDR: 'two:2' }).warnings;
    expect(warning).toMatch(/^QUEUE_REDIS_ADDR is set, but messages stay in memory/);
    expect(resolve({}, { QUEUE_REDIS_ADDR: 'two:2', QUEUE_TYPE: 'redis' }).warnings).toEqual([]);
  });
});

describe('the Redis of the balancer, in the environment', () => {
  const base = { BROKER_MODE: 'redis', REDIS_URL: 'redis://ann:secret@one:1/1' };

  it('has an address and a login of its own: no password goes to another server', () => {
    const { turns, settings } = resolve({}, { ...base, BALANCER_REDIS_ADDR: 'two:2' });
    expect(turns).toEqual({ prefix: 'broker', redis: { host: 'two', port: 2, db: 0 } });
    expect(settings.balancer.local).toBe(true);
    const own = {
      BALANCER_REDIS_ADDR: 'two:2',
      BALANCER_REDIS_PASSWORD: 'x',
      BALANCER_PREFIX: 'p',
    };
    expect(resolve({}, { ...base, ...own }).turns).toEqual({
      prefix: 'p',
      redis: { host: 'two', port: 2, password: 'x', db: 0 },
    });
  });

  it('is another database of the same one without an address', () => {
    expect(resolve({}, { ...base, BALANCER_REDIS_DB: '4' }).turns?.redis).toEqual({
      host: 'one',
      port: 1,
      username: 'ann',
      password: 'secret',
      db: 4,
    });
  });

  it('is where the queue is, if it is the same', () => {
    const same = { ...base, BALANCER_REDIS_ADDR: 'one:1', BALANCER_REDIS_DB: '1' };
    const { turns, settings } = resolve({}, same);
    expect([turns, settings.balancer.local]).toEqual([undefined, false]);
    expect(resolve({}, { ...same, BALANCER_PREFIX: 'turns' }).turns?.prefix).toBe('turns');
  });

  it('stays unused where the balancer is in memory', () => {
    const variables = { ...base, BALANCER_REDIS_ADDR: 'two:2' };
    const hybrid = resolve({}, { ...variables, BROKER_MODE: 'hybrid' });
    expect([hybrid.turns, hybrid.warnings]).toEqual([
      undefined,
      ['BALANCER_REDIS_ADDR is not used: the balancer is in memory'],
    ]);
    const memory = resolve({ mode: 'memory' }, variables);
    expect([memory.turns, memory.warnings]).toEqual([undefined, []]);
  });

  it('is missed where only its prefix is set', () => {
    expect(resolve({}, { ...base, BALANCER_PREFIX: 'turns' }).warnings).toEqual([
      expect.stringMatching(/^BALANCER_PREFIX has no effect: the balancer has no Redis of its own/),
    ]);
  });
});

describe('variables that do nothing', () => {
  const warnings = (variables: Variables): readonly string[] => resolve({}, variables).warnings;

  it('are told in one warning, with what was probably meant', () => {
    const wrong = { BROKER_MOD: 'redis', QUEUE_REDIS_ADDRESS: 'a:1', BALANCER_COLOUR: 'red' };
    expect(warnings(wrong)).toEqual([
      'nothing reads the variables BALANCER_COLOUR, BROKER_MOD (did you mean BROKER_MODE?), QUEUE_REDIS_ADDRESS (did you mean QUEUE_REDIS_ADDR?)',
    ]);
    expect(warnings({ BROKER_MOD: 'redis', BROKER_NAME: ' ' })).toEqual([
      'nothing reads the variable BROKER_MOD (did you mean BROKER_MODE?)',
    ]);
  });

  it('are not those that others set, or other brokers', () => {
    const foreign = {
      PATH: '/bin',
      REDIS_HOST: 'x',
      BROKER_SERVICE_HOST: '10.0.0.1',
      BROKER_PORT: 'tcp://10.0.0.1:1',
      QUEUE_PORT_6379_TCP_ADDR: '10.0.0.1',
      QUEUE_SERVICE_PORT_REDIS: '6379',
    };
    expect(warnings(foreign)).toEqual([]);
    expect(resolve({ name: 'billing' }, { BROKER_MOD: 'x' }).warnings).toEqual([]);
  });

  it('say that a pool is not needed', () => {
    expect(warnings({ QUEUE_REDIS_POOL_SIZE: '20' })).toEqual([
      'QUEUE_REDIS_POOL_SIZE has no effect: all commands of an instance share one connection',
    ]);
    expect(warnings({ QUEUE_REDIS_POOL_SIZE: '1' })).toEqual([]);
  });
});
