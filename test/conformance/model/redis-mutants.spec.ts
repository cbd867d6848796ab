import { describe, expect, it, onTestFinished } from 'vitest';
import { createRedisSite } from '../../support/redis-site.js';
import { hunt } from './hunt.js';
import { REDIS_MUTANTS, applyRedisMutant } from './redis-mutants.js';
import { Violation } from './violation.js';

describe('the model test finds a Redis backend that', () => {
  it.each(REDIS_MUTANTS)('$name', { timeout: 180_000 }, async (mutant) => {
    const { rule = 'competing', longestDelay } = mutant;
    onTestFinished(applyRedisMutant(mutant));
    const found = await hunt(createRedisSite, { operations: 200, pace: 4, rule, longestDelay });
    expect(found).toBeInstanceOf(Violation);
  });
});
