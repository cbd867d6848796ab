/** Every default, once, but for what {@link RETRY} adds. Durations in milliseconds. */
export const DEFAULTS = {
  name: 'default',
  appName: 'app',
  prefix: 'broker',
  mode: 'memory',
  redis: { host: '127.0.0.1', port: 6379, db: 0 },
  durability: { timeout: 500 },
  maxJobs: 100,
  overflow: 'reject',
  tasks: {
    attempts: 5,
    backoff: { type: 'exponential', delay: 1_000, max: 60_000, jitter: 0.5 },
    timeout: 0,
    dedupeWindow: 600_000,
    lostLimit: 5,
  },
  rpc: { timeout: 5_000, mode: 'reliable', maxJobs: 100, maxWaiting: 10_000 },
  events: { sharded: false, maxAge: 604_800_000, maxBytes: 268_435_456, retention: 86_400_000 },
  balancer: {
    heartbeatTtl: 30_000,
    cleanupInterval: 60_000,
    weight: 1,
    stealAfter: 30_000,
    rebalance: false,
  },
  shutdown: { grace: 10_000 },
  autoStart: true,
  maxPayload: 1_048_576,
  sendTimeout: 5_000,
} as const;

/** What a retry of requests leaves open, where there is one. */
export const RETRY = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 100, max: 1_000, jitter: 0.5 },
  codes: [],
} as const;
