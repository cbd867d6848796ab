import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findMistakes, type Run } from '../../sample/quickstart/check.js';
import { Journal } from '../../sample/quickstart/journal.js';
import { readOrders } from '../../sample/quickstart/order.js';
import { nodeTypeScript } from '../support/node-typescript.js';
import { sharedRedis } from '../support/redis-server.js';
import { modes, type Mode } from '../support/test-app.js';
import { uniqueName } from '../support/unique-name.js';

const SAMPLES = new URL('../../sample/', import.meta.url);
const samples = readdirSync(SAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'quickstart')
  .map(({ name }) => name);

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a file of a sample as a user does: against the built package, configured by the environment. */
function run(path: string, variables: Readonly<Record<string, string>>): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1', ...variables };
  return new Promise((resolve) => {
    const args = nodeTypeScript(new URL(path, SAMPLES), 'dist');
    execFile(process.execPath, args, { env, timeout: 100_000 }, (error, output, errors) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, output, errors });
    });
  });
}

const variablesOf = (mode: Mode): Record<string, string> => {
  const { host, port } = sharedRedis();
  const app = { BROKER_MODE: mode, APP_NAME: uniqueName('sample') };
  return mode === 'redis' ? { ...app, REDIS_ADDR: `${host}:${port}` } : app;
};

/** It says itself where its brokers run. */
const MODELESS = '10-testing-without-redis';
const samplesOf = (mode: Mode): readonly string[] =>
  samples.filter((sample) => mode === 'memory' || sample !== MODELESS);

describe.concurrent.each(modes)('samples, %s', (mode) => {
  it.each(samplesOf(mode))('%s does what its check says', async (sample) => {
    const { code, output, errors } = await run(`${sample}/check.ts`, variablesOf(mode));
    expect(errors).toBe('');
    expect(output).toBe(`${sample}: ok\n`);
    expect(code).toBe(0);
  });

  it('the quick start has every figure right, and again', async () => {
    for (let time = 1; time <= (mode === 'redis' ? 2 : 1); time += 1) {
      const { code, output, errors } = await run('quickstart/main.ts', variablesOf(mode));
      expect(errors).toBe('');
      expect(output).toMatch(/^1200 orders of 50 customers, /);
      expect(output).toMatch(/^ +\d+ of 1200 orders settled$/m);
      expect(output).toMatch(/^all +1177 +93 +23$/m);
      expect(output).toMatch(/^Every figure is right\.$/m);
      expect(code).toBe(0);
    }
  });
});

/** In memory, as they come, but for those that then only say that they need Redis. */
describe.concurrent.each([
  ['memory', samples],
  ['redis', ['07-gateway-and-worker', '11-go-interop', '12-compose']],
] as const)('samples as they come, %s', (mode, shown) => {
  it.each(shown)('%s runs to its end', async (sample) => {
    expect(await run(`${sample}/main.ts`, variablesOf(mode))).toMatchObject({ code: 0 });
  });
});

describe.concurrent('the quick start', () => {
  it('says in one line why it cannot run', async () => {
    const { code, errors } = await run('quickstart/main.ts', { BROKER_MODE: 'rabbit' });
    expect(errors).toMatch(
      /^The quick start failed: .*BROKER_MODE.*rabbit.*memory or redis or hybrid\n$/,
    );
    expect(code).toBe(1);
  });

  it('ends when there is no Redis', async () => {
    const nowhere = { BROKER_MODE: 'redis', REDIS_ADDR: '127.0.0.1:1' };
    const { code, errors } = await run('quickstart/main.ts', nowhere);
    expect(errors).toMatch(/^The quick start failed: Redis cannot be reached: .*127\.0\.0\.1:1\n$/);
    expect(code).toBe(1);
  });

  it('sees every figure that is wrong', async () => {
    const orders = await readOrders(new URL('quickstart/data/orders.jsonl', SAMPLES));
    expect(orders).toHaveLength(1200);
    const counters = { retried: 0 } as Run['stats']['counters'];
    const stats = { names: [], delayed: 1, gated: 0, counters } as unknown as Run['stats'];
    const nothing: Run = {
      orders,
      journal: new Journal(),
      totals: new Map(),
      subscribers: { dashboard: [] },
      deadLetters: [],
      stats,
    };
    expect(findMistakes(nothing)).toEqual([
      'workers that handled orders: 0 instead of 3',
      'handled: 0 instead of 1177',
      'retried: 0 instead of 93',
      'dead: 0 instead of 23',
      'customers in order: 0 instead of 50',
      'customers with the right total: 0 instead of 50',
      'dashboard did not see every event exactly once',
      'dead letters of declined cards: 0 instead of 11',
      'dead letters after the last attempt: 0 instead of 12',
      'tasks left over: 1 instead of 0',
      'the broker counts as retried: 0 instead of 93',
    ]);
  });
});
