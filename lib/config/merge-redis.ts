import { DEFAULTS } from './defaults.js';
import type { Problem } from './problem.js';
import { parseRedisUrl, type RedisParts } from './redis-address.js';
import type { RedisSource } from './wrap-instances.js';

/** The ways to say where a Redis is, with what belongs to each. */
const PLACES = {
  instance: [],
  cluster: [],
  sentinels: ['name', 'sentinelUsername', 'sentinelPassword'],
  path: [],
  host: ['port'],
} as const satisfies Readonly<Record<string, readonly (keyof RedisParts)[]>>;

const WAYS = Object.keys(PLACES) as readonly (keyof typeof PLACES)[];
const ADDRESS = WAYS.flatMap((way) => [way, ...PLACES[way]]);
const LOGIN = ['username', 'password'] as const;

/**
 * Later settings beat earlier ones by whole groups: an address in code takes no port from a variable, a user in code no
 * password of another one.
 */
export const mergeRedis = (...layers: readonly (RedisSource | undefined)[]): RedisParts =>
  layers.map((layer) => partsOf(layer ?? {})).reduce(over, DEFAULTS.redis);

/**
 * The same for a Redis that is meant to be another one than `other`: without an address it is that one, with another
 * database or user. A login goes to no other server than it was given for.
 */
export function mergeRedisBeside(
  other: RedisParts,
  ...layers: readonly (RedisSource | undefined)[]
): RedisParts {
  const own = layers.map((layer) => partsOf(layer ?? {})).reduce(over, {});
  return over(hasPlace(own) ? DEFAULTS.redis : other, own);
}

/** What is wrong with the settings as a whole; `where` is the option. */
export function problemsOfRedis(where: string, settings: RedisSource = {}): Problem[] {
  const parts = partsOf(settings);
  const ways = WAYS.filter((way) => parts[way] !== undefined);
  const problems: Problem[] = [];
  if (ways.length > 1) {
    const allowed = `one of url, host and port, path, sentinels, cluster, not ${ways.join(' and ')}`;
    problems.push({ where, allowed });
  }
  if ((settings.sentinels === undefined) !== (settings.name === undefined)) {
    const allowed = 'Sentinels and the name of their master are said together';
    problems.push({
      where: `${where}.${settings.name === undefined ? 'name' : 'sentinels'}`,
      allowed,
    });
  }
  return problems;
}

function over(below: RedisParts, above: RedisParts): RedisParts {
  // a template says who connects, and to which database
  if (above.instance !== undefined) return above;
  const isNew = hasPlace(above);
  const address = pick(isNew ? above : below, ADDRESS);
  const { host, port } = DEFAULTS.redis;
  const isHost = isNew && WAYS.every((way) => way === 'host' || above[way] === undefined);
  const known = LOGIN.some((field) => above[field] !== undefined) ? above : below;
  return defined({
    ...(isHost ? { host, port } : {}),
    ...address,
    tls: above.tls ?? (isNew ? undefined : below.tls),
    ...pick(known, LOGIN),
    db: above.db ?? below.db,
    maxRetries: above.maxRetries ?? below.maxRetries,
  });
}

const hasPlace = (parts: RedisParts): boolean =>
  parts.port !== undefined || WAYS.some((way) => parts[way] !== undefined);

/** A field beats the part of the URL it names. */
function partsOf({ url, tls, ...fields }: RedisSource): RedisParts {
  const parts = { ...(url === undefined ? {} : parseRedisUrl(url)), ...defined(fields) };
  if (tls === undefined) return parts;
  const { tls: _, ...rest } = parts;
  return tls === false ? rest : { ...rest, tls: tls === true ? {} : tls };
}

const pick = (parts: RedisParts, fields: readonly (keyof RedisParts)[]): RedisParts =>
  defined(Object.fromEntries(fields.map((field) => [field, parts[field]])));

const defined = (parts: Readonly<Record<string, unknown>> | RedisSource | RedisParts): RedisParts =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
