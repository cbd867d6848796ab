import type { BalanceStrategy } from '../balancer/index.js';
import { describeRedis, type ResolvedOptions } from '../config/index.js';

/**
 * What runs where, in one line, without a password.
 * @param provided the app's own strategy, for queues that name none
 */
export function bootLine(
  options: ResolvedOptions,
  handlers: string,
  provided?: BalanceStrategy,
): string {
  const { name, appName, mode, redis, turns, settings } = options;
  const { service, instanceName, balancer, queues } = settings;
  const where = mode === 'memory' ? 'in memory' : `on ${describeRedis(redis)}`;
  const strategy = nameOf(balancer.strategy ?? provided ?? 'competing');
  const others = Object.entries(queues).flatMap(([queue, { strategy: own }]) =>
    own === undefined ? [] : [`${queue}: ${nameOf(own)}`],
  );
  const who = [
    `app "${appName}"`,
    `service "${service}"`,
    `instance "${instanceName}"`,
    `mode ${mode}`,
    `strategy ${strategy}${others.length === 0 ? '' : ` (${others.join(', ')})`}`,
    ...(turns === undefined ? [] : [`turns on ${describeRedis(turns.redis)}`]),
  ].join(', ');
  return `Broker "${name}" ${where}: ${who}; ${handlers === '' ? 'sends only' : handlers}`;
}

const nameOf = (strategy: string | BalanceStrategy): string =>
  typeof strategy === 'string' ? strategy : strategy.constructor.name;
