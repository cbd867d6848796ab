import type { Clock, Timer } from '../backend/index.js';
import { InvalidOptionsError } from '../errors/index.js';
import { DURATION_FORM, parseDuration, type Duration } from '../message/index.js';
import type { ManualClock } from './manual-clock.js';

/** Real time between two looks at a clock that goes by itself, in ms. */
const TICK = 10;
// a test may put fake timers in their place
const { setInterval, clearInterval, performance } = globalThis;

/**
 * The time of all brokers of a harness: it stands still until the test turns it. Delays, pauses before retries,
 * time-outs, signs of life and dedupe windows go by it; `setTimeout` and `Date` of your own code do not.
 * @publicApi
 */
export class HarnessClock {
  readonly #clock: ManualClock;
  readonly #settle: () => Promise<void>;

  constructor(clock: ManualClock, settle: () => Promise<void>) {
    this.#clock = clock;
    this.#settle = settle;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Lets time pass. What falls due on the way happens at its own moment, in order, with all that follows from it at
   * once; what waits for anything but this clock (a database, a file) may go on later: {@link BrokerHarness.drain} waits for it.
   * @param duration milliseconds, or a duration such as `'30s'`
   * @throws InvalidOptionsError
   */
  async advance(duration: Duration): Promise<void> {
    const ms = parseDuration(duration);
    if (ms === undefined) {
      throw new InvalidOptionsError(
        `the duration is ${String(duration)}, allowed: ${DURATION_FORM}`,
      );
    }
    const end = this.#clock.monotonic() + ms;
    await this.#settle();
    while (this.#clock.step(end)) await this.#settle();
  }
}

/** The clock as the parts of a broker see it. While something shuts down it goes by itself, or a grace time would never end. */
export class ShutdownClock implements Clock {
  readonly #clock: ManualClock;
  #ends = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delay: number, callback: () => void): Timer {
    return this.#clock.after(delay, callback);
  }

  /** Goes with the real time until the work is over. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#ends += 1;
    let last = performance.now();
    this.#timer ??= setInterval(() => {
      const now = performance.now();
      this.#clock.advance(now - last);
      last = now;
    }, TICK);
    try {
      return await work;
    } finally {
      this.#ends -= 1;
      if (this.#ends === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}
