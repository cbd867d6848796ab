import { describe, expect, it } from 'vitest';
import { type BalanceStrategy, STRATEGIES } from '../../../lib/balancer/index.js';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError, InvalidNameError } from '../../../lib/errors/index.js';
import { failureOf } from '../runtime/failure-of.js';

type Variables = Readonly<Record<string, string>>;

const settingsOf = (options: unknown, variables: Variables = {}) =>
  resolveOptions(options as BrokerOptions, variables).settings;
const refusal = (options: unknown, variables: Variables = {}) =>
  failureOf(() => settingsOf(options, variables));

class Nearest implements BalanceStrategy {
  route(): undefined {
    return undefined;
  }
}

const FORM =
  'competing, round_robin, weighted, consistent_hash, least_conn, or an object with route()';

describe('the options of the balancer', () => {
  it('name no strategy by themselves: an app may provide one', () => {
    expect(settingsOf({}).balancer).not.toHaveProperty('strategy');
  });

  it.each(STRATEGIES)('know %s, in code and in the environment', (strategy) => {
    expect(settingsOf({ balancer: { strategy } }).balancer.strategy).toBe(strategy);
    const variables = { BALANCE_STRATEGY: strategy };
    expect(settingsOf({}, variables).balancer.strategy).toBe(strategy);
  });

  it('come from the environment, too', () => {
    const variables = {
      BALANCE_STRATEGY: 'weighted',
      SUBSCRIBER_WEIGHT: '7',
      CLEANUP_TICKER: '5s',
      HEARTBEAT_TTL: '1m',
    };
    expect(settingsOf({}, variables).balancer).toEqual({
      strategy: 'weighted',
      weight: 7,
      cleanupInterval: 5_000,
      heartbeatTtl: 60_000,
      stealAfter: 30_000,
      rebalance: false,
      local: false,
    });
    expect(settingsOf({}, { SUBSCRIBER_WEIGHT: '0' }).balancer.weight).toBe(0);
  });

  it('beat the environment one by one', () => {
    const variables = {
      BALANCE_STRATEGY: 'weighted',
      SUBSCRIBER_WEIGHT: '7',
      CLEANUP_TICKER: '5s',
    };
    const balancer = { weight: 3, stealAfter: '2s', rebalance: true } as const;
    expect(settingsOf({ balancer }, variables).balancer).toMatchObject({
      strategy: 'weighted',
      weight: 3,
      cleanupInterval: 5_000,
      stealAfter: 2_000,
      rebalance: true,
    });
    const none = { strategy: undefined, weight: undefined };
    expect(settingsOf({ balancer: none }, variables).balancer).toMatchObject({
      strategy: 'weighted',
      weight: 7,
    });
  });

  it('of another broker know nothing of the environment', () => {
    const variables = { BALANCE_STRATEGY: 'weighted', SUBSCRIBER_WEIGHT: '7' };
    const { balancer } = settingsOf({ name: 'billing' }, variables);
    expect([balancer.strategy, balancer.weight]).toEqual([undefined, 1]);
  });

  it('keep a strategy of a user as it is', () => {
    const strategy = new Nearest();
    const settings = settingsOf(
      { balancer: { strategy }, queues: { heavy: { strategy } } },
      { BALANCE_STRATEGY: 'weighted' },
    );
    expect(settings.balancer.strategy).toBe(strategy);
    expect(settings.queues['heavy']?.strategy).toBe(strategy);
    expect(Object.isFrozen(strategy)).toBe(false);
  });

  it.each([
    ['memory', false],
    ['redis', false],
    ['hybrid', true],
  ])('leave the choice to senders in the mode %s: %s', (mode, local) => {
    expect(settingsOf({ mode }).balancer.local).toBe(local);
    expect(settingsOf({}, { BROKER_MODE: mode }).balancer.local).toBe(local);
    expect(resolveOptions({}, { BROKER_MODE: mode }).mode).toBe(mode);
  });
});

describe('queues', () => {
  it('are one where nobody says otherwise, with the bounds of the instance', () => {
    expect(settingsOf({}).queues).toEqual({ default: { tasks: 100, requests: 100 } });
    expect(settingsOf({ maxJobs: 7, rpc: { maxJobs: 8 } }).queues).toEqual({
      default: { tasks: 7, requests: 8 },
    });
  });

  it('have bounds and a strategy of their own, or those of the instance', () => {
    const queues = {
      heavy: { maxJobs: 2 },
      mail: { strategy: 'least_conn' },
      plain: {},
      silent: { maxJobs: undefined, strategy: undefined },
    };
    expect(settingsOf({ maxJobs: 7, rpc: { maxJobs: 8 }, queues }).queues).toEqual({
      default: { tasks: 7, requests: 8 },
      heavy: { tasks: 2, requests: 2 },
      mail: { tasks: 7, requests: 8, strategy: 'least_conn' },
      plain: { tasks: 7, requests: 8 },
      silent: { tasks: 7, requests: 8 },
    });
  });

  it('may say more of the default queue', () => {
    const queues = { default: { maxJobs: 3, strategy: 'weighted' } };
    expect(settingsOf({ queues }, { MAX_JOBS: '9' }).queues).toEqual({
      default: { tasks: 3, requests: 3, strategy: 'weighted' },
    });
  });

  it('are frozen', () => {
    const { queues, balancer } = settingsOf({ queues: { heavy: {} } });
    for (const part of [queues, queues['heavy'], queues['default'], balancer]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each([
    ['', 'the name of a queue must not be empty'],
    ['a{b', 'the name of a queue must not contain braces: "a{b"'],
    ['default/render', 'the name of a queue must not contain a slash: "default/render"'],
    ['x'.repeat(256), 'the name of a queue is 256 bytes long'],
  ])('have names that can be part of a key: not "%s"', (name, message) => {
    const error = refusal({ queues: { [name]: {} } });
    expect(error).toBeInstanceOf(InvalidNameError);
    expect(error.message).toContain(message);
  });
});

describe('an error', () => {
  it.each([
    [{}, { BALANCE_STRATEGY: 'fastest' }, `BALANCE_STRATEGY is "fastest", allowed: ${FORM}`],
    [{}, { SUBSCRIBER_WEIGHT: 'much' }, 'SUBSCRIBER_WEIGHT is "much", allowed: a whole number'],
    [{}, { SUBSCRIBER_WEIGHT: '-1' }, 'SUBSCRIBER_WEIGHT is -1, allowed: a whole number from 0 to'],
    [{}, { SUBSCRIBER_WEIGHT: '1001' }, 'a whole number from 0 to 1000'],
    [{}, { SUBSCRIBER_WEIGHT: '1.5' }, 'SUBSCRIBER_WEIGHT is 1.5, allowed'],
    [{}, { CLEANUP_TICKER: 'often' }, 'CLEANUP_TICKER is "often", allowed: milliseconds or a'],
    [{}, { CLEANUP_TICKER: '99' }, 'at least 100 ms'],
    [
      { balancer: { strategy: 'fastest' } },
      { BALANCE_STRATEGY: 'weighted' },
      `balancer.strategy is "fastest", allowed: ${FORM}`,
    ],
    [{ balancer: { strategy: {} } }, {}, `balancer.strategy is an object, allowed: ${FORM}`],
    [{ balancer: { strategy: null } }, {}, `balancer.strategy is null, allowed: ${FORM}`],
    [{ balancer: { strategy: Nearest } }, {}, 'balancer.strategy is a function, allowed'],
    [{ balancer: { weight: 0.5 } }, {}, 'balancer.weight is 0.5, allowed: a whole number from 0'],
    [{ balancer: { stealAfter: 10 } }, {}, 'balancer.stealAfter is 10, allowed'],
    [{ balancer: { rebalance: 1 } }, {}, 'balancer.rebalance is 1, allowed: true or false'],
    [{ balancer: { local: true } }, {}, 'balancer.local: there is no such option'],
    [{ queues: [] }, {}, 'queues is a list, allowed: an object of queues by name'],
    [{ queues: { heavy: 5 } }, {}, 'queues.heavy is 5, allowed: an object'],
    [{ queues: { heavy: { maxJobs: 0 } } }, {}, 'queues.heavy.maxJobs is 0, allowed'],
    [
      { queues: { heavy: { strategy: 'x' } } },
      {},
      `queues.heavy.strategy is "x", allowed: ${FORM}`,
    ],
    [{ queues: { heavy: { weight: 1 } } }, {}, 'queues.heavy.weight: there is no such option'],
  ])('%j %j: %s', (options, variables, message) => {
    const error = refusal(options, variables);
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error.message).toContain(message);
  });
});
