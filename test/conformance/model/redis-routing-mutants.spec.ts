import { describe, expect, it, onTestFinished } from 'vitest';
import { createRedisSite } from '../../support/redis-site.js';
import { hunt } from './hunt.js';
import { applyRedisMutant } from './redis-mutants.js';
import { REDIS_ROUTING_MUTANTS } from './redis-routing-mutants.js';
import { Violation } from './violation.js';

describe('the model test finds a Redis backend that routes and', () => {
  it.each(REDIS_ROUTING_MUTANTS)('$name', { timeout: 180_000 }, async (mutant) => {
    const { rule = 'competing' } = mutant;
    onTestFinished(applyRedisMutant(mutant));
    const found = await hunt(createRedisSite, { operations: 200, pace: 4, rule });
    expect(found).toBeInstanceOf(Violation);
  });
});
