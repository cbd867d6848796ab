import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuePort, Routes } from '../../../lib/backend/index.js';
import { CrowdWatch } from '../../../lib/runtime/crowd-watch.js';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';
import { Pools } from '../../../lib/runtime/pools.js';
import type { QueueSettings, RuntimeSettings } from '../../../lib/runtime/settings.js';
import { Strategies } from '../../../lib/runtime/strategies.js';
import { ManualClock } from '../../support/manual-clock.js';
import { routesOf } from './routes.js';

const INTERVAL = 60_000;

describe('CrowdWatch', () => {
  let clock: ManualClock;
  let watch: CrowdWatch;
  let warnings: string[];
  let errors: unknown[];
  let asked: string[];
  /** How many instances there are. */
  let count: number;
  let answer: () => Promise<Routes | undefined>;

  function open(queues: Record<string, Partial<QueueSettings>> = {}): void {
    const registry = new HandlerRegistry('service');
    const invoke = (): void => undefined;
    registry.add({ kind: 'task', name: 'mail', invoke });
    registry.add({ kind: 'task', name: 'bill', invoke });
    registry.add({ kind: 'task', name: 'film', queue: 'heavy', invoke });
    const settings = {
      queues: {
        default: { tasks: 1, requests: 1, ...queues['default'] },
        heavy: { tasks: 1, requests: 1, ...queues['heavy'] },
      },
      balancer: { local: false },
    } as unknown as RuntimeSettings;
    const queue: Pick<QueuePort, 'routes'> = {
      routes: async (address) => {
        asked.push(address);
        return await answer();
      },
    };
    const warn = (message: string): unknown => warnings.push(message);
    watch = new CrowdWatch({
      queue: queue as QueuePort,
      clock,
      pools: new Pools(settings, registry),
      strategies: new Strategies(settings.balancer, settings.queues),
      interval: INTERVAL,
      log: { log: () => undefined, warn, error: () => undefined },
      onError: (error) => errors.push(error),
    });
  }

  beforeEach(() => {
    clock = new ManualClock();
    [warnings, errors, asked, count] = [[], [], [], 51];
    answer = () => {
      const ids = Array.from({ length: count }, (_, n) => [`c${n}`, 1] as const);
      return Promise.resolve(routesOf('competing', Object.fromEntries(ids), { local: false }));
    };
    open();
  });

  const look = async (): Promise<void> => {
    clock.advance(INTERVAL);
    await watch.look();
  };

  it('warns once of each queue that more than 50 instances compete for', async () => {
    await watch.look();
    expect(warnings).toEqual([
      '51 instances compete for the queue "default": Redis wakes every idle one for each message; the strategy least_conn wakes one',
      '51 instances compete for the queue "heavy": Redis wakes every idle one for each message; the strategy least_conn wakes one',
    ]);
    await look();
    expect([warnings.length, asked]).toEqual([2, ['t:mail', 't:film']]);
  });

  it('says nothing up to 50, and looks again', async () => {
    count = 50;
    await watch.look();
    expect(warnings).toEqual([]);
    count = 51;
    await look();
    expect([warnings.length, asked.length]).toEqual([2, 4]);
  });

  it('says nothing of a name that more than one service handles', async () => {
    answer = () => Promise.resolve(undefined);
    await watch.look();
    expect([warnings, errors, asked.length]).toEqual([[], [], 2]);
  });

  it('looks only when it is time to', async () => {
    count = 1;
    await watch.look();
    clock.advance(INTERVAL - 1);
    await watch.look();
    expect(asked).toHaveLength(2);
    clock.advance(1);
    await watch.look();
    expect(asked).toHaveLength(4);
  });

  it('does not look at queues that are routed', async () => {
    open({ default: { strategy: 'least_conn' } });
    await watch.look();
    expect(asked).toEqual(['t:film']);
    expect(warnings).toEqual([expect.stringContaining('the queue "heavy"')]);
  });

  it('reports what fails, and goes on with the next queue', async () => {
    const failure = new Error('no link');
    answer = () => Promise.reject(failure);
    await watch.look();
    expect([errors, asked.length, warnings]).toEqual([[failure, failure], 2, []]);
  });
});
