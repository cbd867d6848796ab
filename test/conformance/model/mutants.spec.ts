import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemorySite } from '../../support/memory-site.js';
import { createRedisSite } from '../../support/redis-site.js';
import type { Site } from '../../support/site.js';
import { MEMORY_MUTANTS, type MemoryMutant } from './memory-mutants.js';
import { MEMORY_MOVE_MUTANTS } from './memory-move-mutants.js';
import { MEMORY_ROUTING_MUTANTS } from './memory-routing-mutants.js';
import { REDIS_MUTANTS, applyRedisMutant } from './redis-mutants.js';
import { REDIS_ROUTING_MUTANTS } from './redis-routing-mutants.js';
import { type ModelRun, runModel } from './run-model.js';
import { Violation } from './violation.js';

const SEEDS = [1, 2, 3, 4];

/** Runs one seed after the other until one of them finds a violation. */
async function hunt(create: () => Promise<Site>, run: Omit<ModelRun, 'seed'>): Promise<unknown> {
  for (const seed of SEEDS) {
    const site = await create();
    const found = await runModel(site, { ...run, seed }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await site.close();
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('the model test finds a memory backend that', () => {
  it.each([...MEMORY_MUTANTS, ...MEMORY_ROUTING_MUTANTS, ...MEMORY_MOVE_MUTANTS])(
    '$name',
    async ({ rule = 'competing', apply }: MemoryMutant) => {
      const create = async (): Promise<Site> => {
        const site = await createMemorySite();
        await site.connect();
        apply(site.hub);
        return site;
      };
      expect(await hunt(create, { operations: 300, pace: 40, rule })).toBeInstanceOf(Violation);
    },
  );
});

describe('the model test finds a Redis backend that', () => {
  it.each([...REDIS_MUTANTS, ...REDIS_ROUTING_MUTANTS])(
    '$name',
    { timeout: 60_000 },
    async (mutant) => {
      const { rule = 'competing' } = mutant;
      onTestFinished(applyRedisMutant(mutant));
      const found = await hunt(createRedisSite, { operations: 200, pace: 4, rule });
      expect(found).toBeInstanceOf(Violation);
    },
  );
});
