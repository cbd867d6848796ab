import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { bootLine } from '../../../lib/server/boot-line.js';

class Nearest {
  route(): undefined {
    return undefined;
  }
}

const names = { appName: 'shop', service: 'orders', instanceName: 'one' };
const lineOf = (options: BrokerOptions, provided?: Nearest): string =>
  bootLine(resolveOptions({ ...names, ...options }, {}), '1 task (create)', provided);

describe('the line at the start', () => {
  it('says what runs where', () => {
    expect(lineOf({})).toBe(
      'Broker "default" in memory: app "shop", service "orders", instance "one", mode memory, strategy competing; 1 task (create)',
    );
    const redis = { url: 'rediss://ann:secret@db:7000/2' };
    expect(lineOf({ name: 'billing', mode: 'hybrid', redis })).toBe(
      'Broker "billing" on rediss://db:7000/2: app "shop", service "orders", instance "one", mode hybrid, strategy competing; 1 task (create)',
    );
  });

  it('says who decides: the strategy of the options, of a queue, or the one that is provided', () => {
    const queues = { heavy: { strategy: 'least_conn' }, mail: {} } as const;
    const balancer = { strategy: 'weighted' } as const;
    expect(lineOf({ balancer, queues }, new Nearest())).toContain(
      ', strategy weighted (heavy: least_conn); ',
    );
    expect(lineOf({}, new Nearest())).toContain(', strategy Nearest; ');
  });

  it('says where turns are decided, if elsewhere, and no password', () => {
    const balancer = { redis: { url: 'redis://:secret@turns' } };
    expect(lineOf({ mode: 'redis', balancer })).toContain(
      ', strategy competing, turns on redis://turns:6379/0; ',
    );
  });
});
