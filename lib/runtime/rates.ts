import type { QueueCounters, QueueStats } from '../backend/index.js';

/** Messages of the whole app in a second, between two pictures that this process has taken. @publicApi */
export interface StatsRates {
  /** Milliseconds between the two. */
  readonly over: number;
  readonly added: number;
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
}

type Picture = Pick<QueueStats, 'at' | 'counters'>;

/** Shortest time between two pictures that tell a rate, and between two that are kept, in ms. */
const SPAN = 1_000;
const STEP = 100;

/** Tells rates from the counters of pictures. */
export class Rates {
  #kept: readonly Picture[] = [];

  /** Those since the youngest picture that is a second older; `undefined`: there is none, or it counted from another beginning. */
  take({ at, counters }: Picture): StatsRates | undefined {
    const base = this.#kept.findLast((picture) => at - picture.at >= SPAN);
    const youngest = this.#kept.at(-1);
    if (base !== undefined) this.#kept = this.#kept.slice(this.#kept.indexOf(base));
    if (youngest === undefined || at - youngest.at >= STEP) {
      this.#kept = [...this.#kept, { at, counters }];
    }
    return base && between(base, { at, counters });
  }
}

function between(before: Picture, now: Picture): StatsRates | undefined {
  const over = now.at - before.at;
  const rate = (what: keyof QueueCounters): number =>
    ((now.counters[what] - before.counters[what]) * 1_000) / over;
  const rates = {
    over,
    added: rate('added'),
    done: rate('done'),
    retried: rate('retried'),
    dead: rate('dead'),
  };
  return Object.values(rates).some((value) => value < 0) ? undefined : rates;
}
