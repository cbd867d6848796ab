import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError } from '../../../lib/errors/index.js';

const resolve = (options: unknown) => resolveOptions(options as BrokerOptions, {});

describe('sharded events', () => {
  it('are off by default', () => {
    expect(resolve({ mode: 'redis' }).shardedEvents).toBe(false);
    expect(resolve({ mode: 'redis', events: {} }).shardedEvents).toBe(false);
    expect(resolve({ events: { sharded: false } }).shardedEvents).toBe(false);
  });

  it.each(['redis', 'hybrid'])('can be had in the mode %s', (mode) => {
    expect(resolve({ mode, events: { sharded: true } }).shardedEvents).toBe(true);
  });

  it.each(['memory', undefined])('are refused in the mode %s', (mode) => {
    const options = { mode, events: { sharded: true } };
    expect(() => resolve(options)).toThrow(InvalidConfigError);
    expect(() => resolve(options)).toThrow(
      'events.sharded: it needs mode "redis" or "hybrid", the mode is "memory"',
    );
  });

  it('are said with true or false', () => {
    expect(() => resolve({ mode: 'redis', events: { sharded: 'yes' } })).toThrow(
      'events.sharded is "yes", allowed: true or false',
    );
  });
});
