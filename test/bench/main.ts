// npm run bench [-- CASE … --runs 3 --verbose]; see arguments.ts
import { Redis } from 'ioredis';
import { startRedis } from '../support/redis-server.js';
import { readArguments } from './arguments.js';
import { describeMachine, describeRun, formatCase } from './report.js';
import { runCase } from './run-case.js';

const { cases, studies, runs, seconds, scale, verbose, from, profile } = readArguments();
const startedAt = performance.now();
const server = await startRedis();
const redis = new Redis(server.url);
try {
  console.log(`${await describeMachine(redis)}\n`);
  for (const [index, benchCase] of cases.entries()) {
    const results = await runCase(benchCase, {
      host: server.host,
      port: server.port,
      redis,
      from,
      profile,
      runs,
      scale,
      deadline: startedAt + (seconds * 1_000 * (index + 1)) / cases.length,
      onRun: (label, run) => verbose && console.log(describeRun(label, run)),
    });
    console.log(`${formatCase(benchCase, results, verbose)}\n`);
  }
  for (const study of studies) {
    const { host, port } = server;
    console.log(`${await study.run({ host, port, redis, scale })}\n`);
  }
} finally {
  redis.disconnect();
  await server.stop();
}
