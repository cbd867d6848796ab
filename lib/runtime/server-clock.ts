import type { Clock } from '../backend/index.js';

/**
 * The backend's clock, seen from here. Deadlines and delays are times of the backend, so that clocks of producers and
 * consumers need not agree; it is measured at every beat against a clock that never jumps.
 */
export class ServerClock {
  readonly #clock: Clock;
  #offset: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param sent when the question left, on the monotonic clock */
  measure(serverNow: number, sent: number): void {
    this.#offset = serverNow - (sent + this.#clock.monotonic()) / 2;
  }

  now(): number {
    return this.#offset === undefined ? this.#clock.now() : this.#clock.monotonic() + this.#offset;
  }
}
