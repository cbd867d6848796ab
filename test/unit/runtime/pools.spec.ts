import { describe, expect, it } from 'vitest';
import { InvalidConfigError } from '../../../lib/errors/index.js';
import type { Handler } from '../../../lib/runtime/index.js';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';
import { Pools } from '../../../lib/runtime/pools.js';
import type { QueueSettings, RuntimeSettings } from '../../../lib/runtime/settings.js';
import { Strategies } from '../../../lib/runtime/strategies.js';
import { failureOf } from './failure-of.js';

const QUEUES: Record<string, QueueSettings> = {
  default: { tasks: 10, requests: 20 },
  heavy: { tasks: 2, requests: 3, strategy: 'weighted' },
};
const SETTINGS = {
  queues: QUEUES,
  balancer: { strategy: 'round_robin', local: false },
} as unknown as RuntimeSettings;

type Place = { readonly queue?: string; readonly concurrency?: number };

const task = (name: string, place: Place = {}): Handler => ({
  kind: 'task',
  name,
  ...place,
  invoke: () => undefined,
});
const request = (name: string, place: Place = {}): Handler => ({
  kind: 'request',
  name,
  ...place,
  invoke: () => undefined,
});

function poolsOf(...handlers: Handler[]): Pools {
  const registry = new HandlerRegistry('service');
  for (const handler of handlers) registry.add(handler);
  return new Pools(SETTINGS, registry);
}

describe('Pools', () => {
  it('keep queues apart, and requests and tasks of one queue', () => {
    const pools = poolsOf(
      task('mail'),
      task('bill'),
      task('render', { queue: 'heavy' }),
      request('price'),
      request('render', { queue: 'heavy' }),
    );
    const places = pools.all.map(({ name, kind, slots, names }) => ({
      name,
      kind,
      places: slots.free,
      addresses: names.map(({ address }) => address),
    }));
    expect(places).toEqual([
      { name: 't:default', kind: 'task', places: 10, addresses: ['t:mail', 't:bill'] },
      { name: 't:heavy', kind: 'task', places: 2, addresses: ['t:render'] },
      { name: 'r:default', kind: 'request', places: 20, addresses: ['r:price'] },
      { name: 'r:heavy', kind: 'request', places: 3, addresses: ['r:render'] },
    ]);
  });

  it('of other queues have places when one is full', () => {
    const pools = poolsOf(task('mail'), task('render', { queue: 'heavy' }), request('price'));
    const heavy = pools.of('t:render').slots;
    for (let i = 0; i < 2; i += 1) heavy.take('t:render');
    expect([heavy.free, pools.of('t:mail').slots.free, pools.of('r:price').slots.free]).toEqual([
      0, 10, 20,
    ]);
  });

  it('make no pool for a queue that no handler is in', () => {
    expect(poolsOf(task('mail')).all.map(({ name }) => name)).toEqual(['t:default']);
    expect(poolsOf().all).toEqual([]);
  });

  it('give a handler with a bound of its own a group of its own, in the places of its queue', () => {
    const pools = poolsOf(
      task('mail'),
      task('render', { concurrency: 1 }),
      task('film', { queue: 'heavy', concurrency: 1 }),
      request('render', { concurrency: 4 }),
    );
    expect(pools.all.flatMap(({ names }) => names)).toEqual([
      { address: 't:mail', group: 't:default' },
      { address: 't:render', group: 't:default/render' },
      { address: 't:film', group: 't:heavy/film' },
      { address: 'r:render', group: 'r:default/render' },
    ]);
    const { slots } = pools.of('t:render');
    expect([slots, slots.freeOf('t:render'), slots.freeOf('t:mail')]).toEqual([
      pools.of('t:mail').slots,
      1,
      10,
    ]);
  });

  it.each([
    [task('film', { queue: 'light' }), 'task "film"'],
    [request('film', { queue: 'light' }), 'request "film"'],
  ])('name the handler of an unknown queue, and what there is', (handler, what) => {
    const error = failureOf(() => poolsOf(task('mail'), handler));
    expect(error).toBeInstanceOf(InvalidConfigError);
    expect(error.message).toBe(
      `the handler of the ${what} is in the queue "light", which this service does not have; its queues: default, heavy`,
    );
  });

  it('know no queue that only looks like one', () => {
    const queue = 'constructor';
    expect(failureOf(() => poolsOf(task('a', { queue }))).message).toContain('"constructor"');
  });

  it('know only names that are handled here', () => {
    expect(() => poolsOf(task('mail')).of('t:bill')).toThrow('"t:bill" is not handled here');
  });

  it('describe every group once, with the rule of its queue', () => {
    const pools = poolsOf(
      task('mail'),
      task('bill'),
      task('render', { concurrency: 1 }),
      task('film', { queue: 'heavy' }),
    );
    const strategies = new Strategies(SETTINGS.balancer, QUEUES);
    const { names, groups } = pools.describe(strategies);
    expect(names.map(({ address }) => address)).toEqual(['t:mail', 't:bill', 't:render', 't:film']);
    expect(groups).toEqual([
      { name: 't:default', rule: { strategy: 'round_robin', local: false } },
      { name: 't:default/render', rule: { strategy: 'round_robin', local: false } },
      { name: 't:heavy', rule: { strategy: 'weighted', local: false } },
    ]);
  });
});
