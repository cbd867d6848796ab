import type { Clock } from '../backend/index.js';
import { InvalidOptionsError, type SendOutcome } from '../errors/index.js';
import { DURATION_FORM, parseDuration, type Duration } from '../message/index.js';
import type { Handler, HandlingContext, RequestHandler, TakeValue } from '../runtime/index.js';
import type { Line } from './line.js';

/** @publicApi */
export interface FaultOptions {
  /** How many handlings it is for. Default 1. */
  readonly times?: number;
}

/** @publicApi */
export interface DisconnectOptions {
  /**
   * What a sender cannot know: `not-sent` (default): nothing gets through. `unknown`: what is sent gets through, and
   * no answer comes back; a sender that tries again without a `dedupeId` sends it twice.
   */
  readonly outcome?: SendOutcome;
}

interface Fault {
  left: number;
  readonly delay: number;
  readonly error: Error | undefined;
}

/** What goes wrong on demand. {@link BrokerHarness.clear} ends all of it. @publicApi */
export class Faults {
  readonly #clock: Clock;
  readonly #line: Line;
  readonly #faults = new Map<string, Fault[]>();

  constructor(clock: Clock, line: Line) {
    this.#clock = clock;
    this.#line = line;
  }

  /**
   * The next handlings of a task, event or request of that name fail as if the handler had thrown, which is not called.
   * A task is retried, a request gets the error.
   * @param options `error`: what is thrown. Default: an error that says so.
   * @throws InvalidOptionsError
   */
  fail(name: string, options: FaultOptions & { readonly error?: Error } = {}): void {
    const error = options.error ?? new Error(`a fault of the test: "${name}" fails`);
    this.#add(name, { left: timesOf(options), delay: 0, error });
  }

  /**
   * The next handlings of that name begin later, by the clock of the harness: advance it.
   * @param by milliseconds, or a duration such as `'30s'`
   * @throws InvalidOptionsError
   */
  delay(name: string, by: Duration, options: FaultOptions = {}): void {
    const delay = parseDuration(by);
    if (delay === undefined) {
      throw new InvalidOptionsError(`the delay is ${String(by)}, allowed: ${DURATION_FORM}`);
    }
    this.#add(name, { left: timesOf(options), delay, error: undefined });
  }

  /**
   * The backend cannot be reached, as a Redis that is lost for longer than any call waits: calls reject at once with
   * BACKEND_UNAVAILABLE, nothing is handed to handlers, what they do is settled after {@link reconnect}, and the health is down.
   */
  disconnect({ outcome = 'not-sent' }: DisconnectOptions = {}): void {
    this.#line.cut(outcome);
  }

  /** The backend is back, with all that was in it; brokers tell of the gap in their events. */
  reconnect(): void {
    this.#line.mend();
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#faults.clear();
    this.#line.mend();
  }

  /** The same handler with the faults of its name before it. */
  around(handler: Handler): Handler {
    const faulty = (input: unknown, context: HandlingContext, next: TakeValue): unknown => {
      const faults = this.#take(context.name);
      // those of tasks and events know nothing of `next`
      const handle = (): unknown => (handler as RequestHandler).invoke(input, context, next);
      return faults.length === 0 ? handle() : this.#suffer(faults, context.signal).then(handle);
    };
    return { ...handler, invoke: faulty } as Handler;
  }

  #add(name: string, fault: Fault): void {
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), fault]);
  }

  /** Of each kind of fault the oldest counts. */
  #take(name: string): readonly Fault[] {
    const all = this.#faults.get(name) ?? [];
    const open = all.filter(({ left }) => left > 0);
    const isDelay = ({ error }: Fault): boolean => error === undefined;
    const taken = [open.find(isDelay), open.find((fault) => !isDelay(fault))];
    const faults = taken.filter((fault) => fault !== undefined);
    for (const fault of faults) fault.left -= 1;
    return faults;
  }

  async #suffer(faults: readonly Fault[], signal: AbortSignal): Promise<void> {
    for (const { delay, error } of faults) {
      if (error !== undefined) throw error;
      await this.#wait(delay, signal);
    }
  }

  #wait(delay: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject: (reason: Error) => void) => {
      const timer = this.#clock.after(delay, resolve);
      const giveUp = (): void => {
        timer.cancel();
        reject(signal.reason as Error);
      };
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

function timesOf({ times = 1 }: FaultOptions): number {
  if (Number.isSafeInteger(times) && times > 0) return times;
  throw new InvalidOptionsError(`times is ${String(times)}, allowed: a whole number from 1`);
}
