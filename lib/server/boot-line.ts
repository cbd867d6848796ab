import { describeRedis, type ResolvedOptions } from '../config/index.js';

/** What runs where, in one line, without a password. */
export function bootLine(options: ResolvedOptions, handlers: string): string {
  const { name, appName, mode, redis, settings } = options;
  const where = mode === 'memory' ? 'in memory' : `on ${describeRedis(redis)}`;
  const who = `app "${appName}", service "${settings.service}", instance "${settings.instanceName}"`;
  return `Broker "${name}" ${where}: ${who}; ${handlers === '' ? 'sends only' : handlers}`;
}
