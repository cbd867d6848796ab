import { checkNamespace } from '../message/index.js';
import { DEFAULTS } from './defaults.js';
import type { Environment } from './env.js';
import { mergeRedis, mergeRedisBeside, problemsOfRedis } from './merge-redis.js';
import type { Placed } from './place-of.js';
import { refuse, type Problem } from './problem.js';
import { describeRedis, type RedisParts } from './redis-address.js';
import type { ResolvedOptions } from './resolved-options.js';
import type { WrappedOptions } from './wrap-instances.js';

export interface RedisOrigin {
  /** What code says. */
  readonly options: WrappedOptions;
  readonly environment: Environment;
  readonly placed: Placed;
  readonly nameOf: (path: string) => string;
}

type Places = Pick<ResolvedOptions, 'prefix' | 'redis' | 'turns'> & {
  readonly warnings: readonly string[];
};

/**
 * Where queue and balancer are, by which prefix.
 * @throws InvalidConfigError or InvalidNameError
 */
export function resolveRedis(origin: RedisOrigin): Places {
  const { options, environment, nameOf } = origin;
  const env = environment.options;
  refuse('the broker cannot be set up', problemsOf(origin));
  const redis = mergeRedis(env.redis, env.queue?.redis, options.redis, options.queue?.redis);
  refuseDatabase('redis.db', redis);
  const common = options.prefix ?? DEFAULTS.prefix;
  const own =
    options.queue?.prefix ?? (options.prefix === undefined ? env.queue?.prefix : undefined);
  const prefix = checkNamespace(
    nameOf(own === undefined ? 'prefix' : 'queue.prefix'),
    own ?? common,
  );
  const turnsPrefix = checkNamespace(
    nameOf('balancer.prefix'),
    options.balancer?.prefix ?? env.balancer?.prefix ?? common,
  );
  const turns = toTurns(origin, redis, { queue: prefix, turns: turnsPrefix });
  return { prefix, redis: Object.freeze(redis), turns, warnings: warningsOf(origin, turns) };
}

function toTurns(
  { options, environment, placed }: RedisOrigin,
  queue: RedisParts,
  prefix: { readonly queue: string; readonly turns: string },
): ResolvedOptions['turns'] {
  const settings = [environment.options.balancer?.redis, options.balancer?.redis];
  if (placed.mode !== 'redis' || settings.every((layer) => layer === undefined)) return undefined;
  const { maxRetries: _, ...redis } = mergeRedisBeside(queue, ...settings);
  refuseDatabase('balancer.redis.db', redis);
  // the same keys on the same Redis: that is where the queue is
  const isSame = describeRedis(redis) === describeRedis(queue) && prefix.turns === prefix.queue;
  return isSame ? undefined : Object.freeze({ redis: Object.freeze(redis), prefix: prefix.turns });
}

function problemsOf({ options, placed }: RedisOrigin): Problem[] {
  const { redis, queue, balancer } = options;
  const problems = [
    ...problemsOfRedis('redis', redis),
    ...problemsOfRedis('queue.redis', queue?.redis),
    ...problemsOfRedis('balancer.redis', balancer?.redis),
  ];
  // of the environment it is left unused: one set of variables serves several ways to run an app
  if (balancer?.redis !== undefined && placed.mode !== 'redis') {
    const allowed = `it needs mode "redis", the mode is "${placed.mode}"`;
    problems.push({ where: 'balancer.redis', allowed });
  }
  return problems;
}

function refuseDatabase(where: string, { cluster, db = 0 }: RedisParts): void {
  if (cluster === undefined || db === 0) return;
  refuse('the broker cannot be set up', [
    { where, value: String(db), allowed: '0, a cluster has no other database' },
  ]);
}

function warningsOf(
  { options, environment, placed, nameOf }: RedisOrigin,
  turns: ResolvedOptions['turns'],
): string[] {
  const { names } = environment;
  const warnings = [...environment.warnings];
  const variables = [...names].filter(([path]) => /(^|\.)redis\./.test(path));
  const inCode = [options.redis, options.queue?.redis].some((redis) => redis !== undefined);
  if (placed.isDefault && (variables.length > 0 || inCode)) {
    const set = [...new Set(variables.map(([, name]) => name))].join(', ');
    warnings.push(
      `${set === '' ? 'the option redis' : set} is set, but messages stay in memory: set BROKER_MODE=redis or the option mode to use Redis`,
    );
  }
  if (placed.mode === 'memory' || turns !== undefined) return warnings;
  const ofBalancer = variables.filter(([path]) => path.startsWith('balancer.'));
  const unused = [...new Set(ofBalancer.map(([, name]) => name))];
  if (placed.mode === 'hybrid' && unused.length > 0) {
    warnings.push(`${unused.join(', ')} is not used: the balancer is in memory`);
  }
  const prefix = options.balancer?.prefix ?? environment.options.balancer?.prefix;
  if (prefix !== undefined && unused.length === 0) {
    warnings.push(
      `${nameOf('balancer.prefix')} has no effect: the balancer has no Redis of its own, so it is where the queue is`,
    );
  }
  return warnings;
}
