import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidConfigError } from 'nestjs-broker';
import { modes } from '../support/test-app.js';
import { Fleet } from './fleet.js';

const STRATEGIES = ['competing', 'round_robin', 'weighted', 'consistent_hash', 'least_conn'];

describe.each(modes)('the balancer in the environment (%s)', (mode) => {
  afterEach(() => void vi.unstubAllEnvs());

  /** Starts an instance as these variables say. */
  async function joinWith(fleet: Fleet, at: string, variables: Record<string, string>) {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const joined = await fleet.join(at);
    vi.unstubAllEnvs();
    return joined;
  }

  it('has a strategy, and a weight for each instance', async () => {
    const fleet = new Fleet(mode);
    const strategy = { BALANCE_STRATEGY: 'weighted' };
    for (const [at, weight] of Object.entries({ a: '1', b: '2', c: '3' })) {
      await joinWith(fleet, at, { ...strategy, SUBSCRIBER_WEIGHT: weight });
    }
    for (const kind of ['task', 'request'] as const) {
      expect(await fleet.shares(kind, 12)).toEqual({ a: 2, b: 4, c: 6 });
    }
    const { consumers } = await fleet.stats();
    const weights = consumers.map(({ instanceName, weight }) => [instanceName, weight]);
    expect(Object.fromEntries(weights)).toEqual({ a: 1, b: 2, c: 3 });
  });

  it('has instances that begin drained', async () => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'round_robin' } });
    await joinWith(fleet, 'a', { SUBSCRIBER_WEIGHT: '0' });
    await joinWith(fleet, 'b', { SUBSCRIBER_WEIGHT: '1' });
    expect(await fleet.shares('task', 4)).toEqual({ b: 4 });
  });

  it('gives way to code', async () => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'round_robin', weight: 1 } });
    const variables = { BALANCE_STRATEGY: 'weighted', SUBSCRIBER_WEIGHT: '9' };
    await joinWith(fleet, 'a', variables);
    await joinWith(fleet, 'b', variables);
    expect(await fleet.shares('task', 4)).toEqual({ a: 2, b: 2 });
  });

  it.each(STRATEGIES)('must agree: who does not follow %s does not start', async (strategy) => {
    const other = strategy === 'weighted' ? 'least_conn' : 'weighted';
    const fleet = new Fleet(mode);
    await joinWith(fleet, 'a', { BALANCE_STRATEGY: strategy });
    const refused = joinWith(fleet, 'b', { BALANCE_STRATEGY: other });
    await expect(refused).rejects.toThrow(InvalidConfigError);
    await expect(refused).rejects.toThrow(
      new RegExp(
        `the group "[tr]:default" of service "fleet" follows ${strategy} here, this instance wants ${other}`,
      ),
    );
    expect((await fleet.stats()).consumers).toMatchObject([{ instanceName: 'a' }]);
    expect(await fleet.shares('task', 2)).toEqual({ a: 2 });
  });

  it('may change when nobody follows the old strategy any more', async () => {
    const fleet = new Fleet(mode);
    const { app } = await joinWith(fleet, 'a', { BALANCE_STRATEGY: 'round_robin' });
    await app.close();
    await joinWith(fleet, 'b', { BALANCE_STRATEGY: 'least_conn' });
    expect(await fleet.shares('task', 2)).toEqual({ b: 2 });
  });

  it('is a matter of each service', async () => {
    const fleet = new Fleet(mode, { balancer: { strategy: 'round_robin' } });
    await fleet.join('a');
    const { service: _service, ...options } = fleet.options;
    const other = new Fleet(mode, { ...options, service: 'other', balancer: {} });
    await other.join('b', { controllers: [], broker: { balancer: { strategy: 'weighted' } } });
    expect(await fleet.shares('task', 2)).toEqual({ a: 2 });
  });

  it.each([
    ['BALANCE_STRATEGY', 'fastest', 'BALANCE_STRATEGY is "fastest", allowed: competing, '],
    ['SUBSCRIBER_WEIGHT', '-1', 'SUBSCRIBER_WEIGHT is -1, allowed: a whole number from 0 to 1000'],
    ['CLEANUP_TICKER', 'often', 'CLEANUP_TICKER is "often", allowed: '],
  ])('stops the start when %s is %s', async (name, value, message) => {
    const refused = joinWith(new Fleet(mode), 'a', { [name]: value });
    await expect(refused).rejects.toThrow(message);
  });
});
