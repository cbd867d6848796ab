// npm run bench [-- CASE … --runs 3 --only LABEL --verbose --lib --profile DIR]
import { Redis } from 'ioredis';
import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis-server.js';
import type { BenchCase } from './bench-case.js';
import { CASES } from './cases/index.js';
import { Pair, type PairOptions, type Run } from './pair.js';
import { describeMachine, describeRun, formatCase } from './report.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    lib: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

const chosen = CASES.filter(
  ({ name }) => positionals.length === 0 || positionals.some((wanted) => name.startsWith(wanted)),
);
const server = await startRedis();
const redis = new Redis(server.url);
try {
  console.log(describeMachine(/redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?'));
  for (const benchCase of chosen) {
    const results = await runCase(benchCase, {
      host: server.host,
      port: server.port,
      redis,
      from: values.lib ? 'lib' : 'dist',
      ...(values.profile === undefined ? {} : { profile: values.profile }),
    });
    console.log(formatCase(benchCase, results));
  }
} finally {
  redis.disconnect();
  await server.stop();
}

/** Every round runs every entry once, each time another one first, so that a slow moment hits all alike. */
async function runCase(benchCase: BenchCase, options: PairOptions): Promise<Map<string, Run[]>> {
  const entries = benchCase.entries.filter(
    ({ contender, label }) =>
      values.only === undefined || `${contender} ${label}`.includes(values.only),
  );
  const pairs = entries.map((entry) => new Pair(benchCase, entry, options));
  const results = new Map<string, Run[]>(entries.map(({ label }) => [label, []]));
  const scale = Number(values.scale);
  try {
    await Promise.all(pairs.map(async (pair) => await pair.open()));
    for (const pair of pairs) await pair.run(Math.ceil(pair.entry.count / 2));
    for (let round = 0; round < Number(values.runs); round += 1) {
      for (let i = 0; i < pairs.length; i += 1) {
        const pair = pairs[(round + i) % pairs.length]!;
        const run = await pair.run(Math.ceil(pair.entry.count * scale));
        results.get(pair.entry.label)?.push(run);
        if (values.verbose) console.log(describeRun(pair.entry.label, run));
      }
    }
  } finally {
    await Promise.all(pairs.map(async (pair) => await pair.end()));
  }
  return results;
}
