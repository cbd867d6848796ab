import { show, type Problem } from './problem.js';
import {
  ADDRESS_FORM,
  URL_FORM,
  parseRedisAddress,
  parseRedisUrl,
  redactAddress,
} from './redis-address.js';
import { warningOfUnknown } from './unknown-variables.js';
import type { WrappedOptions } from './wrap-instances.js';

/** The variables of a process; an empty one counts as not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says, in the form of options. */
export interface Environment {
  readonly options: WrappedOptions;
  /** Which variable an option came from, by its path. */
  readonly names: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  /** What is set and does nothing. */
  readonly warnings: readonly string[];
}

/** The variables and the options they set. */
const VARIABLES = {
  BROKER_MODE: 'mode',
  APP_NAME: 'appName',
  SERVICE_NAME: 'service',
  INSTANCE_NAME: 'instanceName',
  REDIS_PASSWORD: 'redis.password',
  REDIS_DB: 'redis.db',
  QUEUE_TYPE: 'queue.type',
  QUEUE_PREFIX: 'queue.prefix',
  QUEUE_REDIS_PASSWORD: 'queue.redis.password',
  QUEUE_REDIS_DB: 'queue.redis.db',
  QUEUE_REDIS_MAX_RETRIES: 'queue.redis.maxRetries',
  BALANCER_TYPE: 'balancer.type',
  BALANCER_PREFIX: 'balancer.prefix',
  BALANCER_REDIS_PASSWORD: 'balancer.redis.password',
  BALANCER_REDIS_DB: 'balancer.redis.db',
  DURABILITY_REPLICAS: 'durability.replicas',
  DURABILITY_TIMEOUT: 'durability.timeout',
  MAX_JOBS: 'maxJobs',
  STREAM_LENGTH: 'streamLength',
  HEARTBEAT_TTL: 'balancer.heartbeatTtl',
  CLEANUP_TICKER: 'balancer.cleanupInterval',
  BALANCE_STRATEGY: 'balancer.strategy',
  SUBSCRIBER_WEIGHT: 'balancer.weight',
} as const;

/** Variables that hold a whole address, and the Redis they are about. */
const ADDRESSES = {
  REDIS_URL: 'redis',
  REDIS_ADDR: 'redis',
  QUEUE_REDIS_ADDR: 'queue.redis',
  BALANCER_REDIS_ADDR: 'balancer.redis',
} as const;

/** Checked and told to have no effect: it is a setting of clients that need many connections. */
const POOL_SIZE = 'QUEUE_REDIS_POOL_SIZE';

/** Options that are numbers; what is none is left as it is, for the check to refuse. */
const NUMBERS: ReadonlySet<string> = new Set([
  'redis.db',
  'queue.redis.db',
  'queue.redis.maxRetries',
  'balancer.redis.db',
  'durability.replicas',
  'maxJobs',
  'streamLength',
  'balancer.weight',
]);

/** The one place that reads the environment. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const names = new Map<string, string>();
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const flat = readAddresses(variables, names, problems);
  for (const [name, path] of Object.entries(VARIABLES)) {
    const text = read(variables, name);
    if (text === undefined) continue;
    names.set(path, name);
    flat[path] = NUMBERS.has(path) && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
  const poolSize = read(variables, POOL_SIZE);
  if (poolSize !== undefined && !/^[1-9]\d*$/.test(poolSize)) {
    problems.push({ where: POOL_SIZE, value: show(poolSize), allowed: 'a whole number from 1' });
  } else if (poolSize !== undefined && poolSize !== '1') {
    warnings.push(`${POOL_SIZE} has no effect: all commands of an instance share one connection`);
  }
  const known = [...Object.keys(VARIABLES), ...Object.keys(ADDRESSES), POOL_SIZE];
  const set = Object.keys(variables).filter((name) => read(variables, name) !== undefined);
  const unknown = warningOfUnknown(set, known);
  if (unknown !== undefined) warnings.push(unknown);
  return { options: nested(flat), names, problems, warnings };
}

function read(variables: Variables, name: string): string | undefined {
  const text = variables[name]?.trim();
  return text === '' ? undefined : text;
}

/** Single variables beat the part of the URL that they name, so they are read after it. */
function readAddresses(
  variables: Variables,
  names: Map<string, string>,
  problems: Problem[],
): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [name, path] of Object.entries(ADDRESSES)) {
    const text = read(variables, name);
    if (text === undefined) continue;
    const isUrl = name === 'REDIS_URL';
    const parts = isUrl ? parseRedisUrl(text) : parseRedisAddress(text);
    if (parts === undefined) {
      const allowed = isUrl ? URL_FORM : ADDRESS_FORM;
      problems.push({ where: name, value: `"${redactAddress(text)}"`, allowed });
      continue;
    }
    if (parts.host !== undefined) delete flat[`${path}.path`];
    for (const [field, value] of Object.entries(parts)) {
      flat[`${path}.${field}`] = value;
      names.set(`${path}.${field}`, name);
    }
  }
  return flat;
}

/** `{ 'redis.db': 1 }` → `{ redis: { db: 1 } }` */
function nested(flat: Readonly<Record<string, unknown>>): WrappedOptions {
  const options: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) {
    const fields = path.split('.');
    const last = fields.pop() ?? '';
    let at = options;
    for (const field of fields) at = (at[field] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return options;
}
