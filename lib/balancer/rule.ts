/** The strategies of this package. */
export const STRATEGIES = [
  'competing',
  'round_robin',
  'weighted',
  'consistent_hash',
  'least_conn',
] as const;

/**
 * `competing`: whoever is free takes the next. `round_robin`: everybody in turn. `weighted`: in turn, by weight.
 * `consistent_hash`: one key, one instance. `least_conn`: whoever has the least in hand and waiting, by weight.
 * @publicApi
 */
export type StrategyName = (typeof STRATEGIES)[number];

/** How the work of one queue of a service finds its instance. All members of the queue agree on it. */
export interface Rule {
  /** A strategy of this package, or `custom:` and the name of a user's own. */
  readonly strategy: StrategyName | `custom:${string}`;
  /** Whether each sender decides by itself with what it knows (always so for a user's own); else the backend does, exactly. */
  readonly local: boolean;
}

/** A rule as text, for comparing and for scripts: `round_robin`, `round_robin@local`. */
export const formatRule = ({ strategy, local }: Rule): string =>
  local ? `${strategy}@local` : strategy;

export function parseRule(text: string): Rule {
  const local = text.endsWith('@local');
  const strategy = (local ? text.slice(0, -'@local'.length) : text) as Rule['strategy'];
  return { strategy, local };
}

/** Weights are whole numbers; 0 drains. */
export const MAX_WEIGHT = 1_000;

export const isWeight = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_WEIGHT;
