import { describe, expect, it } from 'vitest';
import { type BalanceStrategy, STRATEGIES } from '../../../lib/balancer/index.js';
import type { BalancerSettings, QueueSettings, Strategy } from '../../../lib/runtime/settings.js';
import { Strategies } from '../../../lib/runtime/strategies.js';

class Nearest implements BalanceStrategy {
  route(): undefined {
    return undefined;
  }
}
class Cheapest extends Nearest {}

function open(strategy?: Strategy, local = false, queues: Record<string, QueueSettings> = {}) {
  const settings = { local, ...(strategy === undefined ? {} : { strategy }) } as BalancerSettings;
  return new Strategies(settings, queues);
}

describe('Strategies', () => {
  it('are competing where nobody says otherwise', () => {
    const strategies = open();
    expect(strategies.main).toBe('competing');
    expect(strategies.ruleOf({})).toEqual({ strategy: 'competing', local: false });
  });

  it('of a queue beat that of the balancer, which beats what the app provides', () => {
    const strategies = open('round_robin');
    strategies.provide(new Nearest());
    expect(strategies.main).toBe('round_robin');
    expect(strategies.ruleOf({}).strategy).toBe('round_robin');
    expect(strategies.ruleOf({ strategy: 'least_conn' }).strategy).toBe('least_conn');
    expect(strategies.ruleOf({ strategy: new Cheapest() }).strategy).toBe('custom:Cheapest');
  });

  it('take what the app provides where the settings name none', () => {
    const strategies = open();
    const nearest = new Nearest();
    strategies.provide(nearest);
    expect(strategies.main).toBe(nearest);
    expect(strategies.ruleOf({})).toEqual({ strategy: 'custom:Nearest', local: true });
    expect(strategies.ruleOf({ strategy: 'competing' }).strategy).toBe('competing');
  });

  it.each(STRATEGIES)('leave %s to senders in hybrid only, and competing to nobody', (strategy) => {
    expect(open(strategy, false).ruleOf({})).toEqual({ strategy, local: false });
    expect(open(strategy, true).ruleOf({})).toEqual({
      strategy,
      local: strategy !== 'competing',
    });
  });

  it('of users are always left to senders', () => {
    const rule = { strategy: 'custom:Nearest', local: true };
    expect(open(new Nearest(), false).ruleOf({})).toEqual(rule);
    expect(open(new Nearest(), true).ruleOf({})).toEqual(rule);
  });

  it('of users are found by the name of their class, wherever they stand', () => {
    const [nearest, cheapest] = [new Nearest(), new Cheapest()];
    const queues = { heavy: { tasks: 1, requests: 1, strategy: cheapest } };
    const strategies = open(nearest, false, queues);
    expect(strategies.own('custom:Nearest')).toBe(nearest);
    expect(strategies.own('custom:Cheapest')).toBe(cheapest);
    expect(strategies.own('custom:Farthest')).toBeUndefined();
    const provided = open('round_robin');
    provided.provide(nearest);
    expect(provided.own('custom:Nearest')).toBe(nearest);
  });
});
