import type { Address } from '../message/index.js';

/** How many messages of one kind may be in hand at once: in all, and of names whose handler has its own bound. */
export class Slots {
  readonly #total: number;
  readonly #limits: ReadonlyMap<Address, number>;
  readonly #used = new Map<Address, number>();
  #taken = 0;
  #paused = 0;
  #waiting: (() => void)[] = [];

  /** @param limits bounds of single names */
  constructor(total: number, limits: ReadonlyMap<Address, number>) {
    this.#total = total;
    this.#limits = limits;
  }

  /** Free places; none while paused. */
  get free(): number {
    return this.#paused > 0 ? 0 : Math.max(0, this.#total - this.#taken);
  }

  /** Whether half of the places or more are free. */
  get idle(): boolean {
    return this.#taken * 2 <= this.#total;
  }

  /** Free places of one name. */
  freeOf(address: Address): number {
    const limit = this.#limits.get(address);
    if (limit === undefined) return this.#total;
    return Math.max(0, limit - (this.#used.get(address) ?? 0));
  }

  /** Takes a place if there is one. */
  take(address: Address): boolean {
    if (this.#taken >= this.#total || this.freeOf(address) === 0) return false;
    this.#taken += 1;
    if (this.#limits.has(address)) this.#used.set(address, (this.#used.get(address) ?? 0) + 1);
    return true;
  }

  /** Gives a place back; returns whether that name was full until now. */
  give(address: Address): boolean {
    const wasFull = this.freeOf(address) === 0;
    this.#taken -= 1;
    const used = this.#used.get(address);
    if (used !== undefined) this.#used.set(address, used - 1);
    this.#wake();
    return wasFull;
  }

  /** No place is free until every pause is over. */
  pause(): void {
    this.#paused += 1;
  }

  resume(): void {
    this.#paused -= 1;
    this.#wake();
  }

  /** Resolves when a place is free. */
  async available(): Promise<void> {
    while (this.free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    if (this.#waiting.length === 0 || this.free === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
