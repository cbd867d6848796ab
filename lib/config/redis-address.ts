import type { ConnectionOptions } from 'node:tls';

/** Parts of an address; the same fields as the plain settings. */
export interface RedisParts {
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
}

export const URL_FORM = 'redis://[user:password@]host[:port][/db], or rediss:// for TLS';
export const ADDRESS_FORM = 'host:port';

/** Returns `undefined` for what is no URL of a Redis. */
export function parseRedisUrl(text: string): RedisParts | undefined {
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
export function describeRedis({ host, port, db, tls }: RedisParts): string {
  const name = host?.includes(':') === true ? `[${host}]` : host;
  return `${tls === undefined ? 'redis' : 'rediss'}://${name}:${port}/${db}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (cause instanceof URIError) return undefined;
    throw cause;
  }
}
