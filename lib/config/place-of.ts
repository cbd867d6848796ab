import type { WrappedOptions } from './wrap-instances.js';
import { DEFAULTS } from './defaults.js';
import type { Problem } from './problem.js';

type Mode = 'memory' | 'redis' | 'hybrid';
type Place = 'memory' | 'redis';

/** What the options say of it; types are those of a queue and of the balancer. */
interface Said {
  readonly mode: Mode | undefined;
  readonly queue: Place | undefined;
  readonly balancer: Place | undefined;
}

export interface Placed {
  readonly mode: Mode;
  /** Whether nobody said where messages live. */
  readonly isDefault: boolean;
  readonly problems: readonly Problem[];
}

/**
 * The mode that stands for a pair of types. A type beats the part of the mode that it names; a mode in code beats types
 * of the environment. A balancer of which nothing is said is where the queue is.
 * @param nameOf what the writer calls an option
 */
export function placeOf(code: Said, environment: Said, nameOf: (path: string) => string): Placed {
  const types = code.mode === undefined ? environment : NOTHING;
  const mode = code.mode ?? environment.mode;
  const queue = code.queue ?? types.queue ?? (mode === undefined ? undefined : QUEUE[mode]);
  const balancer =
    code.balancer ?? types.balancer ?? (mode === undefined ? queue : BALANCER[mode]) ?? 'memory';
  const isDefault = queue === undefined;
  if (queue === 'redis') {
    return { mode: balancer === 'redis' ? 'redis' : 'hybrid', isDefault, problems: [] };
  }
  if (balancer === 'memory') return { mode: DEFAULTS.mode, isDefault, problems: [] };
  const allowed = `the balancer cannot be in Redis while the queue is in memory; allowed are memory for both, redis for both, and redis for the queue with memory for the balancer`;
  const where = (['queue.type', 'balancer.type'] as const)
    .filter((path) =>
      path === 'queue.type' ? (code.queue ?? types.queue) : (code.balancer ?? types.balancer),
    )
    .map(nameOf);
  return { mode: 'memory', isDefault, problems: [{ where: where.join(' and '), allowed }] };
}

const QUEUE = { memory: 'memory', redis: 'redis', hybrid: 'redis' } as const;
const BALANCER = { memory: 'memory', redis: 'redis', hybrid: 'memory' } as const;
const NOTHING: Said = { mode: undefined, queue: undefined, balancer: undefined };

/** What options say of it. */
export const saidIn = ({ mode, queue, balancer }: WrappedOptions): Said => ({
  mode,
  queue: queue?.type,
  balancer: balancer?.type,
});
