import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemorySite } from '../../support/memory-site.js';
import { createRedisSite } from '../../support/redis-site.js';
import type { Site } from '../../support/site.js';
import { MEMORY_MUTANTS } from './memory-mutants.js';
import { REDIS_MUTANTS, applyRedisMutant } from './redis-mutants.js';
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
  it.each(MEMORY_MUTANTS.map(({ name, apply }) => [name, apply] as const))(
    '%s',
    async (_, apply) => {
      const create = async (): Promise<Site> => {
        const site = await createMemorySite();
        await site.connect();
        apply(site.hub);
        return site;
      };
      expect(await hunt(create, { operations: 300, pace: 40 })).toBeInstanceOf(Violation);
    },
  );
});

describe('the model test finds a Redis backend that', () => {
  it.each(REDIS_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    { timeout: 60_000 },
    async (_, mutant) => {
      onTestFinished(applyRedisMutant(mutant));
      expect(await hunt(createRedisSite, { operations: 200, pace: 4 })).toBeInstanceOf(Violation);
    },
  );
});
