import { Injectable } from '@nestjs/common';
import {
  BrokerBalancer,
  BrokerModule,
  getBalancerToken,
  InjectBalancer,
  InvalidOptionsError,
  type BalancerEvents,
} from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../lib/backend/index.js';
import { MemoryBackend } from '../../lib/backend/memory/index.js';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { zombie } from '../issues/predecessors/zombie.js';
import { eventually } from '../support/eventually.js';
import { sharedRedis } from '../support/redis-server.js';
import { brokerOptions, closing, modes, testApp, type TestApp } from '../support/test-app.js';
import { Fleet, messages, tally } from './fleet.js';

const balancerOf = ({ app }: TestApp): BrokerBalancer => app.get(BrokerBalancer);

/** Notes what a balancer tells. */
function listen(balancer: BrokerBalancer): string[] {
  const told: string[] = [];
  for (const event of ['join', 'leave', 'evict', 'weight'] satisfies (keyof BalancerEvents)[]) {
    balancer.on(event, ({ id, weight }) => told.push(`${event} ${id} ${weight}`));
  }
  return told;
}

describe.each(modes)('the balancer (%s)', (mode) => {
  const inTurn = (): Fleet => new Fleet(mode, { balancer: { strategy: 'weighted' } });

  /** A process of the app that handles nothing. */
  async function producer(fleet: Fleet): Promise<BrokerBalancer> {
    const { balancer: _balancer, service: _service, ...options } = fleet.options;
    return balancerOf(await testApp({ broker: options }));
  }

  it('is injected by decorator and by class, one for each broker', async () => {
    @Injectable()
    class Scaler {
      constructor(
        @InjectBalancer() readonly byName: BrokerBalancer,
        @InjectBalancer('billing') readonly billing: BrokerBalancer,
        readonly byClass: BrokerBalancer,
      ) {}
    }
    const billing = brokerOptions(mode, { name: 'billing', balancer: { strategy: 'least_conn' } });
    const { app } = await testApp({
      broker: brokerOptions(mode),
      imports: [BrokerModule.forRoot(billing)],
      providers: [Scaler],
    });
    const scaler = app.get(Scaler);
    expect(scaler.byName).toBe(scaler.byClass);
    expect(app.get(getBalancerToken('billing'))).toBe(scaler.billing);
    expect([scaler.byName.strategy, scaler.billing.strategy]).toEqual(['competing', 'least_conn']);
  });

  it('knows all instances, itself, and what each of them does', async () => {
    const fleet = inTurn();
    const a = balancerOf(await fleet.join('a'));
    const b = balancerOf(await fleet.join('b', { broker: { balancer: { weight: 2 } } }));
    const sender = await producer(fleet);
    expect([a.strategy, sender.strategy, sender.self]).toEqual([
      'weighted',
      'competing',
      undefined,
    ]);
    await fleet.running('task', messages(3));

    const consumers = await sender.consumers();
    expect(consumers.map(({ id }) => id)).toEqual([String(a.self), String(b.self)].toSorted());
    expect(await sender.consumer(a.self ?? '')).toMatchObject({
      id: a.self,
      service: 'fleet',
      instanceName: 'a',
      weight: 1,
      active: true,
      inFlight: 1,
      waiting: 0,
      processed: 0,
      failed: 0,
    });
    expect(await a.consumer(b.self ?? '')).toMatchObject({ weight: 2, inFlight: 2, active: true });
    expect(await a.consumer('nobody')).toBeUndefined();
    fleet.release();
    await fleet.done(3);
    expect(await b.consumer(b.self ?? '')).toMatchObject({ inFlight: 0, processed: 2 });
    expect((await sender.stats()).counters.done).toBe(3);
  });

  it('changes the weight of its own instance and of others, from the next message on', async () => {
    const fleet = inTurn();
    const a = balancerOf(await fleet.join('a'));
    const b = balancerOf(await fleet.join('b'));
    expect(await fleet.shares('task', 4)).toEqual({ a: 2, b: 2 });
    await a.setWeight(3);
    expect(await fleet.shares('task', 8)).toEqual({ a: 6, b: 2 });
    await a.setWeight(b.self ?? '', 9);
    expect(await fleet.shares('request', 12)).toEqual({ a: 3, b: 9 });
    await (await producer(fleet)).setWeight(b.self ?? '', 3);
    expect(await fleet.shares('task', 6)).toEqual({ a: 3, b: 3 });
  });

  it.each(['weighted', 'round_robin', 'least_conn', 'consistent_hash', 'competing'] as const)(
    'drains an instance with the weight 0, until it gets another (%s)',
    async (strategy) => {
      const fleet = new Fleet(mode, { balancer: { strategy } });
      const a = balancerOf(await fleet.join('a'));
      await fleet.join('b');
      await a.setWeight(0);
      for (const kind of ['task', 'request'] as const) {
        expect(await fleet.shares(kind, 6)).toEqual({ b: 6 });
      }
      expect(await a.consumer(a.self ?? '')).toMatchObject({ weight: 0, active: false });
      await a.setWeight(1);
      await eventually(async () => (await fleet.shares('task', 20))['a'] !== undefined);
    },
  );

  it('lets a drained instance finish what was routed to it', async () => {
    const fleet = new Fleet(mode, { maxJobs: 1, balancer: { strategy: 'round_robin' } });
    const a = balancerOf(await fleet.join('a'));
    await fleet.running('task', messages(1));
    await fleet.client.enqueueMany(messages(2, 1).map((data) => ({ name: 'work', data })));
    await a.setWeight(0);
    await fleet.join('b', { broker: { maxJobs: 10 } });
    expect(tally(await fleet.running('task', messages(3, 3)))).toEqual({ b: 3 });
    for (const done of [4, 5, 6]) {
      fleet.release();
      await fleet.done(done);
      await eventually(() => fleet.runs.length === Math.min(6, done + 1));
    }
    expect(tally(fleet.runs)).toEqual({ a: 3, b: 3 });
  });

  it('refuses weights that are none, and instances that do not run', async () => {
    const fleet = inTurn();
    const a = balancerOf(await fleet.join('a'));
    for (const weight of [-1, 0.5, 1_001, NaN]) {
      await expect(a.setWeight(weight)).rejects.toThrow(InvalidOptionsError);
      await expect(a.setWeight(a.self ?? '', weight)).rejects.toThrow(/allowed: a whole number/);
    }
    await expect(a.setWeight('nobody', 1)).rejects.toThrow(
      'no running instance has the id "nobody"',
    );
    const sender = await producer(fleet);
    await expect(sender.setWeight(1)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await a.consumer(a.self ?? '')).toMatchObject({ weight: 1 });
  });

  it('tells who comes, goes, and gets another weight, also to one that only sends', async () => {
    const fleet = inTurn();
    const a = balancerOf(await fleet.join('a'));
    const sender = await producer(fleet);
    const told = [a, sender].map(listen);
    const joined = await fleet.join('b', { broker: { balancer: { weight: 2 } } });
    const b = balancerOf(joined);
    const id = b.self;
    await b.setWeight(5);
    await b.setWeight(5);
    await joined.app.close();
    // who leaves is drained first
    const all = [`join ${id} 2`, `weight ${id} 5`, `weight ${id} 0`, `leave ${id} 0`];
    // what is said of the first one's own start may arrive after it has started
    const ofB = (lines: string[]): string[] => lines.filter((line) => line.includes(` ${id} `));
    for (const one of told) await eventually(() => expect(ofB(one)).toEqual(all));
    expect(b.self).toBeUndefined();
  });

  it('tells of one that gave no sign of life', async () => {
    const fleet = new Fleet(mode, { balancer: { heartbeatTtl: 300 } });
    const told = listen(balancerOf(await fleet.join('a')));
    const { appName = '' } = fleet.options;
    const common = { prefix: 'broker', appName, overflow: 'reject' } as const;
    const backend: Backend =
      mode === 'memory'
        ? new MemoryBackend(common)
        : new RedisBackend({ ...common, redis: { url: sharedRedis().url } });
    closing(backend);
    await backend.connect();
    await zombie(backend.queue, 't:work', 300);
    const ofZombie = (): string[] => told.filter((line) => line.includes(' zombie-'));
    await eventually(() => expect(ofZombie()).toHaveLength(2));
    expect(ofZombie()).toEqual([
      expect.stringMatching(/^join zombie-.* 1$/),
      expect.stringMatching(/^evict zombie-.* 0$/),
    ]);
    expect(ofZombie()[1]?.split(' ')[1]).toBe(ofZombie()[0]?.split(' ')[1]);
  });
});
