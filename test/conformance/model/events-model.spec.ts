import { describe, expect, it, onTestFinished } from 'vitest';
import { backends } from '../../support/backends.js';
import { createRedisSite } from '../../support/redis-site.js';
import { type RedisMutant, applyRedisMutant } from './redis-mutants.js';
import { runEventsModel } from './run-events-model.js';
import { Violation } from './violation.js';

const RUNS = {
  memory: { operations: 300, pace: 30 },
  redis: { operations: 100, pace: 4 },
} as const;
const RULES = ['competing', 'round_robin'];

for (const { name, create } of backends) {
  const runs = RULES.flatMap((rule) => [1, 2].map((seed) => ({ rule, seed })));
  describe(`model test of durable events on ${name}`, () => {
    it.concurrent.for(runs)(
      'finds nothing wrong, $rule, seed $seed',
      { timeout: 180_000 },
      async (run, context) => {
        const site = await create();
        context.onTestFinished(() => site.close());
        expect(await runEventsModel(site, { ...RUNS[name], ...run })).toBeGreaterThan(100);
      },
    );
  });
}

const MUTANTS: readonly RedisMutant[] = [
  {
    name: 'gives those that are behind what is published, too',
    scripts: ['add'],
    from: /if not s\.p then\n\s*arrivals/,
    to: 'if true then\narrivals',
  },
  {
    name: 'counts as caught up after one step',
    scripts: ['catchUp'],
    from: 's.p = #entries == chunk and entries[#entries][1] or nil',
    to: 's.p = nil',
  },
  {
    name: 'copies the last entry of a step again',
    scripts: ['catchUp'],
    from: 'entries[#entries][1] or nil',
    to: 'entries[#entries - 1][1] or nil',
  },
  {
    name: 'trims from the log what somebody has not got',
    scripts: ['tend'],
    from: /needed and older\(needed, cut\) and needed or cut/,
    to: 'cut',
  },
  {
    name: 'gives all copies one id',
    scripts: ['add', 'catchUp'],
    from: "unique .. '@' .. s.i",
    to: "unique .. '@'",
  },
  {
    name: 'forgets subscriptions that nobody handles now',
    scripts: ['tend'],
    from: /if now - tonumber\(call\('HGET'[^\n]*then/,
    to: 'if not live then',
  },
];

describe('the model test of durable events finds a Redis backend that', () => {
  it.each(MUTANTS)('$name', { timeout: 180_000 }, async (mutant) => {
    onTestFinished(applyRedisMutant(mutant));
    let found: unknown;
    for (const seed of [1, 2, 3, 4]) {
      const site = await createRedisSite();
      found = await runEventsModel(site, { ...RUNS.redis, seed }).catch((error: unknown) => error);
      await site.close();
      if (found instanceof Error) break;
    }
    expect(found).toBeInstanceOf(Violation);
  });
});
