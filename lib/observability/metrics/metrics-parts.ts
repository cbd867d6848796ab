import type { Registry } from 'prom-client';

/** The options of the metrics, complete. */
export interface MetricsParts {
  readonly registry: Registry;
  readonly prefix: string;
  readonly buckets: readonly number[];
  readonly maxNames: number;
}
