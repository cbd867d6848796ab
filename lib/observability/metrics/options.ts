import type { Registry } from 'prom-client';

/** Where metrics go, and how they look. @publicApi */
export interface BrokerMetricsOptions {
  /** Where the metrics are registered. Default: the default registry of prom-client. */
  readonly registry?: Registry;
  /** Begins the name of every metric. Default `broker_`. */
  readonly prefix?: string;
  /** Upper bounds of the histograms, in seconds. Default: 1 ms to 60 s. */
  readonly buckets?: readonly number[];
  /** How many different names of messages a metric tells apart; the others are named `(other)`. Default 200. */
  readonly maxNames?: number;
}

export const METRICS_DEFAULTS = {
  prefix: 'broker_',
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  maxNames: 200,
} as const;
