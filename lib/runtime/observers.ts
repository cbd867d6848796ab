import type { Clock } from '../backend/index.js';
import type {
  BrokerObserver,
  HandledMessage,
  HandlingEnd,
  HandlingWatch,
  SendingEnd,
  SendingWatch,
  SentMessage,
} from './observer.js';

/** One message on its way out, for all observers. */
export interface Sending {
  /** Absent: those it had. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Only the first call counts. */
  ended(end: Omit<SendingEnd, 'duration'>): void;
}

/** One call of a handler, for all observers. */
export interface Watching {
  /** @param handle throws nothing */
  run(handle: () => void): void;
  /** Only the first call counts. */
  ended(end: Omit<HandlingEnd, 'duration'>): void;
}

/** Everybody who watches. Their failures are reported and stop nothing. */
export class Observers {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #all: readonly BrokerObserver[] = [];

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** @returns ends the watching of what begins from then on */
  add(observer: BrokerObserver): () => void {
    this.#all = [...this.#all, observer];
    return () => {
      this.#all = this.#all.filter((other) => other !== observer);
    };
  }

  sending(message: SentMessage): Sending {
    const watches = this.#watches<SendingWatch>((observer) => observer.sending?.(message));
    const added = watches.flatMap(({ headers }) => (headers === undefined ? [] : [headers]));
    return {
      headers: added.length === 0 ? undefined : Object.assign({}, message.headers, ...added),
      ended: this.#atEnd(watches),
    };
  }

  handling(message: HandledMessage): Watching {
    const watches = this.#watches<HandlingWatch>((observer) => observer.handling?.(message));
    return {
      run: (handle) =>
        watches.reduceRight((inner, watch) => () => this.#enter(watch, inner), handle)(),
      ended: this.#atEnd(watches),
    };
  }

  #watches<W>(watch: (observer: BrokerObserver) => W | undefined): W[] {
    return this.#all.flatMap((observer) => {
      try {
        return watch(observer) ?? [];
      } catch (error) {
        this.#onError(error);
        return [];
      }
    });
  }

  #enter(watch: HandlingWatch, handle: () => void): void {
    if (watch.run === undefined) return handle();
    let isEntered = false;
    const once = (): void => {
      if (isEntered) return;
      isEntered = true;
      handle();
    };
    try {
      watch.run(once);
    } catch (error) {
      this.#onError(error);
    }
    once();
  }

  #atEnd<E extends { readonly duration: number }>(
    watches: readonly { ended(end: E): void }[],
  ): (end: Omit<E, 'duration'>) => void {
    const start = this.#clock.monotonic();
    let isOver = false;
    return (end) => {
      if (isOver) return;
      isOver = true;
      const whole = { ...end, duration: this.#clock.monotonic() - start } as E;
      for (const watch of watches) {
        try {
          watch.ended(whole);
        } catch (error) {
          this.#onError(error);
        }
      }
    };
  }
}
