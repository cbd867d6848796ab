import type { Load } from './contender.js';

export interface Receipt {
  readonly received: number;
  readonly duplicates: number;
  /** Of another run: they came too late, or should not exist. */
  readonly strays: number;
  /** Milliseconds, on a clock all processes of the machine share. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Milliseconds on a clock all processes of the machine share. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Counts what arrives of one run, each number once. */
export class Tally {
  readonly #first: number;
  readonly #seen: Uint8Array;
  #received = 0;
  #duplicates = 0;
  #strays = 0;
  #firstAt = 0;
  #lastAt = 0;
  #resolve: (() => void) | undefined;
  readonly complete: Promise<void>;

  constructor(first: number, count: number) {
    this.#first = first;
    this.#seen = new Uint8Array(count);
    this.complete = new Promise((resolve) => (this.#resolve = resolve));
  }

  take({ n }: Load): void {
    const index = n - this.#first;
    const seen = this.#seen[index];
    if (seen === undefined) this.#strays += 1;
    else if (seen === 1) this.#duplicates += 1;
    else this.#count(index);
  }

  get receipt(): Receipt {
    return {
      received: this.#received,
      duplicates: this.#duplicates,
      strays: this.#strays,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
    };
  }

  #count(index: number): void {
    this.#seen[index] = 1;
    this.#received += 1;
    if (this.#received === 1) this.#firstAt = sharedNow();
    if (this.#received < this.#seen.length) return;
    this.#lastAt = sharedNow();
    this.#resolve?.();
  }
}
