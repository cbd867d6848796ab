import type { BrokerObserver, HandlingWatch } from '../../runtime/index.js';

/** How long messages waited and were handled, in ms: half of them, and all but 5 %, at most so long. */
export interface Latency {
  readonly count: number;
  readonly wait: readonly [p50: number, p95: number];
  readonly handling: readonly [p50: number, p95: number];
}

/** Values a second has at most; of more, a fair choice. */
const MOST = 1_000;

/** Some of many values, each with the same chance. */
class Reservoir {
  #values: number[] = [];
  #seen = 0;

  add(value: number): void {
    this.#seen += 1;
    const at = this.#seen <= MOST ? this.#seen - 1 : Math.floor(Math.random() * this.#seen);
    if (at < MOST) this.#values[at] = value;
  }

  /** Empties it. */
  take(): { readonly count: number; readonly quantiles: readonly [number, number] } {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const count = this.#seen;
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    this.#values = [];
    this.#seen = 0;
    return { count, quantiles: [at(0.5), at(0.95)] };
  }
}

/** Tasks and requests this process handled since it was last asked. */
export class ProcessLatency implements BrokerObserver {
  readonly #waits = new Reservoir();
  readonly #handlings = new Reservoir();

  handling({ kind, waited }: { readonly kind: string; readonly waited: number | undefined }) {
    if (kind !== 'event' && waited !== undefined) this.#waits.add(waited);
    const watch: HandlingWatch = { ended: ({ duration }) => this.#handlings.add(duration) };
    return watch;
  }

  /** `undefined`: it handled nothing. */
  take(): Latency | undefined {
    const [wait, handling] = [this.#waits.take(), this.#handlings.take()];
    if (handling.count === 0) return undefined;
    return { count: handling.count, wait: wait.quantiles, handling: handling.quantiles };
  }
}
