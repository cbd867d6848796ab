import { describe, expect, it } from 'vitest';
import type { BackoffPolicy } from '../../../lib/message/index.js';
import { retryDelay } from '../../../lib/runtime/retry-delay.js';

const policy = (parts: Partial<BackoffPolicy> = {}): BackoffPolicy => ({
  type: 'exponential',
  delay: 100,
  max: 1_000,
  jitter: 0,
  ...parts,
});

const delays = (backoff: BackoffPolicy, ...attempts: readonly number[]): number[] =>
  attempts.map((attempt) => retryDelay(backoff, attempt));

describe('retryDelay', () => {
  it('is always the same when fixed; the bound is for growing delays', () => {
    expect(delays(policy({ type: 'fixed', max: 10 }), 1, 2, 50)).toEqual([100, 100, 100]);
  });

  it('doubles with every attempt, up to its bound', () => {
    expect(delays(policy(), 1, 2, 3, 4, 5, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('stays a number after any number of attempts', () => {
    expect(delays(policy(), 1_025, 100_000, Number.MAX_SAFE_INTEGER)).toEqual([
      1_000, 1_000, 1_000,
    ]);
    expect(delays(policy({ delay: 0 }), 1, 5_000)).toEqual([0, 0]);
  });

  it('takes away at most the share that is random', () => {
    const jittered = policy({ jitter: 0.5 });
    expect(retryDelay(jittered, 2, () => 0)).toBe(200);
    expect(retryDelay(jittered, 2, () => 0.5)).toBe(150);
    expect(retryDelay(jittered, 2, () => 1)).toBe(100);
    expect(retryDelay(policy({ jitter: 1, type: 'fixed' }), 2, () => 0.25)).toBe(75);
    for (let i = 0; i < 200; i += 1) {
      const delay = retryDelay(jittered, 5);
      expect(delay).toBeGreaterThanOrEqual(500);
      expect(delay).toBeLessThanOrEqual(1_000);
    }
  });

  it('is whole milliseconds, never early', () => {
    expect(retryDelay(policy({ delay: 10.2 }), 1)).toBe(11);
    expect(retryDelay(policy({ jitter: 0.333 }), 1, () => 1)).toBe(67);
  });
});
