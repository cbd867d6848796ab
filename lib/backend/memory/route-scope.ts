import { Edf, type Rule } from '../../balancer/index.js';
import type { Seat } from './seat.js';

/** One group of one service: the members whose lanes its messages are routed to, by one rule. */
export class RouteScope {
  readonly #edf = new Edf();
  #seats: readonly Seat[] = [];
  /** By consumer: the last time that it was the least loaded one. */
  readonly #picks = new Map<string, number>();
  #picked = 0;

  constructor(
    readonly service: string,
    readonly group: string,
    public rule: Rule,
  ) {}

  get size(): number {
    return this.#seats.length;
  }

  /** By id. */
  get seats(): readonly Seat[] {
    return this.#seats;
  }

  has(consumer: string): boolean {
    return this.#seats.some(({ id }) => id === consumer);
  }

  /** Takes a member in, or in again with what is new of it. */
  add(seat: Seat, rule: Rule): void {
    this.rule = rule;
    this.#seats = [...this.#without(seat), seat].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.restart();
  }

  remove(seat: Seat): void {
    this.#seats = this.#without(seat);
    this.#picks.delete(seat.id);
    this.restart();
  }

  /** Begins a new cycle of turns: members or weights have changed. */
  restart(): void {
    const isEven = this.rule.strategy === 'round_robin';
    const members = this.#seats.map(({ id, weight }) => ({
      id,
      weight: isEven ? Math.min(1, weight) : weight,
    }));
    this.#edf.reset(members);
  }

  /** Those that handle the address in this group and are not drained, by id. */
  takers(address: string): Seat[] {
    return this.#seats.filter((seat) => seat.weight > 0 && seat.names.get(address) === this.group);
  }

  /** Whose turn it is among the takers of the address. */
  next(address: string): string | undefined {
    const takers = new Set(this.takers(address).map(({ id }) => id));
    return this.#edf.pick((id) => takers.has(id));
  }

  /** The one with the least load by weight; of equals the one that was so longest ago. */
  leastLoaded(takers: readonly Seat[], loadOf: (seat: Seat) => number): string | undefined {
    let least: { readonly id: string; readonly load: number; readonly pick: number } | undefined;
    for (const seat of takers) {
      const load = loadOf(seat) / seat.weight;
      const pick = this.#picks.get(seat.id) ?? 0;
      if (least === undefined || load < least.load || (load === least.load && pick < least.pick)) {
        least = { id: seat.id, load, pick };
      }
    }
    if (least !== undefined) this.#picks.set(least.id, ++this.#picked);
    return least?.id;
  }

  #without({ id }: Seat): readonly Seat[] {
    return this.#seats.filter((seat) => seat.id !== id);
  }
}
