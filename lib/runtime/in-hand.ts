import type { Lease } from '../backend/index.js';
import { Held } from './held.js';

const leaseKey = ({ source, token }: Lease): string => `${source} ${token}`;

/** Everything one membership has not settled: what is held, and what goes back without having been started. */
export class InHand {
  readonly held = new Held();
  /** Leases on their way back, which must not be taken for lost ones. */
  readonly #returning = new Set<string>();
  #waiting: (() => void)[] = [];

  has(lease: Lease): boolean {
    return this.held.has(lease) || this.#returning.has(leaseKey(lease));
  }

  forget(lease: Lease): void {
    this.held.delete(lease);
    this.#look();
  }

  returns(lease: Lease): void {
    this.#returning.add(leaseKey(lease));
  }

  returned(lease: Lease): void {
    this.#returning.delete(leaseKey(lease));
    this.#look();
  }

  /** Resolves when there is nothing. */
  async empty(): Promise<void> {
    while (!this.#isEmpty) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get #isEmpty(): boolean {
    return this.held.size + this.#returning.size === 0;
  }

  #look(): void {
    if (this.#waiting.length === 0 || !this.#isEmpty) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
