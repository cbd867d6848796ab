import type { Rule } from '../../../lib/balancer/index.js';
import type { Routes } from '../../../lib/backend/index.js';

type Parts = Partial<Omit<Routes, 'rule' | 'consumers'>> & { readonly local?: boolean };

/** Who can take a task, as a backend tells it: id → weight, or weight and load. */
export function routesOf(
  strategy: Rule['strategy'],
  consumers: Readonly<Record<string, number | readonly [weight: number, load: number]>>,
  { local = true, ...parts }: Parts = {},
): Routes {
  return {
    epoch: 1,
    service: 'service',
    group: 't:default',
    rule: { strategy, local },
    consumers: Object.entries(consumers).map(([id, of]) => {
      const [weight, load] = typeof of === 'number' ? [of, 0] : of;
      return { id, instanceName: `instance of ${id}`, weight, load };
    }),
    ...parts,
  };
}
