import { Injectable, type Provider } from '@nestjs/common';
import {
  BALANCE_STRATEGY,
  BrokerBalancer,
  InvalidConfigError,
  type BalanceStrategy,
  type RouteMessage,
  type RouteView,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { LogBook, testApp } from '../support/test-app.js';
import { Fleet, messages, type Kind, type Message } from './fleet.js';

const MODES = ['memory', 'redis', 'hybrid'] as const;
const HOMES = ['a', 'b', 'c'];

/** Knows where a tenant is at home. */
@Injectable()
class Directory {
  homeOf(tenant: string | undefined): string | undefined {
    return tenant?.split(' of ')[1];
  }
}

/** Sends the messages of a tenant home. */
@Injectable()
class ByTenant implements BalanceStrategy {
  constructor(private readonly directory: Directory) {}

  route({ headers }: RouteMessage, { consumers }: RouteView): string | undefined {
    const home = this.directory.homeOf(headers['tenant']);
    return consumers.find(({ instanceName }) => instanceName === home)?.id;
  }
}

const PROVIDED: Provider[] = [Directory, { provide: BALANCE_STRATEGY, useClass: ByTenant }];

const tenants = (count: number): Message[] =>
  messages(count).map(({ n }) => ({
    n,
    headers: { tenant: `tenant ${n} of ${HOMES[n % HOMES.length]}` },
  }));

describe.each(MODES)('a strategy of a user (%s)', (mode) => {
  /** Sends one batch after the other until everything runs at home: instances learn of each other a moment later. */
  async function expectHome(fleet: Fleet, kind: Kind, by = fleet.client): Promise<void> {
    await eventually(
      async () => {
        const before = (await fleet.stats()).counters.done;
        const runs = await fleet.running(kind, tenants(9), by);
        fleet.release();
        await fleet.done(before + 9);
        expect(runs.filter(({ at, n }) => at !== HOMES[n % HOMES.length])).toEqual([]);
      },
      { within: 10_000 },
    );
  }

  it.each(['task', 'request'] as const)(
    'in the options routes every %s, also of senders that do not have it',
    async (kind) => {
      const strategy = new ByTenant(new Directory());
      const fleet = new Fleet(mode, { balancer: { strategy } });
      for (const home of HOMES) await fleet.join(home);
      await expectHome(fleet, kind);
      expect((await fleet.stats()).counters).toMatchObject({ retried: 0, lost: 0, dead: 0 });
    },
  );

  it.each(['task', 'request'] as const)(
    'that the app provides, with what is injected into it, routes every %s',
    async (kind) => {
      const fleet = new Fleet(mode);
      for (const home of HOMES) {
        const { app } = await fleet.join(home, { providers: PROVIDED });
        expect(app.get(BrokerBalancer).strategy).toBeInstanceOf(ByTenant);
      }
      await expectHome(fleet, kind);
    },
  );

  it('routes what an app sends that only has the strategy, and what the instances send', async () => {
    const fleet = new Fleet(mode);
    const joined = [];
    for (const home of HOMES) joined.push(await fleet.join(home, { providers: PROVIDED }));
    const { service: _service, ...broker } = fleet.options;
    const sender = await testApp({ broker, providers: PROVIDED });
    for (const { broker: by } of [sender, ...joined.slice(0, 1)]) {
      await expectHome(fleet, 'task', by);
      await expectHome(fleet, 'request', by);
    }
  });

  it('leaves to whoever is free what it has no answer to, or fails at', async () => {
    class Clueless implements BalanceStrategy {
      route({ kind }: RouteMessage): string | undefined {
        if (kind === 'request') throw new Error('no idea');
        return 'nobody';
      }
    }
    const logger = new LogBook();
    const fleet = new Fleet(mode, { logger, balancer: { strategy: new Clueless() } });
    for (const home of HOMES) await fleet.join(home);
    const shares = [await fleet.shares('task', 6), await fleet.shares('request', 6)];
    for (const share of shares) {
      expect(Object.values(share).reduce((sum, runs) => sum + runs)).toBe(6);
    }
    expect(logger.errors).toContain('Error: no idea');
  });

  it('stands in one queue, while the others follow another', async () => {
    const strategy = new ByTenant(new Directory());
    const balancer = { strategy: 'round_robin' } as const;
    const fleet = new Fleet(mode, { balancer, queues: { default: { strategy } } });
    for (const home of HOMES) await fleet.join(home);
    await expectHome(fleet, 'task');
  });

  it('must have the same name everywhere', async () => {
    class Other extends ByTenant {}
    const fleet = new Fleet(mode, { balancer: { strategy: new ByTenant(new Directory()) } });
    await fleet.join('a');
    const strategy = new Other(new Directory());
    const refused = fleet.join('b', { broker: { balancer: { strategy } } });
    await expect(refused).rejects.toThrow(InvalidConfigError);
    await expect(refused).rejects.toThrow(/follows custom:ByTenant.* here, .* wants custom:Other/);
  });

  it('in the options stands above one that is provided, with a warning', async () => {
    const logger = new LogBook();
    const fleet = new Fleet(mode, { logger, balancer: { strategy: 'round_robin' } });
    const { app } = await fleet.join('a', { providers: PROVIDED });
    expect(app.get(BrokerBalancer).strategy).toBe('round_robin');
    expect(logger.warnings).toContain(
      'balancer.strategy is set, so what is provided under BALANCE_STRATEGY is not used',
    );
  });

  it('without route() stops the start', async () => {
    const fleet = new Fleet(mode);
    const providers = [{ provide: BALANCE_STRATEGY, useValue: { rout: () => undefined } }];
    await expect(fleet.join('a', { providers })).rejects.toThrow(
      'what is provided under BALANCE_STRATEGY has no method route()',
    );
  });
});
