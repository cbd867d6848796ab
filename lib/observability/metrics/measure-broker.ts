import { register } from 'prom-client';
import type { BrokerObserver, BrokerStats, Health } from '../../runtime/index.js';
import { AppMetrics, type Seen } from './app-metrics.js';
import { MessageMetrics } from './message-metrics.js';
import { METRICS_DEFAULTS, type BrokerMetricsOptions } from './options.js';

/** What can be measured: a `BrokerClient`. @publicApi */
export interface MeasuredBroker {
  /** Tells of every message of this process. */
  observe(observer: BrokerObserver): () => void;
  /** What is known of the app. */
  stats(): Promise<BrokerStats>;
  /** How this process is. */
  health(): Promise<Health>;
}

/**
 * Metrics of a broker, for apps without the module, as `createBrokerClient()` makes them.
 * @returns ends it and takes the metrics out of the registry
 * @publicApi
 */
export function measureBroker(
  broker: MeasuredBroker,
  options: BrokerMetricsOptions = {},
): () => void {
  const parts = { ...METRICS_DEFAULTS, registry: register, ...options };
  const { registry } = parts;
  const messages = new MessageMetrics(parts);
  const app = new AppMetrics({ ...parts, look: async () => await look(broker) });
  const unobserve = broker.observe(messages);
  return () => {
    unobserve();
    for (const name of [...messages.registered, ...app.registered]) {
      registry.removeSingleMetric(name);
    }
  };
}

/** A backend that is away shows in the health. */
async function look(broker: MeasuredBroker): Promise<Seen> {
  const health = await broker.health();
  const stats = health.link === 'up' ? await broker.stats().catch(() => undefined) : undefined;
  return { stats, health };
}
