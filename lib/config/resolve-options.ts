import { hostname } from 'node:os';
import type { z } from 'zod';
import { jsonCodec } from '../codec/index.js';
import { InvalidNameError } from '../errors/index.js';
import { checkName, checkNamespace } from '../message/index.js';
import { DEFAULT_QUEUE, type RuntimeSettings } from '../runtime/index.js';
import { check } from './check.js';
import { DEFAULTS } from './defaults.js';
import { readEnvironment, type Environment, type Variables } from './env.js';
import { toConfigured } from './configured-handlers.js';
import type { BrokerOptions } from './options.js';
import { overlay } from './overlay.js';
import { placeOf, saidIn } from './place-of.js';
import { refuse, type Problem } from './problem.js';
import { resolveRedis, type RedisOrigin } from './resolve-redis.js';
import { toRetry } from './to-retry.js';
import type { ResolvedOptions } from './resolved-options.js';
import { optionsSchema } from './schema.js';
import { toShared } from './shared-stream.js';
import { wrapInstances } from './wrap-instances.js';

type Parsed = z.output<typeof optionsSchema>;
type NameOf = (path: string) => string;

const NOTHING: Environment = { options: {}, names: new Map(), problems: [], warnings: [] };

/**
 * Options, then the environment (of the default broker only), then the defaults.
 * @throws InvalidConfigError or InvalidNameError: names the option or variable and says what is allowed
 */
export function resolveOptions(
  options: BrokerOptions = {},
  variables?: Variables,
): ResolvedOptions {
  const name = (options as BrokerOptions | null)?.name ?? DEFAULTS.name;
  const environment = name === DEFAULTS.name ? readEnvironment(variables) : NOTHING;
  const nameOf = namesOf(options, environment);
  const isObject = typeof options === 'object' && options !== null;
  const code = isObject ? wrapInstances(options) : {};
  const input = isObject ? overlay({ ...environment.options }, { ...code }) : options;
  const { value, problems } = check(optionsSchema, input, nameOf);
  const subject = name === DEFAULTS.name ? 'the broker' : `the broker "${name}"`;
  const refuseAll = (found: readonly Problem[]): void =>
    refuse(`${subject} cannot be set up`, found);
  refuseAll([...environment.problems, ...problems]);
  const placed = placeOf(saidIn(code), saidIn(environment.options), nameOf);
  refuseAll(placed.problems);
  const parsed = { ...value, mode: placed.mode };
  return resolve(parsed, { options: code, environment, placed, nameOf });
}

function resolve(parsed: Parsed, origin: RedisOrigin): ResolvedOptions {
  const { nameOf } = origin;
  const { prefix, redis, turns, warnings } = resolveRedis(origin);
  const appName = checkNamespace(nameOf('appName'), parsed.appName ?? DEFAULTS.appName);
  return freeze({
    name: checkName('name', parsed.name ?? DEFAULTS.name),
    appName,
    prefix,
    mode: parsed.mode ?? DEFAULTS.mode,
    redis,
    turns,
    shardedEvents: toSharded(parsed),
    durability: toDurability(parsed, nameOf),
    shared: toShared(parsed, nameOf),
    settings: toSettings(parsed, { appName, asks: turns !== undefined, nameOf }),
    handlers: toConfigured(parsed.handlers),
    codec: parsed.codec ?? jsonCodec,
    serializer: parsed.serializer,
    deserializer: parsed.deserializer,
    logger: parsed.logger,
    autoStart: parsed.autoStart ?? DEFAULTS.autoStart,
    warnings,
  });
}

interface SettingsOrigin {
  readonly appName: string;
  /** Whether turns are decided elsewhere. */
  readonly asks: boolean;
  readonly nameOf: NameOf;
}

function toSettings(parsed: Parsed, { appName, asks, nameOf }: SettingsOrigin): RuntimeSettings {
  const { tasks = {}, rpc = {}, balancer = {}, streamLength } = parsed;
  // in one process, and with queue and balancer in one Redis, the backend itself decides, exactly
  const local = parsed.mode === 'hybrid' || asks;
  const backoff = freeze({ ...DEFAULTS.tasks.backoff, ...defined(tasks.backoff) });
  return freeze({
    service: checkNamespace(nameOf('service'), parsed.service ?? appName),
    instanceName: checkName(
      nameOf('instanceName'),
      parsed.instanceName ?? `${hostname()}-${process.pid}`,
    ),
    queues: toQueues(parsed, rpc.maxJobs ?? DEFAULTS.rpc.maxJobs),
    balancer: freeze({ ...DEFAULTS.balancer, ...defined(toBalancer(balancer)), local }),
    grace: parsed.shutdown?.grace ?? DEFAULTS.shutdown.grace,
    maxPayload: parsed.maxPayload ?? DEFAULTS.maxPayload,
    sendTimeout: DEFAULTS.sendTimeout,
    ...(streamLength === undefined ? {} : { streamLength }),
    overflow: parsed.overflow ?? DEFAULTS.overflow,
    tasks: freeze({ ...DEFAULTS.tasks, ...defined(tasks), backoff }),
    events: freeze(toEvents(parsed.events)),
    rpc: freeze({ ...DEFAULTS.rpc, ...defined(toRpc(rpc)) }),
  });
}

const toRpc = ({ retry, ...rpc }: NonNullable<Parsed['rpc']>) =>
  retry === undefined ? rpc : { ...rpc, retry: freeze(toRetry(retry)) };

/** What the runtime needs of it: where turns are decided is a matter of the backend. */
function toBalancer(balancer: NonNullable<Parsed['balancer']>) {
  const { strategy, weight, heartbeatTtl, cleanupInterval, stealAfter, rebalance } = balancer;
  return { strategy, weight, heartbeatTtl, cleanupInterval, stealAfter, rebalance };
}

/** What the runtime needs of it: how events travel is a matter of the backend. */
function toEvents({ maxAge, maxBytes, retention }: NonNullable<Parsed['events']> = {}) {
  const { sharded: _sharded, ...bounds } = DEFAULTS.events;
  return { ...bounds, ...defined({ maxAge, maxBytes, retention }) };
}

/** @throws InvalidConfigError where there are no shards */
function toSharded({ mode = DEFAULTS.mode, events }: Parsed): boolean {
  const { sharded = DEFAULTS.events.sharded } = events ?? {};
  if (sharded && mode === 'memory') {
    refuse('the broker cannot be set up', [
      {
        where: 'events.sharded',
        allowed: `it needs mode "redis" or "hybrid", the mode is "${mode}"`,
      },
    ]);
  }
  return sharded;
}

/** @throws InvalidConfigError where there are no replicas */
function toDurability(
  { mode = DEFAULTS.mode, durability }: Parsed,
  nameOf: NameOf,
): ResolvedOptions['durability'] {
  if (durability === undefined) return undefined;
  const allowed = `memory has no replicas: it needs mode "redis" or "hybrid", the mode is "${mode}"`;
  const where = nameOf('durability.replicas');
  if (mode === 'memory') refuse('the broker cannot be set up', [{ where, allowed }]);
  return freeze({ ...DEFAULTS.durability, ...defined(durability), replicas: durability.replicas });
}

/** The queue of handlers that name none, and those of the options. */
function toQueues(parsed: Parsed, requests: number): RuntimeSettings['queues'] {
  const { maxJobs = DEFAULTS.maxJobs, queues = {} } = parsed;
  const named = Object.entries(queues).map(([name, { maxJobs: own, strategy }]) => [
    checkQueue(name),
    freeze({
      tasks: own ?? maxJobs,
      requests: own ?? requests,
      ...(strategy === undefined ? {} : { strategy }),
    }),
  ]);
  const main = freeze({ tasks: maxJobs, requests });
  return freeze({ [DEFAULT_QUEUE]: main, ...(Object.fromEntries(named) as object) });
}

/** A slash stands between a queue and the name of a handler with a bound of its own. */
function checkQueue(name: string): string {
  checkNamespace('the name of a queue', name);
  if (!name.includes('/')) return name;
  throw new InvalidNameError(`the name of a queue must not contain a slash: "${name}"`);
}

/** People look for what they wrote: the variable, where the option came from one. */
const namesOf =
  (options: BrokerOptions, { names }: Environment): NameOf =>
  (path) => {
    let own: unknown = options;
    for (const field of path.split('.'))
      own = (own as Record<string, unknown> | null | undefined)?.[field];
    return own === undefined ? (names.get(path) ?? path) : path;
  };

const freeze = <T extends object>(value: T): T => Object.freeze(value);

/** Without the fields somebody set to `undefined`, which would hide a default. */
function defined<T extends object>(
  value: T | undefined,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value ?? {}).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
