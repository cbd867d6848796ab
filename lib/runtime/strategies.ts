import type { BalanceStrategy, Rule } from '../balancer/index.js';
import type { BalancerSettings, QueueSettings, Strategy } from './settings.js';

/** Which strategy stands where, and the users' own by name. */
export class Strategies {
  readonly #settings: BalancerSettings;
  readonly #own = new Map<string, BalanceStrategy>();
  #provided: BalanceStrategy | undefined;

  constructor(settings: BalancerSettings, queues: Readonly<Record<string, QueueSettings>>) {
    this.#settings = settings;
    for (const strategy of [settings, ...Object.values(queues)].map((from) => from.strategy)) {
      if (typeof strategy === 'object') this.#own.set(nameOf(strategy), strategy);
    }
  }

  /** Takes what the app provides; it stands where the settings name none. */
  provide(strategy: BalanceStrategy): void {
    this.#provided = strategy;
    this.#own.set(nameOf(strategy), strategy);
  }

  /** The strategy of queues that name none. */
  get main(): Strategy {
    return this.#settings.strategy ?? this.#provided ?? 'competing';
  }

  ruleOf({ strategy = this.main }: Pick<QueueSettings, 'strategy'>): Rule {
    if (typeof strategy === 'object') return { strategy: nameOf(strategy), local: true };
    return { strategy, local: this.#settings.local && strategy !== 'competing' };
  }

  /** A user's own, if this process has one of that name. */
  own(name: string): BalanceStrategy | undefined {
    return this.#own.get(name);
  }
}

const nameOf = (strategy: BalanceStrategy): `custom:${string}` =>
  `custom:${strategy.constructor.name}`;
