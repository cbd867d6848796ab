import type { Clock, QueuePort, Timer } from '../backend/index.js';
import type { ServerClock } from './server-clock.js';

/** How much later, in ms, an instance that does not lead looks after what is due. */
const BACKUP = { min: 250, spread: 750 };
/** Pause before a failed promotion is tried again, in ms. */
const RETRY = 500;

export interface DelayedTimerParts {
  readonly queue: QueuePort;
  readonly clock: Clock;
  readonly server: ServerClock;
  readonly onError: (error: unknown) => void;
}

/**
 * Wakes up when the next delayed message is due and has it placed. One instance, the leader, does it exactly on time;
 * the others are its backup. Nothing polls.
 */
export class DelayedTimer {
  readonly #parts: DelayedTimerParts;
  #timer: Timer | undefined;
  #due: number | undefined;
  /** The earliest one heard of since the last answer of a beat, which may not know it. */
  #heard: number | undefined;
  #leader = false;
  #stopped = false;

  constructor(parts: DelayedTimerParts) {
    this.#parts = parts;
  }

  /** The next message is due at `due`, on the backend's clock, or none waits. What was heard meanwhile stands. */
  next(due: number | undefined, leader = this.#leader): void {
    const next = earlier(this.#heard, due);
    this.#heard = undefined;
    if (next === this.#due && leader === this.#leader) return;
    this.#leader = leader;
    this.#arm(next);
  }

  /** A message became due at `due`; it may be the next one. */
  hear(due: number): void {
    this.#heard = earlier(this.#heard, due);
    if (this.#due === undefined || due < this.#due) this.#arm(due);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(due: number | undefined): void {
    this.#timer?.cancel();
    this.#due = due;
    if (due === undefined || this.#stopped) return;
    const { clock, server } = this.#parts;
    const backup = this.#leader ? 0 : BACKUP.min + Math.random() * BACKUP.spread;
    const wait = Math.max(0, due - server.now()) + backup;
    this.#timer = clock.after(Math.ceil(wait), () => void this.#promote());
  }

  async #promote(): Promise<void> {
    const { clock, queue, server, onError } = this.#parts;
    const sent = clock.monotonic();
    const due = this.#due;
    // what is heard from here on may be missing in the answer
    this.#due = undefined;
    try {
      const { now, nextDue } = await queue.promote();
      server.measure(now, sent);
      this.#arm(earlier(this.#due, nextDue));
    } catch (error) {
      if (this.#stopped) return;
      onError(error);
      this.#timer?.cancel();
      this.#due = due;
      this.#timer = clock.after(RETRY, () => void this.#promote());
    }
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
