import type { Clock, Timer } from '../backend/index.js';

interface Alarm extends Timer {
  readonly at: number;
  readonly order: number;
  readonly ring: () => void;
}

/** A clock that stands still until a test turns it. */
export class ManualClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #offset: number;
  #passed = 0;
  #count = 0;

  /** @param start what `now` says at first; any recent day will do */
  constructor(start = Date.UTC(2025, 0, 1)) {
    this.#offset = start;
  }

  /** How many callbacks wait for their time. */
  get pending(): number {
    return this.#alarms.size;
  }

  now(): number {
    return this.#offset + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  after(delay: number, callback: () => void): Timer {
    const alarm: Alarm = {
      at: this.#passed + Math.max(0, delay),
      order: this.#count++,
      ring: callback,
      cancel: () => this.#alarms.delete(alarm),
    };
    this.#alarms.add(alarm);
    return alarm;
  }

  /** Lets time pass; what falls due on the way is called at its own moment, in order. */
  advance(ms: number): void {
    const end = this.#passed + ms;
    while (this.step(end));
  }

  /** Goes on to the next callback that is due until `end`, of `monotonic`, and calls it; `false`: there was none, and it is `end`. */
  step(end: number): boolean {
    const next = this.#next(end);
    this.#passed = Math.max(this.#passed, next?.at ?? end);
    if (next === undefined) return false;
    this.#alarms.delete(next);
    next.ring();
    return true;
  }

  /** Somebody sets the clock of the machine: `now` jumps, `monotonic` and pending callbacks do not notice. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  #next(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      const earlier = next === undefined || alarm.at < next.at;
      if (alarm.at <= end && (earlier || (alarm.at === next?.at && alarm.order < next.order))) {
        next = alarm;
      }
    }
    return next;
  }
}
