import { AsyncResource } from 'node:async_hooks';

/** A pending call; `cancel` is safe at any time. */
export interface Timer {
  cancel(): void;
}

/** Time as the runtime and the memory backend see it. Tests hand in one they can turn by hand. */
export interface Clock {
  /** Milliseconds since the epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds that only ever grow; leases and time-outs are measured with it. */
  monotonic(): number;
  /** Calls `callback` once, after `delay` milliseconds. Does not keep the process alive. */
  after(delay: number, callback: () => void): Timer;
}

/** Longest delay a timer of Node can carry; longer waits are made of several. */
const MAX_DELAY = 2 ** 31 - 1;
/** A line that became empty keeps its timer if it is no longer than this, in ms: the next one comes soon. */
const KEPT = 30_000;

/** Where timers are made: what they call belongs to no caller's context, whoever was the first to wait. */
const root = new AsyncResource('nestjs-broker');

interface Place {
  before: Place;
  behind: Place;
}

class Waiting implements Timer, Place {
  before: Place = this;
  behind: Place = this;
  #line: Line | undefined;

  constructor(
    line: Line,
    readonly due: number,
    readonly callback: () => void,
  ) {
    this.#line = line;
  }

  cancel(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    this.before.behind = this.behind;
    this.behind.before = this.before;
    line.left();
  }
}

/**
 * Those that wait equally long, in order, behind one timer of Node for the first of them. Nearly all are cancelled, and
 * a timer for each would cost more than much of what they watch over.
 */
class Line {
  readonly #ends: Place;
  readonly #delay: number;
  readonly #onEmpty: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(delay: number, onEmpty: () => void) {
    const ends = {} as Place;
    this.#ends = Object.assign(ends, { before: ends, behind: ends });
    this.#delay = delay;
    this.#onEmpty = onEmpty;
  }

  join(callback: () => void): Waiting {
    const now = performance.now();
    const waiting = new Waiting(this, now + this.#delay, callback);
    waiting.before = this.#ends.before;
    waiting.behind = this.#ends;
    this.#ends.before.behind = waiting;
    this.#ends.before = waiting;
    if (this.#timer === undefined) this.#arm(now);
    return waiting;
  }

  left(): void {
    if (this.#delay > KEPT && this.#first === undefined) this.#end();
  }

  get #first(): Waiting | undefined {
    const { behind } = this.#ends;
    return behind === this.#ends ? undefined : (behind as Waiting);
  }

  #arm(now: number): void {
    const first = this.#first;
    if (first === undefined) return this.#end();
    const wait = Math.min(Math.max(1, Math.ceil(first.due - now)), MAX_DELAY);
    root.runInAsyncScope(() => {
      this.#timer = setTimeout(() => this.#ring(), wait).unref();
    });
  }

  #ring(): void {
    const now = performance.now();
    try {
      for (let first = this.#first; first !== undefined && first.due <= now; first = this.#first) {
        first.cancel();
        first.callback();
      }
    } finally {
      this.#arm(now);
    }
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onEmpty();
  }
}

/** The real time. */
export function createSystemClock(): Clock {
  const lines = new Map<number, Line>();
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delay, callback) {
      const whole = delay > 0 ? Math.ceil(delay) : 0;
      const known = lines.get(whole);
      if (known !== undefined) return known.join(callback);
      const line: Line = new Line(whole, () => {
        if (lines.get(whole) === line) lines.delete(whole);
      });
      lines.set(whole, line);
      return line.join(callback);
    },
  };
}

export const systemClock: Clock = createSystemClock();
