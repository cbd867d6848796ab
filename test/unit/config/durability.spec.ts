import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError } from '../../../lib/errors/index.js';

const resolve = (options: unknown, variables: Record<string, string> = {}) =>
  resolveOptions(options as BrokerOptions, variables);

describe('durability', () => {
  it('is off by default', () => {
    expect(resolve({ mode: 'redis' }).durability).toBeUndefined();
  });

  it.each(['redis', 'hybrid'])('can be had in the mode %s', (mode) => {
    expect(resolve({ mode, durability: { replicas: 2 } }).durability).toEqual({
      replicas: 2,
      timeout: 500,
    });
    const durability = { replicas: 1, timeout: '2s' };
    expect(resolve({ mode, durability }).durability).toEqual({ replicas: 1, timeout: 2_000 });
  });

  it('can be said in the environment, and code beats it', () => {
    const variables = { DURABILITY_REPLICAS: '2', DURABILITY_TIMEOUT: '1s' };
    expect(resolve({ mode: 'redis' }, variables).durability).toEqual({
      replicas: 2,
      timeout: 1_000,
    });
    const code = { mode: 'redis', durability: { replicas: 1 } };
    expect(resolve(code, variables).durability).toEqual({ replicas: 1, timeout: 1_000 });
  });

  it.each([
    [{ replicas: 0 }, 'durability.replicas is 0, allowed: a whole number from 1'],
    [{ timeout: '1s' }, 'durability.replicas'],
    [{ replicas: 1, timeout: 0 }, 'durability.timeout is 0, allowed: '],
    [{ replicas: 1, timeout: '5s' }, 'durability.timeout is "5s", allowed: '],
    [{ replicas: 1, wait: 1 }, 'durability.wait'],
  ])('says what is wrong with %j', (durability, message) => {
    expect(() => resolve({ mode: 'redis', durability })).toThrow(InvalidConfigError);
    expect(() => resolve({ mode: 'redis', durability })).toThrow(message);
  });

  it('names the variable that is wrong', () => {
    const variables = { DURABILITY_REPLICAS: 'two' };
    expect(() => resolve({ mode: 'redis' }, variables)).toThrow('DURABILITY_REPLICAS is "two"');
    expect(() => resolve({ mode: 'redis' }, { DURABILITY_TIMEOUT: '1s' })).toThrow(
      'durability.replicas',
    );
  });

  it('is refused in memory', () => {
    const allowed = 'memory has no replicas: it needs mode "redis" or "hybrid", the mode is';
    expect(() => resolve({ durability: { replicas: 1 } })).toThrow(
      `durability.replicas: ${allowed} "memory"`,
    );
    expect(() => resolve({ mode: 'memory' }, { DURABILITY_REPLICAS: '1' })).toThrow(
      `DURABILITY_REPLICAS: ${allowed} "memory"`,
    );
  });
});
