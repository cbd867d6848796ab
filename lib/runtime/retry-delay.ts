import type { BackoffPolicy } from '../message/index.js';

/**
 * Milliseconds before the next attempt. Exponential: `delay × 2^(attempt − 1)`, at most `max`. Jitter takes away up
 * to its share at random, so that tasks that failed together do not come back together.
 */
export function retryDelay(
  policy: BackoffPolicy,
  attempt: number,
  random: () => number = Math.random,
): number {
  const { type, delay, max, jitter } = policy;
  const grown = type === 'fixed' ? delay : Math.min(max, delay * 2 ** Math.min(attempt - 1, 52));
  return Math.ceil(grown * (1 - jitter * random()));
}
