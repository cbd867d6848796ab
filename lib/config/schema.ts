import { z } from 'zod';
import { type BalanceStrategy, MAX_WEIGHT, STRATEGIES } from '../balancer/index.js';
import type { PayloadCodec } from '../codec/index.js';
import { DURATION_FORM, parseDuration } from '../message/index.js';
import type { BrokerLogger, PacketDeserializer, PacketSerializer } from './options.js';
import { URL_FORM, parseRedisUrl } from './redis-address.js';
import { isRedisInstance, type RedisInstance } from './redis-options.js';

// The error of a leaf says what is allowed; where and what it was, `check` adds.

const whole = (min: number, max: number = Number.MAX_SAFE_INTEGER) => {
  const error = `a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

const duration = (min = 0) =>
  z
    .unknown()
    .refine((value) => (parseDuration(value) ?? -1) >= min, {
      error: min === 0 ? DURATION_FORM : `${DURATION_FORM}, at least ${min} ms`,
    })
    .transform((value) => parseDuration(value) ?? 0);

const MAX_DURABILITY_TIMEOUT = 4_000;
const durabilityTimeout = duration(1).refine((ms) => ms <= MAX_DURABILITY_TIMEOUT, {
  error: `${DURATION_FORM}, from 1 ms to ${MAX_DURABILITY_TIMEOUT} ms`,
});

const oneOf = <const T extends readonly string[]>(...values: T) =>
  z.enum(values, { error: values.join(' or ') });

const text = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });

const withMethods = <T>(allowed: string, ...methods: readonly (keyof T & string)[]) =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    { error: allowed },
  );

const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: 'an object' });

const backoff = object({
  type: oneOf('fixed', 'exponential').optional(),
  delay: duration().optional(),
  max: duration().optional(),
  jitter: z
    .number({ error: 'a number from 0 to 1' })
    .min(0, { error: 'a number from 0 to 1' })
    .max(1, { error: 'a number from 0 to 1' })
    .optional(),
});

const policy = {
  attempts: whole(1).optional(),
  backoff: backoff.optional(),
  timeout: duration().optional(),
};

const RETRY_FORM = 'a whole number from 1, or an object with attempts, backoff and codes';
const retry = z.union(
  [
    whole(1),
    object({
      attempts: whole(1).optional(),
      backoff: backoff.optional(),
      codes: z.array(text, { error: 'a list of codes' }).optional(),
    }),
  ],
  { error: RETRY_FORM },
);

const NODES_FORM = 'a list of { host, port } that is not empty';
const nodes = z
  .array(object({ host: text, port: whole(1, 65_535).optional() }), { error: NODES_FORM })
  .min(1, { error: NODES_FORM });

const redis = object({
  url: z
    .string({ error: URL_FORM })
    .refine((url) => parseRedisUrl(url) !== undefined, { error: URL_FORM })
    .optional(),
  host: text.optional(),
  port: whole(1, 65_535).optional(),
  path: text.optional(),
  sentinels: nodes.optional(),
  name: text.optional(),
  sentinelUsername: text.optional(),
  sentinelPassword: text.optional(),
  cluster: nodes.optional(),
  username: text.optional(),
  password: text.optional(),
  db: whole(0).optional(),
  tls: z
    .union([z.boolean(), z.record(z.string(), z.unknown())], {
      error: 'true, false or the options of tls.connect',
    })
    .optional(),
  maxRetries: whole(0).optional(),
  /** See {@link wrapInstances}. */
  instance: z.custom<RedisInstance>(isRedisInstance).optional(),
});
const place = { type: oneOf('memory', 'redis').optional(), prefix: text.optional() };

const STRATEGY_FORM = `${STRATEGIES.join(', ')}, or an object with route()`;
const strategy = z.union(
  [
    z.enum(STRATEGIES),
    z.custom<BalanceStrategy>(
      (value) => typeof (value as BalanceStrategy | null | undefined)?.route === 'function',
    ),
  ],
  { error: STRATEGY_FORM },
);

export const taskHandlerSchema = object({
  ...policy,
  concurrency: whole(1).optional(),
  queue: text.optional(),
});
export const requestHandlerSchema = object({
  concurrency: whole(1).optional(),
  queue: text.optional(),
  idempotent: z.boolean({ error: 'true or false' }).optional(),
});
/** Options of its own an event has only if it is kept. */
export const eventHandlerSchema = object({
  durable: z.boolean({ error: 'true or false' }).optional(),
  from: oneOf('new', 'earliest').optional(),
  subscription: text.optional(),
  ...policy,
  concurrency: whole(1).optional(),
  queue: text.optional(),
}).superRefine(({ durable, ...others }, context) => {
  for (const [option, value] of durable === true ? [] : Object.entries(others)) {
    if (value === undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [option],
      message: 'only together with durable: true',
    });
  }
});
export const groupSchema = object({ broker: text.optional() });

/** Of any kind; what a kind has not is refused when its handler is found. */
const configuredHandlerSchema = object({
  name: text.optional(),
  ...taskHandlerSchema.shape,
  ...requestHandlerSchema.shape,
  ...eventHandlerSchema.shape,
});

export const optionsSchema = object({
  name: text.optional(),
  appName: text.optional(),
  service: text.optional(),
  instanceName: text.optional(),
  prefix: text.optional(),
  mode: oneOf('memory', 'redis', 'hybrid').optional(),
  redis: redis.optional(),
  queue: object({ ...place, redis: redis.optional() }).optional(),
  stream: text.optional(),
  group: text.optional(),
  durability: object({ replicas: whole(1), timeout: durabilityTimeout.optional() }).optional(),
  maxJobs: whole(1).optional(),
  streamLength: whole(1).optional(),
  overflow: oneOf('reject', 'drop-oldest').optional(),
  tasks: object({
    ...policy,
    dedupeWindow: duration(1).optional(),
    lostLimit: whole(1).optional(),
  }).optional(),
  events: object({
    sharded: z.boolean({ error: 'true or false' }).optional(),
    maxAge: duration(1_000).optional(),
    maxBytes: whole(1).optional(),
    retention: duration().optional(),
  }).optional(),
  rpc: object({
    timeout: duration(1).optional(),
    mode: oneOf('reliable', 'fast').optional(),
    retry: retry.optional(),
    maxJobs: whole(1).optional(),
    maxWaiting: whole(1).optional(),
  }).optional(),
  balancer: object({
    ...place,
    strategy: strategy.optional(),
    redis: redis.optional(),
    weight: whole(0, MAX_WEIGHT).optional(),
    heartbeatTtl: duration(100).optional(),
    cleanupInterval: duration(100).optional(),
    stealAfter: duration(100).optional(),
    rebalance: z.boolean({ error: 'true or false' }).optional(),
  }).optional(),
  queues: z
    .record(z.string(), object({ maxJobs: whole(1).optional(), strategy: strategy.optional() }), {
      error: 'an object of queues by name',
    })
    .optional(),
  handlers: z
    .record(z.string(), configuredHandlerSchema, { error: 'an object of handlers by key' })
    .optional(),
  shutdown: object({ grace: duration().optional() }).optional(),
  codec: withMethods<PayloadCodec>(
    'an object with encode() and decode()',
    'encode',
    'decode',
  ).optional(),
  serializer: withMethods<PacketSerializer>('an object with serialize()', 'serialize').optional(),
  deserializer: withMethods<PacketDeserializer>(
    'an object with deserialize()',
    'deserialize',
  ).optional(),
  logger: withMethods<BrokerLogger>(
    'an object with log(), warn() and error()',
    'log',
    'warn',
    'error',
  ).optional(),
  autoStart: z.boolean({ error: 'true or false' }).optional(),
  maxPayload: whole(1).optional(),
});
