import { hostname } from 'node:os';
import type { z } from 'zod';
import { jsonCodec } from '../codec/index.js';
import { checkName, checkNamespace } from '../message/index.js';
import type { RuntimeSettings } from '../runtime/index.js';
import { check } from './check.js';
import { DEFAULTS } from './defaults.js';
import { readEnvironment, type Environment, type Variables } from './env.js';
import { mergeRedis } from './merge-redis.js';
import type { BrokerOptions } from './options.js';
import { overlay } from './overlay.js';
import { refuse } from './problem.js';
import type { ResolvedOptions } from './resolved-options.js';
import { optionsSchema } from './schema.js';

type Parsed = z.output<typeof optionsSchema>;
type NameOf = (path: string) => string;

const NOTHING: Environment = { options: {}, names: new Map(), problems: [] };

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
  const input = isObject ? overlay({ ...environment.options }, { ...options }) : options;
  const { value, problems } = check(optionsSchema, input, nameOf);
  const subject = name === DEFAULTS.name ? 'the broker' : `the broker "${name}"`;
  refuse(`${subject} cannot be set up`, [...environment.problems, ...problems]);
  return resolve(value ?? {}, { options, environment, nameOf });
}

interface Origin {
  readonly options: BrokerOptions;
  readonly environment: Environment;
  readonly nameOf: NameOf;
}

function resolve(parsed: Parsed, { options, environment, nameOf }: Origin): ResolvedOptions {
  const appName = checkNamespace(nameOf('appName'), parsed.appName ?? DEFAULTS.appName);
  return freeze({
    name: checkName('name', parsed.name ?? DEFAULTS.name),
    appName,
    prefix: checkNamespace(nameOf('prefix'), parsed.prefix ?? DEFAULTS.prefix),
    mode: parsed.mode ?? DEFAULTS.mode,
    redis: freeze(mergeRedis(environment.options.redis, options.redis)),
    settings: toSettings(parsed, appName, nameOf),
    codec: parsed.codec ?? jsonCodec,
    logger: parsed.logger,
    autoStart: parsed.autoStart ?? DEFAULTS.autoStart,
    warnings: warningsOf(parsed, environment),
  });
}

function toSettings(parsed: Parsed, appName: string, nameOf: NameOf): RuntimeSettings {
  const { tasks = {}, rpc = {}, streamLength } = parsed;
  const backoff = freeze({ ...DEFAULTS.tasks.backoff, ...defined(tasks.backoff) });
  return freeze({
    service: checkNamespace(nameOf('service'), parsed.service ?? appName),
    instanceName: checkName(
      nameOf('instanceName'),
      parsed.instanceName ?? `${hostname()}-${process.pid}`,
    ),
    maxJobs: parsed.maxJobs ?? DEFAULTS.maxJobs,
    heartbeatTtl: parsed.balancer?.heartbeatTtl ?? DEFAULTS.balancer.heartbeatTtl,
    grace: parsed.shutdown?.grace ?? DEFAULTS.shutdown.grace,
    maxPayload: parsed.maxPayload ?? DEFAULTS.maxPayload,
    sendTimeout: DEFAULTS.sendTimeout,
    ...(streamLength === undefined ? {} : { streamLength }),
    overflow: parsed.overflow ?? DEFAULTS.overflow,
    tasks: freeze({ ...DEFAULTS.tasks, ...defined(tasks), backoff }),
    rpc: freeze({ ...DEFAULTS.rpc, ...defined(rpc) }),
  });
}

function warningsOf(parsed: Parsed, { names }: Environment): readonly string[] {
  if (parsed.mode !== undefined || parsed.redis === undefined) return [];
  const variables = new Set(
    [...names].flatMap(([path, name]) => (path.startsWith('redis.') ? [name] : [])),
  );
  const what = variables.size === 0 ? 'the option redis' : [...variables].join(', ');
  return [
    `${what} is set, but messages stay in memory: set BROKER_MODE=redis or the option mode to use Redis`,
  ];
}

/** People look for what they wrote: the variable, where the option came from one. */
const namesOf =
  (options: BrokerOptions, { names }: Environment): NameOf =>
  (path) => {
    const [first = '', second = ''] = path.split('.');
    const own = (options as Record<string, unknown> | null)?.[first];
    const isOwn = second === '' ? own : (own as Record<string, unknown> | undefined)?.[second];
    return isOwn === undefined ? (names.get(path) ?? path) : path;
  };

const freeze = <T extends object>(value: T): T => Object.freeze(value);

/** Without the fields somebody set to `undefined`, which would hide a default. */
function defined<T extends object>(
  value: T | undefined,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value ?? {}).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
