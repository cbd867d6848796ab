import { DEFAULTS } from './defaults.js';
import type { RedisSettings } from './options.js';
import { parseRedisUrl, type RedisParts } from './redis-address.js';

/**
 * Code beats environment by whole groups: an address in code takes no port from a variable, a user in code no
 * password of another one.
 */
export function mergeRedis(environment: RedisSettings = {}, code: RedisSettings = {}): RedisParts {
  const below = partsOf(environment);
  const above = partsOf(code);
  const address = isAddress(above) ? above : below;
  const login = isLogin(above) ? above : below;
  return {
    host: address.host ?? DEFAULTS.redis.host,
    port: address.port ?? DEFAULTS.redis.port,
    ...(address.tls === undefined ? {} : { tls: address.tls }),
    ...(login.username === undefined ? {} : { username: login.username }),
    ...(login.password === undefined ? {} : { password: login.password }),
    db: above.db ?? below.db ?? DEFAULTS.redis.db,
  };
}

const isAddress = ({ host, port, tls }: RedisParts): boolean =>
  host !== undefined || port !== undefined || tls !== undefined;

const isLogin = ({ username, password }: RedisParts): boolean =>
  username !== undefined || password !== undefined;

/** A field beats the part of the URL it names. */
function partsOf({ url, tls, ...fields }: RedisSettings): RedisParts {
  const parts: Record<string, unknown> = url === undefined ? {} : { ...parseRedisUrl(url) };
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) parts[field] = value;
  }
  if (tls === false) delete parts['tls'];
  else if (tls !== undefined) parts['tls'] = tls === true ? {} : tls;
  return parts;
}
