import { describe, expect, it } from 'vitest';
import { createMemorySite } from '../../support/memory-site.js';
import type { Site } from '../../support/site.js';
import { hunt } from './hunt.js';
import { MEMORY_MUTANTS, type MemoryMutant } from './memory-mutants.js';
import { MEMORY_MOVE_MUTANTS } from './memory-move-mutants.js';
import { MEMORY_ROUTING_MUTANTS } from './memory-routing-mutants.js';
import { Violation } from './violation.js';

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
