import { readEnvironment, resolveOptions, type BrokerOptions } from '../config/index.js';
import type { BrokerLogger, ResolvedOptions } from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import type { Typed } from './verb.js';

/**
 * The options of the app from its environment, with what was typed over them. Without a mode, an address is enough: here
 * it can mean nothing else.
 * @throws InvalidConfigError, also when the app would live in memory
 */
export function toOptions(typed: Typed, logger: BrokerLogger): ResolvedOptions {
  const url = typed.text('redis');
  const flags: BrokerOptions = {
    logger,
    ...given('appName', typed.text('app')),
    ...given('service', typed.text('service')),
    ...given('prefix', typed.text('prefix')),
    ...given('stream', typed.text('stream')),
    ...given('group', typed.text('group')),
    ...(typed.has('sharded') ? { events: { sharded: true } } : {}),
    ...(url === undefined ? {} : { redis: { url } }),
  };
  const { options } = readEnvironment();
  const isSilent = options.mode === undefined && options.queue?.type === undefined;
  const isAddressed = options.redis !== undefined || options.queue?.redis !== undefined;
  const isOpen = isSilent ? isAddressed || url !== undefined : url !== undefined;
  const resolved = resolveOptions(
    isOpen && !livesInRedis(options) ? { ...flags, mode: 'redis' } : flags,
  );
  if (resolved.mode !== 'memory') return resolved;
  throw new InvalidConfigError(
    'in mode "memory" messages live in the process of the app, where nobody else can reach them; for an app on Redis set BROKER_MODE=redis with REDIS_URL, or say --redis redis://host:6379',
  );
}

type Said = ReturnType<typeof readEnvironment>['options'];

const livesInRedis = ({ mode, queue }: Said): boolean =>
  queue?.type === undefined ? mode === 'redis' || mode === 'hybrid' : queue.type === 'redis';

const given = <K extends string>(name: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, string>);
