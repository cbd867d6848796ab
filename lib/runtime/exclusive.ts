import type { Slots } from './slots.js';

/**
 * Lets a task that may kill its process run alone, so that it takes nobody with it: nothing new is taken, what runs
 * comes to its end, then it runs, then reading goes on. One at a time.
 */
export class Exclusive {
  readonly #pools: readonly Slots[];
  /** Handlers running now. */
  #active = 0;
  #taken = false;
  #start: (() => void) | undefined;

  constructor(pools: readonly Slots[]) {
    this.#pools = pools;
  }

  /** Whether one runs alone or waits for that. Whatever arrives now is given back: in hand it could be lost with it. */
  get taken(): boolean {
    return this.#taken;
  }

  /** A handler starts. */
  begin(): void {
    this.#active += 1;
  }

  /** A handler ended, or was given up. */
  end(): void {
    this.#active -= 1;
    this.#check();
  }

  /** Calls `start` once no other handler runs; reading rests until {@link resume}. Only when it is not taken. */
  enter(start: () => void): void {
    this.#taken = true;
    for (const pool of this.#pools) pool.pause();
    this.#start = start;
    this.#check();
  }

  /** The one that was alone has ended, or never started. */
  resume(): void {
    this.#taken = false;
    for (const pool of this.#pools) pool.resume();
  }

  /** It starts in a turn of its own: by then what was given back has left. */
  #check(): void {
    if (this.#start === undefined || this.#active > 0) return;
    setImmediate(() => {
      if (this.#active > 0) return;
      const start = this.#start;
      this.#start = undefined;
      start?.();
    });
  }
}
