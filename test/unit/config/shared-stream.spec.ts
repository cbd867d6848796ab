import { describe, expect, it } from 'vitest';
import { resolveOptions, type BrokerOptions } from '../../../lib/config/index.js';
import { InvalidConfigError, InvalidNameError } from '../../../lib/errors/index.js';

const SHARED = { mode: 'redis', stream: 'app_stream', group: 'app_group' } as const;
const resolve = (options: unknown, variables: Record<string, string> = {}) =>
  resolveOptions(options as BrokerOptions, variables);

describe('a stream shared with Go-Broker', () => {
  it('is the exception', () => {
    expect(resolve({ mode: 'redis' }).shared).toBeUndefined();
  });

  it('has exactly the names of the options', () => {
    expect(resolve(SHARED).shared).toEqual({ stream: 'app_stream', group: 'app_group' });
    expect(resolve({ stream: '{a}:b', group: 'ü' }, { BROKER_MODE: 'redis' }).shared).toEqual({
      stream: '{a}:b',
      group: 'ü',
    });
  });

  it.each([
    [{ stream: 's' }, 'group: stream and group belong together: set both, or none'],
    [{ group: 'g' }, 'stream: stream and group belong together: set both, or none'],
    [{ ...SHARED, mode: 'memory' }, 'it needs mode "redis", the mode is "memory"'],
    [{ ...SHARED, mode: 'hybrid' }, 'it needs mode "redis", the mode is "hybrid"'],
    [{ ...SHARED, mode: undefined }, 'it needs mode "redis", the mode is "memory"'],
    [{ ...SHARED, streamLength: 5 }, 'streamLength: not with stream'],
    [
      { ...SHARED, balancer: { strategy: 'weighted' } },
      'balancer.strategy: only "competing" with stream',
    ],
    [
      { ...SHARED, queues: { slow: { strategy: 'round_robin' } } },
      'queues.slow.strategy: only "competing" with stream',
    ],
    [
      { ...SHARED, balancer: { strategy: { route: () => undefined } } },
      'balancer.strategy: only "competing" with stream',
    ],
    [{ ...SHARED, balancer: { redis: { host: 'x' } } }, 'balancer.redis: not with stream'],
    [{ ...SHARED, stream: '' }, 'stream is "", allowed: a text that is not empty'],
    [{ ...SHARED, group: 5 }, 'group is 5, allowed: a text'],
  ])('%j is refused', (options, message) => {
    expect(() => resolve(options)).toThrow(InvalidConfigError);
    expect(() => resolve(options)).toThrow(message);
  });

  it('names the variable that is in the way', () => {
    expect(() => resolve(SHARED, { STREAM_LENGTH: '5' })).toThrow('STREAM_LENGTH: not with stream');
    expect(() => resolve(SHARED, { BALANCE_STRATEGY: 'least_conn' })).toThrow(
      'BALANCE_STRATEGY: only "competing"',
    );
  });

  it('allows what says the default', () => {
    const balancer = { strategy: 'competing' };
    const queues = { slow: { maxJobs: 1, strategy: 'competing' } };
    expect(resolve({ ...SHARED, balancer, queues }).shared).toBeDefined();
  });

  it('has names of a length that Redis users can live with', () => {
    expect(() => resolve({ ...SHARED, group: 'g'.repeat(256) })).toThrow(InvalidNameError);
  });
});
