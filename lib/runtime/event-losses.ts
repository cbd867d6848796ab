import type { Clock } from '../backend/index.js';
import type { EventStats, RuntimeEvents } from './runtime.js';
import type { RuntimeLog } from './settings.js';
import type { TypedEvents } from './typed-events.js';

export interface EventLossesParts {
  readonly clock: Clock;
  readonly log: RuntimeLog;
  readonly events: TypedEvents<RuntimeEvents>;
}

/** Counts what an instance may have missed of its events, and says so. */
export class EventLosses {
  readonly #parts: EventLossesParts;
  #dropped = 0;
  #gaps = 0;
  #lastGap: number | undefined;

  constructor(parts: EventLossesParts) {
    this.#parts = parts;
  }

  get stats(): EventStats {
    const last = this.#lastGap === undefined ? {} : { lastGap: this.#lastGap };
    return { dropped: this.#dropped, gaps: this.#gaps, ...last };
  }

  /** @param dropped so far */
  drop(dropped: number): void {
    this.#dropped = dropped;
    // the first one, then at every power of ten
    if (Number.isInteger(Math.log10(dropped))) {
      this.#parts.log.warn(`event handlers do not keep up: ${dropped} events dropped so far`);
    }
  }

  /** Subscriptions were interrupted and are in force again. */
  gap(): void {
    const { clock, log, events } = this.#parts;
    const at = clock.now();
    this.#gaps += 1;
    this.#lastGap = at;
    log.warn('subscriptions to events were interrupted and are in force again: some may be missed');
    events.emit('gap', { at });
  }
}
