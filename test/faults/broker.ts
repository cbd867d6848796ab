import type { Backend } from '../../lib/backend/index.js';
import { MemoryBackend } from '../../lib/backend/memory/index.js';
import { RedisBackend } from '../../lib/backend/redis/index.js';
import { jsonCodec } from '../../lib/codec/index.js';
import { DEFAULTS } from '../../lib/config/defaults.js';
import {
  createRuntime,
  type Runtime,
  type RuntimeLog,
  type RuntimeSettings,
  type TaskHandler,
} from '../../lib/runtime/index.js';
import { type Tell, Workshop, machineTime } from './work.js';

/** A broker of these tests, in this process or another one: plain data. */
export interface BrokerConfig {
  /** The Redis; absent: the memory of this process. */
  readonly url?: string;
  readonly appName: string;
  /** A stream that is shared with Go-Broker. */
  readonly shared?: { readonly stream: string; readonly group: string };
  /** Replicas that must have what it sends. */
  readonly durability?: { readonly replicas: number; readonly timeout: number };
  readonly settings?: SettingsOverlay;
  /** Names it handles, or more than names. */
  readonly tasks?: readonly (string | Omit<TaskHandler, 'kind' | 'invoke'>)[];
  readonly requests?: readonly string[];
  /** Requests that may be handled again. */
  readonly idempotent?: readonly string[];
  readonly events?: readonly string[];
  /** Events that are kept for its service. */
  readonly durable?: readonly string[];
}

/** Settings as tests say them: bounds and times that are often set stand at the top. */
export type SettingsOverlay = Partial<Omit<RuntimeSettings, 'tasks' | 'rpc' | 'balancer'>> & {
  /** Tasks at once in the default queue. */
  readonly maxJobs?: number;
  readonly heartbeatTtl?: number;
  readonly tasks?: Partial<RuntimeSettings['tasks']>;
  readonly rpc?: Partial<RuntimeSettings['rpc']> & { readonly maxJobs?: number };
  readonly balancer?: Partial<RuntimeSettings['balancer']>;
};

export interface Broker {
  readonly runtime: Runtime;
  readonly backend: Backend;
  readonly workshop: Workshop;
}

/** Short enough for a test, long enough for a busy machine; in ms. */
export const TTL = 1_500;

/** Longest time from a death to the next start of what died with it, in ms. */
export const TAKEOVER = (TTL * 4) / 3 + 1_000;

/** A broker that is not connected yet, with the workshop's handlers. */
export function createBroker(config: BrokerConfig, tell: Tell, log: RuntimeLog): Broker {
  const { tasks = [], requests = [], idempotent = [], events = [], durable = [] } = config;
  const backend = toBackend(config, log);
  const settings = toSettings(config.settings);
  const runtime = createRuntime({ backend, settings, codec: jsonCodec, log });
  const workshop = new Workshop(tell, async () => await runtime.health());
  for (const task of tasks) {
    runtime.handle(workshop.task(typeof task === 'string' ? { name: task } : task));
  }
  for (const name of requests) runtime.handle(workshop.request(name));
  for (const name of idempotent) runtime.handle({ ...workshop.request(name), idempotent: true });
  for (const name of events) runtime.handle(workshop.event(name));
  for (const name of durable) runtime.handle(workshop.durable(name));
  const say = (what: string, consumer?: string): void =>
    tell({ what, at: machineTime(), pid: process.pid, consumer });
  runtime.on('joined', ({ consumer }) => say('joined', consumer));
  runtime.on('evicted', ({ consumer }) => say('evicted', consumer));
  runtime.on('link', (state) => say(`link ${state}`));
  runtime.on('gap', () => say('gap'));
  return { runtime, backend, workshop };
}

function toBackend({ url, appName, shared, durability }: BrokerConfig, log: RuntimeLog): Backend {
  const onError = (error: unknown): void => log.error(String(error));
  const onWarning = (message: string): void => log.warn(message);
  const app = { prefix: 'test', appName, onError, onWarning };
  if (url === undefined) return new MemoryBackend({ ...app, overflow: 'reject' });
  return new RedisBackend({
    ...app,
    redis: { url },
    ...(shared && { shared }),
    ...(durability && { durability }),
  });
}

export function toSettings(overlay: SettingsOverlay = {}): RuntimeSettings {
  const { maxJobs = 4, heartbeatTtl = TTL, tasks, rpc, balancer, events, ...rest } = overlay;
  const { maxJobs: requests = DEFAULTS.rpc.maxJobs, ...calls } = rpc ?? {};
  return {
    service: 'service',
    instanceName: 'instance',
    queues: { default: { tasks: maxJobs, requests } },
    balancer: { ...DEFAULTS.balancer, local: false, heartbeatTtl, ...balancer },
    grace: 5_000,
    maxPayload: DEFAULTS.maxPayload,
    sendTimeout: DEFAULTS.sendTimeout,
    overflow: 'reject',
    ...rest,
    tasks: {
      ...DEFAULTS.tasks,
      attempts: 3,
      backoff: { type: 'fixed', delay: 50, max: 50, jitter: 0 },
      ...tasks,
    },
    events: { ...DEFAULTS.events, ...events },
    rpc: { ...DEFAULTS.rpc, ...calls },
  };
}
