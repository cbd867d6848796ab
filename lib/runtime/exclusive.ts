import type { Slots } from './slots.js';

/**
 * Lets a task that may kill its process run alone, so that it takes nobody with it: nothing new is read, what runs
 * comes to its end, then it runs, then reading goes on. One at a time.
 */
export class Exclusive {
  readonly #pools: readonly Slots[];
  readonly #queue: (() => void)[] = [];
  /** Handlers running now. */
  #active = 0;

  constructor(pools: readonly Slots[]) {
    this.#pools = pools;
  }

  /** A handler starts beside others. */
  begin(): void {
    this.#active += 1;
  }

  /** A handler ended, or was given up. */
  end(): void {
    this.#active -= 1;
    this.#check();
  }

  /** Calls `start` once no other handler runs; reading rests until {@link resume}. */
  enter(start: () => void): void {
    for (const pool of this.#pools) pool.pause();
    this.#queue.push(start);
    this.#check();
  }

  /** The one that was alone has ended, or never started. */
  resume(): void {
    for (const pool of this.#pools) pool.resume();
    this.#check();
  }

  #check(): void {
    if (this.#active === 0) this.#queue.shift()?.();
  }
}
