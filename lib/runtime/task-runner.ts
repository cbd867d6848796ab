import type { Clock, Verdict } from '../backend/index.js';
import {
  TimeoutError,
  RetryLaterError,
  UnrecoverableError,
  toPlainError,
} from '../errors/index.js';
import { DURATION_FORM, type TaskPolicy, parseDuration } from '../message/index.js';
import { withDeadline } from './deadline.js';
import type { DurableEventHandler, TaskHandler } from './handler.js';
import type { Handling } from './handling.js';
import type { HandlingObserver } from './handling-observer.js';
import { isThenable } from './is-thenable.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { retryDelay } from './retry-delay.js';

export interface TaskRunnerParts {
  readonly clock: Clock;
  readonly payloads: PayloadEncoder;
  /** What handlers and messages leave open. */
  readonly defaults: TaskPolicy;
  readonly watch?: HandlingObserver;
}

type WorkHandler = TaskHandler | DurableEventHandler;

const DONE: Verdict = { type: 'done' };

/** Runs one attempt of a task, or of an event that is kept, and decides what becomes of it. */
export class TaskRunner {
  readonly #parts: TaskRunnerParts;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
  }

  run(handler: WorkHandler, handling: Handling): void {
    const { watch } = this.#parts;
    if (watch === undefined || watch.isEmpty) return this.#run(handler, handling);
    watch.around(handling, () => this.#run(handler, handling));
  }

  #run(handler: WorkHandler, handling: Handling): void {
    let input: unknown;
    try {
      input = this.#parts.payloads.decode(handling.name, handling.payload);
    } catch (error) {
      return handling.finish(dead(handling, 'undecodable', error));
    }
    this.#startTimer(handler, handling);
    try {
      const result = withDeadline(handling.deadline, () => handler.invoke(input, handling));
      if (!isThenable(result)) return handling.finish(DONE);
      result.then(
        () => handling.finish(DONE),
        (error: unknown) => handling.finish(this.#failed(handler, handling, error)),
      );
    } catch (error) {
      handling.finish(this.#failed(handler, handling, error));
    }
  }

  /** The time-out ends the attempt; the handler is told by its signal. */
  #startTimer(handler: WorkHandler, handling: Handling): void {
    const { policy } = handling.delivery.envelope;
    const timeout = policy?.timeout ?? handler.policy?.timeout ?? this.#parts.defaults.timeout;
    if (timeout === 0) return;
    handling.deadline = this.#parts.clock.now() + timeout;
    handling.timer = this.#parts.clock.after(timeout, () => {
      const error = new TimeoutError(
        `${handling.kind} "${handling.name}" took longer than ${timeout} ms`,
      );
      handling.abort(error);
      handling.finish(this.#failed(handler, handling, error));
    });
  }

  #failed(handler: WorkHandler, handling: Handling, error: unknown): Verdict {
    handling.failure = error;
    if (handling.cancelled) return DONE;
    if (error instanceof UnrecoverableError) return dead(handling, 'unrecoverable', error);
    if (error instanceof RetryLaterError) return this.#later(handling, error);
    const { attempts, backoff } = this.#policy(handler, handling);
    if (handling.attempt >= attempts) return dead(handling, 'failed', error);
    return { type: 'retry', delay: retryDelay(backoff, handling.attempt), counts: true };
  }

  #later(handling: Handling, error: RetryLaterError): Verdict {
    const delay = parseDuration(error.delay);
    if (delay !== undefined) return { type: 'retry', delay, counts: false };
    const wrong = new TypeError(
      `RetryLaterError needs ${DURATION_FORM}, got ${String(error.delay)}`,
    );
    return dead(handling, 'failed', wrong);
  }

  #policy(handler: WorkHandler, handling: Handling): TaskPolicy {
    return { ...this.#parts.defaults, ...handler.policy, ...handling.delivery.envelope.policy };
  }
}

const dead = (
  handling: Handling,
  reason: 'failed' | 'unrecoverable' | 'undecodable',
  error: unknown,
): Verdict => {
  handling.failure = error;
  return {
    type: 'dead',
    reason,
    error: toPlainError(error, { stack: true }),
    consumer: handling.consumerId,
  };
};
