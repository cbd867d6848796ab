import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError } from '../../../lib/errors/index.js';

const resolve = (options: unknown) => resolveOptions(options as BrokerOptions, {});

describe('a Redis of its own for turns', () => {
  it('is the exception: turns are decided where the queue is', () => {
    const { turns, settings } = resolve({ mode: 'redis' });
    expect(turns).toBeUndefined();
    expect(settings.balancer.local).toBe(false);
  });

  it('has its own address and prefix, and leaves the decision to senders that ask there', () => {
    const redis = { url: 'redis://:secret@turns:7000/2' };
    const { turns, settings } = resolve({ mode: 'redis', balancer: { redis, prefix: 'turns' } });
    expect(turns).toEqual({
      prefix: 'turns',
      redis: { host: 'turns', port: 7000, password: 'secret', db: 2 },
    });
    expect(settings.balancer.local).toBe(true);
    expect(settings.balancer).not.toHaveProperty('redis');
  });

  it('takes the prefix of the queue where it names none', () => {
    const balancer = { redis: { host: 'turns' } };
    expect(resolve({ mode: 'redis', prefix: 'mine', balancer }).turns?.prefix).toBe('mine');
    expect(resolve({ mode: 'redis', balancer }).turns?.prefix).toBe('broker');
  });

  it.each(['memory', 'hybrid', undefined])('is refused in the mode %s', (mode) => {
    const options = { mode, balancer: { redis: { host: 'turns' } } };
    expect(() => resolve(options)).toThrow(InvalidConfigError);
    expect(() => resolve(options)).toThrow(
      `balancer.redis: it needs mode "redis", the mode is "${mode ?? 'memory'}"`,
    );
  });
});
