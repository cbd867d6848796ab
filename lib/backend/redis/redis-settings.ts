import type { ConnectionOptions } from 'node:tls';

export interface RedisNode {
  readonly host: string;
  /** Default 6379, of a Sentinel 26379. */
  readonly port?: number;
}

/** A client of ioredis as a template, as far as it is looked at. */
export interface RedisTemplate {
  readonly options: object;
  duplicate(...args: never[]): unknown;
}

/**
 * Where the Redis is: `instance`, `cluster`, `sentinels` and `name`, `path`, `url` or `host` and `port`; default
 * `redis://127.0.0.1:6379`. Other fields beat what an instance or a URL says.
 */
export interface RedisSettings {
  readonly instance?: RedisTemplate;
  readonly cluster?: readonly RedisNode[];
  readonly sentinels?: readonly RedisNode[];
  readonly name?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly path?: string;
  /** `redis://user:password@host:port/db`, `rediss://` for TLS. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
  /** How often a batch whose sending failed is sent again; default: as often as its time allows. */
  readonly maxRetries?: number;
}
