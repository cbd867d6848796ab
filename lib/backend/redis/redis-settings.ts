import type { ConnectionOptions } from 'node:tls';

/** Where the Redis is. `url` or `host` and `port`; default `redis://127.0.0.1:6379`. @publicApi */
export interface RedisSettings {
  /** `redis://user:password@host:port/db`, `rediss://` for TLS. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: ConnectionOptions;
}
