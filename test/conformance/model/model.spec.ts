import { describe, expect, it } from 'vitest';
import { backends } from '../../support/backends.js';
import { runModel } from './run-model.js';

const SEEDS = [1, 2, 3, 4, 5];
/** The memory backend's clock is turned by hand, so its runs can be long. */
const RUNS = {
  memory: { operations: 1_000, pace: 40 },
  redis: { operations: 300, pace: 4 },
} as const;

for (const { name, create } of backends) {
  describe(`model test on ${name}`, () => {
    it.concurrent.for(SEEDS)(
      'finds nothing wrong, seed %i',
      { timeout: 60_000 },
      async (seed, { onTestFinished }) => {
        const site = await create();
        onTestFinished(() => site.close());
        const report = await runModel(site, { seed, ...RUNS[name] });
        expect(report.accepted).toBeGreaterThan(RUNS[name].operations / 4);
        expect(report.done).toBeGreaterThan(report.accepted / 4);
      },
    );
  });
}
