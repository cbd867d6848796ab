import type { ConnectionOptions } from 'node:tls';

/** A server of a Redis Cluster or a Sentinel. @publicApi */
export interface RedisNode {
  /** Name or address. */
  readonly host: string;
  /** Default 6379, of a Sentinel 26379. */
  readonly port?: number;
}

/**
 * Where a Redis is: `url`, `host` and `port`, `path`, `sentinels` and `name`, or `cluster`. What says more than one of
 * them is INVALID_CONFIG.
 * @publicApi
 */
export interface RedisSettings {
  /** `redis://user:password@host:port/db`; `rediss://` for TLS; `unix:///path/to/socket?db=0`. */
  readonly url?: string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 6379. */
  readonly port?: number;
  /** A Unix socket. */
  readonly path?: string;
  /** Sentinels, which know where the master with this `name` is; one that answers is enough. */
  readonly sentinels?: readonly RedisNode[];
  /** What the Sentinels call the master. */
  readonly name?: string;
  /** Of the Sentinels themselves. */
  readonly sentinelUsername?: string;
  /** Of the Sentinels themselves; never in a log or an error. */
  readonly sentinelPassword?: string;
  /** Some nodes of a Redis Cluster; the others are found. All of an app lies on one of them. */
  readonly cluster?: readonly RedisNode[];
  /** Of an ACL user. Default: none, which is the user `default`. */
  readonly username?: string;
  /** Never in a log or an error. */
  readonly password?: string;
  /** Default 0. A cluster has no other. */
  readonly db?: number;
  /** `true`, or what `tls.connect` takes; of Sentinels and of a cluster for every node. */
  readonly tls?: boolean | ConnectionOptions;
  /**
   * `QUEUE_REDIS_MAX_RETRIES`. How often a message is sent again when its sending failed, a whole number from 0; then the call
   * rejects. Default: as often as the 5 seconds of a call allow.
   */
  readonly maxRetries?: number;
}

/**
 * A `Redis` or `Cluster` of ioredis, as a template: its address, login and TLS count. Every connection is a duplicate of
 * it with settings that are safe here; it is never used or closed itself.
 * @publicApi
 */
export interface RedisInstance {
  /** What the instance was made with. */
  readonly options: object;
  /** What tells an instance from settings. */
  duplicate(...args: never[]): unknown;
}

/** Whether it is an instance rather than settings. */
export const isRedisInstance = (value: unknown): value is RedisInstance =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as RedisInstance).duplicate === 'function' &&
  typeof (value as RedisInstance).options === 'object';
