import type { BalanceStrategy, StrategyName } from '../balancer/index.js';
import type { PayloadCodec } from '../codec/index.js';
import type { Duration } from '../message/index.js';
import type { RedisInstance, RedisSettings } from './redis-options.js';

/**
 * How a broker is set up. What is left out comes from the environment (of the broker named `default`
 * only), then from the defaults.
 * @publicApi
 */
export interface BrokerOptions {
  /** Which broker of this process, for apps with several. Default `default`. */
  readonly name?: string;
  /** `APP_NAME`. Everyone with this name reaches each other; names are unique in it. Default `app`. */
  readonly appName?: string;
  /** `SERVICE_NAME`. One deployable in the app; its instances share its work. Default: `appName`. */
  readonly service?: string;
  /** `INSTANCE_NAME`. What people see of this instance. Default: host and process id. */
  readonly instanceName?: string;
  /** First part of every key and channel; `queue` and `balancer` can say another. Default `broker`. */
  readonly prefix?: string;
  /**
   * `BROKER_MODE`. Where messages live; `hybrid`: in Redis, while every sender routes them by itself. Default
   * `memory`.
   */
  readonly mode?: 'memory' | 'redis' | 'hybrid';
  /** `REDIS_URL` or `REDIS_ADDR` (host:port), `REDIS_PASSWORD`, `REDIS_DB`. Default `127.0.0.1:6379`. */
  readonly redis?: RedisSettings | RedisInstance;
  /** Where messages are, where that differs from `mode`, `prefix` or `redis`. */
  readonly queue?: QueueStoreOptions;
  /**
   * With `group`: the stream that Go-Broker services use, by its exact name. All tasks and requests of this broker lie
   * there, and its events have bare channels. `mode` must be `redis`, no `key`, `target`, `streamLength` or strategy other
   * than `competing`. Default: streams of the app's own.
   */
  readonly stream?: string;
  /** With `stream`: its consumer group, by its exact name; one for all who share the stream. */
  readonly group?: string;
  /** When a task or a durable event counts as accepted, for those who have replicas. Not in memory. Default: when the primary has it. */
  readonly durability?: DurabilityOptions;
  /** `MAX_JOBS`. Tasks at once in this instance. Default 100. */
  readonly maxJobs?: number;
  /** `STREAM_LENGTH`. Bound on waiting tasks of the service. Default: none. */
  readonly streamLength?: number;
  /** What happens to a task beyond `streamLength`: refused, or the oldest becomes a dead letter. Default `reject`. */
  readonly overflow?: 'reject' | 'drop-oldest';
  /** What task handlers that say nothing else get. */
  readonly tasks?: TaskDefaults;
  /** How events travel, and how long durable ones are kept. */
  readonly events?: EventsOptions;
  /** What requests that say nothing else get, and bounds on them. */
  readonly rpc?: RpcOptions;
  /** Which instance gets a task or a request, and when one counts as dead. */
  readonly balancer?: BalancerOptions;
  /** Further queues of this service, by name. A handler says `queue` to be in one; who sends need not know. */
  readonly queues?: Readonly<Record<string, QueueOptions>>;
  /** Names and options of the handlers that say `{ handler: '<key>' }` in place of a name. */
  readonly handlers?: Readonly<Record<string, ConfiguredHandler>>;
  /** How the instance stops. */
  readonly shutdown?: ShutdownOptions;
  /** How payloads become bytes. Default: JSON. */
  readonly codec?: PayloadCodec;
  /** Of a client, as in Nest's own: makes the payload of the whole packet. Default: the payload is the data. */
  readonly serializer?: PacketSerializer;
  /** Of a client, as in Nest's own: reads what comes back. */
  readonly deserializer?: PacketDeserializer;
  /** Default: Nest's logger. */
  readonly logger?: BrokerLogger;
  /** `false`: handlers start with `brokerMicroservice()` only. Default `true`. */
  readonly autoStart?: boolean;
  /** Largest payload, in bytes. Default 1 MiB. */
  readonly maxPayload?: number;
}

/**
 * What is sent is accepted only when replicas have it (WAIT), so that a failover to one of them does not lose it. Not
 * reached: NOT_REPLICATED. Requests are left out: whoever loses one is told by its time-out.
 * @publicApi
 */
export interface DurabilityOptions {
  /** `DURABILITY_REPLICAS`. How many replicas must have it, a whole number from 1. */
  readonly replicas: number;
  /**
   * `DURABILITY_TIMEOUT`. How long one try waits for them, from 1 ms to 4 s; it is repeated while the 5 seconds of the
   * call, or `redis.maxRetries`, allow. Default 500 ms.
   */
  readonly timeout?: Duration;
}

/** How long to wait before the next attempt of a task. @publicApi */
export interface BackoffOptions {
  /** Always `delay`, or doubled after each attempt. Default `exponential`. */
  readonly type?: 'fixed' | 'exponential';
  /** The first wait. Default 1 s. */
  readonly delay?: Duration;
  /** Bound of the growing wait. Default 1 min. */
  readonly max?: Duration;
  /** 0 to 1: the share of the wait that is random. Default 0.5. */
  readonly jitter?: number;
}

/** What happens to a task that fails. @publicApi */
export interface TaskPolicyOptions {
  /** Attempts in all, the first one included. Default 5. */
  readonly attempts?: number;
  /** How long to wait before the next attempt. */
  readonly backoff?: BackoffOptions;
  /** Longest time of one attempt; 0: no bound. Default 0. */
  readonly timeout?: Duration;
}

/** Name and options of a handler that says `{ handler: '<key>' }`; what its kind has not is INVALID_CONFIG. @publicApi */
export interface ConfiguredHandler extends TaskPolicyOptions {
  /** Without the group of its class. Default: the key. */
  readonly name?: string;
  /** At most this many at once in this instance. */
  readonly concurrency?: number;
  /** The queue of the service it belongs to. */
  readonly queue?: string;
  /** Of requests: whether it may be handled a second time. */
  readonly idempotent?: boolean;
  /** Of events: whether they are kept for the service, and what goes with that; see `DurableEventOptions`. */
  readonly durable?: boolean;
  /** Of durable events: where a service begins that is new. Default `new`. */
  readonly from?: 'new' | 'earliest';
  /** Of durable events: tells several handlers of one in this service apart. */
  readonly subscription?: string;
}

/** What holds for all tasks of this broker, where handler and message say nothing else. @publicApi */
export interface TaskDefaults extends TaskPolicyOptions {
  /** How long a `dedupeId` is remembered. Default 10 min. */
  readonly dedupeWindow?: Duration;
  /** Deliveries lost with their process after which a task becomes a dead letter. Default 5. */
  readonly lostLimit?: number;
}

/** When a request that failed is sent again: always inside its time-out, and not once a value of the reply has arrived. @publicApi */
export interface RetryOptions {
  /** How often it is sent in all, the first time included. Default 3. */
  readonly attempts?: number;
  /** Default exponential from 100 ms, at most 1 s, jitter 0.5. */
  readonly backoff?: BackoffOptions;
  /** Codes of errors that are tried again besides those that are `retryable`, such as SERVER_LOST. Default none. */
  readonly codes?: readonly string[];
}

/** How events travel, and bounds on those that durable handlers of this service have not handled yet. @publicApi */
export interface EventsOptions {
  /**
   * Events by sharded Pub/Sub, so that in a Redis Cluster they pass through the node of the app alone; needs Redis 7.0
   * and knows no wildcards. Everybody who shares the app needs the same setting. Not in memory. Default `false`.
   */
  readonly sharded?: boolean;
  /** An event that waits for longer is dropped, and so is a subscription that nobody has handled for so long. Default 7 d. */
  readonly maxAge?: Duration;
  /** Bytes that wait for one subscription; beyond that the oldest events are dropped. Default 256 MiB. */
  readonly maxBytes?: number;
  /** How far back a service that begins with `from: 'earliest'` can reach; 0: nothing is kept for it. Default 24 h. */
  readonly retention?: Duration;
}

/** What holds for all requests, those that are sent and those that are handled. @publicApi */
export interface RpcOptions {
  /** How long a caller waits for the reply. Default 5 s. */
  readonly timeout?: Duration;
  /** `reliable`: the reply survives a reconnect of the caller; `fast`: it does not. Default `reliable`. */
  readonly mode?: 'reliable' | 'fast';
  /** Requests that fail are sent so often in all, or more about it. Default: once. */
  readonly retry?: number | RetryOptions;
  /** Requests at once in this instance. Default 100. */
  readonly maxJobs?: number;
  /** Waiting requests of one name from which on new ones are refused. Default 10,000. */
  readonly maxWaiting?: number;
}

/** Where messages are. @publicApi */
export interface QueueStoreOptions {
  /** `QUEUE_TYPE`. Beats the part of `mode` that it names. Default: what `mode` says. */
  readonly type?: 'memory' | 'redis';
  /** `QUEUE_PREFIX`. First part of the keys and channels of messages. Default `prefix`. */
  readonly prefix?: string;
  /**
   * `QUEUE_REDIS_ADDR`, `QUEUE_REDIS_PASSWORD`, `QUEUE_REDIS_DB`, `QUEUE_REDIS_MAX_RETRIES`. Beats what `redis` says.
   * Default `redis`.
   */
  readonly redis?: RedisSettings | RedisInstance;
}

/** How an instance of a queue is chosen: a strategy of this package by name, or your own. @publicApi */
export type StrategyOption = StrategyName | BalanceStrategy;

/** A queue of the service beside the one named `default`. @publicApi */
export interface QueueOptions {
  /** Tasks of this queue at once in this instance, and as many requests. Default `maxJobs`, for requests `rpc.maxJobs`. */
  readonly maxJobs?: number;
  /** Default `balancer.strategy`. */
  readonly strategy?: StrategyOption;
}

/** How the work of a service is shared among its instances. @publicApi */
export interface BalancerOptions {
  /**
   * `BALANCER_TYPE`. `redis`: decided where the queue is, or on the `redis` below; `memory`: in every sender. Beats the
   * part of `mode` that it names. Default: what `mode` says; without one, where the queue is.
   */
  readonly type?: 'memory' | 'redis';
  /**
   * `BALANCE_STRATEGY`. Which instance of this service gets a task or a request. Belongs to the service: senders need
   * no setting, and an instance that disagrees with those that run does not start. Default: what is provided under
   * the token `BALANCE_STRATEGY`, else `competing`.
   */
  readonly strategy?: StrategyOption;
  /**
   * `BALANCER_REDIS_ADDR`, `BALANCER_REDIS_PASSWORD`, `BALANCER_REDIS_DB`. A Redis of its own for turns (`round_robin`,
   * `weighted`); without an address another database on the Redis of the queue. Default: they are decided where the
   * queue is.
   */
  readonly redis?: RedisSettings | RedisInstance;
  /** `BALANCER_PREFIX`. First part of every key there. Default: `prefix`. */
  readonly prefix?: string;
  /** `SUBSCRIBER_WEIGHT`. This instance's share of routed work, a whole number up to 1,000; 0: nothing. Default 1. */
  readonly weight?: number;
  /** Work routed to an instance that has not taken it for this long goes to one with free places. Default 30 s. */
  readonly stealAfter?: Duration;
  /** Whether an instance that joins takes its share of what already waits for the others. Default `false`. */
  readonly rebalance?: boolean;
  /** `CLEANUP_TICKER`. How often one instance looks for what others have left behind. Default 60 s. */
  readonly cleanupInterval?: Duration;
  /** `HEARTBEAT_TTL`. Without a sign of life for this long an instance counts as dead. Default 30 s. */
  readonly heartbeatTtl?: Duration;
}

/** How an instance stops. @publicApi */
export interface ShutdownOptions {
  /** How long shutdown waits for running handlers. Default 10 s. */
  readonly grace?: Duration;
}

/** Nest's `Serializer`, or anything like it: makes of a packet what travels. @publicApi */
export interface PacketSerializer {
  /** @returns what the codec then turns into bytes */
  serialize(packet: unknown): unknown;
}

/** Nest's `Deserializer`, or anything like it: makes a packet of what has arrived. @publicApi */
export interface PacketDeserializer {
  /** @param value what the codec made of the bytes */
  deserialize(value: unknown, options?: { readonly channel: string }): unknown;
}

/** Nest's `LoggerService`, or anything like it. @publicApi */
export interface BrokerLogger {
  log(message: unknown, ...rest: unknown[]): unknown;
  warn(message: unknown, ...rest: unknown[]): unknown;
  error(message: unknown, ...rest: unknown[]): unknown;
  debug?(message: unknown, ...rest: unknown[]): unknown;
}
