import type { BrokerOptions, RedisSettings } from './options.js';
import type { Problem } from './problem.js';
import {
  ADDRESS_FORM,
  URL_FORM,
  parseRedisAddress,
  parseRedisUrl,
  redactAddress,
  type RedisParts,
} from './redis-address.js';

/** The variables of a process; an empty one counts as not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says, in the form of options. */
export interface Environment {
  readonly options: BrokerOptions;
  /** Which variable an option came from, by its path. */
  readonly names: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** The variables and the options they set. */
const VARIABLES = {
  BROKER_MODE: 'mode',
  APP_NAME: 'appName',
  SERVICE_NAME: 'service',
  INSTANCE_NAME: 'instanceName',
  REDIS_PASSWORD: 'redis.password',
  REDIS_DB: 'redis.db',
  MAX_JOBS: 'maxJobs',
  STREAM_LENGTH: 'streamLength',
  HEARTBEAT_TTL: 'balancer.heartbeatTtl',
  CLEANUP_TICKER: 'balancer.cleanupInterval',
  BALANCE_STRATEGY: 'balancer.strategy',
  SUBSCRIBER_WEIGHT: 'balancer.weight',
} as const;

/** Options that are numbers; what is none is left as it is, for the check to refuse. */
const NUMBERS: ReadonlySet<string> = new Set([
  'redis.db',
  'maxJobs',
  'streamLength',
  'balancer.weight',
]);

/** The one place that reads the environment. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const names = new Map<string, string>();
  const problems: Problem[] = [];
  const address = readAddress(variables, names, problems);
  const flat: Record<string, unknown> = {};
  for (const [name, path] of Object.entries(VARIABLES)) {
    const text = read(variables, name);
    if (text === undefined) continue;
    names.set(path, name);
    flat[path] = NUMBERS.has(path) && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
  return { options: nested({ ...address, ...flat }), names, problems };
}

function read(variables: Variables, name: string): string | undefined {
  const text = variables[name]?.trim();
  return text === '' ? undefined : text;
}

function readAddress(
  variables: Variables,
  names: Map<string, string>,
  problems: Problem[],
): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const take = (name: string, parse: (text: string) => RedisParts | undefined, allowed: string) => {
    const text = read(variables, name);
    if (text === undefined) return;
    const parts = parse(text);
    if (parts === undefined) {
      problems.push({ where: name, value: `"${redactAddress(text)}"`, allowed });
      return;
    }
    for (const [field, value] of Object.entries(parts)) {
      flat[`redis.${field}`] = value;
      names.set(`redis.${field}`, name);
    }
  };
  take('REDIS_URL', parseRedisUrl, URL_FORM);
  // after the URL: like every other single variable it beats the part of the URL that it names
  take('REDIS_ADDR', parseRedisAddress, ADDRESS_FORM);
  return flat;
}

/** `{ 'redis.db': 1 }` → `{ redis: { db: 1 } }` */
function nested(flat: Record<string, unknown>): BrokerOptions {
  const options: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const [first = '', second] = path.split('.');
    if (second === undefined) options[first] = value;
    else options[first] = { ...(options[first] as RedisSettings | undefined), [second]: value };
  }
  return options;
}
