import type { ConnectionOptions } from 'node:tls';
import type { RedisInstance, RedisNode } from './redis-options.js';

/** Parts of an address; the same fields as the plain settings, or an own instance. */
export interface RedisParts {
  readonly instance?: RedisInstance;
  readonly cluster?: readonly RedisNode[];
  readonly sentinels?: readonly RedisNode[];
  readonly name?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
  readonly maxRetries?: number;
}

export const URL_FORM =
  'redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix://[user:password@]/path[?db=0]';
export const ADDRESS_FORM = 'host:port';

/** Returns `undefined` for what is no URL of a Redis. */
export function parseRedisUrl(text: string): RedisParts | undefined {
  if (/^unix:/i.test(text)) return parseUnixUrl(text);
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const db = /^\/?(\d{0,9})$/.exec(url.pathname)?.[1];
  if (url.hostname === '' || db === undefined || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === undefined || password === undefined) return undefined;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(db === '' ? {} : { db: Number(db) }),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function parseUnixUrl(text: string): RedisParts | undefined {
  const match = /^unix:\/\/(?:([^:@/]*):([^@/]*)@)?(\/[^?#]+)(?:\?db=(\d{1,9}))?$/i.exec(text);
  const [username, password, path] = (match?.slice(1, 4) ?? []).map((part?: string) =>
    decoded(part ?? ''),
  );
  if (username === undefined || password === undefined || path === undefined) return undefined;
  return {
    path,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(match?.[4] === undefined ? {} : { db: Number(match[4]) }),
  };
}

/** Returns `undefined` for what is not `host:port` (`[::1]:6379` for IPv6). */
export function parseRedisAddress(text: string): RedisParts | undefined {
  const [, v6, name, digits] = /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Takes user, password and query out of what should be an address, whatever it is. */
export function redactAddress(text: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*:\/\/)?(.*)$/is.exec(text) ?? [];
  const at = rest.lastIndexOf('@');
  return scheme + (at < 0 ? rest : `***@${rest.slice(at + 1)}`).replace(/[?#].*$/s, '?***');
}

/** For people: where it is, without who connects. */
export function describeRedis({ instance, ...parts }: RedisParts): string {
  if (instance !== undefined) return describeRedis({ ...addressOf(instance), ...parts });
  const { path, sentinels, name, cluster, db = 0 } = parts;
  const scheme = `redis${parts.tls === undefined ? '' : 's'}`;
  if (cluster !== undefined) return `${scheme}+cluster://${listed(cluster)}`;
  if (sentinels !== undefined) return `${scheme}+sentinel://${listed(sentinels)}/${name}/${db}`;
  if (path !== undefined) return `unix://${path}?db=${db}`;
  return `${scheme}://${nodeName(parts.host ?? 'localhost', parts.port)}/${db}`;
}

/** What it says of itself; ioredis writes `null` where there is nothing. */
const addressOf = ({ options }: RedisInstance): RedisParts =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));

const listed = (nodes: readonly RedisNode[]): string =>
  nodes.map(({ host, port }) => nodeName(host, port)).join(',');

const nodeName = (host: string, port: number | undefined): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) return undefined;
    throw cause;
  }
}
