import { beforeEach, describe, expect, it } from 'vitest';
import type { ConsumerInfo } from '../../../lib/backend/index.js';
import { BrokerBalancer, type BalancerEvents } from '../../../lib/client/index.js';
import { ClosedError, InvalidOptionsError } from '../../../lib/errors/index.js';
import { FakeRuntime } from '../fake-runtime.js';

const consumer = (id: string): ConsumerInfo => ({
  id,
  service: 'orders',
  instanceName: `instance of ${id}`,
  weight: 1,
  paused: false,
  active: true,
  joinedAt: 1,
  lastSeen: 2,
  inFlight: 0,
  waiting: 0,
  processed: 0,
  failed: 0,
});

describe('a balancer', () => {
  let runtime: FakeRuntime;
  let balancer: BrokerBalancer;

  beforeEach(() => {
    runtime = new FakeRuntime();
    runtime.consumers = ['b', 'c', 'a'].map(consumer);
    balancer = new BrokerBalancer(runtime, async () => {
      await runtime.connect();
      return runtime;
    });
  });

  it('tells who it is and what it follows, without a connection', () => {
    expect([balancer.self, balancer.strategy]).toEqual([undefined, 'competing']);
    runtime.consumerId = 'a';
    runtime.strategy = 'weighted';
    expect([balancer.self, balancer.strategy, runtime.connects]).toEqual(['a', 'weighted', 0]);
  });

  it('tells of all instances by id, and of one', async () => {
    expect((await balancer.consumers()).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(await balancer.consumer('b')).toEqual(consumer('b'));
    expect(await balancer.consumer('z')).toBeUndefined();
    expect((await balancer.stats()).consumers).toHaveLength(3);
    expect(runtime.connects).toBe(4);
  });

  it('sets the weight of its own instance, and of any other', async () => {
    runtime.consumerId = 'a';
    await balancer.setWeight(5);
    await balancer.setWeight('b', 0);
    await balancer.setWeight('c', 1_000);
    expect(runtime.weights).toEqual([
      ['a', 5],
      ['b', 0],
      ['c', 1_000],
    ]);
  });

  it.each([-1, 1_001, 0.5, NaN, Infinity, '3', undefined, null])(
    'refuses the weight %j before it asks anybody',
    async (weight) => {
      runtime.consumerId = 'a';
      const message = `weight is ${String(weight)}, allowed: a whole number from 0 to 1000`;
      const refused = balancer.setWeight('b', weight as number);
      await expect(refused).rejects.toThrow(InvalidOptionsError);
      await expect(refused).rejects.toThrow(message);
      if (typeof weight === 'number') {
        await expect(balancer.setWeight(weight)).rejects.toThrow(message);
      }
      expect([runtime.weights, runtime.connects]).toEqual([[], 0]);
    },
  );

  it('has no weight of its own in a process that takes no part', async () => {
    await expect(balancer.setWeight(1)).rejects.toThrow(ClosedError);
    expect(runtime.weights).toEqual([]);
  });

  it('refuses an id that nobody has', async () => {
    const refused = balancer.setWeight('z'.repeat(1_000), 1);
    await expect(refused).rejects.toThrow(InvalidOptionsError);
    await expect(refused).rejects.toThrow(`no running instance has the id "${'z'.repeat(300)}"`);
  });

  it('tells each change to who listens for it', () => {
    const told: unknown[] = [];
    const listen = (event: keyof BalancerEvents): (() => void) =>
      balancer.on(event, ({ id, weight }) => told.push([event, id, weight]));
    for (const event of ['join', 'leave', 'evict', 'weight'] as const) listen(event);
    const say = (change: 'joined' | 'left' | 'evicted' | 'weight', weight: number): void =>
      runtime.emit('members', { type: 'members', epoch: 1, change, consumer: 'a', weight });
    say('joined', 2);
    say('weight', 3);
    say('left', 0);
    say('evicted', 0);
    expect(told).toEqual([
      ['join', 'a', 2],
      ['weight', 'a', 3],
      ['leave', 'a', 0],
      ['evict', 'a', 0],
    ]);
  });

  it('stops telling when that is asked for', () => {
    const told: string[] = [];
    const stop = balancer.on('join', ({ id }) => told.push(id));
    const joined = { type: 'members', epoch: 1, change: 'joined', weight: 1 } as const;
    runtime.emit('members', { ...joined, consumer: 'a' });
    stop();
    runtime.emit('members', { ...joined, consumer: 'b' });
    expect(told).toEqual(['a']);
  });
});
