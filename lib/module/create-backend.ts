import type { Backend, Clock, TurnsPort } from '../backend/index.js';
import type { ResolvedOptions } from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import type { RuntimeLog } from '../runtime/index.js';

/** How a backend is made, beside what the options say. */
export interface BackendSurroundings {
  /** Of a backend in memory; Redis has its own. */
  readonly clock?: Clock | undefined;
  /** Whether it only looks, and leaves nothing in Redis by being there. Default false. */
  readonly looks?: boolean | undefined;
}

/** Makes the backend the options ask for. The only place that names an adapter. */
export async function createBackend(
  options: ResolvedOptions,
  log: RuntimeLog,
  { clock, looks = false }: BackendSurroundings = {},
): Promise<Backend> {
  const { prefix, appName, redis, settings } = options;
  const { streamLength, overflow } = settings;
  const common = {
    prefix,
    appName,
    overflow,
    ...(streamLength === undefined ? {} : { streamLength }),
    onError: (error: unknown) => log.error(String(error), (error as Error | undefined)?.stack),
  };
  if (options.mode === 'memory') {
    const { MemoryBackend } = await import('../backend/memory/index.js');
    return new MemoryBackend({ ...common, ...(clock && { clock }) });
  }
  const { RedisBackend } = await loadRedis();
  const { shared, shardedEvents: sharded, durability } = options;
  const own = { ...(shared && { shared }), ...(durability && { durability }) };
  const onWarning = (message: string): void => log.warn(message);
  return new RedisBackend({ ...common, redis, sharded, looks, onWarning, ...own });
}

/** Where turns are decided, if the options give the balancer a Redis of its own. */
export async function createTurns(
  { appName, turns }: ResolvedOptions,
  log: RuntimeLog,
): Promise<TurnsPort | undefined> {
  if (turns === undefined) return undefined;
  const { RedisTurns } = await loadRedis();
  const onError = (error: unknown): void => log.error(String(error));
  return new RedisTurns({ ...turns, appName, onError });
}

/** Loaded when it is needed: who stays in memory need not install ioredis. */
async function loadRedis(): Promise<typeof import('../backend/redis/index.js')> {
  try {
    return await import('../backend/redis/index.js');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new InvalidConfigError(
      'mode "redis" needs the package ioredis: run npm install ioredis, or use mode "memory"',
      { cause },
    );
  }
}
