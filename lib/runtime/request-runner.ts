import type { BusPort, Clock } from '../backend/index.js';
import { TimeoutError } from '../errors/index.js';
import { Credits } from './credits.js';
import { withDeadline } from './deadline.js';
import { ForeignReply } from './foreign-reply.js';
import type { RequestHandler } from './handler.js';
import type { Handling } from './handling.js';
import type { HandlingObserver } from './handling-observer.js';
import { isThenable } from './is-thenable.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { Reply, type ReplyParts } from './reply.js';

export interface RequestRunnerParts {
  readonly bus: BusPort;
  readonly clock: Clock;
  readonly payloads: PayloadEncoder;
  readonly sendTimeout: number;
  readonly watch?: HandlingObserver;
  readonly onError: (error: unknown) => void;
}

/** Time-outs are rounded up to this many ms: timers with few different lengths cost much less. */
const COARSE = 50;

/** Runs a request and carries its values back. */
export class RequestRunner {
  readonly #parts: ReplyParts;
  readonly #watch: HandlingObserver | undefined;

  constructor(parts: RequestRunnerParts) {
    this.#parts = { ...parts, credits: new Credits(parts.bus, parts.onError) };
    this.#watch = parts.watch;
  }

  close(): void {
    this.#parts.credits.close();
  }

  /** @param left milliseconds until nobody waits for the reply any more */
  run(handler: RequestHandler, handling: Handling, left: number): void {
    const watch = this.#watch;
    if (watch === undefined || watch.isEmpty) return this.#run(handler, handling, left);
    watch.around(handling, () => this.#run(handler, handling, left));
  }

  #run(handler: RequestHandler, handling: Handling, left: number): void {
    const isForeign = handling.delivery.envelope.correlation !== undefined;
    const reply = isForeign
      ? new ForeignReply(handling, this.#parts.payloads)
      : new Reply(handling, this.#parts);
    // who calls from Go-Broker does not say how long it waits
    if (left !== Infinity) this.#limit(handling, left);
    try {
      const replying = this.#invoke(handler, handling, reply);
      if (!isThenable(replying)) return reply.end();
      replying.then(
        () => reply.end(),
        (error: unknown) => reply.fail(error),
      );
    } catch (error) {
      reply.fail(error);
    }
  }

  #limit(handling: Handling, left: number): void {
    handling.timer = this.#parts.clock.after(Math.ceil(left / COARSE) * COARSE, () => {
      const late = new TimeoutError(`the caller of "${handling.name}" waits no longer`);
      handling.failure = late;
      handling.abort(late);
      handling.finish({ type: 'expired' });
    });
  }

  #invoke(handler: RequestHandler, handling: Handling, reply: Reply | ForeignReply): unknown {
    const input = this.#parts.payloads.decode(handling.name, handling.payload);
    const run = (): unknown => handler.invoke(input, handling, (value) => reply.next(value));
    return withDeadline(handling.deadline, run);
  }
}
