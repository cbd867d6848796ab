import { describe, expect, it } from 'vitest';
import { backends } from '../../support/backends.js';
import { runModel } from './run-model.js';

const RULES = [
  'competing',
  'round_robin',
  'weighted',
  'consistent_hash',
  'least_conn',
  'custom:mine@local',
];
/** The memory backend's clock is turned by hand, so its runs can be long. */
const RUNS = {
  memory: { seeds: [1, 2, 3], operations: 1_000, pace: 40 },
  redis: { seeds: [1, 2], operations: 300, pace: 4 },
} as const;

for (const { name, create } of backends) {
  const { seeds, operations, pace } = RUNS[name];
  const runs = RULES.flatMap((rule) => seeds.map((seed) => ({ rule, seed })));

  describe(`model test on ${name}`, () => {
    it.concurrent.for(runs)(
      'finds nothing wrong, $rule, seed $seed',
      { timeout: 180_000 },
      async ({ rule, seed }, { onTestFinished }) => {
        const site = await create();
        onTestFinished(() => site.close());
        const report = await runModel(site, { seed, rule, operations, pace });
        expect(report.accepted).toBeGreaterThan(operations / 4);
        expect(report.done).toBeGreaterThan(report.accepted / 4);
      },
    );
  });
}
